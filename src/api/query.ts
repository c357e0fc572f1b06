/**
 * Encodes query parameters as the API reads them: a nested object becomes dotted names, an
 * array repeats its name, and everything but unreserved characters is percent-encoded, so `+` is `%2B`.
 * @returns the query string with its leading `?`, or an empty string
 */
export function encodeQuery(parameters: Readonly<Record<string, unknown>>): string {
  const pairs = flatten(parameters).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function flatten(parameters: object, prefix = ''): [name: string, value: string][] {
  return Object.entries(parameters).flatMap(([key, value]) => {
    const name = prefix + key;
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((item): [string, string] => [name, String(item)]);
    if (typeof value === 'object' && value !== null) return flatten(value, `${name}.`);
    return [[name, String(value)]];
  });
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

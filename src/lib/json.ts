/**
 * Parses a text that may be no JSON at all, such as a proxy's HTML page or half a line: then undefined.
 * @param secrets are masked in its texts
 */
export function parseJson(body: string, secrets: readonly string[] = []): unknown {
  const known = secrets.filter(Boolean);
  const mask = (text: string) => known.reduce((masked, secret) => masked.replaceAll(secret, '****'), text);
  try {
    if (known.length === 0) return JSON.parse(body);
    return JSON.parse(body, (_, value: unknown) => (typeof value === 'string' ? mask(value) : value));
  } catch {
    return undefined;
  }
}

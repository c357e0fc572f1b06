/**
 * A copy of an API answer without what says nothing: `null`, `""`, empty lists and empty objects. The API sends
 * all of these for "unset" (seen in the fixtures of Sinch's SDKs), so a reader has one case instead of four.
 */
export function lean(answer: unknown): unknown {
  return isObject(answer) ? (leanObject(answer) ?? {}) : answer;
}

function leanObject(value: object): object | undefined {
  const entries = Object.entries(value).map(([key, inner]) => [key, leanValue(inner)] as const);
  return nonEmpty(Object.fromEntries(entries.filter(([, inner]) => isSet(inner))));
}

function leanValue(value: unknown): unknown {
  if (Array.isArray(value)) return nonEmpty(value.map(leanValue).filter(isSet));
  return isObject(value) ? leanObject(value) : value;
}

function nonEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

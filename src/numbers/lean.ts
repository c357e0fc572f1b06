/**
 * A copy of an API answer without what says nothing: `null`, `""`, and inside objects also empty lists and
 * objects. The API sends all of these for "unset" (seen in the fixtures of Sinch's SDKs), so a reader has one
 * case instead of four. Lists at the top stay, even empty: an empty page is an answer.
 */
export function lean(answer: unknown): unknown {
  if (!isObject(answer)) return answer;
  const entries = Object.entries(answer).map(([key, value]) =>
    Array.isArray(value) ? [key, value.map(leanValue).filter(isSet)] : [key, leanValue(value)],
  );
  return Object.fromEntries(entries.filter(([, value]) => isSet(value)));
}

function leanValue(value: unknown): unknown {
  if (Array.isArray(value)) return nonEmpty(value.map(leanValue).filter(isSet));
  if (!isObject(value)) return value;
  return nonEmpty(
    Object.fromEntries(
      Object.entries(value)
        .map(([key, inner]) => [key, leanValue(inner)] as const)
        .filter(([, inner]) => isSet(inner)),
    ),
  );
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

import { isFields, mapFields } from './fields.ts';

/**
 * A copy of an API answer without what says nothing: `null`, `""`, empty lists and empty objects. The API sends
 * all of these for "unset" (seen in the fixtures of Sinch's SDKs), so a reader has one case instead of four.
 */
export function lean(answer: unknown): unknown {
  return isFields(answer) ? mapFields(answer, leanValue) : answer;
}

function leanValue(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(leanValue).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (isFields(value)) {
    const fields = mapFields(value, leanValue);
    for (const _ in fields) return fields;
    return undefined;
  }
  return value === null || value === '' ? undefined : value;
}

import { isFields, mapFields } from './fields.ts';

/**
 * An API answer without what says nothing: `null`, `""`, empty lists and empty objects. The API sends
 * all of these for "unset" (seen in the fixtures of Sinch's SDKs), so a reader has one case instead of four. The
 * answer given is used up.
 * @param freeForm fields of the answer that are kept whole: in a list, a place may mean something
 * @throws {RangeError} where it is nested too deeply
 */
export function lean(answer: unknown, freeForm: readonly string[] = []): unknown {
  if (!isFields(answer)) return answer;
  return mapFields(answer, (value, key) => {
    const isKept = freeForm.includes(key) && (isFields(value) || (Array.isArray(value) && value.length > 0));
    return isKept ? copy(value) : leanValue(value);
  });
}

/** Copied, not passed on, so that what is nested too deeply is found out here as everywhere. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  return isFields(value) ? mapFields(value, copy) : value;
}

/** In place: of a page of a thousand numbers, one copy in memory is enough. */
function leanList(list: unknown[]): unknown[] | undefined {
  let length = 0;
  for (const item of list) {
    const inner = leanValue(item);
    if (inner !== undefined) list[length++] = inner;
  }
  list.length = length;
  return length === 0 ? undefined : list;
}

function leanValue(value: unknown): unknown {
  if (Array.isArray(value)) return leanList(value);
  if (isFields(value)) {
    const fields = mapFields(value, leanValue);
    for (const _ in fields) return fields;
    return undefined;
  }
  return value === null || value === '' ? undefined : value;
}

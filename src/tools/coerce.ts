/** Puts right what clients lose or add to arguments on the way, by the schema of what is wanted. */
import * as z from 'zod';
import { isFields } from '../lib/fields.ts';

/** A decimal number as text. Anything else, such as `1e3` or `0x10`, is not taken for one. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** Called with the place of each key that a schema does not know, which is left out then. */
export type Drop = ((place: string) => void) | undefined;

/**
 * A value as its schema wants it, or as it is where that would be a guess. Coerced are an object or array that arrives
 * as JSON text, digits as text or as a number, one value for a list of one, and `null` for "left out".
 * @param place the path of the value, with a dot at its end; empty at the top
 */
export function coerce(schema: unknown, value: unknown, place: string, drop: Drop): unknown {
  const expected = unwrap(schema);
  if (expected instanceof z.ZodObject) return coerceObject(expected, value, place, drop);
  if (expected instanceof z.ZodArray) {
    const given = parseJsonText(value);
    const items = Array.isArray(given) ? given : [given];
    return items.map((item, index) => coerce(expected.element, item, `${place}${index}.`, drop));
  }
  if (typeof value === 'string') {
    if (expected instanceof z.ZodNumber && NUMBER.test(value)) return Number(value);
    if (expected instanceof z.ZodBoolean && /^(true|false)$/.test(value)) return value === 'true';
  }
  // Beyond the safe integers digits were lost already.
  const isDigits = Number.isSafeInteger(value) && Number(value) >= 0;
  return expected instanceof z.ZodString && isDigits ? String(value) : value;
}

function coerceObject({ shape }: z.ZodObject, value: unknown, place: string, drop: Drop): unknown {
  const given = parseJsonText(value);
  // Some languages write an empty object as an empty list.
  if (Array.isArray(given) && given.length === 0) return {};
  if (!isFields(given)) return value;
  const fields = Object.entries(given).flatMap(([key, own]): [string, unknown][] => {
    if (Object.hasOwn(shape, key)) {
      return own === null ? [] : [[key, coerce(shape[key], own, `${place}${key}.`, drop)]];
    }
    drop?.(place + key);
    return drop ? [] : [[key, own]];
  });
  return Object.fromEntries(fields);
}

/** The schema of what is sent, without what makes it optional or transforms it. */
export function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}

/** The object or array that a text holds as JSON; any other value as it is. */
function parseJsonText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? parsed : value;
  } catch {
    return value;
  }
}

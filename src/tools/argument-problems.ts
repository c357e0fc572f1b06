/** What is wrong with a tool's arguments, in words. */
import * as z from 'zod';
import { sanitizeText } from '../lib/sanitize.ts';
import { unwrap } from './coerce.ts';

/** More problems than this are counted, not listed; the same of unknown keys. */
export const MAX_PROBLEMS = 8;

/**
 * One line for one issue: its place, and what to write instead.
 * @param args what was validated
 */
export function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodObject, args: unknown): string {
  const place = issue.path.map(String).join('.');
  const value = valueAt(args, issue.path);
  if (issue.code === 'invalid_type' && place !== '' && value === undefined) return `${place}: is missing`;
  if (issue.code === 'unrecognized_keys') {
    const prefix = place === '' ? '' : `${place}.`;
    const unknown = keyList(issue.keys.map((key) => prefix + key));
    const known = schemaAt(schema, issue.path);
    const keys = known instanceof z.ZodObject ? Object.keys(known.shape) : [];
    return `unknown: ${unknown}${keys.length > 0 ? `; known here: ${keys.join(', ')}` : '; no arguments are taken'}`;
  }
  const hint = issue.code === 'invalid_format' ? plusHint(schemaAt(schema, issue.path), value) : '';
  return place === '' ? issue.message : `${place}: ${issue.message}${hint}`;
}

/** Keys that a client sent, safe to show: the first few of them. */
export function keyList(keys: readonly string[]): string {
  const named = keys.slice(0, MAX_PROBLEMS).map((key) => sanitizeText(key, 40));
  const more = keys.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Digits that lack a + could be a national number: what to write is said, and not assumed. */
function plusHint(schema: unknown, value: unknown): string {
  const isDigits = typeof value === 'string' && /^\d{1,20}$/.test(value);
  return isDigits && schema instanceof z.ZodString && schema.safeParse(`+${value}`).success
    ? `; write "+${value}" if it begins with the country code`
    : '';
}

function valueAt(args: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    args,
  );
}

/** The schema of what a path leads to; undefined where none is known. */
function schemaAt(schema: z.ZodObject, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((parent, key) => {
    const outer = unwrap(parent);
    if (outer instanceof z.ZodArray) return unwrap(outer.element);
    return outer instanceof z.ZodObject ? unwrap(outer.shape[String(key)]) : undefined;
  }, schema);
}

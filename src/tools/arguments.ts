import * as z from 'zod';
import { sanitizeText } from '../lib/sanitize.ts';

/** More problems than this are counted, not told. */
const MAX_PROBLEMS = 8;

export type ParsedArguments =
  | { readonly input: Record<string, unknown> }
  /** One line for each thing that is wrong. */
  | { readonly problems: readonly string[] };

/**
 * Validates a tool's arguments. An object or array that arrives as JSON text, as some clients send it, is
 * parsed first.
 */
export function parseArguments(schema: z.ZodObject, args: unknown): ParsedArguments {
  const result = schema.safeParse(parseJsonTexts(schema, args ?? {}));
  if (result.success) return { input: result.data };
  const problems = result.error.issues.map((issue) => describeIssue(issue, schema, args));
  const rest = problems.length - MAX_PROBLEMS;
  return { problems: rest > 0 ? [...problems.slice(0, MAX_PROBLEMS), `and ${rest} more`] : problems };
}

function parseJsonTexts(schema: z.ZodObject, args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const expected = Object.hasOwn(schema.shape, name) ? unwrap(schema.shape[name]) : undefined;
      const wantsJson = expected instanceof z.ZodObject || expected instanceof z.ZodArray;
      return [name, wantsJson && typeof value === 'string' ? parseJsonText(value) : value];
    }),
  );
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

function parseJsonText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodObject, args: unknown): string {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'invalid_type' && place !== '' && valueAt(args, issue.path) === undefined) {
    return `${place}: is missing`;
  }
  if (issue.code !== 'unrecognized_keys') return place === '' ? issue.message : `${place}: ${issue.message}`;
  const named = issue.keys.slice(0, MAX_PROBLEMS).map((key) => sanitizeText(key, 40));
  const keys = named.map((key) => (place === '' ? key : `${place}.${key}`)).join(', ');
  const more = issue.keys.length > MAX_PROBLEMS ? ` and ${issue.keys.length - MAX_PROBLEMS} more` : '';
  const known = knownKeys(schema, issue.path);
  return `unknown: ${keys}${more}${known.length > 0 ? `; known here: ${known.join(', ')}` : '; no arguments are taken'}`;
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

/** The keys of the object that a path leads to. */
function knownKeys(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const key of path) {
    current = current instanceof z.ZodObject ? unwrap(current.shape[String(key)]) : undefined;
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

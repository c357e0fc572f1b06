import * as z from 'zod';

/** RFC 3339, or a date; without a zone it is UTC. */
const FORM = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A date or time in an argument, as text. Its form is not listed to clients: that would cost more than it helps. */
export const moment = z
  .string()
  .refine((text) => FORM.test(text), {
    error: 'must be a date or time, e.g. 2026-01-31 or 2026-01-31T12:00:00Z',
    abort: true,
  })
  .refine(exists, 'must be a date or time that exists');

/** Milliseconds since the epoch. */
export function momentMs(text: string): number {
  const isLocal = /T[\d:.]+$/.test(text);
  return Date.parse(isLocal ? `${text}Z` : text);
}

/** Whether the day is in the calendar: the parser takes 30 February for 2 March. */
function exists(text: string): boolean {
  const day = text.slice(0, 10);
  const ms = Date.parse(day);
  return !Number.isNaN(momentMs(text)) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

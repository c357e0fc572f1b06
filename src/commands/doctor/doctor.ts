import { styleText } from 'node:util';
import { sanitizeText } from '../../lib/sanitize.ts';
import type { Check, Checked, Status } from './check.ts';
import { createChecks } from './checks.ts';

export type DoctorOptions = Checked & { readonly json: boolean };

const COLOURS = { ok: 'green', skip: 'gray', warn: 'yellow', fail: 'red' } as const;

const MAX_TEXT = 2_000;

/**
 * Looks at all that this server needs, and prints one line for each thing with what to mend. It changes
 * nothing, here or at the API, and shows no secret.
 * @returns whether nothing has failed
 */
export async function doctor({ json, ...checked }: DoctorOptions): Promise<boolean> {
  const checks: Check[] = [];
  // A reader who has seen enough is no failure.
  process.stdout.on('error', () => process.exit());
  const isColoured = process.stdout.isTTY === true && !process.env.NO_COLOR;
  for await (const found of createChecks(checked)) {
    const check = printable(found);
    checks.push(check);
    if (!json) process.stdout.write(`${lineOf(check, isColoured)}\n`);
  }
  const ok = checks.every(({ status }) => status !== 'fail');
  if (json) process.stdout.write(`${JSON.stringify({ ok, checks }, null, 2)}\n`);
  return ok;
}

/** What addresses, paths and answers hold is shown on a terminal. */
function printable({ message, mend, ...check }: Check): Check {
  const safe = (text: string) => sanitizeText(text, MAX_TEXT);
  return { ...check, message: safe(message), ...(mend !== undefined && { mend: safe(mend) }) };
}

function lineOf({ name, status, message, mend }: Check, isColoured: boolean): string {
  const text = [message, mend].filter(Boolean).join(' ');
  return `${paint(status, isColoured)}  ${name.padEnd(14)}  ${text}`;
}

function paint(status: Status, isColoured: boolean): string {
  const word = status.padEnd(4);
  return isColoured ? styleText(COLOURS[status], word) : word;
}

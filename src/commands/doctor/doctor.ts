import { styleText } from 'node:util';
import { type Check, type Checked, createChecks, type Status } from './checks.ts';

export type DoctorOptions = Checked & { readonly json: boolean };

const COLOURS = { ok: 'green', skip: 'gray', warn: 'yellow', fail: 'red' } as const;

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
  for await (const check of createChecks(checked)) {
    checks.push(check);
    if (!json) process.stdout.write(`${lineOf(check, isColoured)}\n`);
  }
  const ok = checks.every(({ status }) => status !== 'fail');
  if (json) process.stdout.write(`${JSON.stringify({ ok, checks }, null, 2)}\n`);
  return ok;
}

function lineOf({ name, status, message, mend }: Check, isColoured: boolean): string {
  const text = [message, mend].filter(Boolean).join(' ');
  return `${paint(status, isColoured)}  ${name.padEnd(14)}  ${text}`;
}

function paint(status: Status, isColoured: boolean): string {
  const word = status.padEnd(4);
  return isColoured ? styleText(COLOURS[status], word) : word;
}

import { isNumbersError } from '../../api/errors.ts';
import { describeFailure } from '../../api/failure.ts';
import type { ServerOptions } from '../app.ts';
import type { SignInSettings } from '../sign-in.ts';

/** `warn`: it works, and yet. `skip`: there is nothing to check. */
export type Status = 'ok' | 'warn' | 'fail' | 'skip';

export interface Check {
  readonly name: string;
  readonly status: Status;
  readonly message: string;
  /** What to do about it. */
  readonly mend?: string;
}

export type Settings = Omit<ServerOptions, 'product' | 'simulator'> & SignInSettings;

/** What is checked. */
export interface Checked {
  readonly product: ServerOptions['product'];
  /** The oldest Node.js that will do, e.g. `20.18.1`. */
  readonly oldestNode: string;
  /** Undefined where it is malformed. */
  readonly config: Settings | undefined;
  /** What is malformed of it. */
  readonly problems: readonly string[];
}

/** What a failure is, and what to do, in the words of the tools. */
export function failed(name: string, error: unknown): Check {
  if (!isNumbersError(error)) return { name, status: 'fail', message: `${reasonOf(error)}.` };
  const [cause = '', step = ''] = describeFailure(error, { name, effect: 'read', input: {} }).split('\n');
  const message = cause.slice(`${name} failed: `.length);
  return {
    name,
    status: 'fail',
    message,
    mend: step
      .replace(/^Tell the user: (.)/, (_, first) => first.toUpperCase())
      .replace('tell the user to ', ''),
  };
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

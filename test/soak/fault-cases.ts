/** What can happen to a rent or release on its way, and what is then to be told of it. */
import type { Mishap, Result } from './support.ts';

export interface Fate {
  readonly name: string;
  /** Whether the API acts before the rest comes true. */
  readonly acts?: boolean;
  readonly mishap?: Mishap;
  /** The request is refused once, without effect, and may be sent again. */
  readonly isRefusedOnce?: boolean;
  readonly result: Result;
}

const page: Mishap = { answer: { status: 200, body: '<html>Sign in to this network</html>' } };
const status = (code: number): Mishap => ({ answer: { status: code } });

/** Nobody agrees: no request is to be sent at all. */
export const DECLINED: Fate = { name: 'declined', result: 'declined' };

const GATEWAY = [502, 504];

export const FATES: readonly Fate[] = [
  { name: 'none', result: 'completed' },
  { name: 'slow', mishap: { delayMs: 300 }, result: 'completed' },
  { name: '429', mishap: status(429), isRefusedOnce: true, result: 'completed' },
  { name: '400', mishap: status(400), result: 'not_executed' },
  { name: 'drop before', mishap: { drop: 'before' }, result: 'not_executed' },
  { name: 'drop after', mishap: { drop: 'after' }, result: 'completed' },
  { name: 'slow drop after', mishap: { delayMs: 200, drop: 'after' }, result: 'completed' },
  ...[500, 502, 503, 504].flatMap((code): Fate[] => [
    // A gateway gives up where the API may not.
    {
      name: `${code} before`,
      mishap: status(code),
      result: GATEWAY.includes(code) ? 'unknown' : 'not_executed',
    },
    { name: `${code} after`, acts: true, mishap: status(code), result: 'completed' },
  ]),
  { name: 'page before', mishap: page, result: 'not_executed' },
  { name: 'page after', acts: true, mishap: page, result: 'completed' },
  DECLINED,
];

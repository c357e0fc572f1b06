import {
  ApiError,
  AuthenticationError,
  MissingCredentialsError,
  type NumbersError,
  ProxyError,
  SecretError,
} from '../api/errors.ts';
import type { Effect } from '../api/operations/operation.ts';

/** Whom a refusal is about: the number that was asked for, all of its kind (region and type), or any number. */
export type Reach = 'number' | 'kind' | 'all';

/** Statuses and codes that say nothing of the one number: key, project, account, balance, quota. */
const STATUSES_FOR_ALL: readonly number[] = [401, 402, 403, 407, 429];
const CODES_FOR_ALL: readonly string[] = [
  'FAILED_PRECONDITION',
  'RESOURCE_EXHAUSTED',
  'INSUFFICIENT_BALANCE',
];

/** Which other requests of the same operation would be refused in the same way. */
export function reachOf(error: NumbersError, effect: Effect): Reach {
  if (error instanceof ApiError) return reachOfAnswer(error, effect);
  const isOurs =
    error instanceof AuthenticationError ||
    error instanceof MissingCredentialsError ||
    error instanceof SecretError ||
    error instanceof ProxyError;
  return isOurs ? 'all' : 'number';
}

/**
 * Too little credit for a rent is answered 400 INVALID_ARGUMENT, its text is not published (facts §3.2), and so is
 * a kind of number that this account cannot rent. Both name neither the number nor a field.
 */
function reachOfAnswer({ status, problem }: ApiError, effect: Effect): Reach {
  const { apiStatus = '', violations, resource } = problem;
  if (STATUSES_FOR_ALL.includes(status) || CODES_FOR_ALL.includes(apiStatus)) return 'all';
  const namesNothing = violations.length === 0 && resource === undefined;
  return effect === 'billing' && status === 400 && namesNothing ? 'kind' : 'number';
}

/**
 * What can go wrong between a call and its answer. `acted` says whether the API can have carried the call
 * out: `no` means that nothing happened there, `maybe` that only reading the state can tell.
 */
export type Acted = 'no' | 'maybe';

export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** The resource that an error is about, e.g. `AvailableNumber` and its phone number. */
export interface ResourceInfo {
  readonly type: string;
  readonly name: string;
}

/** An error answer in either envelope, with absent parts left out. */
export interface ApiProblem {
  /** gRPC status such as `NOT_FOUND`, or the problem type of the newer envelope. */
  readonly apiStatus?: string;
  readonly message?: string;
  readonly violations: readonly FieldViolation[];
  readonly resource?: ResourceInfo;
}

/** The API answered with a status other than 2xx. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly acted: Acted;

  constructor(
    readonly operationId: string,
    readonly status: number,
    readonly problem: ApiProblem,
    /** How long the API asks to wait, in milliseconds. */
    readonly retryAfterMs?: number,
  ) {
    super(`${operationId} answered ${status}${problem.apiStatus ? ` ${problem.apiStatus}` : ''}`);
    this.acted = status >= 400 && status < 500 && status !== 408 ? 'no' : 'maybe';
  }
}

/** No whole answer arrived: refused, reset, unreachable. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(
    readonly origin: string,
    /** System error code, e.g. `ECONNREFUSED`. */
    readonly code: string,
    readonly acted: Acted,
    cause: unknown,
  ) {
    super(`${origin}: ${code}`, { cause });
  }
}

/** The proxy before the API, or before the token endpoint, opened no way to it. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly acted = 'no';
  /** HTTP status, where the proxy answered. */
  readonly status: number | undefined;
  /** System error code, where it did not. Not named `code`: by some of these undici tries again without end. */
  readonly reason: string | undefined;

  constructor(
    /** Without credentials. */
    readonly origin: string,
    { status, cause }: { readonly status?: number; readonly cause?: unknown },
  ) {
    const reason = status === undefined ? codeOf(cause) : undefined;
    super(`the proxy ${origin}: ${status ?? reason}`, { cause });
    this.status = status;
    this.reason = reason;
  }
}

/** The time for one call, retries included, ran out. */
export class BudgetExceededError extends Error {
  override readonly name = 'BudgetExceededError';

  constructor(
    readonly budgetMs: number,
    readonly acted: Acted,
  ) {
    super(`no answer within ${budgetMs / 1000} s`);
  }
}

/** The caller gave the call up before it was sent, or while it was being read. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly acted = 'no';

  constructor() {
    super('the call was cancelled');
  }
}

/** The API answered 2xx, but not with the JSON that the operation promises. */
export class UnexpectedResponseError extends Error {
  override readonly name = 'UnexpectedResponseError';
  readonly acted = 'maybe';

  constructor(
    /** The operation, or the request's path. */
    readonly source: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${source}: ${reason}`, options);
  }
}

/** The token endpoint refused the key, or could not be used. The API itself was not asked. */
export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError';
  readonly acted = 'no';

  constructor(
    readonly origin: string,
    readonly reason: string,
    /** HTTP status of the token endpoint, where it answered. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(`${origin}: ${reason}`, options);
  }
}

/** Credentials are not set; `missing` names the variables. */
export class MissingCredentialsError extends Error {
  override readonly name = 'MissingCredentialsError';
  readonly acted = 'no';

  constructor(readonly missing: readonly string[]) {
    super(`not set: ${missing.join(', ')}`);
  }
}

/** The secret cannot be had from where it is kept. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
  readonly acted = 'no';

  constructor(
    message: string,
    /** Where it is kept. */
    readonly source: 'file' | 'command',
  ) {
    super(message);
  }
}

/** The request cannot be built from its input. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
  readonly acted = 'no';
}

export type NumbersError =
  | ApiError
  | ConnectionError
  | ProxyError
  | BudgetExceededError
  | CancelledError
  | UnexpectedResponseError
  | AuthenticationError
  | MissingCredentialsError
  | SecretError
  | InvalidRequestError;

export function isNumbersError(error: unknown): error is NumbersError {
  return (
    error instanceof ApiError ||
    error instanceof ConnectionError ||
    error instanceof ProxyError ||
    error instanceof BudgetExceededError ||
    error instanceof CancelledError ||
    error instanceof UnexpectedResponseError ||
    error instanceof AuthenticationError ||
    error instanceof MissingCredentialsError ||
    error instanceof SecretError ||
    error instanceof InvalidRequestError
  );
}

/** Whether the API itself says that there is no such number. The 404 of a gateway or a wrong address does not. */
export function isNotFound(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.status !== 404) return false;
  return error.problem.apiStatus === 'NOT_FOUND' || error.problem.resource !== undefined;
}

/** The system error code of an error or of what caused it, e.g. `ECONNREFUSED`; its name where there is none. */
export function codeOf(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return error instanceof Error ? error.name : 'unknown error';
}

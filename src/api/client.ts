import { type Clock, systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Mask } from '../lib/mask.ts';
import type { Signal } from '../lib/signal.ts';
import { type Authorizer, createAuthorizer, type Endpoint, maskOf } from './auth.ts';
import { type Deadline, startDeadline, untilSent } from './deadline.ts';
import { CancelledError } from './errors.ts';
import { createHttp, type Http } from './http.ts';
import type { Operation, OperationInput, OperationResponse } from './operations/operation.ts';
import { textsIn, withoutValues } from './personal.ts';
import { type ApiRequest, buildRequest } from './request.ts';
import { apiError, readAnswer } from './response.ts';
import { withRetries } from './retry.ts';

/** Time for one call in milliseconds, token and retries included. */
const CALL_BUDGET_MS = 25_000;

export interface NumbersClient {
  /**
   * Calls one operation.
   * @param input path, query and body parameters side by side, already validated
   * @param signal the caller's cancellation. It reaches the socket of a read; a write that was sent is waited for.
   * @returns the API's answer without nulls and empty strings
   * @throws {NumbersError} whose `acted` says whether the API can have carried the call out
   */
  call<O extends Operation>(
    operation: O,
    input: OperationInput<O>,
    signal?: Signal,
  ): Promise<OperationResponse<O>>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export interface ClientOptions {
  /** Asked at the first call. May throw {@link MissingCredentialsError}. */
  readonly endpoint: () => Promise<Endpoint>;
  readonly userAgent: string;
  readonly log: Logger;
  readonly http?: Http;
  readonly clock?: Clock;
  readonly budgetMs?: number;
}

interface Session {
  readonly endpoint: Endpoint;
  readonly authorizer: Authorizer;
  /** For answers to requests with this header. */
  readonly mask: (authorization: string) => Mask;
}

/** A client of the Numbers API for one project. */
export function createNumbersClient(options: ClientOptions): NumbersClient {
  const { log, userAgent, http = createHttp(), clock = systemClock, budgetMs = CALL_BUDGET_MS } = options;
  let session: Promise<Session> | undefined;

  async function openSession(): Promise<Session> {
    const endpoint = await options.endpoint();
    return { endpoint, authorizer: createAuthorizer(endpoint, http, clock, log), mask: keepMask(endpoint) };
  }

  /**
   * Sends the request, and once more with a fresh token if the first is answered 401.
   * @throws {ApiError} for an answer other than 2xx
   */
  async function attempt<O extends Operation>(
    operation: O,
    input: OperationInput<O>,
    request: ApiRequest,
    { endpoint, authorizer, mask }: Session,
    deadline: Deadline,
  ): Promise<OperationResponse<O>> {
    for (let refreshed = false; ; refreshed = true) {
      const authorization = await authorizer.header(deadline.stop);
      const sending = operation.effect === 'read' ? { signal: deadline.stop } : untilSent(deadline);
      const response = await http.send({
        origin: endpoint.url,
        target: request.target,
        method: request.method,
        headers: {
          accept: 'application/json',
          authorization,
          'user-agent': userAgent,
          ...contentType(request.body),
        },
        ...(request.body !== undefined && { body: request.body }),
        ...sending,
      });
      log.debug(`${request.method} ${request.target} ${response.status}`);
      if (response.status >= 200 && response.status < 300) {
        return readAnswer(operation, response, mask(authorization));
      }
      const unauthorized = response.status === 401 && authorizer.refused(authorization);
      if (!unauthorized || refreshed) {
        const strict = maskOf(endpoint, authorization, secretsOf(input));
        const error = apiError(operation.operationId, response, clock.now(), strict);
        throw withoutValues(error, personalOf(operation, input));
      }
    }
  }

  return {
    async call(operation, input, signal) {
      session ??= openSession().catch((error: unknown) => {
        session = undefined;
        throw error;
      });
      const opened = await session;
      const request = buildRequest(operation, opened.endpoint.projectId, input);
      const deadline = startDeadline(budgetMs, signal);
      const policy = { name: operation.operationId, effect: operation.effect, deadline, clock, log };
      try {
        deadline.stop.throwIfAborted();
        return await withRetries(policy, () => attempt(operation, input, request, opened, deadline));
      } catch (error) {
        if (signal?.aborted && error === signal.reason) throw new CancelledError();
        throw error;
      } finally {
        deadline.end();
      }
    },
    close: () => http.close(),
  };
}

/** What an input holds that no error may tell. */
function secretsOf(input: object): string[] {
  return 'hmacSecret' in input ? [String(input.hmacSecret)] : [];
}

/** What an input says about people, which no error repeats either. */
function personalOf({ personal = [] }: Operation, input: object): string[] {
  return textsIn(Object.entries(input).flatMap(([name, value]) => (personal.includes(name) ? value : [])));
}

/** One mask for all answers, until the token changes. */
function keepMask(endpoint: Endpoint): Session['mask'] {
  let kept: { readonly authorization: string; readonly mask: Mask } | undefined;
  return (authorization) => {
    if (kept?.authorization !== authorization)
      kept = { authorization, mask: maskOf(endpoint, authorization) };
    return kept.mask;
  };
}

function contentType(body: ApiRequest['body']): { 'content-type'?: string } {
  if (body === undefined) return {};
  return { 'content-type': typeof body === 'string' ? 'application/json' : body.type };
}

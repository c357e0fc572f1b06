import type { Clock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import type { Logger } from '../lib/log.ts';
import { createMask, type Mask } from '../lib/mask.ts';
import type { Signal } from '../lib/signal.ts';
import { orAbort, startDeadline } from './deadline.ts';
import { ApiError, AuthenticationError, isNumbersError } from './errors.ts';
import type { Http } from './http.ts';
import { apiError } from './response.ts';
import { withRetries } from './retry.ts';

/** Where the API is and how to sign in to it. */
export interface Endpoint {
  readonly projectId: string;
  readonly keyId: string;
  readonly keySecret: string;
  /** Origin of the API, e.g. `https://numbers.api.sinch.com`. */
  readonly url: string;
  /** Origin of the token endpoint; `/oauth2/token` is appended. */
  readonly authUrl: string;
  readonly auth: 'oauth2' | 'basic';
}

/**
 * Hides the credentials in what a server says.
 * @param authorization the header that it was sent, where there is one
 * @param others secrets that it was sent beside
 */
export function maskOf(
  { keyId, keySecret }: Pick<Endpoint, 'keyId' | 'keySecret'>,
  authorization = '',
  others: readonly string[] = [],
): Mask {
  return createMask([keyId, keySecret, authorization.replace(/^\w+ /, ''), ...others]);
}

/** Gives the Authorization header of each request. */
export interface Authorizer {
  /**
   * @param signal gives up waiting; a token request that others wait for goes on
   * @throws {AuthenticationError} where no token can be had
   */
  header(signal: Signal): Promise<string>;
  /**
   * Called when the API answered 401 to this header.
   * @returns whether another attempt can go better
   */
  refused(header: string): boolean;
}

/** A token is replaced this long before it expires, or at half its life where that is shorter. */
const REFRESH_AHEAD_MS = 60_000;
/** Time for one token, retries included. */
const TOKEN_BUDGET_MS = 20_000;

/** Basic or OAuth2 client credentials, as the endpoint says. One token request at a time serves all callers. */
export function createAuthorizer(endpoint: Endpoint, http: Http, clock: Clock, log: Logger): Authorizer {
  const basic = `Basic ${Buffer.from(`${endpoint.keyId}:${endpoint.keySecret}`).toString('base64')}`;
  if (endpoint.auth === 'basic') {
    return { header: async () => basic, refused: () => false };
  }

  let current: { header: string; refreshAt: number } | undefined;
  let flight: Promise<string> | undefined;

  async function refresh(): Promise<string> {
    const requestedAt = clock.now();
    const { accessToken, lifetimeMs } = await requestToken(endpoint, basic, http, clock, log);
    const header = `Bearer ${accessToken}`;
    current = { header, refreshAt: requestedAt + lifetimeMs - Math.min(REFRESH_AHEAD_MS, lifetimeMs / 2) };
    return header;
  }

  return {
    async header(signal) {
      if (current !== undefined && clock.now() < current.refreshAt) return current.header;
      signal.throwIfAborted();
      flight ??= refresh().finally(() => {
        flight = undefined;
      });
      return orAbort(flight, signal);
    },
    refused(header) {
      if (current?.header === header) current = undefined;
      return true;
    },
  };
}

interface Token {
  readonly accessToken: string;
  /** Infinite where the endpoint does not say: it is then used until the API refuses it. */
  readonly lifetimeMs: number;
}

/** What can stand in a header. */
const HEADER_TEXT = /^[!-~]+$/;

async function requestToken(
  endpoint: Endpoint,
  basic: string,
  http: Http,
  clock: Clock,
  log: Logger,
): Promise<Token> {
  const { authUrl } = endpoint;
  const deadline = startDeadline(TOKEN_BUDGET_MS);
  try {
    return await withRetries({ name: 'token', effect: 'read', deadline, clock, log }, async () => {
      const response = await http.send({
        origin: authUrl,
        target: '/oauth2/token',
        method: 'POST',
        headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials',
        signal: deadline.stop,
      });
      if (response.status === 200) return readToken(authUrl, parseJson(response.body));
      throw apiError('POST /oauth2/token', response, clock.now(), maskOf(endpoint, basic));
    });
  } catch (error) {
    if (error instanceof AuthenticationError || !isNumbersError(error)) throw error;
    const status = error instanceof ApiError ? error.status : undefined;
    const message = error instanceof ApiError ? error.problem.message : undefined;
    const reason = message ?? error.message;
    throw new AuthenticationError(authUrl, reason, status, { cause: error });
  } finally {
    deadline.end();
  }
}

function readToken(origin: string, body: unknown): Token {
  if (typeof body === 'object' && body !== null && 'access_token' in body) {
    const { access_token: accessToken } = body;
    const lifetime = 'expires_in' in body ? Number(body.expires_in ?? Number.NaN) : Number.NaN;
    if (typeof accessToken === 'string' && HEADER_TEXT.test(accessToken)) {
      return { accessToken, lifetimeMs: Number.isNaN(lifetime) ? Number.POSITIVE_INFINITY : lifetime * 1000 };
    }
  }
  throw new AuthenticationError(origin, 'the token endpoint answered without an access_token', 200);
}

import { randomBytes } from 'node:crypto';
import type { SimulatorClock } from './clock.ts';
import { SimulatedError, unauthenticated } from './errors.ts';
import { TOKEN_LIFETIME_S } from './invented.ts';

/** The project and the access key that opens it. */
export interface ProjectKey {
  readonly projectId: string;
  readonly keyId: string;
  readonly keySecret: string;
}

/** The token endpoint, and the check of every request's credentials. */
export interface Auth {
  /**
   * Answers a client credentials request.
   * @throws {SimulatedError} 400 or 401 with an OAuth2 error body
   */
  issueToken(authorization: string | undefined, grantType: string | null): object;
  /** @throws {SimulatedError} 401 unless the header holds the key, or a token that was issued and is alive */
  check(authorization: string | undefined): void;
  /** Makes every token issued so far answer as expired. */
  expireTokens(): void;
}

export function createAuth(key: ProjectKey, clock: SimulatorClock): Auth {
  const basic = Buffer.from(`${key.keyId}:${key.keySecret}`).toString('base64');
  /** Token to the time it expires, in milliseconds since the epoch. */
  const issued = new Map<string, number>();

  return {
    issueToken(authorization, grantType) {
      if (!authorization || !isBasic(authorization, basic)) {
        throw new SimulatedError(401, oauthError('invalid_client', 'Client authentication failed'));
      }
      if (grantType !== 'client_credentials') {
        throw new SimulatedError(
          400,
          oauthError('unsupported_grant_type', 'Use grant_type=client_credentials'),
        );
      }
      const seconds = Math.floor(clock.now() / 1000);
      const exp = seconds + TOKEN_LIFETIME_S;
      const claims = base64url({ sub: key.keyId, iat: seconds, exp });
      const token = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${claims}.${randomBytes(32).toString('base64url')}`;
      issued.set(token, exp * 1000);
      return { access_token: token, token_type: 'bearer', expires_in: TOKEN_LIFETIME_S, scope: '' };
    },

    check(authorization) {
      if (!authorization) throw unauthenticated('missing');
      if (isBasic(authorization, basic)) return;
      const token = /^bearer (.+)$/i.exec(authorization)?.[1];
      const expiresAt = token === undefined ? undefined : issued.get(token);
      if (expiresAt === undefined) throw unauthenticated('invalid');
      if (expiresAt <= clock.now()) throw unauthenticated('expired');
    },

    expireTokens() {
      for (const token of issued.keys()) issued.set(token, 0);
    },
  };
}

function isBasic(authorization: string, basic: string): boolean {
  const [scheme, credentials] = authorization.split(' ');
  return scheme?.toLowerCase() === 'basic' && credentials === basic;
}

function oauthError(error: string, description: string): object {
  return { error, error_description: description, error_hint: '', error_verbose: description };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

import { TokenError } from './errors.ts';
import type { Issuer } from './issuer.ts';
import { type Person, personOf } from './person.ts';
import type { Tokens } from './tokens.ts';

/** Whom a request comes from, and what they let their client do. */
export interface SignedIn {
  readonly person: Person;
  readonly scopes: readonly string[];
  /** When the access token is good no more, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface AccessTokens {
  /**
   * Who an access token is of.
   * @throws {TokenError} where it is none for this server
   * @throws {IssuerError} where that cannot be told
   */
  verify(token: string): Promise<SignedIn>;
}

/**
 * @param audiences any of which a token must be for
 * @param openTokens loads what verifies, when the first token comes
 */
export function createAccessTokens(
  issuer: Issuer,
  audiences: readonly string[],
  openTokens: () => Promise<Tokens>,
): AccessTokens {
  return {
    async verify(token) {
      const claims = await (await openTokens()).verify(token, audiences);
      const { exp = 0, scope, scp } = claims;
      const person = personOf(claims.iss ?? issuer.url, claims);
      if (person === undefined) throw new TokenError('the token has no sub that can be accepted');
      return { person, scopes: scopesIn(scope ?? scp), expiresAt: exp * 1000 };
    },
  };
}

/** A text with spaces (RFC 9068), or a list, as some servers have it. */
function scopesIn(scope: unknown): readonly string[] {
  const parts: readonly unknown[] = Array.isArray(scope) ? scope : [scope];
  return parts.flatMap((part) => (typeof part === 'string' ? part.split(' ').filter(Boolean) : []));
}

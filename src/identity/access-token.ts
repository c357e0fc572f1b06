import type { Clock } from '../lib/clock.ts';
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

interface AccessTokenParts {
  readonly issuer: Issuer;
  /** Any of these a token must be for. */
  readonly audiences: readonly string[];
  /** Loads what verifies, when the first token comes. */
  readonly openTokens: () => Promise<Tokens>;
  readonly clock: Clock;
}

/** A signature costs as much as a read call does: a token that was verified is trusted for so long, in milliseconds. */
const TRUSTED_MS = 60_000;
/** More than there are sessions. The oldest is forgotten first. */
const MAX_TRUSTED = 1_000;

export function createAccessTokens({ issuer, audiences, openTokens, clock }: AccessTokenParts): AccessTokens {
  const trusted = new Map<string, { readonly signedIn: SignedIn; readonly until: number }>();

  async function read(token: string): Promise<SignedIn> {
    const claims = await (await openTokens()).verify(token, audiences);
    const { exp = 0, scope, scp, cnf } = claims;
    // Whoever stole it could not use it elsewhere, and must not be able to here (RFC 9449, RFC 8705).
    if (cnf !== undefined) throw new TokenError('the token is bound to a key, and no bearer token');
    const person = personOf(claims.iss ?? issuer.url, claims);
    if (person === undefined) throw new TokenError('the token has no sub that can be accepted');
    return { person, scopes: scopesIn(scope ?? scp), expiresAt: exp * 1000 };
  }

  return {
    async verify(token) {
      const known = trusted.get(token);
      if (known !== undefined && clock.now() < known.until) return known.signedIn;
      trusted.delete(token);
      const signedIn = await read(token);
      const [oldest] = trusted.keys();
      if (trusted.size >= MAX_TRUSTED && oldest !== undefined) trusted.delete(oldest);
      trusted.set(token, { signedIn, until: Math.min(clock.now() + TRUSTED_MS, signedIn.expiresAt) });
      return signedIn;
    },
  };
}

/** A text with spaces (RFC 9068), or a list, as some servers have it. */
function scopesIn(scope: unknown): readonly string[] {
  const parts: readonly unknown[] = Array.isArray(scope) ? scope : [scope];
  return parts.flatMap((part) => (typeof part === 'string' ? part.split(' ').filter(Boolean) : []));
}

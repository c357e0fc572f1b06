/** Verifies what an issuer signed. Imports `jose`, and so is loaded only where there is an issuer. */
import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as z from 'zod';
import type { Clock } from '../lib/clock.ts';
import { IssuerError, TokenError } from './errors.ts';
import type { Issuer } from './issuer.ts';
import { keep } from './kept.ts';

/** Signatures by a key pair alone: who verifies cannot sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** What the clocks of issuer and server may be apart, in seconds. */
const CLOCK_SKEW_S = 60;
/** How long keys are used before they are read again, and how often an unknown one makes them be read, in milliseconds. */
const FRESH_MS = 10 * 60_000;
const PAUSE_MS = 60_000;
/** Longer than any token that fits into the headers of a request. */
const MAX_TOKEN = 16_384;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

export interface Tokens {
  /**
   * The claims of a token that the issuer signed for one of these audiences and that is good now.
   * @throws {TokenError} where it is not
   * @throws {IssuerError} where that cannot be told
   */
  verify(token: string, audiences: readonly string[]): Promise<JWTPayload>;
  /** How many keys the issuer has. @throws {IssuerError} */
  countKeys(): Promise<number>;
}

export function createTokens(issuer: Issuer, clock: Clock): Tokens {
  async function loadKeys() {
    const { jwks_uri } = await issuer.metadata();
    const { status, json } = await issuer.send(jwks_uri);
    const { data } = keySet.safeParse(json);
    if (status !== 200 || data === undefined)
      throw new IssuerError(`${jwks_uri} answered ${status} without keys`);
    return { count: data.keys.length, find: createLocalJWKSet(data) };
  }

  const keys = keep(loadKeys, { clock, freshMs: FRESH_MS, pauseMs: PAUSE_MS });

  /** An unknown key may be a new one. */
  const findKey: JWTVerifyGetKey = async (header, token) => {
    const known = await keys.get();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const renewed = await keys.renew();
      if (renewed === known) throw error;
      return renewed.find(header, token);
    }
  };

  return {
    async verify(token, audiences) {
      if (token.length > MAX_TOKEN) throw new TokenError('the token is too long');
      const { issuer: name } = await issuer.metadata();
      try {
        const { payload } = await jwtVerify(token, findKey, {
          issuer: name,
          audience: [...audiences],
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_SKEW_S,
          currentDate: new Date(clock.now()),
          requiredClaims: ['sub', 'exp'],
        });
        return payload;
      } catch (error) {
        if (error instanceof errors.JOSEError) throw new TokenError(reasonOf(error), { cause: error });
        if (error instanceof IssuerError) throw error;
        // A key that cannot be used, such as one that is too short.
        throw new TokenError('the key that signed the token cannot be used', { cause: error });
      }
    },
    countKeys: async () => (await keys.renew()).count,
  };
}

const REASONS: Readonly<Record<string, string>> = {
  aud: 'the token is for another audience',
  iss: 'the token is of another issuer',
  nbf: 'the token is not good yet',
};

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return REASONS[error.claim] ?? `the token has no ${error.claim} that can be accepted`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is signed in a way that is not accepted';
  if (error instanceof errors.JWKSNoMatchingKey) return 'the token is signed by no key of the issuer';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature of the token is wrong';
  return 'it is no access token that can be verified';
}

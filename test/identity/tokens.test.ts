/** Access tokens as a hostile or hasty client may bring them, against a plain server with an issuer's documents. */
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { describe, expect, test } from 'vitest';
import { createHttp } from '../../src/api/http.ts';
import { createAccessTokens } from '../../src/identity/access-token.ts';
import { IssuerError, TokenError } from '../../src/identity/errors.ts';
import { createIssuer } from '../../src/identity/issuer.ts';
import { createTokens } from '../../src/identity/tokens.ts';
import { answerJson, failure, fastClock, serve } from '../api/support.ts';
import { onEnd, shared } from '../support/lifetime.ts';

const AUDIENCE = 'https://numbers.example.com';

/** Keys are made once: that takes longer than all else. */
const keys = shared(async () => {
  const [old, next, foreign] = await Promise.all(
    ['ES256', 'RS256', 'ES256'].map((alg) => generateKeyPair(alg)),
  );
  if (!old || !next || !foreign) throw new Error('no keys');
  const [oldJwk, nextJwk] = await Promise.all([exportJWK(old.publicKey), exportJWK(next.publicKey)]);
  return { old, next, foreign, oldJwk: { ...oldJwk, kid: 'old' }, nextJwk: { ...nextJwk, kid: 'next' } };
});

/** An issuer that publishes the old key until it is told otherwise. */
async function open() {
  const clock = fastClock();
  let published: object[] = [keys().oldJwk];
  let isAway = false;
  const server = await serve((response, { target, headers }) => {
    if (isAway) return answerJson(response, {}, 503);
    const url = `http://${headers.host}`;
    if (target === '/jwks') return answerJson(response, { keys: published });
    if (target !== '/.well-known/openid-configuration') return answerJson(response, {}, 404);
    return answerJson(response, { issuer: url, jwks_uri: `${url}/jwks` });
  });
  const http = createHttp();
  onEnd(() => http.close());
  const issuer = createIssuer(server.url, http, clock);
  const tokens = createTokens(issuer, clock);
  const { verify } = createAccessTokens({
    ...{ issuer, audiences: [AUDIENCE, `${AUDIENCE}/`], clock },
    openTokens: async () => tokens,
  });
  const seconds = () => Math.floor(clock.now() / 1000);
  const claims = (): JWTPayload => ({
    ...{
      iss: server.url,
      aud: AUDIENCE,
      sub: 'alice',
      exp: seconds() + 300,
      scope: 'numbers:read numbers:spend',
    },
  });
  const sign = (
    more: Readonly<Record<string, unknown>> = {},
    key: CryptoKey | Uint8Array = keys().old.privateKey,
    header: JWTHeaderParameters = { alg: 'ES256', kid: 'old' },
  ) => new SignJWT({ ...claims(), ...more }).setProtectedHeader(header).sign(key);
  return {
    ...{ clock, verify, sign, claims, seconds, server },
    publish: (...jwks: object[]) => {
      published = jwks;
    },
    leave: () => {
      isAway = true;
    },
    reads: () => server.requests.filter(({ target }) => target === '/jwks').length,
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

describe('an access token', () => {
  test('tells who it is of, what they allow and until when', async () => {
    const { verify, sign, seconds, server } = await open();
    expect(await verify(await sign({ name: 'Alice', email: 'alice@example.com' }))).toEqual({
      person: { id: `${server.url} alice`, subject: 'alice', name: 'Alice', email: 'alice@example.com' },
      scopes: ['numbers:read', 'numbers:spend'],
      expiresAt: (seconds() + 300) * 1000,
    });
  });

  test.each<[string, (opened: Opened) => Promise<string>]>([
    ['that expired less than a minute ago', ({ sign, seconds }) => sign({ exp: seconds() - 59 })],
    ['that is good in less than a minute', ({ sign, seconds }) => sign({ nbf: seconds() + 59 })],
    ['for several audiences', ({ sign }) => sign({ aud: ['https://other.example.com', `${AUDIENCE}/`] })],
    [
      'whose scopes are a list',
      ({ sign }) => sign({ scope: undefined, scp: ['numbers:read', 'numbers:spend'] }),
    ],
  ])('%s is accepted', async (_, make) => {
    const opened = await open();
    const { person, scopes } = await opened.verify(await make(opened));
    expect([person.subject, scopes]).toEqual(['alice', ['numbers:read', 'numbers:spend']]);
  });

  test.each<[string, RegExp, (opened: Opened) => Promise<string> | string]>([
    ['that expired over a minute ago', /expired/, ({ sign, seconds }) => sign({ exp: seconds() - 61 })],
    ['that is good in over a minute', /not good yet/, ({ sign, seconds }) => sign({ nbf: seconds() + 61 })],
    ['without an end', /no exp/, ({ sign }) => sign({ exp: undefined })],
    ['for another audience', /another audience/, ({ sign }) => sign({ aud: 'https://other.example.com' })],
    ['for no audience', /another audience/, ({ sign }) => sign({ aud: undefined })],
    ['of another issuer', /another issuer/, ({ sign }) => sign({ iss: 'https://evil.example.com' })],
    ['of nobody', /no sub/, ({ sign }) => sign({ sub: undefined })],
    ['of a subject that hides characters', /no sub/, ({ sign }) => sign({ sub: 'ali\u202ece' })],
    ['that is not signed', /not accepted/, ({ claims }) => new UnsecuredJWT(claims()).encode()],
    [
      'signed with the public key as a secret',
      /not accepted/,
      ({ sign }) => sign({}, Buffer.from(JSON.stringify(keys().oldJwk)), { alg: 'HS256', kid: 'old' }),
    ],
    [
      'signed with another key of the same ID',
      /signature/,
      ({ sign }) => sign({}, keys().foreign.privateKey),
    ],
    [
      'signed with an unknown key',
      /no key/,
      ({ sign }) => sign({}, keys().foreign.privateKey, { alg: 'ES256', kid: 'foreign' }),
    ],
    [
      'whose claims were changed',
      /signature/,
      async ({ sign, claims }) => {
        const [header, , signature] = (await sign()).split('.');
        const body = Buffer.from(JSON.stringify({ ...claims(), sub: 'bob' })).toString('base64url');
        return [header, body, signature].join('.');
      },
    ],
    [
      'that is bound to a key of its client',
      /bound to a key/,
      ({ sign }) => sign({ cnf: { jkt: 'thumbprint' } }),
    ],
    ['that is no token', /no access token/, () => 'opaque'],
    ['that is longer than any', /too long/, () => 'a'.repeat(20_000)],
  ])('%s is refused', async (_, why, make) => {
    const opened = await open();
    const error = await failure(opened.verify(await make(opened)));
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ message: expect.stringMatching(why) });
  });
});

test('a token that was verified is trusted for a minute, and never beyond its end', async () => {
  const { verify, sign, seconds, clock, publish, leave, reads } = await open();
  const [long, short] = await Promise.all([sign({ exp: seconds() + 3_600 }), sign({ exp: seconds() + 30 })]);
  await Promise.all([verify(long), verify(short)]);
  publish();
  leave();
  clock.advance(59_000);
  await verify(long);
  clock.advance(32_000);
  expect(await failure(verify(short))).toBeInstanceOf(TokenError);
  expect(reads()).toBe(1);
});

describe('the keys of an issuer', () => {
  const sign = ({ sign }: Opened, more: object = {}) =>
    sign({ ...more }, keys().next.privateKey, { alg: 'RS256', kid: 'next' });

  test('are read again for one that is new, at most once a minute', async () => {
    const opened = await open();
    const { verify, publish, reads, clock } = opened;
    await verify(await opened.sign());
    for (let times = 0; times < 3; times++) await failure(verify(await sign(opened)));
    expect(reads()).toBe(2);
    publish(keys().oldJwk, keys().nextJwk);
    clock.advance(59_000);
    await failure(verify(await sign(opened)));
    expect(reads()).toBe(2);
    clock.advance(1_000);
    expect((await verify(await sign(opened))).person.subject).toBe('alice');
    await verify(await opened.sign());
    expect(reads()).toBe(3);
  });

  test('are read once for all tokens by a new one that come together, each of which is good', async () => {
    const opened = await open();
    const { verify, publish, reads } = opened;
    await verify(await opened.sign());
    publish(keys().oldJwk, keys().nextJwk);
    const tokens = await Promise.all(
      [1, 2, 3].map((exp) => sign(opened, { exp: opened.seconds() + 60 * exp })),
    );
    const verified = await Promise.all(tokens.map((token) => verify(token)));
    expect(verified.map(({ person }) => person.subject)).toEqual(['alice', 'alice', 'alice']);
    expect(reads()).toBe(2);
  });

  test('that cannot be read tell nothing of a new one: that is no refusal of its token', async () => {
    const opened = await open();
    await opened.verify(await opened.sign());
    opened.leave();
    expect(await failure(opened.verify(await sign(opened)))).toBeInstanceOf(IssuerError);
  });

  test('count no longer than ten minutes once they are gone', async () => {
    const opened = await open();
    const { verify, publish, clock } = opened;
    const token = await opened.sign({ exp: opened.seconds() + 3_600 });
    await verify(token);
    publish(keys().nextJwk);
    clock.advance(10 * 60_000);
    expect(await failure(verify(token))).toBeInstanceOf(TokenError);
  });

  test('stay in use while the issuer is away', async () => {
    const opened = await open();
    const { verify, leave, clock } = opened;
    const token = await opened.sign({ exp: opened.seconds() + 7_200 });
    await verify(token);
    leave();
    clock.advance(3_600_000);
    expect((await verify(token)).person.subject).toBe('alice');
  });

  test('are asked for by all who come at once in one request, and not again at once where that fails', async () => {
    const opened = await open();
    const { verify, leave, server, clock } = opened;
    leave();
    const token = await opened.sign();
    const errors = await Promise.all([verify, verify, verify].map((way) => failure(way(token))));
    for (const error of errors) expect(error).toBeInstanceOf(IssuerError);
    await failure(verify(token));
    expect(server.requests).toHaveLength(2);
    clock.advance(5_000);
    await failure(verify(token));
    expect(server.requests).toHaveLength(4);
  });
});

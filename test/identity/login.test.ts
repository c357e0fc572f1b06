/** Signing in to a page, against a plain server with an issuer's documents: what a real one does not do. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createHttp } from '../../src/api/http.ts';
import { IssuerError, TokenError } from '../../src/identity/errors.ts';
import { createIssuer } from '../../src/identity/issuer.ts';
import { createLogin } from '../../src/identity/login.ts';
import { createTokens } from '../../src/identity/tokens.ts';
import { answerJson, failure, fastClock, serve } from '../api/support.ts';
import { onEnd, shared } from '../support/lifetime.ts';

const DOCUMENT = 'https://numbers.example.com/approve/sign-in/client.json';
const REDIRECT = 'https://numbers.example.com/approve/sign-in/callback';

const key = shared(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  return { privateKey, jwk: await exportJWK(publicKey) };
});

interface Faults {
  /** Of the issuer's metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Of the ID token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

async function open({ metadata, claims = {} }: Faults = {}) {
  const clock = fastClock();
  let nonce = '';
  const server = await serve(async (response, { target, headers }) => {
    const url = `http://${headers.host}`;
    if (target === '/register') return answerJson(response, { client_id: 'registered' }, 201);
    if (target === '/jwks') return answerJson(response, { keys: [key().jwk] });
    if (target === '/token') {
      const exp = Math.floor(clock.now() / 1000) + 60;
      const payload = { iss: url, aud: 'registered', sub: 'alice', exp, nonce, ...claims };
      const token = new SignJWT(payload).setProtectedHeader({ alg: 'ES256' }).sign(key().privateKey);
      return answerJson(response, { id_token: await token });
    }
    return answerJson(response, {
      ...{ issuer: url, jwks_uri: `${url}/jwks` },
      ...{ authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token` },
      ...(metadata ?? { registration_endpoint: `${url}/register` }),
    });
  });
  const http = createHttp();
  onEnd(() => http.close());
  const issuer = createIssuer(server.url, http, clock);
  const tokens = createTokens(issuer, clock);
  const login = createLogin({
    ...{ issuer, openTokens: async () => tokens, clientName: 'test' },
    ...{ documentUrl: DOCUMENT, redirectUrl: REDIRECT },
  });
  return {
    ...{ login, server },
    /** Somebody leaves to sign in, and comes back with this. */
    async signIn(query: Readonly<Record<string, string>> = { code: 'code' }) {
      const attempt = await login.begin(false);
      nonce = attempt.nonce;
      return login.finish(attempt, new URLSearchParams(query));
    },
  };
}

describe('the server as a client of the issuer', () => {
  test.each([
    ['is registered, once', {}, 'registered', 1],
    [
      'is known by its document, where the issuer reads that',
      { metadata: { client_id_metadata_document_supported: true } },
      DOCUMENT,
      0,
    ],
  ])('%s', async (_, faults, id, registrations) => {
    const { login, server } = await open(faults);
    await login.check();
    const { url } = await login.begin(false);
    expect(new URL(url).searchParams.get('client_id')).toBe(id);
    expect(server.requests.filter(({ target }) => target === '/register')).toHaveLength(registrations);
    expect(login.clientDocument).toMatchObject({ client_id: DOCUMENT, redirect_uris: [REDIRECT] });
  });

  test.each([
    ['no way to become one', {}, /takes no client/],
    [
      'no sign-in',
      { scopes_supported: ['numbers:read'], registration_endpoint: 'https://a.example.com' },
      /OpenID/,
    ],
    ['an endpoint in clear', { registration_endpoint: 'http://login.example.com/register' }, /no metadata/],
    ['the metadata of another issuer', { issuer: 'https://evil.example.com' }, /another issuer/],
  ])('says why not, where the issuer offers %s', async (_, metadata, why) => {
    const { login } = await open({ metadata });
    const error = await failure(login.check());
    expect(error).toBeInstanceOf(IssuerError);
    expect(error).toMatchObject({ message: expect.stringMatching(why) });
  });
});

describe('somebody who comes back', () => {
  test('is who the ID token says', async () => {
    const { signIn, server } = await open({ claims: { name: 'Alice\u202eExample' } });
    expect(await signIn()).toEqual({ id: `${server.url} alice`, subject: 'alice', name: 'Alice Example' });
    const { body = '' } = server.requests.find(({ target }) => target === '/token') ?? {};
    expect(new URLSearchParams(body).get('code_verifier')).toMatch(/^[\w-]{43}$/);
  });

  test.each<[string, Faults, Record<string, string>, RegExp]>([
    ['another try', { claims: { nonce: 'other' } }, { code: 'code' }, /another try/],
    ['another client', { claims: { aud: 'other' } }, { code: 'code' }, /another audience/],
    ['another issuer', {}, { code: 'code', iss: 'https://evil.example.com' }, /another issuer/],
    ['an issuer that says no', {}, { error: 'access_denied' }, /access_denied/],
  ])('is nobody with the answer of %s', async (_, faults, query, why) => {
    const { signIn } = await open(faults);
    const error = await failure(signIn(query));
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ message: expect.stringMatching(why) });
  });
});

/** What a server where people sign in tells a client at its door. */
import { describe, expect, test } from 'vitest';
import type { SignedIn } from '../../src/identity/access-token.ts';
import { IssuerError, TokenError } from '../../src/identity/errors.ts';
import { createSignIn, type SignInOptions } from '../../src/mcp/http/sign-in.ts';
import { recorder, send } from '../callbacks/support.ts';
import { call, message, openHttp, session } from './http-support.ts';

const PUBLIC = 'https://numbers.example.com';
const METADATA = '/.well-known/oauth-protected-resource';
const ALL = ['numbers:read', 'numbers:write', 'numbers:spend'];

/** Tokens are the subject and the scopes of whoever brings them. */
const tokens: SignInOptions['tokens'] = {
  async verify(token): Promise<SignedIn> {
    if (token === 'away') throw new IssuerError('the issuer does not answer');
    if (token === 'old') throw new TokenError('the token has expired');
    const [subject = '', ...scopes] = token.split('+');
    const expiresAt = Date.UTC(2026, 0, 1) + 60_000;
    return {
      person: { id: `issuer ${subject}`, subject },
      scopes: scopes.map((scope) => `numbers:${scope}`),
      expiresAt,
    };
  },
};

function open(options: Partial<SignInOptions> = {}) {
  const { publicUrl = PUBLIC } = options;
  const { log } = recorder();
  const issuer = 'https://login.example.com';
  const signIn = createSignIn({
    tokens,
    issuer,
    audience: undefined,
    scopes: ALL,
    publicUrl,
    log,
    ...options,
  });
  return openHttp({ publicUrl, signIn, tickMs: 10 });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a client', () => {
  test.each([
    ['', PUBLIC],
    ['/mcp', `${PUBLIC}/mcp`],
  ])('finds the description of the server at …%s', async (path, resource) => {
    const { origin } = await open();
    const { status, body } = await send(`${origin}${METADATA}${path}`, { method: 'GET' });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      resource,
      authorization_servers: ['https://login.example.com'],
      scopes_supported: ALL,
    });
  });

  test.each([
    [`${PUBLIC}/numbers`, `${PUBLIC}/numbers`],
    ['api://numbers', `${PUBLIC}/mcp`],
  ])('whose tokens must be for %s is told to ask for %s', async (audience, resource) => {
    const { origin } = await open({ audience });
    const { body } = await send(`${origin}${METADATA}/mcp`, { method: 'GET' });
    expect(JSON.parse(body)).toMatchObject({ resource });
  });

  test.each([
    [
      'without a token',
      {},
      401,
      /^Bearer scope="numbers:read numbers:write numbers:spend", resource_metadata=/,
    ],
    [
      'with a token that is refused',
      bearer('old'),
      401,
      /error="invalid_token", error_description="the token has expired"/,
    ],
    ['while nobody can tell', bearer('away'), 503, undefined],
  ])('%s is answered %3$s', async (_, headers, status, challenge) => {
    const { post } = await open();
    const answer = await post(message('tools/list', 1), headers);
    expect(answer.status).toBe(status);
    const header = answer.headers['www-authenticate'];
    if (challenge === undefined) return expect(header).toBeUndefined();
    expect(header).toMatch(challenge);
    expect(header).toContain(`resource_metadata="${PUBLIC}${METADATA}/mcp"`);
  });

  test.each([
    ['rent_number', 'alice+read', 'numbers:read numbers:spend'],
    ['release_numbers', 'alice+write', 'numbers:write numbers:spend'],
    ['update_active_number', 'alice+read+spend', 'numbers:read numbers:write numbers:spend'],
    ['list_active_numbers', 'alice', 'numbers:read'],
  ])('that calls %s with %s is told to ask for %s', async (tool, token, scope) => {
    const { post, open: openSession } = await open();
    const id = await openSession(bearer(token));
    const answer = await post(call(7, tool), { ...session(id), ...bearer(token) });
    expect(answer.status).toBe(403);
    expect(answer.headers['www-authenticate']).toMatch(`error="insufficient_scope", scope="${scope}"`);
    expect(JSON.parse(answer.body)).toMatchObject({
      id: 7,
      error: { message: expect.stringMatching('needs the scope') },
    });
  });

  test('that reads resources needs the scope to read', async () => {
    const { post, open: openSession } = await open();
    const headers = { ...session(await openSession(bearer('alice+spend'))), ...bearer('alice+spend') };
    const reading = message('resources/read', 1, { uri: 'sinch-numbers://journal' });
    expect((await post(reading, headers)).status).toBe(403);
  });
});

describe('a session', () => {
  test('belongs to the person who opened it, whatever their token', async () => {
    const { post, open: openSession } = await open();
    const id = await openSession(bearer('alice+read'));
    const ask = async (token: string) => (await post(call(1), { ...session(id), ...bearer(token) })).status;
    expect([await ask('alice+read'), await ask('alice+spend'), await ask('bob+read')]).toEqual([
      200, 200, 404,
    ]);
    const end = (token: string) => post('', { ...session(id), ...bearer(token) }, { method: 'DELETE' });
    expect([(await end('bob+read')).status, (await end('alice+read')).status]).toEqual([404, 200]);
  });

  test('has a stream as long as the token that opened it is good', async () => {
    const { post, open: openSession, clock } = await open();
    const id = await openSession(bearer('alice+read'));
    const listening = post('', { ...session(id), ...bearer('alice+read') }, { method: 'GET' });
    clock.advance(60_001);
    expect((await listening).status).toBe(200);
  });
});

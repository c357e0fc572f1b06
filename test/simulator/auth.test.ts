import { expect, test } from 'vitest';
import * as z from 'zod';
import { TOKEN_LIFETIME_S } from '../../src/simulator/invented.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { type Answer, basic, request, SECOND, START, startApi } from './api.ts';

const OTHER_PROJECT = '12c0ffee-dada-beef-cafe-baadc0de5678';

function askToken(
  simulator: Simulator,
  authorization: string | undefined,
  form = 'grant_type=client_credentials',
): Promise<Answer> {
  return request(`${simulator.url}/oauth2/token`, {
    method: 'POST',
    headers: {
      ...(authorization && { authorization }),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: form,
  });
}

async function issueToken(simulator: Simulator): Promise<string> {
  const { body } = await askToken(simulator, basic(simulator));
  return z.looseObject({ access_token: z.string() }).parse(body).access_token;
}

function regions(
  simulator: Simulator,
  authorization?: string,
  projectId = simulator.projectId,
): Promise<Answer> {
  return request(`${simulator.url}/v1/projects/${projectId}/availableRegions`, {
    ...(authorization && { headers: { authorization } }),
  });
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('the token endpoint gives a JWT with its lifetime for the right key', async () => {
  const { simulator } = await startApi();
  const { status, body } = await askToken(simulator, basic(simulator));
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: expect.stringMatching(/^bearer$/i),
    expires_in: TOKEN_LIFETIME_S,
    scope: '',
  });
  const claims = (await issueToken(simulator)).split('.')[1] ?? '';
  const exp = START / SECOND + TOKEN_LIFETIME_S;
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ exp });
});

test('the token endpoint refuses a wrong secret, a wrong key and a missing one as invalid_client', async () => {
  const { simulator } = await startApi();
  for (const authorization of [
    basic({ keyId: simulator.keyId, keySecret: 'wrong' }),
    basic({ keyId: 'wrong', keySecret: simulator.keySecret }),
    undefined,
  ]) {
    const { status, body } = await askToken(simulator, authorization);
    expect(status).toBe(401);
    expect(body).toMatchObject({ error: 'invalid_client', error_description: expect.any(String) });
  }
});

test('the token endpoint refuses other grant types', async () => {
  const { simulator } = await startApi();
  for (const form of ['grant_type=password', '']) {
    const { status, body } = await askToken(simulator, basic(simulator), form);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: 'unsupported_grant_type' });
  }
});

test('the API takes a token that was issued, whatever the case of its scheme', async () => {
  const { simulator } = await startApi();
  const token = await issueToken(simulator);
  expect((await regions(simulator, `Bearer ${token}`)).status).toBe(200);
  expect((await regions(simulator, `bearer ${token}`)).status).toBe(200);
});

test('the API takes the key by Basic, and no other', async () => {
  const { simulator } = await startApi();
  expect((await regions(simulator, basic(simulator))).status).toBe(200);
  const wrong = basic({ keyId: simulator.keyId, keySecret: 'wrong' });
  expect((await regions(simulator, wrong)).status).toBe(401);
});

test('a request without credentials is unauthenticated', async () => {
  const { simulator } = await startApi();
  const { status, body } = await regions(simulator);
  expect(status).toBe(401);
  expect(body).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } });
});

test('a JWT that the token endpoint did not issue is refused, and not as expired', async () => {
  const { simulator } = await startApi();
  const claims = base64url({ sub: simulator.keyId, exp: START / SECOND + TOKEN_LIFETIME_S });
  const jwt = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${claims}.c2lnbmF0dXJl`;
  const { status, headers } = await regions(simulator, `Bearer ${jwt}`);
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toContain('Bearer');
  expect(headers.get('www-authenticate')).not.toContain('expired');
});

test('a token is refused as expired once its lifetime is over', async () => {
  const { simulator, clock } = await startApi();
  const token = await issueToken(simulator);
  clock.advance(TOKEN_LIFETIME_S * SECOND - 1);
  expect((await regions(simulator, `Bearer ${token}`)).status).toBe(200);
  clock.advance(1);
  const { status, headers } = await regions(simulator, `Bearer ${token}`);
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toContain('expired');
});

test('expired tokens are replaced by new ones that work', async () => {
  const { simulator } = await startApi();
  const token = await issueToken(simulator);
  simulator.expireTokens();
  const { status, headers } = await regions(simulator, `Bearer ${token}`);
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toContain('expired');
  expect((await regions(simulator, `Bearer ${await issueToken(simulator)}`)).status).toBe(200);
});

test('a project that the key does not open is forbidden, with an empty message', async () => {
  const { simulator } = await startApi();
  const { status, body } = await regions(simulator, basic(simulator), OTHER_PROJECT);
  expect(status).toBe(403);
  expect(body).toEqual({ error: { code: 403, message: '', status: 'PERMISSION_DENIED', details: [] } });
});

test('bad credentials are told before a wrong project', async () => {
  const { simulator } = await startApi();
  expect((await regions(simulator, 'Bearer nonsense', OTHER_PROJECT)).status).toBe(401);
});

test.each(['GET', 'PATCH'])(
  '%s of an unknown project’s callback configuration finds none',
  async (method) => {
    const { simulator } = await startApi();
    const url = `${simulator.url}/v1/projects/${OTHER_PROJECT}/callbackConfiguration`;
    const { status, body } = await request(url, {
      method,
      headers: { authorization: basic(simulator) },
      ...(method === 'PATCH' && { body: '{}' }),
    });
    const message = `Could not find project with ID: ${OTHER_PROJECT}`;
    expect(status).toBe(404);
    expect(body).toEqual({
      error: {
        code: 404,
        message,
        status: 'NOT_FOUND',
        details: [
          {
            type: 'ResourceInfo',
            resourceType: 'CallbackConfiguration',
            resourceName: '',
            owner: '',
            description: message,
          },
        ],
      },
    });
  },
);

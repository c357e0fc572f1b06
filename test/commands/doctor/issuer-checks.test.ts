import { expect, test } from 'vitest';
import { answerJson, freePort, serve } from '../../api/support.ts';
import { checksOf, named } from '../support.ts';

/** An issuer whose documents hold this. */
async function openIssuer(metadata: object, keys: readonly object[]) {
  const server = await serve((response, { target, headers, method }) => {
    const url = `http://${headers.host}`;
    if (method !== 'GET') return answerJson(response, {}, 500);
    if (target === '/jwks') return answerJson(response, { keys });
    answerJson(response, { issuer: url, jwks_uri: `${url}/jwks`, ...metadata });
  });
  return server.url;
}

const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const REGISTRATION = { registration_endpoint: 'https://login.example.com/register' };

test.each<[string, object, readonly object[], object, object | undefined]>([
  [
    'is well',
    REGISTRATION,
    [KEY],
    { status: 'ok', message: expect.stringMatching(/keys: 1$/) },
    { status: 'ok', message: 'people sign in to them, by registration' },
  ],
  [
    'knows no way to make this server a client',
    {},
    [KEY],
    { status: 'ok' },
    { status: 'warn', message: expect.stringContaining('nobody can sign in to them') },
  ],
  ['has no key', {}, [], { status: 'fail', message: expect.stringContaining('holds no key') }, undefined],
  [
    'calls itself otherwise',
    { issuer: 'https://other.example.com' },
    [KEY],
    { status: 'fail', message: expect.stringContaining('another issuer, "https://other.example.com"') },
    undefined,
  ],
])('an issuer that %s', async (_, metadata, keys, issuer, pages) => {
  const checks = await checksOf({
    SINCH_NUMBERS_HTTP_ISSUER: await openIssuer(metadata, keys),
    SINCH_NUMBERS_HTTP_PUBLIC_URL: 'https://numbers.example.com',
  });
  expect(named(checks, 'issuer')).toMatchObject(issuer);
  if (pages === undefined) expect(named(checks, 'approval pages')).toBeUndefined();
  else expect(named(checks, 'approval pages')).toMatchObject(pages);
});

test('an issuer that is not there is told with what to do', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  expect(named(await checksOf({ SINCH_NUMBERS_HTTP_ISSUER: url }), 'issuer')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('does not answer'),
    mend: expect.stringMatching(/^Set SINCH_NUMBERS_HTTP_ISSUER/),
  });
});

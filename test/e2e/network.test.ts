/** The server behind a proxy, and before a CA of its own. */
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { simulate } from '../api/support.ts';
import { startProxy } from '../support/proxy.ts';
import { temporaryFolder } from '../support/stage.ts';
import { CERTIFICATE, serveTls } from '../support/tls.ts';
import { connectServer as connectBuilt, envFor } from './harness.ts';
import { connectServer } from './inside.ts';

/** A simulator over TLS, and the variables that point a server at it. */
async function simulateOverTls() {
  const api = await simulate({ active: 3 });
  const url = await serveTls((incoming, response) => {
    const { method, url: path, headers } = incoming;
    const upstream = request(`${api.url}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(upstream);
  });
  const { projectId, keyId, keySecret } = api;
  const file = join(await temporaryFolder(), 'ca.pem');
  await writeFile(file, CERTIFICATE);
  return { api, url, env: envFor({ url, projectId, keyId, keySecret }), file };
}

test('it reaches the API by the proxy and trusts the CA that the environment names', async () => {
  const { url, env, file } = await simulateOverTls();
  const proxy = await startProxy();
  const { call, stderr } = await connectBuilt({
    env: {
      ...env,
      NODE_EXTRA_CA_CERTS: file,
      HTTPS_PROXY: proxy.url.replace('//', '//me:hunter2@'),
      SINCH_NUMBERS_LOG: 'debug',
    },
  });
  expect((await call('list_active_numbers')).structured).toMatchObject({ totalSize: 3 });
  const authorization = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
  expect(proxy.tunnels).toEqual([{ to: new URL(url).host, authorization }]);
  expect(stderr()).toContain('GET /v1/projects/');
  expect(stderr()).not.toMatch(/hunter2|aHVudGVy|Warning/);
});

test('it reaches its own simulator without the proxy', async () => {
  const proxy = await startProxy();
  const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
  const { call } = await connectServer({ args: ['--simulator'], env });
  expect((await call('list_active_numbers')).isError).toBe(false);
  expect(proxy.tunnels).toEqual([]);
});

test('it says what is missing where it knows no such CA', async () => {
  const { env, api } = await simulateOverTls();
  const { call } = await connectServer({ env });
  const { isError, text } = await call('list_active_numbers');
  expect(isError).toBe(true);
  expect(text).toContain('NODE_EXTRA_CA_CERTS');
  expect(api.requests).toEqual([]);
});

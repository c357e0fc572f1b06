import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isNumbersError, ProxyError } from '../../src/api/errors.ts';
import { describeFailure } from '../../src/api/failure.ts';
import { createHttp, type ProxySettings } from '../../src/api/http.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import { startProxy } from '../support/proxy.ts';
import { serveTls } from '../support/tls.ts';
import {
  answerJson,
  connect,
  endpointAt,
  failure,
  fastClock,
  freePort,
  OFFERED,
  serve,
  silent,
  simulate,
} from './support.ts';

/** A client of this endpoint by way of a proxy. */
function connectBy(proxy: ProxySettings, ...[endpoint, options]: Parameters<typeof connect>) {
  const http = createHttp({ proxy });
  onTestFinished(() => http.close());
  return connect(endpoint, { ...options, http });
}

const hostOf = (url: string) => new URL(url).host;

function tell(error: unknown): string {
  if (!isNumbersError(error)) throw error;
  return describeFailure(error, { name: 'call', effect: 'read', input: {} });
}

describe('a proxy', () => {
  test('stands before the token endpoint and the API', async () => {
    const [proxy, api] = [await startProxy(), await simulate({ active: 3 })];
    const client = connectBy({ httpsProxy: proxy.url, httpProxy: proxy.url }, endpointAt(api));
    expect(await client.call(operations.listActiveNumbers, {})).toMatchObject({ totalSize: 3 });
    expect(proxy.tunnels).toEqual([{ to: hostOf(api.url), authorization: undefined }]);
    expect(proxy.requests()).toBe(0);
    expect(api.requests).toEqual(['POST /oauth2/token', 'GET /activeNumbers']);
  });

  test('keeps its tunnels: calls that come one after the other use the same', async () => {
    const [proxy, api] = [await startProxy(), await simulate()];
    const client = connectBy({ httpProxy: proxy.url }, endpointAt(api));
    for (let call = 0; call < 5; call++) await client.call(operations.listAvailableRegions, {});
    expect(proxy.tunnels).toHaveLength(1);
  });

  test('is given the credentials of its URL, and nobody else is', async () => {
    const [proxy, api] = [await startProxy(), await serve((response) => answerJson(response, {}))];
    const url = proxy.url.replace('//', '//me:p%40ss%2Fword@');
    await connectBy({ httpProxy: url }, endpointAt(api, { auth: 'basic' })).call(
      operations.listActiveNumbers,
      {},
    );
    const authorization = `Basic ${Buffer.from('me:p@ss/word').toString('base64')}`;
    expect(proxy.tunnels).toEqual([{ to: hostOf(api.url), authorization }]);
    expect(api.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('sees neither token nor key: they go through the tunnel', async () => {
    const [proxy, api] = [await startProxy(() => 403), await simulate()];
    await failure(
      connectBy({ httpProxy: proxy.url }, endpointAt(api)).call(operations.listActiveNumbers, {}),
    );
    expect(proxy.tunnels).toEqual([{ to: hostOf(api.url), authorization: undefined }]);
    expect(api.requests).toEqual([]);
  });

  test.each<[string, (proxy: string, host: string) => ProxySettings, number]>([
    ['NO_PROXY names the host', (url, host) => ({ httpProxy: url, noProxy: `example.com, ${host}` }), 0],
    ['NO_PROXY names the host without its port', (url) => ({ httpProxy: url, noProxy: '127.0.0.1' }), 0],
    ['NO_PROXY is *', (url) => ({ httpProxy: url, noProxy: '*' }), 0],
    ['NO_PROXY names another host', (url) => ({ httpProxy: url, noProxy: 'localhost,.0.0.1.example' }), 1],
    ['NO_PROXY names another port', (url) => ({ httpProxy: url, noProxy: '127.0.0.1:1' }), 1],
    ['the proxy is for https alone', (url) => ({ httpsProxy: url }), 0],
  ])('is used as others use it, where %s', async (_, settings, tunnels) => {
    const [proxy, api] = [await startProxy(), await simulate()];
    const client = connectBy(settings(proxy.url, hostOf(api.url)), endpointAt(api));
    await client.call(operations.listAvailableRegions, {});
    expect(proxy.tunnels).toHaveLength(tunnels);
  });

  test('that the environment names, and the settings do not, is not used', async () => {
    const [proxy, api] = [await startProxy(), await simulate()];
    vi.stubEnv('HTTP_PROXY', proxy.url);
    onTestFinished(() => void vi.unstubAllEnvs());
    const client = connectBy({ httpsProxy: proxy.url }, endpointAt(api));
    await client.call(operations.listAvailableRegions, {});
    expect(proxy.tunnels).toEqual([]);
  });

  test('is used for https by HTTPS_PROXY, else by HTTP_PROXY', async () => {
    const api = await serveTls((_, response) => void response.end());
    for (const name of ['httpsProxy', 'httpProxy'] as const) {
      const proxy = await startProxy();
      const client = connectBy({ [name]: proxy.url }, endpointAt({ url: api }, { auth: 'basic' }));
      await failure(client.call(operations.listAvailableRegions, {}));
      expect(proxy.tunnels).toEqual([{ to: hostOf(api), authorization: undefined }]);
    }
  });
});

describe('a proxy that refuses', () => {
  test.each([
    [407, 1],
    [403, 1],
    [502, 6],
    [503, 6],
  ])('with %d is asked %d times, and the API never', async (status, asked) => {
    const [proxy, api] = [await startProxy(() => status), await simulate()];
    const client = connectBy({ httpProxy: proxy.url }, endpointAt(api, { auth: 'basic' }));
    const error = await failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(error).toBeInstanceOf(ProxyError);
    expect(error).toMatchObject({ status, origin: proxy.url, acted: 'no' });
    expect(proxy.tunnels).toHaveLength(asked);
    expect(api.requests).toEqual([]);
  });

  test('for want of a password is told as what it is, with where to put it', async () => {
    const [proxy, api] = [await startProxy(() => 407), await simulate()];
    const url = proxy.url.replace('//', '//me:hunter2@');
    const basic = connectBy({ httpProxy: url }, endpointAt(api, { auth: 'basic' }));
    const text = tell(await failure(basic.call(operations.listActiveNumbers, {})));
    expect(text).toContain(`the proxy ${proxy.url} wants a user name and password, or others`);
    expect(text).toMatch(/\nTell the user: put the user name and password of the proxy into HTTPS_PROXY/);
    expect(text).not.toMatch(/Correct|hunter2|aHVudGVy/);
    const signingIn = connectBy({ httpProxy: url }, endpointAt(api));
    expect(tell(await failure(signingIn.call(operations.listActiveNumbers, {})))).toBe(
      text.replace('call failed:', `call failed: signing in at ${api.url} failed:`),
    );
  });

  test.each([{}, '<html>Proxy Authentication Required</html>'])(
    'in the place of the API is told as a proxy too: %j',
    async (body) => {
      const api = await serve((response) => answerJson(response, body, 407));
      const text = tell(
        await failure(connect(endpointAt(api, { auth: 'basic' })).call(operations.listActiveNumbers, {})),
      );
      expect(text).toContain(
        'HTTP 407: a proxy before the API wants a user name and password.\nTell the user:',
      );
      expect(tell(await failure(connect(endpointAt(api)).call(operations.listActiveNumbers, {})))).toMatch(
        /signing in .* HTTP 407.*\nTell the user: put the user name and password of the proxy/,
      );
    },
  );

  test('because nobody is there is told by its address', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const api = await simulate();
    const clock = fastClock();
    const client = connectBy({ httpProxy: url }, endpointAt(api, { auth: 'basic' }), { clock });
    const error = await failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(clock.sleeps).toHaveLength(5);
    expect(tell(error)).toContain(`no connection to the proxy ${url} (ECONNREFUSED).`);
    expect(tell(error)).toMatch(/\nTell the user: check HTTPS_PROXY and HTTP_PROXY .* NO_PROXY/);
  });

  test('by cutting the connection is told by its address', async () => {
    const proxy = await serve(silent); // which knows no CONNECT
    const client = connectBy({ httpProxy: proxy.url }, endpointAt(await simulate(), { auth: 'basic' }));
    const error = await failure(client.call(operations.listActiveNumbers, {}));
    expect(error).toMatchObject({ name: 'ProxyError', origin: proxy.url, acted: 'no' });
  });
});

describe('a certificate of a CA that is unknown here', () => {
  const words = (peer: string) =>
    `${peer} shows a certificate of a CA that Node.js does not know (DEPTH_ZERO_SELF_SIGNED_CERT).`;

  test('ends the call at once, names NODE_EXTRA_CA_CERTS, and nothing is sent', async () => {
    let requests = 0;
    const api = await serveTls(() => requests++);
    const clock = fastClock();
    const endpoint = endpointAt({ url: api }, { auth: 'basic' });
    const error = await failure(connect(endpoint, { clock }).call(operations.listActiveNumbers, {}));
    expect(error).toMatchObject({ name: 'ConnectionError', acted: 'no' });
    expect(tell(error)).toContain(words(api));
    expect(tell(error)).toMatch(/\nTell the user: .* NODE_EXTRA_CA_CERTS .* Nothing was sent\.$/);
    expect({ requests, sleeps: clock.sleeps }).toEqual({ requests: 0, sleeps: [] });
  });

  test('is told of the token endpoint in the same words', async () => {
    const url = await serveTls(() => {});
    const clock = fastClock();
    const error = await failure(
      connect(endpointAt({ url }), { clock }).call(operations.listActiveNumbers, {}),
    );
    expect(tell(error)).toContain(`signing in at ${url} failed: ${words(url)}`);
    expect(tell(error)).toContain('NODE_EXTRA_CA_CERTS');
    expect(clock.sleeps).toEqual([]);
  });

  test('is told of a proxy in the same words', async () => {
    const url = await serveTls(() => {});
    const clock = fastClock();
    const endpoint = endpointAt(await simulate(), { auth: 'basic' });
    const client = connectBy({ httpProxy: url }, endpoint, { clock });
    const error = await failure(client.call(operations.listActiveNumbers, {}));
    expect(tell(error)).toContain(words(`the proxy ${url}`));
    expect(tell(error)).toContain('NODE_EXTRA_CA_CERTS');
    expect(clock.sleeps).toEqual([]);
  });
});

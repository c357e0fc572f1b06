import { expect, test } from 'vitest';
import { type Api, basic, list, request, startApi } from './api.ts';

const NUMBER = '+12025550134';
const rentNumber = (api: Api) => api.post(`/availableNumbers/${NUMBER}:rent`, {});
const regions = (api: Api) => api.get('/availableRegions');

/** The statuses of so many requests, one after another. */
async function statuses(api: Api, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await regions(api)).status);
  return found;
}

test('a status is answered with its body and headers, once, and nothing is done', async () => {
  const api = await startApi();
  const body = { error: { code: 429, message: 'Slow down' } };
  api.simulator.faults.add({ answer: { status: 429, body, headers: { 'retry-after': '2' } } });
  const answer = await rentNumber(api);
  expect(answer.status).toBe(429);
  expect(answer.body).toEqual(body);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.headers.get('retry-after')).toBe('2');
  expect((await list(api)).totalSize).toBe(0);
  expect((await rentNumber(api)).status).toBe(200);
});

test('a text is answered as the HTML page of a gateway', async () => {
  const api = await startApi();
  const page = '<html><body>502 Bad Gateway</body></html>';
  api.simulator.faults.add({ answer: { status: 502, body: page } });
  const { status, headers, text } = await regions(api);
  expect(status).toBe(502);
  expect(headers.get('content-type')).toContain('text/html');
  expect(text).toBe(page);
});

test('a status alone is answered without a body', async () => {
  const api = await startApi();
  api.simulator.faults.add({ answer: { status: 503 } });
  const { status, text } = await regions(api);
  expect(status).toBe(503);
  expect(text).toBe('');
});

test('a delay holds up its own request and no other, and the request is then carried out', async () => {
  const api = await startApi();
  api.simulator.faults.add({ method: 'POST', delayMs: 1_000 });
  const slow = rentNumber(api).then(({ status }) => ['slow', status]);
  const fast = regions(api).then(({ status }) => ['fast', status]);
  expect(await Promise.race([slow, fast])).toEqual(['fast', 200]);
  expect((await list(api)).totalSize).toBe(0);
  expect(await slow).toEqual(['slow', 200]);
  expect((await list(api)).totalSize).toBe(1);
});

test('a connection that drops before leaves the request undone', async () => {
  const api = await startApi();
  api.simulator.faults.add({ method: 'POST', drop: 'before' });
  await expect(rentNumber(api)).rejects.toThrow(TypeError);
  expect((await list(api)).totalSize).toBe(0);
  expect((await rentNumber(api)).status).toBe(200);
});

test('a connection that drops after leaves the request done, and its answer lost', async () => {
  const api = await startApi();
  api.simulator.faults.add({ method: 'POST', drop: 'after' });
  await expect(rentNumber(api)).rejects.toThrow(TypeError);
  expect((await list(api)).activeNumbers).toMatchObject([{ phoneNumber: NUMBER }]);
  expect((await rentNumber(api)).status).toBe(404);
});

test('a release whose answer is lost has taken effect', async () => {
  const api = await startApi();
  await rentNumber(api);
  api.simulator.faults.add({ path: /:release$/, drop: 'after' });
  await expect(api.post(`/activeNumbers/${NUMBER}:release`)).rejects.toThrow(TypeError);
  expect((await list(api)).activeNumbers).toMatchObject([{ expireAt: expect.any(String) }]);
});

test('nth hits that request and times so many in a row from there', async () => {
  const api = await startApi();
  api.simulator.faults.add({ nth: 2, answer: { status: 500 } });
  expect(await statuses(api, 4)).toEqual([200, 500, 200, 200]);
  api.simulator.faults.add({ times: 2, answer: { status: 502 } });
  expect(await statuses(api, 4)).toEqual([502, 502, 200, 200]);
  api.simulator.faults.add({ nth: 2, times: 2, answer: { status: 503 } });
  expect(await statuses(api, 4)).toEqual([200, 503, 503, 200]);
});

test('only requests of the method and path are counted and hit', async () => {
  const api = await startApi();
  api.simulator.faults.add({ method: 'GET', path: /pageSize=7/, nth: 2, answer: { status: 500 } });
  const status = async (path: string) => (await api.get(path)).status;
  expect(await status('/activeNumbers?pageSize=7')).toBe(200);
  expect(await status('/activeNumbers?pageSize=8')).toBe(200);
  expect((await rentNumber(api)).status).toBe(200);
  expect(await status('/activeNumbers?pageSize=7')).toBe(500);
});

test('faults can be armed side by side: each counts for itself, the first one added goes first', async () => {
  const api = await startApi();
  api.simulator.faults.add({ answer: { status: 500 } });
  api.simulator.faults.add({ times: 2, answer: { status: 503 } });
  expect(await statuses(api, 3)).toEqual([500, 503, 200]);
});

test('faults that are cleared hit nothing', async () => {
  const api = await startApi();
  api.simulator.faults.add({ times: 100, answer: { status: 500 } });
  expect(await statuses(api, 1)).toEqual([500]);
  api.simulator.faults.clear();
  expect(await statuses(api, 2)).toEqual([200, 200]);
});

test('the token endpoint can be hit, too', async () => {
  const api = await startApi();
  const { simulator } = api;
  const headers = { 'x-envoy-ratelimited': 'true' };
  simulator.faults.add({ path: /^\/oauth2\/token$/, answer: { status: 429, headers } });
  const askToken = () =>
    request(`${simulator.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: basic(simulator) },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
  expect((await regions(api)).status).toBe(200);
  const refused = await askToken();
  expect(refused.status).toBe(429);
  expect(refused.headers.get('x-envoy-ratelimited')).toBe('true');
  expect((await askToken()).status).toBe(200);
});

test('requests are told of as they arrive, those that faults swallow as well', async () => {
  const told: string[] = [];
  const api = await startApi({ onRequest: (method, path) => told.push(`${method} ${path}`) });
  api.simulator.faults.add({ drop: 'before' });
  await expect(api.get('/activeNumbers?pageSize=3')).rejects.toThrow(TypeError);
  await rentNumber(api);
  const project = `/v1/projects/${api.simulator.projectId}`;
  expect(told).toEqual([
    `GET ${project}/activeNumbers?pageSize=3`,
    `POST ${project}/availableNumbers/${NUMBER}:rent`,
  ]);
});

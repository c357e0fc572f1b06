import { expect, test } from 'vitest';
import { MAX_PAGE_SIZE } from '../../src/simulator/invented.ts';
import { type Api, availablePage, badRequest, list, notFound, search, startApi, violation } from './api.ts';

const US_LOCAL = 'regionCode=US&type=LOCAL';

/** The numbers that match a pattern, which is put in the query as it stands. */
const matching = (api: Api, searchPattern: string, pattern: string) =>
  search(
    api,
    `${US_LOCAL}&size=1000&numberPattern.pattern=${pattern}&numberPattern.searchPattern=${searchPattern}`,
  );

test('a search answers numbers of the region and type, with prices as text', async () => {
  const api = await startApi();
  const { status, body } = await api.get('/availableNumbers?regionCode=US&type=TOLL_FREE&size=3');
  expect(status).toBe(200);
  const { availableNumbers } = availablePage.parse(body);
  expect(availableNumbers).toHaveLength(3);
  for (const number of availableNumbers) {
    expect(number).toEqual({
      phoneNumber: expect.stringMatching(/^\+1\d{10}$/),
      regionCode: 'US',
      type: 'TOLL_FREE',
      capability: ['SMS', 'VOICE'],
      setupPrice: { currencyCode: 'EUR', amount: '0.00' },
      monthlyPrice: { currencyCode: 'EUR', amount: '2.00' },
      paymentIntervalMonths: 1,
      supportingDocumentationRequired: false,
    });
  }
});

test.each([
  ['type=LOCAL', 'region_code'],
  ['regionCode=US', 'type'],
])('a search with %s alone is refused over %s', async (query, field) => {
  const api = await startApi();
  const { status, body } = await api.get(`/availableNumbers?${query}`);
  expect(status).toBe(400);
  expect(body).toEqual(violation(field, expect.any(String)));
});

test('START finds numbers that begin with the pattern and its plus', async () => {
  const found = await matching(await startApi(), 'START', '%2B1206');
  expect(found.length).toBeGreaterThan(10);
  for (const phoneNumber of found) expect(phoneNumber).toMatch(/^\+1206/);
});

test('START with a raw plus finds nothing, since a plus in a query is a space', async () => {
  expect(await matching(await startApi(), 'START', '+1206')).toEqual([]);
});

test.each(['206', '1206'])('START with the bare digits %s finds nothing', async (pattern) => {
  expect(await matching(await startApi(), 'START', pattern)).toEqual([]);
});

test('CONTAINS finds numbers with the digits anywhere', async () => {
  const found = await matching(await startApi(), 'CONTAINS', '5501');
  expect(found.length).toBeGreaterThan(10);
  for (const phoneNumber of found) expect(phoneNumber).toContain('5501');
});

test('END finds numbers that end with the digits, and none that have them elsewhere', async () => {
  const api = await startApi();
  const found = await matching(api, 'END', '0134');
  expect(found).toContain('+12025550134');
  for (const phoneNumber of found) expect(phoneNumber).toMatch(/0134$/);
  expect(await matching(api, 'CONTAINS', '55501')).not.toEqual([]);
  expect(await matching(api, 'END', '55501')).toEqual([]);
});

test('a pattern whose names come percent-encoded is understood', async () => {
  const api = await startApi();
  const query = `${US_LOCAL}&numberPattern%2Epattern=0134&numberPattern%2EsearchPattern=END&size=1000`;
  expect(await search(api, query)).toEqual(await matching(api, 'END', '0134'));
});

test('a pattern narrows the list of rented numbers as well', async () => {
  const api = await startApi();
  for (const phoneNumber of ['+12025550134', '+12065550134', '+12065550135']) {
    expect((await api.post(`/availableNumbers/${phoneNumber}:rent`, {})).status).toBe(200);
  }
  const { activeNumbers, totalSize } = await list(
    api,
    'numberPattern.pattern=%2B1206&numberPattern.searchPattern=START',
  );
  expect(activeNumbers.map(({ phoneNumber }) => phoneNumber)).toEqual(['+12065550134', '+12065550135']);
  expect(totalSize).toBe(2);
});

test('capabilities that are repeated must all be there', async () => {
  const api = await startApi();
  const voiceOnly = 'regionCode=SE&type=LOCAL';
  expect(await search(api, `${voiceOnly}&capabilities=VOICE`)).not.toEqual([]);
  expect(await search(api, `${voiceOnly}&capabilities=SMS`)).toEqual([]);
  expect(await search(api, `${voiceOnly}&capabilities=SMS&capabilities=VOICE`)).toEqual([]);
  expect(await search(api, `${US_LOCAL}&capabilities=SMS&capabilities=VOICE`)).not.toEqual([]);
});

test('capabilities joined by a comma are no valid value', async () => {
  const api = await startApi();
  const { status } = await api.get(`/availableNumbers?${US_LOCAL}&capabilities=SMS,VOICE`);
  expect(status).toBe(400);
});

test('repeated types list the regions that have any of them', async () => {
  const api = await startApi();
  const regionsWith = async (query: string) => (await api.get(`/availableRegions${query}`)).body;
  const region = (regionCode: string) => expect.objectContaining({ regionCode });
  expect(await regionsWith('?types=MOBILE&types=TOLL_FREE')).toEqual({
    availableRegions: [region('AU'), region('GB'), region('US')],
  });
  expect(await regionsWith('?types=MOBILE')).toEqual({ availableRegions: [region('AU'), region('GB')] });
  expect(await regionsWith('')).toEqual({
    availableRegions: ['AU', 'CA', 'DE', 'GB', 'SE', 'US'].map(region),
  });
});

test('a size beyond the limit is granted up to the limit, not refused', async () => {
  const api = await startApi();
  expect(await search(api, `${US_LOCAL}&size=1`)).toHaveLength(1);
  const all = await search(api, `${US_LOCAL}&size=999999999999`);
  expect(all).toHaveLength(MAX_PAGE_SIZE);
  expect(new Set(all).size).toBe(MAX_PAGE_SIZE);
});

test.each(['ten', '-1', '1.5'])('the size %s is refused', async (size) => {
  const api = await startApi();
  expect((await api.get(`/availableNumbers?${US_LOCAL}&size=${size}`)).status).toBe(400);
});

test.each([
  '/availableNumbers?regionCode=US&type=XXX',
  '/activeNumbers?type=XXX',
  '/availableRegions?types=XXX',
])('%s is refused in the words of the API', async (path) => {
  const { status, body } = await (await startApi()).get(path);
  expect(status).toBe(400);
  expect(body).toEqual(badRequest('parsing field "type": "XXX" is not a valid value'));
});

test.each([
  [`/availableNumbers?${US_LOCAL}&capabilities=FAX`, '"FAX" is not a valid value'],
  [`/availableNumbers?${US_LOCAL}&numberPattern.searchPattern=STARTS_WITH`, '"STARTS_WITH" is not a valid'],
  ['/activeNumbers?capability=MMS', '"MMS" is not a valid value'],
])('%s names the value that does not exist', async (path, text) => {
  const { status, body } = await (await startApi()).get(path);
  expect(status).toBe(400);
  expect(body).toEqual(badRequest(expect.stringContaining(text)));
});

test('a number on offer can be checked with a plus or %2B in its path', async () => {
  const api = await startApi();
  for (const number of ['+12025550134', '%2B12025550134']) {
    const { status, body } = await api.get(`/availableNumbers/${number}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ phoneNumber: '+12025550134', regionCode: 'US', type: 'LOCAL' });
  }
});

test.each(['+12025550134:rent', '%2B12025550134:rent', '+12025550134%3Arent', '%2B12025550134%3arent'])(
  '%s rents the number',
  async (target) => {
    const api = await startApi();
    const { status, body } = await api.post(`/availableNumbers/${target}`, {});
    expect(status).toBe(200);
    expect(body).toMatchObject({ phoneNumber: '+12025550134' });
  },
);

test.each(['+12025550134:release', '%2B12025550134:release', '+12025550134%3Arelease'])(
  '%s releases the number',
  async (target) => {
    const api = await startApi();
    await api.post('/availableNumbers/+12025550134:rent', {});
    const { status, body } = await api.post(`/activeNumbers/${target}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ phoneNumber: '+12025550134', expireAt: expect.any(String) });
  },
);

test('rentAny is found with its colon encoded', async () => {
  const api = await startApi();
  const { status } = await api.post('/availableNumbers%3ArentAny', { regionCode: 'US', type: 'LOCAL' });
  expect(status).toBe(200);
});

test('a number that is not on offer is not available', async () => {
  const api = await startApi();
  const { status, body } = await api.get('/availableNumbers/+12025550001');
  expect(status).toBe(404);
  expect(body).toEqual(notFound('AvailableNumber', '+12025550001'));
});

test('a number that somebody else takes is neither found nor available any more', async () => {
  const api = await startApi();
  expect(await matching(api, 'START', '%2B12025550134')).toEqual(['+12025550134']);
  api.simulator.project.take('+12025550134');
  expect(await matching(api, 'START', '%2B12025550134')).toEqual([]);
  const { status, body } = await api.get('/availableNumbers/%2B12025550134');
  expect(status).toBe(404);
  expect(body).toEqual(notFound('AvailableNumber', '+12025550134'));
});

test('a changed price is quoted in searches and charged to numbers rented from then on', async () => {
  const api = await startApi();
  await api.post('/availableNumbers/+12025550134:rent', {});
  api.simulator.project.setPrice('US', 'LOCAL', '1.10', '2.20');
  expect((await api.get('/availableNumbers/+12025550135')).body).toMatchObject({
    monthlyPrice: { amount: '1.10' },
    setupPrice: { amount: '2.20' },
  });
  const { body } = await api.post('/availableNumbers/+12025550135:rent', {});
  expect(body).toMatchObject({ money: { currencyCode: 'EUR', amount: '1.10' } });
  expect((await api.get('/activeNumbers/+12025550134')).body).toMatchObject({ money: { amount: '0.80' } });
});

test('paths that the API does not have are not found', async () => {
  const api = await startApi();
  for (const path of ['/nothing', '/activeNumbers/+12025550134/emergency', '/numberOrders']) {
    expect((await api.get(path)).status).toBe(404);
  }
  expect((await api.post('/numberOrders:cancelNumberOrder', {})).status).toBe(404);
  expect((await api.post('/availableNumbers:rentAll', {})).status).toBe(404);
  expect((await api.post('/availableNumbers/+12025550134:buy', {})).status).toBe(404);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PAGE_SIZE } from '../../src/simulator/invented.ts';
import { type Active, type Api, list, startApi, violation } from './api.ts';

/** Reads all pages; `between` runs after each page that is not the last. */
async function walk(
  api: Api,
  query: string,
  between: (seen: readonly Active[]) => Promise<void> = async () => {},
): Promise<Active[]> {
  const seen: Active[] = [];
  for (let token = ''; ; ) {
    const page = await list(api, `${query}&pageToken=${encodeURIComponent(token)}`);
    seen.push(...page.activeNumbers);
    token = page.nextPageToken;
    if (token === '') return seen;
    await between(seen);
  }
}

const phoneNumbers = (numbers: readonly Active[]) => numbers.map(({ phoneNumber }) => phoneNumber);

/** Releases a number and lets its paid time run out for good. */
async function lose(api: Api, phoneNumber: string): Promise<void> {
  await api.post(`/activeNumbers/${phoneNumber}:release`);
  api.clock.advance(100 * 24 * 3_600_000);
  expect((await api.get(`/activeNumbers/${phoneNumber}`)).status).toBe(404);
}

test('the pages of a list hold every number once, in the order of phone numbers', async () => {
  const api = await startApi({ active: 47 });
  const found = phoneNumbers(await walk(api, 'pageSize=10'));
  expect(found).toHaveLength(47);
  expect(found).toEqual([...new Set(found)].sort());
});

test('ordered by display name, the pages hold every number once, same names by phone number', async () => {
  const api = await startApi({ active: 47 });
  const found = await walk(api, 'pageSize=10&orderBy=displayName');
  const keys = found.map(({ displayName, phoneNumber }) => `${displayName}\0${phoneNumber}`);
  expect(keys).toHaveLength(47);
  expect(keys).toEqual([...new Set(keys)].sort());
});

test('any page size walks all numbers exactly once, in either order', async () => {
  const api = await startApi({ active: 41 });
  const all = phoneNumbers(await walk(api, 'pageSize=1000'));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom('phoneNumber', 'displayName'),
      async (pageSize, orderBy) => {
        const found = phoneNumbers(await walk(api, `pageSize=${pageSize}&orderBy=${orderBy}`));
        expect(found).toHaveLength(41);
        expect(found.sort()).toEqual(all);
      },
    ),
    { numRuns: 40 },
  );
});

test.each(['phoneNumber', 'displayName'])(
  'ordered by %s, pages survive numbers that go: none comes twice, none is lost',
  async (orderBy) => {
    const api = await startApi({ active: 30 });
    const settled = (await walk(api, 'pageSize=1000')).filter(({ expireAt }) => expireAt === null);
    const gone: string[] = [];
    const found = phoneNumbers(
      await walk(api, `pageSize=7&orderBy=${orderBy}`, async (seen) => {
        // The number that the token points at goes, and another one that was already listed.
        for (const { phoneNumber } of [seen.at(-1), seen.at(-4)].filter((it) => it !== undefined)) {
          await lose(api, phoneNumber);
          gone.push(phoneNumber);
        }
      }),
    );
    expect(gone.length).toBeGreaterThan(2);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(phoneNumbers(settled)));
  },
);

test('pages survive numbers that come: those behind the token are not listed twice, later ones appear', async () => {
  const api = await startApi();
  for (const line of ['0110', '0120', '0130', '0140']) {
    await api.post(`/availableNumbers/+1202555${line}:rent`, {});
  }
  const newcomers = ['+12025550105', '+12025550135'];
  const found = phoneNumbers(
    await walk(api, 'pageSize=2', async () => {
      for (const phoneNumber of newcomers) await api.post(`/availableNumbers/${phoneNumber}:rent`, {});
    }),
  );
  expect(found).toEqual(['0110', '0120', '0130', '0135', '0140'].map((line) => `+1202555${line}`));
});

test('the last page has an empty token, also when it is full', async () => {
  const api = await startApi({ active: 20 });
  const first = await list(api, 'pageSize=10');
  expect(first.nextPageToken).not.toBe('');
  const last = await list(api, `pageSize=10&pageToken=${encodeURIComponent(first.nextPageToken)}`);
  expect(last.activeNumbers).toHaveLength(10);
  expect(last.nextPageToken).toBe('');
});

test('a list without numbers is one empty page', async () => {
  expect(await list(await startApi())).toEqual({ activeNumbers: [], nextPageToken: '', totalSize: 0 });
});

test('totalSize counts the numbers of all pages that pass the filter', async () => {
  const api = await startApi({ active: 40 });
  const canadian = (await list(api, 'pageSize=1000')).activeNumbers.filter((it) => it.regionCode === 'CA');
  const first = await list(api, 'regionCode=CA&pageSize=1');
  expect(first.activeNumbers).toHaveLength(1);
  expect(first.totalSize).toBe(canadian.length);
  const second = await list(
    api,
    `regionCode=CA&pageSize=1&pageToken=${encodeURIComponent(first.nextPageToken)}`,
  );
  expect(second.totalSize).toBe(canadian.length);
});

test('totalSize follows the numbers that come and go', async () => {
  const api = await startApi();
  expect((await list(api)).totalSize).toBe(0);
  await api.post('/availableNumbers/+12025550134:rent', {});
  expect((await list(api)).totalSize).toBe(1);
  await lose(api, '+12025550134');
  expect((await list(api)).totalSize).toBe(0);
});

test('a number that is renamed moves to its new place', async () => {
  const api = await startApi();
  for (const [line, displayName] of [
    ['0110', 'Bravo'],
    ['0120', 'Charlie'],
  ]) {
    await api.post(`/availableNumbers/+1202555${line}:rent`, {});
    await api.patch(`/activeNumbers/+1202555${line}`, { displayName });
  }
  const names = async () =>
    (await list(api, 'orderBy=displayName')).activeNumbers.map((it) => it.displayName);
  expect(await names()).toEqual(['Bravo', 'Charlie']);
  await api.patch('/activeNumbers/+12025550120', { displayName: 'Alpha' });
  expect(await names()).toEqual(['Alpha', 'Bravo']);
});

test('a page size beyond the limit is granted up to the limit', async () => {
  const api = await startApi({ active: MAX_PAGE_SIZE + 5 });
  const page = await list(api, 'pageSize=5000');
  expect(page.activeNumbers).toHaveLength(MAX_PAGE_SIZE);
  expect(page.totalSize).toBe(MAX_PAGE_SIZE + 5);
  expect(page.nextPageToken).not.toBe('');
});

test.each(['nonsense', 'e30=', 'bnVsbA==', '%00'])('the token %s is refused', async (token) => {
  const api = await startApi({ active: 5 });
  const { status, body } = await api.get(`/activeNumbers?pageToken=${token}`);
  expect(status).toBe(400);
  expect(body).toEqual(violation('page_token', expect.stringContaining('Invalid page_token')));
});

test('a token is good only for the order it was issued for', async () => {
  const api = await startApi({ active: 5 });
  const byNumber = encodeURIComponent((await list(api, 'pageSize=2')).nextPageToken);
  const byName = encodeURIComponent((await list(api, 'pageSize=2&orderBy=displayName')).nextPageToken);
  for (const query of [`pageToken=${byName}`, `orderBy=displayName&pageToken=${byNumber}`]) {
    const { status, body } = await api.get(`/activeNumbers?${query}`);
    expect(status).toBe(400);
    expect(body).toEqual(violation('page_token', expect.any(String)));
  }
  expect((await list(api, `orderBy=phoneNumber&pageToken=${byNumber}`)).activeNumbers).toHaveLength(3);
});

test('an order that does not exist is refused by name', async () => {
  const { status, body } = await (await startApi()).get('/activeNumbers?orderBy=XXX');
  expect(status).toBe(400);
  expect(body).toEqual(violation('order_by', 'Invalid order_by XXX'));
});

test('region, type and capability filter the list; without them it holds all types', async () => {
  const api = await startApi({ active: 60 });
  const all = (await list(api, 'pageSize=1000')).activeNumbers;
  expect(new Set(all.map(({ type }) => type))).toEqual(new Set(['LOCAL', 'MOBILE', 'TOLL_FREE']));
  const tollFree = (await list(api, 'regionCode=US&type=TOLL_FREE&pageSize=1000')).activeNumbers;
  expect(tollFree).toEqual(all.filter((it) => it.regionCode === 'US' && it.type === 'TOLL_FREE'));
  expect(tollFree).not.toEqual([]);
  const texting = (await list(api, 'capability=SMS&capability=VOICE&pageSize=1000')).activeNumbers;
  expect(texting.length).toBeLessThan(all.length);
  for (const number of texting) expect(number).toMatchObject({ capability: ['SMS', 'VOICE'] });
});

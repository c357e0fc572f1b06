/** Streams that are cut while a person is asked, over HTTP: what is agreed to is carried out once, and its caller hears of it. */
import { describe, expect, test } from 'vitest';
import { simulate } from '../api/support.ts';
import { shared } from '../support/lifetime.ts';
import { openProxy } from '../support/network.ts';
import { type Deferred, deferred, envFor, eventually, tellingBrowser } from './harness.ts';
import { type Asked, CLIENTS } from './http-clients.ts';
import { runHttp } from './inside.ts';

const ACTIVE = 12;
const ANY = { regionCode: 'US', type: 'LOCAL' };

const serving = shared(async () => {
  const browser = await tellingBrowser();
  const api = await simulate({ active: ACTIVE });
  const limit = { SINCH_NUMBERS_MAX_RENTS_PER_DAY: '1000' };
  const { url } = await runHttp([], { ...envFor(api), ...browser.env, ...limit });
  const rented = () => api.project.list(EVERYTHING, 'phoneNumber', 1, undefined).totalSize;
  return { api, browser, url, rented };
});

const EVERYTHING = { capabilities: [], pattern: '', searchPattern: 'CONTAINS' };

/** How a person is asked, and says yes. */
const WAYS = ['elicitation', 'page'] as const;

/** A client that has been asked a question, on a stream that has been cut. */
async function cutWhileAsked(
  connect: (typeof CLIENTS)[number][1],
  way: (typeof WAYS)[number],
  comesBack: boolean,
) {
  const { url, browser, rented, api } = serving();
  const proxy = await openProxy(Number(new URL(url).port));
  const forms: Asked[] = [];
  const pagesBefore = (await browser.addresses()).length;
  const pages = async () => (await browser.addresses()).slice(pagesBefore);
  const [streaming, broken]: Deferred<void>[] = [deferred(), deferred()];
  const client = await connect(`${proxy.origin}/mcp`, {
    comesBack,
    onBroken: () => broken?.resolve(),
    ...(way === 'elicitation' && { onForm: (form) => forms.push(form) }),
  });
  const rent = () => client.call('rent_any_number', ANY, () => streaming?.resolve());
  /** Forms and pages so far. */
  const asked = async () => forms.length + (await pages()).length;
  const before = { rented: rented(), posts: api.count('POST /availableNumbers') };

  const first = rent();
  first.catch(() => {});
  await eventually(asked).toBe(1);
  // It needs an ID to come back with.
  if (comesBack) await streaming?.promise;
  const connections = proxy.connections();
  proxy.cut();
  proxy.mend();
  await broken?.promise;
  if (comesBack) await eventually(proxy.connections).toBeGreaterThan(connections);

  return {
    first,
    rent,
    asked,
    /** Answers every form or page that there is. */
    async agree() {
      for (const form of forms) form.type('RENT');
      for (const address of await pages()) {
        await fetch(address, { method: 'POST', body: new URLSearchParams({ decision: 'approve' }) });
      }
    },
    /** How many numbers came, and how many requests to rent one. */
    bought: () => ({
      numbers: rented() - before.rented,
      requests: api.count('POST /availableNumbers') - before.posts,
    }),
  };
}

const ONE = { numbers: 1, requests: 1 };

describe.each(CLIENTS)('%s, its stream cut while', (_, connect) => {
  describe.each(WAYS)('a person is asked by %s,', (way) => {
    const completed = { outcome: 'completed', confirmedBy: way };

    test('comes back to the result', async () => {
      const { first, agree, bought, asked } = await cutWhileAsked(connect, way, true);
      await agree();
      expect(await first).toMatchObject(completed);
      expect(bought()).toEqual(ONE);
      expect(await asked()).toBe(1);
    });

    test('or makes the same call again, and is told its result without being asked', async () => {
      const { rent, agree, bought, asked } = await cutWhileAsked(connect, way, false);
      await agree();
      await eventually(bought).toEqual(ONE);
      expect(await rent()).toMatchObject({
        ...completed,
        message: expect.stringContaining('outcome of the same call made before; nothing was sent again'),
      });
      expect(bought()).toEqual(ONE);
      expect(await asked()).toBe(1);
    });

    test('or makes the same call while the question is open, and both mean one number', async () => {
      const { rent, agree, bought, asked } = await cutWhileAsked(connect, way, false);
      const again = rent();
      if (way === 'elicitation') await eventually(asked).toBe(2);
      await agree();
      expect(await again).toMatchObject(completed);
      expect(bought()).toEqual(ONE);
    });
  });
});

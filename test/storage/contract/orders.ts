import { describe, expect, test } from 'vitest';
import type { KnownOrder } from '../../../src/storage/store.ts';
import { type Open, PROJECT } from './support.ts';

const ORDER: KnownOrder = {
  id: '01jgkbb8xywmz3hhahd76menqf',
  projectId: PROJECT,
  state: 'CREATED',
  regionCode: 'DE',
  numberType: 'LOCAL',
  count: 1,
  expireTime: '2026-01-17T12:00:00.204187Z',
  createTime: '2026-01-15T12:00:00Z',
  updateTime: '2026-01-15T12:00:00Z',
  caller: 'caller-a',
};

function eventOf(status: string, timestamp: string, more: object = {}) {
  const what = { resourceType: 'NUMBER_ORDER', resourceId: ORDER.id, eventType: 'NUMBER_ORDER_PROCESSING' };
  return { eventId: `${status} ${timestamp}`, ...what, status, timestamp, ...more };
}

/** What the orders of every adapter must do. */
export function describeOrders(name: string, open: Open): void {
  describe(`orders in ${name}`, () => {
    test('are there for every handle, newest first, each project its own', async () => {
      const { a, b, another } = await open();
      await a.orders.keep(ORDER);
      await b.orders.keep({ ...ORDER, id: 'later', createTime: '2026-01-15T13:00:00Z' });
      await b.orders.keep({ ...ORDER, id: 'elsewhere', projectId: 'project-b' });
      for (const { orders } of [a, b, await another()]) {
        expect((await orders.list(PROJECT)).map(({ id }) => id)).toEqual(['later', ORDER.id]);
      }
      expect(await a.orders.list(PROJECT)).toContainEqual(ORDER);
    });

    test('stand as they were seen last, and end once', async () => {
      const { a, b } = await open();
      const created = { callbackUrl: 'https://hooks.example.com/' };
      await a.orders.keep({ ...ORDER, created });
      await b.orders.keep({ ...ORDER, state: 'IN_REVIEW', updateTime: '2026-01-15T12:10:00Z', caller: 'b' });
      await a.orders.keep(ORDER);
      expect(await a.orders.list(PROJECT)).toMatchObject([
        { state: 'IN_REVIEW', caller: 'caller-a', created },
      ]);
      await a.orders.keep({ ...ORDER, state: 'COMPLETED', updateTime: '2026-01-15T12:20:00Z' });
      await b.orders.keep({ ...ORDER, state: 'IN_REVIEW', updateTime: '2026-01-15T12:30:00Z' });
      expect(await b.orders.list(PROJECT)).toMatchObject([{ state: 'COMPLETED' }]);
    });

    test('follow their events, in whichever order these come', async () => {
      const { a, b } = await open();
      await a.orders.keep(ORDER);
      await b.events.append(eventOf('BLOCKED', '2026-01-15T12:10:05.5Z'));
      await b.events.append(eventOf('IN_REVIEW', '2026-01-15T12:10:00.5Z'));
      expect(await a.orders.list(PROJECT)).toMatchObject([{ state: 'BLOCKED' }]);
      await b.events.append(eventOf('COMPLETED', '2026-01-15T12:11:00Z'));
      const [order] = await a.orders.list(PROJECT);
      expect(order).toMatchObject({ state: 'COMPLETED', count: 1 });
      expect(order).not.toHaveProperty('expireTime');
    });

    test('are not made by events of others', async () => {
      const { a } = await open();
      await a.orders.keep(ORDER);
      const at = '2026-01-15T12:10:00Z';
      await a.events.append(eventOf('COMPLETED', at, { resourceId: 'unknown' }));
      await a.events.append(eventOf('FAILED', at, { resourceType: 'ACTIVE_NUMBER' }));
      expect(await a.orders.list(PROJECT)).toEqual([ORDER]);
    });
  });
}

import { randomUUID } from 'node:crypto';
import type { CallbackEvent } from '../api/callback-event.ts';
import type { Feed } from './feed.ts';
import type { OrderLine, OrderState } from './order-lines.ts';
import type { KnownOrder, OrderLog } from './store.ts';

/** Orders over a feed of their lines. */
export function createOrders(
  feed: Feed<OrderLine>,
  state: OrderState,
): OrderLog & {
  /** Takes over what an event says of an order that is kept. @throws {StoreError} */
  takeEvent(event: CallbackEvent): Promise<void>;
} {
  const lineOf = (order: KnownOrder): OrderLine => ({ step: 'order', line: randomUUID(), order });
  return {
    keep: (order) => feed.append(() => [lineOf(order)]),
    async list(projectId) {
      await feed.refresh();
      const own = state.all().filter((order) => order.projectId === projectId);
      return own.toSorted((a, b) => Date.parse(b.createTime) - Date.parse(a.createTime));
    },
    async takeEvent({ resourceType, resourceId = '', status, timestamp, receivedAt }) {
      const updateTime = timestamp ?? receivedAt;
      if (resourceType !== 'NUMBER_ORDER' || status === undefined || updateTime === undefined) return;
      await feed.append(() => {
        const known = state.get(resourceId);
        if (known === undefined || known.state === status) return [];
        const { expireTime: _, ...rest } = known;
        return [lineOf({ ...rest, state: status, updateTime })];
      });
    },
  };
}

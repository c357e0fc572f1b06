import { randomUUID } from 'node:crypto';
import type { CallbackEvent } from '../api/callback-event.ts';
import type { Feed } from './feed.ts';
import { newsOf, type OrderLine, type OrderState, withNews } from './order-lines.ts';
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
    async takeEvent(event) {
      const news = newsOf(event);
      if (news === undefined) return;
      await feed.append(() => {
        const order = withNews(state.get(news.id), news);
        return order === undefined ? [] : [lineOf(order)];
      });
    },
  };
}

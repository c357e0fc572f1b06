import type { NumberOrder } from '../api/schemas/orders.ts';
import type { Logger } from '../lib/log.ts';
import type { KnownOrder, OrderLog } from './store.ts';

/** The orders of one project. */
export interface OrderBook {
  /**
   * Keeps what the API tells of an order, without its numbers and its registration.
   * @param caller whose call it is
   * @param created what it was created with, where this is its creation
   * @returns whether it is kept: where it is not, nobody but the caller knows its ID
   */
  keep(order: NumberOrder, caller: string, created?: KnownOrder['created']): Promise<boolean>;
  /** Newest first. One that nobody submitted in time has expired, whether or not an event said so. @throws {StoreError} */
  list(): Promise<readonly KnownOrder[]>;
}

interface BookParts {
  readonly orders: OrderLog;
  /** @throws {MissingCredentialsError} */
  readonly projectId: () => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

export function createOrderBook({ orders, projectId, now, log }: BookParts): OrderBook {
  return {
    async list() {
      const known = await orders.list(await projectId());
      return known.map((order) => (isOver(order, now()) ? { ...order, state: 'EXPIRED' } : order));
    },
    async keep(order, caller, created) {
      const {
        idNumberOrder: id,
        state = 'UNKNOWN',
        regionCode,
        numberType,
        orderNumbers,
        expireTime,
      } = order;
      if (id === undefined) return false;
      const { createTime = new Date(now()).toISOString() } = order;
      try {
        await orders.keep({
          ...{ id, projectId: await projectId(), state, count: orderNumbers.length, caller },
          ...{ createTime, updateTime: order.updateTime ?? createTime },
          ...(regionCode !== undefined && { regionCode }),
          ...(numberType !== undefined && { numberType }),
          ...(expireTime !== undefined && { expireTime }),
          ...(created && { created }),
        });
        return true;
      } catch (error) {
        log.error(`orders: ${id} is not written down: ${String(error)}`);
        return false;
      }
    },
  };
}

function isOver({ state, expireTime }: KnownOrder, now: number): boolean {
  return state === 'CREATED' && expireTime !== undefined && Date.parse(expireTime) <= now;
}

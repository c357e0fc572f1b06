/** The lines of the log of orders, and the state that they amount to. */
import * as z from 'zod';
import { isFinalState } from '../api/schemas/orders.ts';
import type { KnownOrder } from './store.ts';

const text = z.string();

const orderLine = z.object({
  step: z.literal('order'),
  line: text,
  order: z.object({
    id: text,
    projectId: text,
    state: text,
    regionCode: text.exactOptional(),
    numberType: text.exactOptional(),
    count: z.int().min(0),
    expireTime: text.exactOptional(),
    createTime: text,
    updateTime: text,
    caller: text,
    created: z.object({ callbackUrl: text.exactOptional() }).exactOptional(),
  }),
});

export type OrderLine = z.output<typeof orderLine>;

/** @returns undefined for what is no such line */
export function parseOrderLine(value: unknown): OrderLine | undefined {
  return orderLine.safeParse(value).data;
}

/** More orders than this are not kept: the oldest go first. */
const MAX_ORDERS = 1_000;

/** Orders as the sequence of lines has them. */
export interface OrderState {
  apply(line: OrderLine): void;
  get(id: string): KnownOrder | undefined;
  /** In the order in which they were kept first. */
  all(): readonly KnownOrder[];
  clear(): void;
}

export function createOrderState(): OrderState {
  const orders = new Map<string, KnownOrder>();
  return {
    apply({ order }) {
      const known = orders.get(order.id);
      if (known !== undefined && isOlder(order, known)) return;
      const { caller, created } = known ?? order;
      orders.set(order.id, { ...order, caller, ...(created && { created }) });
      for (const id of orders.keys()) {
        if (orders.size <= MAX_ORDERS) break;
        orders.delete(id);
      }
    },
    get: (id) => orders.get(id),
    all: () => [...orders.values()],
    clear: () => orders.clear(),
  };
}

/** Whether an order was seen in this state before it was seen as it is known. Orders tell whole seconds, events more. */
function isOlder(order: KnownOrder, known: KnownOrder): boolean {
  if (isFinalState(known.state)) return !isFinalState(order.state);
  return second(order.updateTime) < second(known.updateTime);
}

function second(time: string): number {
  return Math.floor(Date.parse(time) / 1_000);
}

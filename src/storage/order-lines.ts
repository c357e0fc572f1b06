/** The lines of the log of orders, and the state that they amount to. */
import * as z from 'zod';
import type { CallbackEvent } from '../api/callback-event.ts';
import { isFinalState } from '../api/schemas/orders.ts';
import type { KnownOrder } from './store.ts';

const text = z.string();

export const knownOrder = z.object({
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
});

const orderLine = z.object({ step: z.literal('order'), line: text, order: knownOrder });

export type OrderLine = z.output<typeof orderLine>;

/** @returns undefined for what is no such line */
export function parseOrderLine(value: unknown): OrderLine | undefined {
  return orderLine.safeParse(value).data;
}

/** More orders than this are not kept: the oldest go first. */
export const MAX_ORDERS = 1_000;

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
      orders.set(order.id, laterOf(orders.get(order.id), order));
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

/** An order as it is known after it was seen once more. */
export function laterOf(known: KnownOrder | undefined, seen: KnownOrder): KnownOrder {
  if (known === undefined) return seen;
  if (isOlder(seen, known)) return known;
  const { caller, created } = known;
  return { ...seen, caller, ...(created && { created }) };
}

/** Which order an event tells something new of, if any, and its state. */
export function newsOf(event: CallbackEvent): OrderNews | undefined {
  const { resourceType, resourceId, status, timestamp, receivedAt } = event;
  const updateTime = timestamp ?? receivedAt;
  if (resourceType !== 'NUMBER_ORDER' || resourceId === undefined) return undefined;
  if (status === undefined || updateTime === undefined) return undefined;
  return { id: resourceId, state: status, updateTime };
}

export type OrderNews = Pick<KnownOrder, 'id' | 'state' | 'updateTime'>;

/** An order as an event tells it; undefined where that is known. */
export function withNews(
  known: KnownOrder | undefined,
  { state, updateTime }: OrderNews,
): KnownOrder | undefined {
  if (known === undefined || known.state === state) return undefined;
  const { expireTime: _, ...rest } = known;
  return { ...rest, state, updateTime };
}

/** Whether an order was seen in this state before it was seen as it is known. Orders tell whole seconds, events more. */
function isOlder(order: KnownOrder, known: KnownOrder): boolean {
  if (isFinalState(known.state)) return !isFinalState(order.state);
  return second(order.updateTime) < second(known.updateTime);
}

function second(time: string): number {
  return Math.floor(Date.parse(time) / 1_000);
}

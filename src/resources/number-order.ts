import type { KnownOrder } from '../storage/store.ts';

/** An order as it leaves this process. */
export function presentOrder({ id, projectId: _, caller: __, created: ___, ...order }: KnownOrder) {
  return { numberOrderId: id, ...order };
}

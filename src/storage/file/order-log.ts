import { randomUUID } from 'node:crypto';
import { parseJson } from '../../lib/json.ts';
import type { Logger } from '../../lib/log.ts';
import type { Apply, Feed } from '../feed.ts';
import { type OrderLine, type OrderState, parseOrderLine } from '../order-lines.ts';
import { openSegmentedLog } from './segmented-log.ts';
import { segmentNames } from './segments.ts';

interface OrderLogOptions {
  readonly folder: string;
  readonly state: OrderState;
  readonly apply: Apply<OrderLine>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** Orders on disk: nobody else can tell their IDs, so each is durable before it is acknowledged. */
export function openOrderLog({ folder, state, apply, now, log }: OrderLogOptions): Feed<OrderLine> {
  const take = (isNews: boolean) => (text: string) => {
    const line = parseOrderLine(parseJson(text));
    if (line !== undefined) apply(line, isNews);
    return line;
  };
  return openSegmentedLog({
    folder,
    names: segmentNames(folder, 'orders'),
    isDurable: true,
    readBackMs: 0,
    load() {
      state.clear();
      return { take: take(false), end: () => {} };
    },
    take: take(true),
    copies: () => state.all().map((order) => ({ step: 'order', line: randomUUID(), order }) as const),
    now,
    log,
  });
}

import * as z from 'zod';
import { CancelledError, isNumbersError } from '../../api/errors.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { readRegistration } from '../../api/registration.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type NumberOrder, numberOrder, numberOrderId, type Registration } from '../../api/schemas/orders.ts';
import { abortSignalOf } from '../../lib/signal.ts';
import { concernedOrder } from '../../resources/uris.ts';
import { readTool, type ToolContext } from '../tool.ts';
import { cutLines, cutStatus, reviewLines, tellOrder } from './order-text.ts';

const DEFAULT_TIMEOUT_S = 50;
/** Without a progress token clients give a call up after about a minute. */
const MAX_TIMEOUT_WITHOUT_PROGRESS_S = 50;
const MAX_TIMEOUT_S = 600;
/** Pauses between two readings while no event comes, in milliseconds; the last one repeats. */
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000];

const OUTCOMES: Readonly<Record<string, 'completed' | 'rejected' | 'blocked' | 'expired' | 'not_submitted'>> =
  {
    COMPLETED: 'completed',
    REJECTED: 'rejected',
    BLOCKED: 'blocked',
    EXPIRED: 'expired',
    CREATED: 'not_submitted',
  };

export const waitForNumberOrder = readTool({
  name: 'wait_for_number_order',
  title: 'Wait for number order',
  description:
    'Wait for the review of a submitted order: what it came to, and why. May take days: ask again later. Now: get_number_order.',
  input: z.strictObject({
    numberOrderId,
    timeoutSeconds: z.int().min(1).max(MAX_TIMEOUT_S).optional(),
  }),
  output: z.looseObject({
    outcome: z.enum(['completed', 'rejected', 'blocked', 'expired', 'not_submitted', 'timed_out']),
    order: numberOrder,
    waitedSeconds: z.number(),
  }),
  async handler({ numberOrderId: id, timeoutSeconds = DEFAULT_TIMEOUT_S }, context) {
    const { orders, clock, progress } = context;
    const granted = progress ? timeoutSeconds : Math.min(timeoutSeconds, MAX_TIMEOUT_WITHOUT_PROGRESS_S);
    const { order, waitedSeconds } = await waitForReview(id, granted, context);
    await orders.keep(order);
    const outcome = OUTCOMES[order.state ?? ''] ?? 'timed_out';
    const isRefused = outcome === 'rejected' || outcome === 'blocked';
    const reasons = isRefused ? await readReasons(id, context) : undefined;
    const told = tellOrder(order, clock.now());
    const cut = reasons ? cutLines({ attachments: [], logs: reasons.logs }) : [];
    const lines = [
      `${outcome} after ${waitedSeconds} s`,
      ...(reasons ? reviewLines(reasons) : []),
      ...cut,
      told.text,
    ];
    return {
      text: lines.join('\n'),
      structured: {
        ...{ outcome, order: told.order },
        ...(reasons?.logs.length && { logs: cutStatus(reasons).logs }),
        waitedSeconds,
      },
      hints: [...cut, ...told.hints],
      changed: outcome === 'timed_out' ? [] : concernedOrder(),
    };
  },
});

/** What the review says; undefined where it cannot be read: what it came to is known all the same. */
async function readReasons(id: string, { numbers, signal }: ToolContext): Promise<Registration | undefined> {
  try {
    return sanitize(await readRegistration(numbers, id, signal));
  } catch (error) {
    if (!isNumbersError(error) || error instanceof CancelledError) throw error;
    return undefined;
  }
}

/** Reads an order until its review is over or the time is up: after each pause, and at once when an event of it comes. */
async function waitForReview(id: string, granted: number, context: ToolContext) {
  const { numbers, callbacks, clock, signal, progress } = context;
  const startedAt = clock.now();
  const waited = () => clock.now() - startedAt;
  const read = async () =>
    sanitize(await numbers.call(orderOperations.getNumberOrder, { numberOrderId: id }, signal));
  const cancelled = abortSignalOf(signal);
  let arrival = new AbortController();
  const unsubscribe = callbacks.onEvents((events) => {
    if (events.some(({ resourceId }) => resourceId === id)) arrival.abort();
  });
  try {
    let order: NumberOrder = await read();
    for (let reading = 0; isUnderReview(order) && waited() < granted * 1_000; reading++) {
      progress?.(seconds(waited()), granted, `order ${id} is in review`);
      const pause = PAUSES_MS[Math.min(reading, PAUSES_MS.length - 1)] ?? 0;
      const { signal: arrived } = arrival;
      const left = granted * 1_000 - waited();
      await clock.sleep(Math.min(pause, left), AbortSignal.any([cancelled, arrived])).catch((error) => {
        if (signal.aborted) throw new CancelledError();
        if (!arrived.aborted) throw error;
      });
      arrival = new AbortController();
      order = await read();
    }
    return { order, waitedSeconds: seconds(waited()) };
  } finally {
    unsubscribe();
  }
}

/** A state that this version does not know may be one of the way. */
function isUnderReview({ state = '' }: NumberOrder): boolean {
  return OUTCOMES[state] === undefined;
}

/** To a tenth. */
function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

import * as z from 'zod';
import { CancelledError } from '../../api/errors.ts';
import { operations } from '../../api/operations/numbers.ts';
import { sanitize } from '../../api/sanitize.ts';
import { type ActiveNumber, activeNumber, phoneNumber } from '../../api/schemas/numbers.ts';
import { hasFailed, isUnderWay } from '../../audit/diagnosis.ts';
import { activeNumbersText } from '../format/text.ts';
import { readTool } from '../tool.ts';

const DEFAULT_TIMEOUT_S = 50;
/** Without a progress token clients give a call up after about a minute. */
const MAX_TIMEOUT_WITHOUT_PROGRESS_S = 50;
const MAX_TIMEOUT_S = 600;

/** Pauses between two readings while no event comes, in milliseconds; the last one repeats. */
const PAUSES_MS = [500, 1_000, 2_000, 3_000, 5_000];

export const waitForProvisioning = readTool({
  name: 'wait_for_provisioning',
  title: 'Wait for provisioning',
  description:
    'Wait until no SMS or voice job of a rented number is under way, after rent_number or update_active_number: provisioned, failed (with what that means), or timed_out. A campaign may take a day: do not wait for long, ask again later.',
  input: z.strictObject({
    phoneNumber,
    timeoutSeconds: z
      .int()
      .min(1)
      .max(MAX_TIMEOUT_S)
      .optional()
      .describe(`Default ${DEFAULT_TIMEOUT_S}; more needs a progress token`),
  }),
  output: z.looseObject({
    outcome: z.enum(['provisioned', 'failed', 'timed_out']),
    number: activeNumber,
    waitedSeconds: z.number(),
  }),
  async handler(input, { numbers, callbacks, clock, signal, progress }) {
    const { timeoutSeconds = DEFAULT_TIMEOUT_S } = input;
    const granted = progress ? timeoutSeconds : Math.min(timeoutSeconds, MAX_TIMEOUT_WITHOUT_PROGRESS_S);
    const startedAt = clock.now();
    const waited = () => clock.now() - startedAt;

    const read = () => numbers.call(operations.getActiveNumber, { phoneNumber: input.phoneNumber }, signal);
    let arrival = new AbortController();
    const unsubscribe = callbacks.onEvents((events) => {
      if (events.some(({ resourceId }) => resourceId === input.phoneNumber)) arrival.abort();
    });
    let number: ActiveNumber;
    try {
      number = await read();
      for (let reading = 0; isUnderWay(number) && waited() < granted * 1_000; reading++) {
        progress?.(seconds(waited()), granted, `${input.phoneNumber}: provisioning is under way`);
        const pause = PAUSES_MS[Math.min(reading, PAUSES_MS.length - 1)] ?? 0;
        const left = granted * 1_000 - waited();
        const { signal: arrived } = arrival;
        await clock.sleep(Math.min(pause, left), AbortSignal.any([signal, arrived])).catch((error) => {
          if (signal.aborted) throw new CancelledError();
          if (!arrived.aborted) throw error;
        });
        arrival = new AbortController();
        number = await read();
      }
    } finally {
      unsubscribe();
    }

    const outcome = outcomeOf(number);
    const waitedSeconds = seconds(waited());
    const safe = sanitize(number);
    const jobs = isUnderWay(number) ? 'A job is still under way' : 'No job is under way';
    const isCut = outcome === 'timed_out' && granted < timeoutSeconds;
    const hint = isCut
      ? ` A call without a progress token waits no longer than ${granted} s: call again to wait on.`
      : '';
    return {
      text: `${outcome} after ${waitedSeconds} s. ${jobs}.${hint}\n${activeNumbersText([safe])}`,
      structured: { outcome, number: safe, waitedSeconds },
    };
  },
});

/** To a tenth. */
function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function outcomeOf(number: ActiveNumber): 'provisioned' | 'failed' | 'timed_out' {
  if (hasFailed(number)) return 'failed';
  return isUnderWay(number) ? 'timed_out' : 'provisioned';
}

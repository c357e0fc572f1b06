import pLimit from 'p-limit';
import * as z from 'zod';
import { CancelledError, isNumbersError } from '../../api/errors.ts';
import { operations } from '../../api/operations/numbers.ts';
import { type ActiveNumber, activeNumber, phoneNumber } from '../../api/schemas/numbers.ts';
import { hasFailed, isLinked, isUnderWay } from '../../audit/diagnosis.ts';
import { abortSignalOf } from '../../lib/signal.ts';
import { activeNumbersText, numberNotes } from '../format/text.ts';
import { readTool, type ToolContext } from '../tool.ts';
import { countOutcomes, OUTCOMES, type Reading, settle, settledLines } from './provisioning-state.ts';

const DEFAULT_TIMEOUT_S = 50;
/** Without a progress token clients give a call up after about a minute. */
const MAX_TIMEOUT_WITHOUT_PROGRESS_S = 50;
const MAX_TIMEOUT_S = 600;
const MAX_NUMBERS = 100;
/** Numbers that are read at once. */
const CONCURRENCY = 8;

/** Pauses between two readings while no event comes, in milliseconds; the last one repeats. */
const PAUSES_MS = [500, 1_000, 2_000, 3_000, 5_000];

const result = z.looseObject({
  phoneNumber: z.string(),
  outcome: z.enum(OUTCOMES),
  detail: z.string(),
  number: activeNumber.optional(),
});

export const waitForProvisioning = readTool({
  name: 'wait_for_provisioning',
  title: 'Wait for provisioning',
  description:
    'Wait until no SMS or voice job of rented numbers is under way, after rent_number or update_active_number: provisioned, failed (with what that means), not_linked or timed_out, and which part works. A campaign may take a day: do not wait for long, ask again later.',
  input: z
    .strictObject({
      phoneNumber: phoneNumber.optional(),
      phoneNumbers: z
        .array(phoneNumber)
        .min(1)
        .max(MAX_NUMBERS)
        .optional()
        .describe('Instead of phoneNumber'),
      timeoutSeconds: z
        .int()
        .min(1)
        .max(MAX_TIMEOUT_S)
        .optional()
        .describe(`Default ${DEFAULT_TIMEOUT_S}; more needs a progress token`),
    })
    .refine(
      (input) => (input.phoneNumber === undefined) !== (input.phoneNumbers === undefined),
      'give either phoneNumber or phoneNumbers',
    ),
  output: z.looseObject({
    ...result.partial().shape,
    results: z.array(result.partial({ detail: true })).optional(),
    waitedSeconds: z.number(),
  }),
  async handler({ phoneNumber: single, phoneNumbers = [], timeoutSeconds = DEFAULT_TIMEOUT_S }, context) {
    const wanted = single === undefined ? [...new Set(phoneNumbers)] : [single];
    const granted = context.progress
      ? timeoutSeconds
      : Math.min(timeoutSeconds, MAX_TIMEOUT_WITHOUT_PROGRESS_S);
    const { readings, waitedSeconds } = await waitFor(wanted, granted, context);
    const settled = wanted.flatMap((own) => {
      const reading = readings.get(own);
      return reading === undefined ? [] : [settle(own, reading)];
    });
    const isCut = granted < timeoutSeconds && settled.some(({ outcome }) => outcome === 'timed_out');
    const waitOn = isCut
      ? [`A call without a progress token waits no longer than ${granted} s: call again to wait on.`]
      : [];
    const [{ outcome, detail, number } = {}] = settled;
    if (single !== undefined && number !== undefined) {
      const next = [...nextStep(number), ...waitOn];
      return {
        text: [
          [`${outcome} after ${waitedSeconds} s: ${detail}.`, ...next].join(' '),
          activeNumbersText([number]),
        ].join('\n'),
        structured: { outcome, detail, number, waitedSeconds },
        hints: [...next, ...numberNotes([number])],
      };
    }
    const { lines, told, hints } = settledLines(settled);
    const total = settled.length;
    return {
      text: [[`After ${waitedSeconds} s: ${countOutcomes(settled)}.`, ...waitOn].join(' '), ...lines].join(
        '\n',
      ),
      structured: {
        // What is known of a number that matters here stands in its detail.
        results: told.map(({ number: _, ...result }) => result),
        ...(told.length < total && { truncated: { shown: told.length, total } }),
        waitedSeconds,
      },
      hints: [...waitOn, ...hints],
    };
  },
});

/** What the outcome and its detail do not say. */
function nextStep(number: ActiveNumber): string[] {
  const isSaid = isUnderWay(number) || hasFailed(number) || isLinked(number);
  return isSaid ? [] : ['There is nothing to wait for: link it with update_active_number.'];
}

/**
 * Reads numbers until no job of any is under way or the time is up: after each pause, and at once when an event
 * of one comes.
 * @throws {NumbersError} where not one of them could be read, or the caller cancelled
 */
async function waitFor(wanted: readonly string[], granted: number, context: ToolContext) {
  const { numbers, callbacks, clock, signal, progress } = context;
  const startedAt = clock.now();
  const waited = () => clock.now() - startedAt;
  const limit = pLimit(CONCURRENCY);
  const readings = new Map<string, Reading>();
  const isOpen = (own: string) => {
    const reading = readings.get(own);
    return reading !== undefined && !isNumbersError(reading) && isUnderWay(reading);
  };

  async function read(own: string): Promise<void> {
    try {
      readings.set(own, await numbers.call(operations.getActiveNumber, { phoneNumber: own }, signal));
    } catch (error) {
      if (!isNumbersError(error) || signal.aborted) throw error;
      readings.set(own, error);
    }
  }

  async function readAll(own: readonly string[]): Promise<void> {
    await Promise.all(own.map((one) => limit(() => read(one))));
    const failures = [...readings.values()].filter(isNumbersError);
    if (failures[0] && failures.length === readings.size) throw failures[0];
  }

  const cancelled = abortSignalOf(signal);
  let arrival = new AbortController();
  const unsubscribe = callbacks.onEvents((events) => {
    if (events.some(({ resourceId }) => resourceId !== undefined && wanted.includes(resourceId)))
      arrival.abort();
  });
  try {
    await readAll(wanted);
    for (let reading = 0; wanted.some(isOpen) && waited() < granted * 1_000; reading++) {
      const open = wanted.filter(isOpen);
      const what = wanted.length === 1 ? wanted[0] : `${open.length} of ${wanted.length} numbers`;
      progress?.(seconds(waited()), granted, `${what}: provisioning is under way`);
      const pause = PAUSES_MS[Math.min(reading, PAUSES_MS.length - 1)] ?? 0;
      const left = granted * 1_000 - waited();
      const { signal: arrived } = arrival;
      await clock.sleep(Math.min(pause, left), AbortSignal.any([cancelled, arrived])).catch((error) => {
        if (signal.aborted) throw new CancelledError();
        if (!arrived.aborted) throw error;
      });
      arrival = new AbortController();
      await readAll(open);
    }
  } finally {
    unsubscribe();
  }
  return { readings, waitedSeconds: seconds(waited()) };
}

/** To a tenth. */
function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

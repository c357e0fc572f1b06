import type { NumbersClient } from '../api/client.ts';
import { ApiError } from '../api/errors.ts';
import { operations } from '../api/operations/numbers.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';

/** How long an answer is given again, so that probes cost next to nothing, in milliseconds. */
const KEPT_MS = 5_000;
/** What has not answered by then is not there, in milliseconds. */
const PATIENCE_MS = 3_000;

interface ReadinessParts {
  /** What must work, by the name that a probe is told. Each throws where it does not. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** @returns tells what does not work; why goes to the log, each time that changes */
export function createReadiness({ checks, clock, log }: ReadinessParts): () => Promise<readonly string[]> {
  let kept: { readonly missing: Promise<readonly string[]>; readonly at: number } | undefined;
  let told = '';

  async function look(): Promise<readonly string[]> {
    const failures = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await check();
          return [];
        } catch (error) {
          return [{ name, why: error instanceof Error ? error.message : String(error) }];
        }
      }),
    );
    const missing = failures.flat();
    const text = missing.map(({ name, why }) => `${name} (${why})`).join(', ');
    if (text !== told) log.warn(text === '' ? 'ready again' : `not ready: ${text}`);
    told = text;
    return missing.map(({ name }) => name);
  }

  return () => {
    if (kept === undefined || clock.now() - kept.at >= KEPT_MS) kept = { missing: look(), at: clock.now() };
    return kept.missing;
  };
}

/** Asks the API for something small. A refusal is an answer, too, but for that of a gateway. */
export async function checkApi(numbers: NumbersClient): Promise<void> {
  try {
    await numbers.call(operations.listAvailableRegions, {}, AbortSignal.timeout(PATIENCE_MS));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 502) throw error;
  }
}

import type { Clock } from '../lib/clock.ts';
import type { GatedAction } from './action.ts';
import type { GateResult, Stakes } from './outcome.ts';
import { fingerprint } from './tokens.ts';

/** How long an outcome is kept for a caller who comes back, in milliseconds. */
const KEPT_MS = 5 * 60_000;

/** A request that was sent, and the caller who waits for what comes of it. */
interface Sending {
  readonly result: Promise<GateResult>;
  readonly caller: AbortSignal;
}

/** Outcomes whose caller has stopped waiting: made again, the same call is told them instead of sending anew. */
export interface Unheard {
  /** Keeps what comes of a request, if its caller is gone by then. */
  keep<S extends Stakes>(action: GatedAction<S>, result: Promise<GateResult>, caller: AbortSignal): void;
  /** What came, or will come, of the same call made before; undefined where its caller heard it. Told once. */
  take<S extends Stakes>(action: GatedAction<S>): Promise<GateResult> | undefined;
}

export function createUnheard(clock: Clock): Unheard {
  const sendings = new Map<string, Sending>();

  return {
    keep(action, result, caller) {
      const call = callOf(action);
      const sending = { result, caller };
      sendings.set(call, sending);
      const forget = () => {
        if (sendings.get(call) === sending) sendings.delete(call);
      };
      result.then(() => (caller.aborted ? clock.sleep(KEPT_MS) : undefined)).then(forget, forget);
    },
    take(action) {
      const call = callOf(action);
      const sending = sendings.get(call);
      if (!sending?.caller.aborted) return undefined;
      sendings.delete(call);
      return sending.result.then((result) => ({
        ...result,
        message: `This came of the same call made before, whose caller had stopped waiting; nothing was sent again. ${result.message}`,
      }));
    },
  };
}

function callOf<S extends Stakes>(action: GatedAction<S>): string {
  return fingerprint([action.tool, action.arguments]);
}

import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { isSignature, isSignedWith } from './signature.ts';

/**
 * The secret is read this often at most within that time, in milliseconds: a stranger who sends wrong signatures must
 * not make this process ask the API all the time. A reading that failed counts for less.
 */
const MAX_READS = 6;
const WINDOW_MS = 60_000;
const RETRY_MS = 1_000;

interface VerifierOptions {
  /** The secret where it is configured; then the API is never asked. */
  readonly secret?: string | undefined;
  /** Reads the secret of the project's callback configuration; undefined where none is set. */
  readonly readSecret: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `unknown`: the secret could not be read, or may have been replaced since. The sender is to deliver it again. */
type Verdict = 'genuine' | 'forged' | 'unknown';

/** Tells whether a callback comes from whoever knows the project's secret. */
export interface Verifier {
  verify(body: Uint8Array, signature: string | undefined): Promise<Verdict>;
  /** Takes over the project's new secret, unless one is configured. */
  learn(secret: string): void;
}

/**
 * A verifier that reads the secret when it is first needed, and again at once when a signature does not match, since
 * the secret may have been replaced. A callback is forged only where a secret that was read after its arrival did not
 * sign it. Without a secret nothing passes.
 */
export function createVerifier({ secret: configured, readSecret, clock, log }: VerifierOptions): Verifier {
  let secret = configured;
  /** When the secret was read last, and when that failed last, in milliseconds since the epoch. */
  let reads: readonly number[] = [];
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<boolean> | undefined;
  /** Grows with each secret that is learnt: a reading that began before must not undo it. */
  let learnt = 0;

  function mayRead(): boolean {
    const now = clock.now();
    reads = reads.filter((at) => now - at < WINDOW_MS);
    return reading === undefined && reads.length < MAX_READS && now - failedAt >= RETRY_MS;
  }

  /** @returns whether it is known which secret the project has */
  async function read(): Promise<boolean> {
    const learntBefore = learnt;
    try {
      const current = await readSecret();
      reads = [...reads, clock.now()];
      if (learnt !== learntBefore) return false;
      secret = current;
      if (secret === undefined) log.warn('callbacks: the project has no secret set; all are refused');
      return true;
    } catch (error) {
      failedAt = clock.now();
      log.warn(`callbacks: the secret could not be read: ${String(error)}`);
      return false;
    }
  }

  return {
    async verify(body, signature) {
      if (!isSignature(signature)) return 'forged';
      const passes = () => secret !== undefined && isSignedWith(secret, body, signature);
      if (passes()) return 'genuine';
      if (configured !== undefined) return 'forged';
      // A reading that is under way may have seen the secret before it was replaced.
      const isMine = mayRead();
      if (isMine) {
        reading = read().finally(() => {
          reading = undefined;
        });
      }
      const isKnown = await reading;
      if (passes()) return 'genuine';
      return isMine && isKnown ? 'forged' : 'unknown';
    },
    learn(replaced) {
      if (configured !== undefined) return;
      secret = replaced;
      learnt++;
    },
  };
}

import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { isSignature, isSignedWith } from './signature.ts';

/** A stranger who sends wrong signatures must not make this process ask the API all the time. */
const READ_EVERY_MS = 60_000;

interface VerifierOptions {
  /** The secret where it is configured; then the API is never asked. */
  readonly secret?: string | undefined;
  /** Reads the secret of the project's callback configuration; undefined where none is set. */
  readonly readSecret: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells whether a callback comes from whoever knows the project's secret. */
export interface Verifier {
  verify(body: Uint8Array, signature: string | undefined): Promise<boolean>;
  /** Takes over the project's new secret, unless one is configured. */
  learn(secret: string): void;
}

/**
 * A verifier that learns the secret when it is first needed. It reads it again when a check fails, since it
 * may have been replaced, but at most once a minute. Without a secret nothing passes.
 */
export function createVerifier({ secret: configured, readSecret, clock, log }: VerifierOptions): Verifier {
  let secret = configured;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    readAt = clock.now();
    try {
      secret = await readSecret();
      if (secret === undefined) log.warn('callbacks: the project has no secret set; all are refused');
    } catch (error) {
      log.warn(`callbacks: the secret could not be read: ${String(error)}`);
    }
  }

  return {
    async verify(body, signature) {
      if (!isSignature(signature)) return false;
      const passes = () => secret !== undefined && isSignedWith(secret, body, signature);
      if (passes()) return true;
      if (configured !== undefined) return false;
      if (reading === undefined && clock.now() - readAt >= READ_EVERY_MS) {
        reading = read().finally(() => {
          reading = undefined;
        });
      }
      await reading;
      return passes();
    },
    learn(replaced) {
      if (configured === undefined) secret = replaced;
    },
  };
}

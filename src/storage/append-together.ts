import type { CallbackEvent } from '../api/callback-event.ts';

interface Waiting {
  readonly event: CallbackEvent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends events one write at a time, as many at once as have come together meanwhile, each once.
 * @param write resolves once they are durable
 * @returns a function that resolves once its event is durable, and throws what `write` throws
 */
export function appendTogether(
  write: (events: CallbackEvent[]) => Promise<void>,
): (event: CallbackEvent) => Promise<void> {
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function flush(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const unique = new Map(batch.map(({ event }) => [event.eventId, event]));
      try {
        await write([...unique.values()]);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return (event) =>
    new Promise((resolve, reject) => {
      waiting.push({ event, resolve, reject });
      if (!isWriting) void flush();
    });
}

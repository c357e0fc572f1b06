import type { CallbackEvent } from '../api/callback-event.ts';

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends one write at a time, as many items at once as have come together meanwhile.
 * @param write resolves once they are written
 * @returns a function that resolves once its item is written, and throws what `write` throws
 */
export function appendTogether<T>(write: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let waiting: Waiting<T>[] = [];
  let isWriting = false;

  async function flush(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWriting) void flush();
    });
}

/** The same for events, each written once however often it comes. */
export function appendEventsTogether(
  write: (events: readonly CallbackEvent[]) => Promise<void>,
): (event: CallbackEvent) => Promise<void> {
  return appendTogether((events) => write([...new Map(events.map((it) => [it.eventId, it])).values()]));
}

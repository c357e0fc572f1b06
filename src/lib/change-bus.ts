/** Publishes changes to whoever subscribed, within this process. */
export interface ChangeBus<T> {
  publish(change: T): void;
  /** @returns what ends the subscription */
  subscribe(listener: (change: T) => void): () => void;
}

/** @param onError receives what a listener throws; the others are called all the same */
export function createChangeBus<T>(onError: (error: unknown) => void): ChangeBus<T> {
  const listeners = new Set<(change: T) => void>();
  return {
    publish(change) {
      for (const listener of listeners) {
        try {
          listener(change);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

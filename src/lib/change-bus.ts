/** Tells of resources that changed, to all clients of this process. */
export interface Changes {
  /** @param uris as resources are listed under them */
  tell(uris: readonly string[]): void;
  /** @returns what ends that */
  onTold(listener: (uris: readonly string[]) => void): () => void;
}

export function createChanges(): Changes {
  const listeners = new Set<(uris: readonly string[]) => void>();
  return {
    tell(uris) {
      for (const listener of listeners) listener(uris);
    },
    onTold(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

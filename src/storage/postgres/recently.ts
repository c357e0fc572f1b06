import { type Sql, sql } from './sql.ts';

/**
 * How far each look reaches back before the one before it, in milliseconds. A transaction becomes visible later than the
 * time that stands in its rows, so that "newer than what was seen last" would lose some.
 */
const MARGIN_MS = 60_000;

/** What was published a short while ago: rows that changed are read again for some time, and published once. */
export interface Recently {
  /** Whether this key comes for the first time. */
  isNew(key: string): boolean;
  /** From when on rows have to be read, by the database's clock. */
  since(): Sql;
  /** All that there was could be read. */
  hasRead(): void;
}

/** @param now milliseconds, of a clock that nobody sets */
export function createRecently(now: () => number): Recently {
  const keys = new Map<string, number>();
  let readAt = now();
  return {
    isNew(key) {
      const isNew = !keys.has(key);
      keys.set(key, now());
      return isNew;
    },
    since: () => sql`statement_timestamp() - ${now() - readAt + MARGIN_MS} * interval '1 millisecond'`,
    hasRead() {
      readAt = now();
      for (const [key, at] of keys) if (at < readAt - 2 * MARGIN_MS) keys.delete(key);
    },
  };
}

/** What every line of a feed has. */
export interface FeedLine {
  /** Unique among all lines: by it a writer knows its own. */
  readonly line: string;
}

/**
 * Lines in one order, on which all handles of a store agree. Each line is applied once to the state of a handle, so
 * that whatever depends on lines alone is decided alike everywhere.
 */
export interface Feed<L extends FeedLine> {
  /** Applies what others appended meanwhile. */
  refresh(): Promise<void>;
  /**
   * Appends lines, and returns once they are stored and applied, after all that stands before them.
   * @param make is called once, when the state is up to date. Its argument: lines of this process that are about to
   * be written before. Nothing is written where it returns no line
   * @throws {StoreError} Some of the lines may be stored all the same
   */
  append(make: (before: readonly L[]) => readonly L[]): Promise<void>;
}

/** @param isNews false for lines that were there when the feed was opened */
export type Apply<L> = (line: L, isNews: boolean) => void;

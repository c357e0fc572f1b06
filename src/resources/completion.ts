export interface Completion {
  /** At most {@link MAX_COMPLETIONS}. */
  readonly values: readonly string[];
  /** How many there are in all, where that is known. */
  readonly total?: number;
}

/** The protocol's limit on completion values. */
export const MAX_COMPLETIONS = 100;

/** Those of a list that begin with what was typed, then those that contain it; case does not matter. */
export function completeFrom(choices: readonly string[], typed: string): Completion {
  const wanted = typed.trim().toUpperCase();
  const begins = choices.filter((choice) => choice.toUpperCase().startsWith(wanted));
  const contains = choices.filter(
    (choice) => !begins.includes(choice) && choice.toUpperCase().includes(wanted),
  );
  const found = [...begins, ...contains];
  return { values: found.slice(0, MAX_COMPLETIONS), total: found.length };
}

/** How many tokens a text takes at most, by a rule of thumb that errs on the high side. */
export function estimateTokens(text: string): number {
  const pieces = text.match(/ ?[a-z]{1,6}|[A-Z]{1,3}|\d{1,2}|[^\sa-zA-Z\d]|\n/g)?.length ?? 0;
  const foreign = text.match(/[^ -~\n]/g)?.length ?? 0;
  const opaque = text.match(/[A-Za-z]{16,}|[A-Z\d]{16,}/g)?.join('').length ?? 0;
  return pieces + 2 * foreign + Math.ceil(opaque / 2);
}

/** A character takes at most so many tokens of the estimate. */
const MOST_A_CHARACTER = 3;

/** Whether a text is so short that its estimate cannot be above this. */
export function isSurelyWithin(most: number, text: string): boolean {
  return text.length * MOST_A_CHARACTER <= most;
}

/** The first texts that fit into this many tokens together. */
export function within(most: number, texts: readonly string[]): readonly string[] {
  let tokens = 0;
  const tooMany = texts.findIndex((text) => {
    tokens += estimateTokens(text);
    return tokens > most;
  });
  return tooMany === -1 ? texts : texts.slice(0, tooMany);
}

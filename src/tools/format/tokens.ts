/** How many tokens a text takes at most, by a rule of thumb that errs on the high side. */
export function estimateTokens(text: string): number {
  const pieces = text.match(/ ?[a-z]{1,6}|[A-Z]{1,3}|\d{1,2}|[^\sa-zA-Z\d]|\n/g)?.length ?? 0;
  const foreign = text.match(/[^ -~\n]/g)?.length ?? 0;
  const opaque = text.match(/[A-Za-z]{16,}|[A-Z\d]{16,}/g)?.join('').length ?? 0;
  return pieces + 2 * foreign + Math.ceil(opaque / 2);
}

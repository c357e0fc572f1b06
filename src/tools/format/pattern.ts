import type { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';

/** Digits to look for, and where. */
export type Pattern = NonNullable<OperationInput<typeof operations.listAvailableNumbers>['numberPattern']>;

/** e.g. ` containing 8294`, with a space before it; empty without a pattern. */
export function patternText({ pattern, searchPattern }: Pattern = {}): string {
  if (pattern === undefined) return '';
  if (searchPattern === 'START') return ` beginning with ${pattern}`;
  return `${searchPattern === 'END' ? ' ending in' : ' containing'} ${pattern}`;
}

/** What is wrong with a pattern that can match nothing; undefined where it can. */
export function patternHint({ pattern, searchPattern }: Pattern = {}): string | undefined {
  return searchPattern === 'START' && !pattern?.startsWith('+')
    ? 'With START the pattern begins with + and the country code, e.g. +1206.'
    : undefined;
}

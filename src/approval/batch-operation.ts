import { counted } from '../api/format.ts';
import type { ActiveNumber, AvailableNumber, Money } from '../api/schemas/numbers.ts';
import type { NumberResult, ShownStakes } from './batch-result.ts';
import type { BatchSubject } from './batch-subject.ts';
import type { CarriedOut } from './carry-out.ts';
import { digest } from './digest.ts';
import type { AskableOperation, OperationContext } from './operation.ts';
import type { Stakes } from './outcome.ts';
import { ITEMS_IN_TEXT, type Item, type Question } from './question.ts';

/** One request of a batch. */
export interface BatchPart {
  readonly phoneNumber: string;
  /** What is agreed to for it. */
  readonly terms: Readonly<Record<string, unknown>>;
  readonly item: Item;
  /** What works now and would stop, or go elsewhere, each in words. */
  readonly stops: readonly string[];
  /** What is rented, where it is a rent. */
  readonly offer?: AvailableNumber;
  /** Sends it, as {@link carryOut} does for a call of its own. */
  send(execution: PartExecution): Promise<CarriedOut>;
}

/** Everything about an execution but what the operation itself knows. */
export type PartExecution = Omit<Parameters<typeof import('./carry-out.ts').carryOut>[3], 'rents'>;

/** Numbers that need nothing. */
export interface Skipped {
  readonly reason: string;
  readonly count: number;
  /** The first few of them. */
  readonly phoneNumbers: readonly string[];
}

/** What was found out about the numbers of a batch. */
export interface BatchStakes extends Stakes {
  readonly parts: readonly BatchPart[];
  readonly skipped: Skipped;
  /** Numbers that cannot be included, and why. */
  readonly refused: readonly NumberResult[];
  readonly dueNow: readonly Money[];
  readonly monthly: readonly Money[];
}

/** A number that is done. */
export interface DonePart extends Pick<BatchPart, 'phoneNumber' | 'terms'> {
  /** What the API answered; absent where an earlier call did it. */
  readonly number?: ActiveNumber | undefined;
}

/** An operation on many numbers that a person agrees to at once. */
export interface BatchOperation<I extends object> extends AskableOperation<I, BatchStakes> {
  /** How many requests may be under way at once. */
  readonly atOnce: number;
  /** Whether a result names the numbers that are done: nobody else knows which were chosen. */
  readonly namesDone: boolean;
  /** One more sentence about what was done, such as what it costs. */
  receipt?(done: readonly DonePart[]): string | undefined;
  /**
   * Reads what is at stake for some of its numbers, to go on with a batch that was agreed to.
   * @throws {NumbersError}
   */
  quoteSome(input: I, phoneNumbers: readonly string[], context: OperationContext): Promise<BatchStakes>;
}

/** What all batches have in common for the gate. */
export const batchTerms = {
  terms: ({ parts }: BatchStakes) => ({ numbers: digests(parts) }),
  subject: (stakes: BatchStakes): BatchSubject => ({
    terms: digests(stakes.parts),
    skipped: stakes.skipped.count,
    refused: [...stakes.refused],
    stakes: shownOf(stakes),
  }),
  shown: shownOf,
};

/** As results show it. */
export function shownOf({ parts, dueNow, monthly }: BatchStakes): ShownStakes {
  return {
    count: parts.length,
    phoneNumbers: parts.slice(0, ITEMS_IN_TEXT).map(({ phoneNumber }) => phoneNumber),
    ...(parts.length > ITEMS_IN_TEXT && { truncated: { shown: ITEMS_IN_TEXT, total: parts.length } }),
    ...{ dueNow: [...dueNow], monthly: [...monthly] },
  };
}

function digests(parts: readonly BatchPart[]): Record<string, string> {
  return Object.fromEntries(parts.map((part) => [part.phoneNumber, digest(part.terms)]));
}

/** Whether a number's terms are still those that were agreed to. */
export function isAgreed({ phoneNumber, terms }: BatchPart, subject: Pick<BatchSubject, 'terms'>): boolean {
  return subject.terms[phoneNumber] === digest(terms);
}

/** A question about many numbers, with those that are left out. */
export function batchQuestion(
  question: Question,
  { parts, skipped, refused }: Pick<BatchStakes, 'parts' | 'skipped' | 'refused'>,
): Question {
  const reasons = [...new Set(refused.map(({ reason = '' }) => reason))].map((reason): Skipped => {
    const phoneNumbers = refused.filter((it) => it.reason === reason).map(({ phoneNumber }) => phoneNumber);
    return { reason, count: phoneNumbers.length, phoneNumbers };
  });
  const leftOut = [skipped, ...reasons].filter(({ count }) => count > 0).map(leftOutText);
  return {
    ...question,
    facts: [
      ...question.facts,
      ...(leftOut.length > 0 ? [{ label: 'Left out', value: leftOut.join('; ') }] : []),
    ],
    items: parts.map(({ item }) => item),
  };
}

/** A question names this many numbers of those that are left out for one reason. */
export const LEFT_OUT_NAMED = 5;

function leftOutText({ reason, count, phoneNumbers }: Skipped): string {
  const named = phoneNumbers.slice(0, LEFT_OUT_NAMED);
  const more = count - named.length;
  return `${reason}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Those first of which something stops working: a form shows no more than the first few. */
export function worstFirst(parts: readonly BatchPart[]): BatchPart[] {
  const stops = ({ stops: own }: BatchPart) => own.length > 0;
  return [...parts.filter(stops), ...parts.filter((part) => !stops(part))];
}

/** What stops working of all parts, most frequent first, e.g. `voice "app a" (12 numbers)`. */
export function whatStops(parts: readonly BatchPart[], nothing: string): string {
  const counts = new Map<string, number>();
  for (const text of parts.flatMap(({ stops }) => stops)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const named = sorted
    .slice(0, STOPS_NAMED)
    .map(([text, count]) => `${text} (${counted(count, 'number')})`)
    .join(', ');
  const more = sorted.length - STOPS_NAMED;
  return `${named || nothing}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A question names this many different things that stop working. */
const STOPS_NAMED = 8;

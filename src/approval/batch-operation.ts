import type { AvailableNumber, Money } from '../api/schemas/numbers.ts';
import type { NumberResult } from './batch-result.ts';
import type { CarriedOut } from './carry-out.ts';
import { digest } from './digest.ts';
import type { AskableOperation, OperationContext } from './operation.ts';
import type { Stakes } from './outcome.ts';
import { ITEMS_IN_TEXT, type Item, type Question } from './question.ts';

/** One request of a batch. */
export interface BatchPart {
  readonly phoneNumber: string;
  /** A digest of what was agreed to for it. */
  readonly terms: string;
  readonly item: Item;
  /** What is rented, where it is a rent. */
  readonly offer?: AvailableNumber;
  /** Sends it, as {@link carryOut} does for a call of its own. */
  send(execution: PartExecution): Promise<CarriedOut>;
}

/** Everything about an execution but what the operation itself knows. */
export type PartExecution = Omit<Parameters<typeof import('./carry-out.ts').carryOut>[3], 'rents'>;

/** What was found out about the numbers of a batch. */
export interface BatchStakes extends Stakes {
  readonly parts: readonly BatchPart[];
  /** Numbers that need nothing, and why. */
  readonly skipped: readonly { readonly phoneNumber: string; readonly reason: string }[];
  /** Numbers that cannot be included, and why. */
  readonly refused: readonly NumberResult[];
  readonly dueNow: readonly Money[];
  readonly monthly: readonly Money[];
}

/** An operation on many numbers that a person agrees to at once. */
export interface BatchOperation<I extends object> extends AskableOperation<I, BatchStakes> {
  /** How many requests may be under way at once. */
  readonly atOnce: number;
  /** One more sentence about what was done, such as what it costs. */
  receipt?(done: readonly BatchPart[]): string | undefined;
  /**
   * Reads what is at stake for some of its numbers, to go on with a batch that was agreed to.
   * @throws {NumbersError}
   */
  quoteSome(input: I, phoneNumbers: readonly string[], context: OperationContext): Promise<BatchStakes>;
}

/** What is kept with the approval of a batch: the terms of each number, by its phone number. */
export interface BatchSubject {
  readonly terms: Readonly<Record<string, string>>;
  readonly skipped: number;
  readonly refused: readonly NumberResult[];
}

/** What all batches have in common for the gate. */
export const batchTerms = {
  terms: ({ parts }: BatchStakes) => ({ numbers: termsOf(parts) }),
  subject: ({ parts, skipped, refused }: BatchStakes) => ({
    terms: termsOf(parts),
    skipped: skipped.length,
    refused,
  }),
  shown: ({ parts, dueNow, monthly }: BatchStakes) => ({
    count: parts.length,
    phoneNumbers: parts.slice(0, ITEMS_IN_TEXT).map(({ phoneNumber }) => phoneNumber),
    ...(parts.length > ITEMS_IN_TEXT && { truncated: { shown: ITEMS_IN_TEXT, total: parts.length } }),
    ...{ dueNow, monthly },
  }),
};

function termsOf(parts: readonly BatchPart[]): Record<string, string> {
  return Object.fromEntries(parts.map(({ phoneNumber, terms }) => [phoneNumber, terms]));
}

/** A digest of one number's terms. */
export function partTerms(terms: object): string {
  return digest(terms);
}

/** A question about many numbers, with those that are left out. */
export function batchQuestion(
  question: Question,
  { parts, skipped, refused }: Pick<BatchStakes, 'parts' | 'skipped' | 'refused'>,
): Question {
  const leftOut = [...skipped, ...refused].map(({ phoneNumber, reason }) => `${phoneNumber} (${reason})`);
  const more = leftOut.length - MAX_LEFT_OUT;
  const value = `${leftOut.slice(0, MAX_LEFT_OUT).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
  return {
    ...question,
    facts: [...question.facts, ...(leftOut.length > 0 ? [{ label: 'Left out', value }] : [])],
    items: parts.map(({ item }) => item),
  };
}

/** A question names this many of the numbers that are left out. */
const MAX_LEFT_OUT = 5;

import type { NumbersError } from '../api/errors.ts';
import type { ActiveNumber } from '../api/schemas/numbers.ts';
import type { Rent } from './limits.ts';
import type { Stakes } from './outcome.ts';
import type { Question } from './question.ts';
import type { OtherRents, Settlement } from './reconcile.ts';

/** A rent or release, before anybody said yes to it. `S` is what is at stake. */
export interface GatedAction<S extends Stakes> {
  readonly tool: string;
  /** The validated arguments, without the token: what a yes is bound to. */
  readonly arguments: object;
  readonly confirmationToken?: string | undefined;
  /**
   * Reads what is at stake.
   * @returns the stakes, or a sentence that says why there is nothing to ask about
   */
  quote(): Promise<{ readonly stakes: S } | { readonly refusal: string }>;
  /** The part of the stakes that a person agrees to. If it differs at the second reading, they are asked again. */
  terms(stakes: S): unknown;
  question(stakes: S): Question;
  /** What the limits are held against; absent for what spends no money. */
  rent?(stakes: S): Rent;
  /**
   * Reads what will tell the outcome should the answer get lost. Called right before {@link execute}.
   * @returns the numbers that are rented already, where the one that will come is not known
   */
  prepare?(): Promise<readonly string[] | undefined>;
  /** Sends the request. Called at most once. */
  execute(): Promise<ActiveNumber>;
  /**
   * Finds out what became of a request whose answer was lost.
   * @param others tells of the rents that may explain what has come
   */
  settle(lost: NumbersError, others: () => Promise<OtherRents>): Promise<Settlement>;
  /** How a failure is told, in the words that the tools use. */
  describe(error: NumbersError): string;
}

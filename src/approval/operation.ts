import type { NumbersClient } from '../api/client.ts';
import type { NumbersError } from '../api/errors.ts';
import type { Operation } from '../api/operations/operation.ts';
import type { Clock } from '../lib/clock.ts';
import type { Signal } from '../lib/signal.ts';
import type { EventLog, Intent, JournalEntry, KnownOrder } from '../storage/store.ts';
import type { Offer } from './limits.ts';
import type { Done, Stakes } from './outcome.ts';
import type { Question } from './question.ts';

/** What an operation reads and sends with. */
export interface OperationContext {
  readonly numbers: NumbersClient;
  readonly events: Pick<EventLog, 'read'>;
  /** What servers of this project sent in the last 24 hours, oldest first. */
  readonly recent: () => Promise<readonly JournalEntry[]>;
  /** What servers of this project know of an order. @throws {StoreError} */
  readonly knownOrder: (numberOrderId: string) => Promise<KnownOrder | undefined>;
  readonly clock: Clock;
  /** The caller's cancellation. */
  readonly signal: Signal;
}

export type Quote<S extends Stakes> =
  /**
   * A person has to agree to this. `offers`: what may be rented, for the limits; absent for what
   * spends no money. `rents`: how many of them are rented, by default one.
   */
  | { readonly stakes: S; readonly offers?: readonly Offer[]; readonly rents?: number }
  /** Nothing is cut off and nothing costs: it is carried out without asking. */
  | { readonly harmless: S }
  /** A sentence that says why there is nothing to ask about, and nothing to do. */
  | { readonly refusal: string };

/** What the state shows of a request whose answer was lost. */
export type Settlement =
  /** `evidence` says what the state shows. */
  | ({ readonly outcome: 'completed'; readonly evidence: string } & Done)
  | { readonly outcome: 'not_executed' }
  /** `check` says what to look at before anything else is done. */
  | { readonly outcome: 'unknown'; readonly check: string };

/** Rents of the same project besides the one in question, in whichever process. */
export interface OtherRents {
  /** What they brought, or may have brought. */
  readonly phoneNumbers: ReadonlySet<string>;
  /** One is under way of which it is not known what it will bring. */
  readonly isOpen: boolean;
}

/** A request whose answer was lost, as its intent tells of it. */
interface LostRequest extends Pick<Intent, 'arguments' | 'terms' | 'before'> {
  /** Why there is no answer; undefined where the process that sent it has ended. */
  readonly error?: NumbersError;
  readonly others: () => Promise<OtherRents>;
}

/** An operation whose outcome can be found out when its answer was lost. */
export interface ReconcilableOperation {
  readonly tool: string;
  readonly operation: Operation;
  /** Reads the state to find out what became of a request. Nothing is repeated. */
  reconcile(lost: LostRequest, context: Pick<OperationContext, 'numbers' | 'clock'>): Promise<Settlement>;
}

/**
 * What may need a person's yes: everything that the gate has to know to ask for it. `I` is its input as the
 * tool validated it, `S` what is at stake.
 */
export interface AskableOperation<I extends object, S extends Stakes> {
  readonly tool: string;
  /**
   * Reads what is at stake.
   * @throws {NumbersError} where it cannot be read, or the input cannot be shown to a person whole
   */
  quote(input: I, context: OperationContext): Promise<Quote<S>>;
  /**
   * The second reading, of what a question was about, where the first one may give something else each time.
   * @param subject what is kept with the approval
   * @returns undefined where that cannot be had any more
   */
  quoteAgain?(
    input: I,
    subject: Readonly<Record<string, unknown>>,
    context: OperationContext,
  ): Promise<Quote<S> | undefined>;
  /** The part of the stakes that a person agrees to. If it differs at the second reading, they are asked again. */
  terms(stakes: S): Readonly<Record<string, unknown>>;
  question(input: I, stakes: S, context: Pick<OperationContext, 'clock'>): Question;
  /** What of the stakes the result of a call shows; by default all. */
  shown?(stakes: S): Stakes;
  /** What a yes allows, where that is more than one request: kept with the approval. */
  subject?(stakes: S): Readonly<Record<string, unknown>>;
}

/** An operation that is one request. Where it reads before it sends, such requests follow one another. */
export interface GatedOperation<I extends object, S extends Stakes>
  extends AskableOperation<I, S>,
    ReconcilableOperation {
  /** The number that is concerned, where it is known beforehand. */
  phoneNumber?(input: I): string;
  /** The numbers that an order brings, once it is reviewed. */
  phoneNumbers?(stakes: S): readonly string[];
  /** What the journal keeps of the input; by default all. */
  recorded?(input: I): object;
  /**
   * Reads what will tell the outcome should the answer get lost: the numbers that are rented already, where the one
   * that will come is not known. Such requests are sent one at a time in a project.
   */
  readBefore?(input: I, context: OperationContext): Promise<readonly string[] | undefined>;
  /**
   * Why it must not be sent now, in a sentence: a request for the same is on its way, or was sent since the stakes were
   * read, from whichever process. Of two that began at once the later one stands back.
   * @param earlier entries of the last 24 hours that began before it
   * @param now milliseconds since the epoch
   */
  standsBack?(input: I, stakes: S, earlier: readonly JournalEntry[], now: number): string | undefined;
  /** Sends the request. Called at most once. @throws {NumbersError} */
  send(input: I, context: OperationContext): Promise<Done>;
  /** One more sentence about what was done, such as what it costs. */
  receipt?(stakes: S, done: Done): string | undefined;
}

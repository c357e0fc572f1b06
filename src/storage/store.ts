/**
 * What servers remember, together, wherever it is kept: what was sent to the API and what came of it, which questions
 * a person was asked and how they answered, which numbers were ordered, and the events that callbacks brought. Adapters: `memory.ts` for tests,
 * `file/` by default. Every adapter passes the contract suite in test/storage/contract.ts.
 */
import type { CallbackEvent } from '../api/callback-event.ts';
import type { ChangeBus } from '../lib/change-bus.ts';
import type { Signal } from '../lib/signal.ts';

/** The store cannot be read or written. The message says what is wrong, for the person who can mend it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** What that person can do: it follows "tell the user to". */
  readonly remedy: string;

  constructor(
    message: string,
    {
      remedy = 'mend that, or to set SINCH_NUMBERS_STATE_DIR to another folder',
      ...options
    }: StoreErrorOptions = {},
  ) {
    super(message, options);
    this.remedy = remedy;
  }
}

interface StoreErrorOptions extends ErrorOptions {
  readonly remedy?: string;
}

/** One store, shared by every process that opens the same place. */
export interface Store {
  readonly journal: Journal;
  readonly approvals: Approvals;
  readonly events: EventLog;
  readonly orders: OrderLog;
  /** URIs of resources that changed. */
  readonly changes: ChangeBus<readonly string[]>;
  /**
   * Runs one task at a time for a project, among all processes. A holder that dies is succeeded once its lease of
   * {@link LEASE_MS} has ended.
   * @throws the signal's reason where it aborts while waiting
   * @throws {StoreError}
   */
  withTurn<T>(projectId: string, run: () => Promise<T>, signal?: Signal): Promise<T>;
  /**
   * Whether it can be reached now, in a few seconds at most. Cheap: meant to be asked often.
   * @throws {StoreError} with what is wrong
   */
  ping(): Promise<void>;
  /** Follows what other processes write. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * How long an intent without an outcome belongs to the process that wrote it, in milliseconds. Longer than the
 * longest request, with everything that is read around it. A process ID proves nothing: containers share them.
 */
export const LEASE_MS = 2 * 60_000;

// ---- the journal: append-only, durable before anything is sent

/** A request that spends, changes or cuts off, written ahead of sending it. */
export interface Intent {
  /** UUID. */
  readonly id: string;
  /** When it was written, RFC 3339. */
  readonly at: string;
  readonly projectId: string;
  /** The run of the process that sends it: a UUID. */
  readonly server: string;
  /** Nobody but that process settles it before, RFC 3339. */
  readonly leaseUntil: string;
  /** Whose call it is. */
  readonly caller: string;
  /** Who signed in for it; absent where nobody does. */
  readonly person?: { readonly subject: string; readonly name?: string; readonly email?: string };
  /** The name of the MCP client, as it calls itself. */
  readonly client?: string;
  readonly tool: string;
  readonly operationId: string;
  /** The arguments of the call, without what could be a secret. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What was agreed to: prices, or what changes from what. */
  readonly terms: Readonly<Record<string, unknown>>;
  /** How a person agreed, and who, where that was seen: `link by Alice Example`; absent where nothing had to be asked. */
  readonly confirmedBy?: string;
  /** The approval that it spends, and which part of it: each part is spent once. */
  readonly approval?: string;
  readonly part?: string;
  /** What the requests of one call about many numbers have in common: the ID of their approval, where there is one. */
  readonly batch?: string;
  readonly phoneNumber?: string;
  /** The numbers of an order: they come once it is reviewed. */
  readonly phoneNumbers?: readonly string[];
  /** How many rents it counts as; 0 for what rents nothing. */
  readonly rents: number;
  /** For a rent of any number: the numbers that were rented before, by which the new one is known. */
  readonly before?: readonly string[];
}

export type NewIntent = Omit<Intent, 'id' | 'at' | 'server' | 'leaseUntil'>;

/** What came of an intent. `unknown`: sent, and even reading the state did not tell. */
export interface IntentOutcome {
  readonly at: string;
  readonly server: string;
  readonly outcome: 'completed' | 'not_executed' | 'unknown';
  readonly phoneNumber?: string;
  /** Found out by reading the API, after the process that sent it had ended. */
  readonly settledLater?: boolean;
}

export interface JournalEntry {
  readonly intent: Intent;
  /** Absent while it is under way, and until it is settled. */
  readonly outcome?: IntentOutcome;
}

/** The most rents in a window that slides, counted over all processes. */
export interface RentLimit {
  readonly max: number;
  /** At most 24 hours: the index of entries reaches no further back. */
  readonly windowMs: number;
}

export type Begun =
  | { readonly status: 'begun'; readonly intent: Intent }
  /** That many rents count already. Nothing is to be sent. */
  | { readonly status: 'limit'; readonly made: number }
  /** The approval, or this part of it, was spent before by the entry given. Nothing is to be sent. */
  | { readonly status: 'spent'; readonly entry: JournalEntry };

export interface HistoryQuery {
  readonly limit: number;
  /** Which entries; all where absent. */
  readonly matches?: (entry: JournalEntry) => boolean;
  /** RFC 3339; only entries from then on. */
  readonly since?: string;
  readonly cursor?: string;
}

export interface HistoryPage {
  /** Newest first. */
  readonly entries: readonly JournalEntry[];
  readonly nextCursor?: string;
}

export interface Journal {
  /**
   * Makes sure, as far as that is possible without writing, that something can be written.
   * @throws {StoreError} with what is wrong
   */
  check(): Promise<void>;
  /**
   * Writes an intent, spends its approval and counts it against the limit, all at once or not at all: of two
   * processes that race for the last rent, or with the same approval, one wins. Sending is allowed after `begun`.
   * @returns once it is durable
   * @throws {StoreError} then nothing may be sent
   */
  begin(intent: NewIntent, limit?: RentLimit): Promise<Begun>;
  /**
   * Writes the outcome. The first one counts, but for an effect that comes to light later: `completed` replaces
   * any other. While the lease lasts, none of another process counts.
   * @returns whether this one counts
   * @throws {StoreError}
   */
  end(id: string, outcome: Omit<IntentOutcome, 'at' | 'server'>): Promise<boolean>;
  /** The entry as it stands now; undefined where there is none. */
  entry(id: string): Promise<JournalEntry | undefined>;
  /** Rents of the last `windowMs` that were not found to be not executed. */
  countRents(projectId: string, windowMs: number): Promise<number>;
  /** Entries of the last 24 hours, and older ones that have no outcome; oldest first. */
  recent(projectId: string): Promise<readonly JournalEntry[]>;
  /**
   * Entries newest first, however old.
   * @throws {InvalidRequestError} for a cursor that is none of this list
   */
  history(projectId: string, query: HistoryQuery): Promise<HistoryPage>;
}

// ---- approvals: a person's decision about one call

/**
 * How long an approval is still found that has expired because time passed, or that was spent and has no outcome, in
 * milliseconds: its process may have died.
 */
export const APPROVAL_KEPT_MS = 60 * 60_000;

type ApprovalState = 'asked' | 'granted' | 'declined' | 'expired' | 'spent';

export interface Approval {
  /** UUID. */
  readonly id: string;
  /** Whose call: nobody else finds it. */
  readonly caller: string;
  readonly tool: string;
  /** A digest of project, operation and arguments: what the same call has in common. */
  readonly call: string;
  /** A digest of the terms that were put. */
  readonly terms: string;
  /** The way in which it was put last: `elicitation`, `link`, `page` or `token`. */
  readonly channel: string;
  readonly state: ApprovalState;
  /** Why it was declined or has expired. */
  readonly reason?: string;
  /** SHA-256 of the token that grants it, base64url. */
  readonly tokenHash?: string;
  /** Milliseconds since the epoch. An open or granted one is `expired` from then on; any other is forgotten. */
  readonly expiresAt: number;
  /** What it allows, where that is more than one request: see the operation that asked. */
  readonly subject?: Readonly<Record<string, unknown>>;
  /** What came of what was sent, as reported to its caller; absent while it is under way. */
  readonly outcome?: Readonly<Record<string, unknown>>;
  /** The caller has received the outcome, or the no. */
  readonly isDelivered?: boolean;
}

export type NewApproval = Pick<
  Approval,
  'caller' | 'tool' | 'call' | 'terms' | 'channel' | 'tokenHash' | 'subject' | 'expiresAt'
>;

export interface Approvals {
  /**
   * Stores a question. Where the same caller has one open (asked or granted) about the same call at the same terms,
   * that one is returned and nothing stored; one at other terms expires, and so does one that is asked and has another
   * token than the question, or none where the question has one.
   */
  ask(question: NewApproval): Promise<{ readonly approval: Approval; readonly isNew: boolean }>;
  /** As it stands now; undefined where it is unknown or forgotten. */
  get(id: string): Promise<Approval | undefined>;
  /** The newest of a caller about a call; undefined where there is none, or it is forgotten. */
  find(caller: string, call: string): Promise<Approval | undefined>;
  /** @param tokenHash SHA-256, base64url */
  findByToken(tokenHash: string): Promise<Approval | undefined>;
  /**
   * Decides an approval that is `asked`, or expires one that is `granted`. The first decision counts.
   * @param expiresAt when it is forgotten, or a grant is good no more
   * @returns whether this one counts
   */
  decide(
    id: string,
    decision: {
      state: 'granted' | 'declined' | 'expired';
      reason?: string;
      channel?: string;
      expiresAt: number;
    },
  ): Promise<boolean>;
  /** Moves an open question to another channel, or its expiry. Of one that is not open, nothing changes. */
  update(id: string, change: { channel?: string; expiresAt?: number }): Promise<void>;
  /** Keeps what came of a spent approval, until its caller has received it or `expiresAt`. */
  conclude(id: string, outcome: Readonly<Record<string, unknown>>, expiresAt: number): Promise<void>;
  /** The caller has received the outcome, or the no: {@link find} returns it no more. */
  delivered(id: string): Promise<void>;
  /** Calls back with each approval that changed, from whichever process. @returns what ends that */
  subscribe(listener: (approval: Approval) => void): () => void;
}

// ---- events that callbacks brought

export interface EventLog {
  /**
   * Keeps an event, once however often it is delivered.
   * @returns once it is durable
   * @throws {StoreError} nothing is promised then
   */
  append(event: CallbackEvent): Promise<void>;
  /** All that are kept, each once, in the order of their arrival. Sees what other processes appended. */
  read(): Promise<readonly CallbackEvent[]>;
  /** How many of the oldest events are kept no longer. */
  dropped(): number;
  /** Calls back with events that arrive, from whichever process. @returns what ends that */
  subscribe(listener: (events: readonly CallbackEvent[]) => void): () => void;
}

// ---- number orders: the API has no list of them

/** An order as it was last seen. Of its registration nothing is kept. */
export interface KnownOrder {
  /** The API's `idNumberOrder`. */
  readonly id: string;
  readonly projectId: string;
  readonly state: string;
  readonly regionCode?: string;
  readonly numberType?: string;
  /** How many numbers it reserves. */
  readonly count: number;
  /** When the numbers are given back unless it is submitted, RFC 3339; absent where that does not run. */
  readonly expireTime?: string;
  /** RFC 3339. */
  readonly createTime: string;
  /** When its state was what is written here, RFC 3339. */
  readonly updateTime: string;
  /** Whose call created it, or read it first. */
  readonly caller: string;
  /** What was given at its creation and the API does not tell; absent where no server of this project created it. */
  readonly created?: { readonly callbackUrl?: string };
}

export interface OrderLog {
  /**
   * Keeps an order, or what is newly known of it: the later state counts, and a final one stays. Events of an order
   * that is kept change its state by themselves.
   * @returns once it is durable
   * @throws {StoreError}
   */
  keep(order: KnownOrder): Promise<void>;
  /** The orders of a project, newest first; of very many, the newest. */
  list(projectId: string): Promise<readonly KnownOrder[]>;
}

import { CancelledError, isNumbersError, type NumbersError } from '../api/errors.ts';
import { describeFailure } from '../api/failure.ts';
import { maskSecret } from '../api/mask-secret.ts';
import { labelOf, type Person } from '../identity/person.ts';
import type { Logger } from '../lib/log.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { type Approval, type Intent, type JournalEntry, type Store, StoreError } from '../storage/store.ts';
import type { Caller } from './channels/channel.ts';
import { type Limits, RENTS_WINDOW_MS } from './limits.ts';
import { refuse, refuseByLimit, refuseWithoutJournal, settled } from './messages.ts';
import type { GatedOperation, OperationContext, OtherRents } from './operation.ts';
import type { ConfirmedBy, GateResult, Sent, Stakes } from './outcome.ts';
import { type Reach, reachOf } from './reach.ts';
import { reasonToStandBack } from './stand-back.ts';

interface Execution {
  readonly caller: Caller;
  readonly projectId: string;
  /** The approval that it spends; undefined where nothing had to be asked. */
  readonly approval: Approval | undefined;
  /** How many rents it counts as. */
  readonly rents: number;
  /** The part of the approval that it spends, where that has several. */
  readonly part?: string;
  /** What it belongs to, where one call sends several. */
  readonly batch?: string;
  readonly context: OperationContext;
  readonly store: Store;
  readonly limits: Limits;
  readonly log: Logger;
}

/**
 * `isSent` tells whether the approval is spent, `reach` which other requests would end in the same way. `spent`: another
 * call has spent the approval; nothing was sent.
 */
export type CarriedOut =
  | { readonly result: GateResult; readonly isSent: boolean; readonly reach?: Reach }
  | { readonly spent: JournalEntry };

/**
 * Carries an action out, at most once for its approval. It is in the journal before it is sent, and its outcome
 * after; the journal refuses what is over the daily limit, and what spends an approval a second time.
 * @throws {CancelledError} where the caller cancels before it is in the journal
 */
export async function carryOut<I extends object, S extends Stakes>(
  operation: GatedOperation<I, S>,
  input: I,
  stakes: S,
  execution: Execution,
): Promise<CarriedOut> {
  const { caller, projectId, approval, rents, part, batch, context, store, limits, log } = execution;
  const { tool } = operation;
  const { journal } = store;
  const terms = operation.terms(stakes);
  const shown = operation.shown?.(stakes) ?? stakes;
  const confirmedBy = approval && (approval.channel as ConfirmedBy);
  let before: readonly string[] | undefined;
  let id: string;
  try {
    before = await operation.readBefore?.(input, context);
    if (context.signal.aborted) throw new CancelledError();
    const phoneNumber = operation.phoneNumber?.(input);
    const phoneNumbers = operation.phoneNumbers?.(stakes);
    const begun = await journal.begin(
      {
        projectId,
        caller: caller.id,
        ...(caller.person && { person: recorded(caller.person) }),
        ...(caller.client !== undefined && { client: caller.client }),
        tool,
        operationId: operation.operation.operationId,
        arguments: withoutSecrets(operation.recorded?.(input) ?? input),
        terms: withoutSecrets(terms),
        ...(approval && { approval: approval.id, confirmedBy: confirmationBy(caller, approval) }),
        ...(part !== undefined && { part }),
        ...(batch !== undefined && { batch }),
        ...(phoneNumber !== undefined && { phoneNumber }),
        ...(phoneNumbers !== undefined && { phoneNumbers }),
        rents,
        ...(before && before.length <= MAX_BEFORE && { before }),
      },
      rents > 0 ? { max: limits.maxRentsPerDay, windowMs: RENTS_WINDOW_MS } : undefined,
    );
    if (begun.status === 'spent') return { spent: begun.entry };
    if (begun.status === 'limit')
      return {
        isSent: false,
        reach: 'all',
        result: refuseByLimit(limits.countRefusal(begun.made, rents), shown),
      };
    id = begun.intent.id;
  } catch (error) {
    if (error instanceof StoreError)
      return { isSent: false, reach: 'all', result: refuseWithoutJournal(error, shown) };
    if (!isNumbersError(error) || error instanceof CancelledError) throw error;
    const message = failed(operation, input, stakes, error);
    return { isSent: false, result: { outcome: 'not_executed', message, stakes: shown } };
  }
  const reason = await reasonToStandBack(operation, input, stakes, id, context);
  if (reason !== undefined) {
    const result = refuse(reason, shown);
    const notWritten = await conclude(store, id, { ...result, outcome: 'not_executed' }, log);
    return { isSent: true, result, ...(notWritten !== undefined && { reach: 'all' }) };
  }
  log.info(`${tool}: ${confirmedBy === undefined ? 'nothing to confirm' : `confirmed by ${confirmedBy}`}`);
  const others = () => otherRents(store, projectId, id);
  const { reach: refused, ...sent } = await send(
    operation,
    input,
    stakes,
    context,
    { terms, before, others },
    log,
  );
  const receipt = sent.outcome === 'completed' ? operation.receipt?.(stakes, sent) : undefined;
  const notWritten = await conclude(store, id, sent, log);
  const message = [sent.message, receipt, notWritten].filter(Boolean).join(' ');
  const result = { ...sent, message, ...(confirmedBy && { confirmedBy, stakes: shown }) };
  const reach = notWritten === undefined ? refused : 'all';
  return { isSent: true, result, ...(reach && { reach }) };
}

/** A page behind an issuer opens for the caller alone, so it is known who pressed the button. */
function confirmationBy({ person }: Caller, { channel }: Approval): string {
  return person && channel === 'link' ? `${channel} by ${labelOf(person)}` : channel;
}

function recorded({ id: _, ...person }: Person): Omit<Person, 'id'> {
  return person;
}

/** More numbers than this are not written into the journal. */
const MAX_BEFORE = 2_000;

async function send<I extends object, S extends Stakes>(
  operation: GatedOperation<I, S>,
  input: I,
  stakes: S,
  context: OperationContext,
  lost: {
    terms: Readonly<Record<string, unknown>>;
    before: readonly string[] | undefined;
    others: () => Promise<OtherRents>;
  },
  log: Logger,
): Promise<Sent & { readonly reach?: Reach }> {
  try {
    return { outcome: 'completed', message: 'Done.', ...(await operation.send(input, context)) };
  } catch (error) {
    if (!isNumbersError(error)) throw error;
    if (error.acted === 'no') {
      const message = failed(operation, input, stakes, error);
      return { outcome: 'not_executed', message, reach: reachOf(error, operation.operation.effect) };
    }
    log.warn(`${operation.tool}: answer lost (${error.message}), reading the state`);
    const { before, ...rest } = lost;
    const request = { ...rest, ...(before && { before }), arguments: fieldsOf(input), error };
    return settled(await operation.reconcile(request, context), error);
  }
}

/**
 * Writes the outcome down.
 * @returns what to tell where that is not possible: what was done is done
 */
async function conclude(store: Store, id: string, sent: Sent, log: Logger): Promise<string | undefined> {
  try {
    const phoneNumber = sent.number?.phoneNumber;
    await store.journal.end(id, { outcome: sent.outcome, ...(phoneNumber && { phoneNumber }) });
    return undefined;
  } catch (error) {
    log.error(`journal: ${String(error)}`);
    return `This outcome could not be written to the journal (${sanitizeText(String(error), 200)}).`;
  }
}

function failed<I extends object, S extends Stakes>(
  { tool, operation: { effect } }: GatedOperation<I, S>,
  input: I,
  { regionCode, type }: Stakes,
  error: NumbersError,
): string {
  const kind = { regionCode: textOf(regionCode), type: textOf(type) };
  return describeFailure(error, { name: tool, effect, input: { ...kind, ...fieldsOf(input) } });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function fieldsOf(input: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(input));
}

/**
 * What other rents of a project brought, or may have, since one began.
 * @param settled IDs of intents that are open and will bring nothing any more
 */
export async function otherRents(
  { journal }: Pick<Store, 'journal'>,
  projectId: string,
  id: string,
  settledIds: readonly string[] = [],
): Promise<OtherRents> {
  let entries: readonly JournalEntry[];
  try {
    entries = await journal.recent(projectId);
  } catch {
    // Any number may then be the work of another rent.
    return { phoneNumbers: new Set(), isOpen: true };
  }
  const began = entries.find(({ intent }) => intent.id === id)?.intent.at ?? '';
  const others = entries.filter(
    ({ intent, outcome }) =>
      intent.id !== id &&
      intent.rents > 0 &&
      outcome?.outcome !== 'not_executed' &&
      (outcome === undefined || outcome.at >= began),
  );
  return {
    phoneNumbers: new Set(
      others.flatMap(
        ({ intent, outcome }) => outcome?.phoneNumber ?? intent.phoneNumber ?? intent.phoneNumbers ?? [],
      ),
    ),
    isOpen: others.some(
      ({ intent, outcome }) =>
        outcome === undefined && isOfAnyNumber(intent) && !settledIds.includes(intent.id),
    ),
  };
}

/** Whether it is not known beforehand which numbers an intent brings. */
export function isOfAnyNumber({ phoneNumber, phoneNumbers }: Intent): boolean {
  return phoneNumber === undefined && phoneNumbers === undefined;
}

/** A copy in which no URL is more than its origin, and no secret more than its last characters. */
function withoutSecrets(value: object): Record<string, unknown> {
  const strip = (inner: unknown, key: string): unknown => {
    if (typeof inner === 'string') {
      if (key === 'hmacSecret') return maskSecret(inner);
      return /^https?:/i.test(inner) && URL.canParse(inner) ? new URL(inner).origin : inner;
    }
    if (Array.isArray(inner)) return inner.map((item) => strip(item, key));
    return typeof inner === 'object' && inner !== null ? withoutSecrets(inner) : inner;
  };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strip(inner, key)]));
}

import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Intent, Store } from '../storage/store.ts';
import { concludeBatch, findUnsettled, leasedUntil, openIntents, type Unsettled } from './batch-recovery.ts';
import { isOfAnyNumber, otherRents } from './carry-out.ts';
import { LIFETIME_MS } from './channels/channel.ts';
import { fromJournal } from './messages.ts';
import type { OperationContext, ReconcilableOperation, Settlement } from './operation.ts';

interface RecoveryParts {
  readonly store: Store;
  readonly projectId: string;
  readonly operationWithId: (operationId: string) => ReconcilableOperation | undefined;
  readonly context: Pick<OperationContext, 'numbers' | 'clock'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes a sentence for each intent that was settled, or tried. */
  readonly tell: (sentence: string) => void;
  readonly stop: AbortSignal;
}

/** What could not be settled in this time is not tried again. */
const GIVE_UP_MS = 24 * 60 * 60_000;

/**
 * Settles intents whose process ended before it could write an outcome: those whose lease has ended now, the others
 * when it ends. Nothing is repeated: the state is read. What the state does not tell stays open, and is tried at
 * each start for a day.
 * @returns once what can be settled now is
 * @throws {StoreError}
 */
export async function recover(parts: RecoveryParts): Promise<void> {
  const { store, projectId, clock, log, stop } = parts;
  const unsettled = await findUnsettled(store, await store.journal.recent(projectId));
  const isOver = (one: Unsettled) => leasedUntil(one) <= clock.now();
  for (const one of unsettled.filter((it) => !isOver(it))) {
    void settleAfterLease(parts, one).catch((error: unknown) => {
      if (!stop.aborted) log.warn(`journal: ${String(error)}`);
    });
  }
  await settleAll(parts, unsettled.filter(isOver));
}

/** Looks again when the lease has ended: whoever held it may be at work, and may have written its outcome. */
async function settleAfterLease(parts: RecoveryParts, one: Unsettled): Promise<void> {
  const { store, projectId, clock, stop } = parts;
  const ids = one.entries.map(({ intent }) => intent.approval ?? intent.id);
  for (let [current]: (Unsettled | undefined)[] = [one]; current !== undefined; ) {
    const until = leasedUntil(current);
    if (until <= clock.now()) return settleAll(parts, [current]);
    await clock.sleep(until - clock.now(), stop);
    const entries = (await store.journal.recent(projectId)).filter(({ intent }) =>
      ids.includes(intent.approval ?? intent.id),
    );
    [current] = await findUnsettled(store, entries);
  }
}

async function settleAll(parts: RecoveryParts, unsettled: readonly Unsettled[]): Promise<void> {
  const { store, projectId, operationWithId, context, clock, log } = parts;
  const intents = unsettled.flatMap(openIntents);
  const ids = intents.map(({ id }) => id);
  const batches = unsettled.flatMap(({ batch }) => batch ?? []);
  const isInBatch = (intent: Intent) => batches.some(({ approval }) => approval.id === intent.approval);

  function tell(sentence: string): void {
    log.warn(sentence);
    parts.tell(sentence);
  }

  async function read(intent: Intent): Promise<Settlement> {
    const operation = operationWithId(intent.operationId);
    if (operation === undefined) return { outcome: 'unknown', check: 'list_active_numbers' };
    const others = () => otherRents(store, projectId, intent.id, ids);
    return operation.reconcile({ ...intent, others }, context);
  }

  async function settleOne(intent: Intent): Promise<void> {
    const settlement = await read(intent);
    const age = clock.now() - Date.parse(intent.at);
    const isFinal = settlement.outcome !== 'unknown' || age > GIVE_UP_MS;
    if (isFinal && !(await conclude(intent, settlement))) return;
    // How far the batch came is reported as a whole.
    if (isInBatch(intent)) return;
    const check = settlement.outcome === 'unknown' ? ` Check ${settlement.check}.` : '';
    tell(
      `${nameOf(intent, settlement)} was about to be sent, or was sent, when the server ended: ${settlement.outcome}.${check}`,
    );
  }

  /** @returns whether nobody else had written an outcome before */
  async function conclude(intent: Intent, settlement: Settlement): Promise<boolean> {
    const { outcome } = settlement;
    const phoneNumber = phoneNumberOf(intent, settlement);
    const end = { outcome, settledLater: true, ...(phoneNumber && { phoneNumber }) };
    if (!(await store.journal.end(intent.id, end))) return false;
    if (intent.approval !== undefined && intent.part === undefined) {
      const result = fromJournal({ at: intent.at, server: intent.server, ...end });
      await store.approvals.conclude(intent.approval, result, clock.now() + LIFETIME_MS);
    }
    return true;
  }

  // Those that know their numbers first; then one after the other, so that a new number is the work of one alone.
  await Promise.all(intents.filter((it) => !isOfAnyNumber(it)).map(settleOne));
  for (const intent of intents.filter(isOfAnyNumber)) await settleOne(intent);
  for (const batch of batches) {
    const entries = (await store.journal.recent(projectId)).filter(
      ({ intent }) => intent.approval === batch.approval.id,
    );
    tell(await concludeBatch(store, batch, entries, clock.now()));
  }
}

/** e.g. `rent_number of +12025550134 at 2026-01-31T12:00:00.000Z`. */
function nameOf(intent: Intent, settlement: Settlement): string {
  const phoneNumber = phoneNumberOf(intent, settlement);
  return `${intent.tool}${phoneNumber ? ` of ${phoneNumber}` : ''} at ${intent.at}`;
}

function phoneNumberOf({ phoneNumber }: Intent, settlement: Settlement): string | undefined {
  return phoneNumber ?? (settlement.outcome === 'completed' ? settlement.number?.phoneNumber : undefined);
}

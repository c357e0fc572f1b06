import { isNumbersError } from '../api/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import type { GatedAction } from './action.ts';
import { type Journal, JournalError, otherRents } from './journal.ts';
import { type Limits, RENTS_WINDOW_MS } from './limits.ts';
import { refuseByLimit, refuseWithoutJournal, type Sent, settled } from './messages.ts';
import type { ConfirmedBy, GateResult, Stakes } from './outcome.ts';
import type { OtherRents } from './reconcile.ts';

interface Execution {
  readonly confirmedBy: ConfirmedBy;
  /** The MCP client that asked. */
  readonly client: string | undefined;
  readonly projectId: string;
  readonly journal: Journal;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Carries a confirmed action out, once. It is in the journal before it is sent, and its outcome after. A rent
 * is counted with those that stand before it there, so that of two servers only one gets the last.
 */
export async function execute<S extends Stakes>(
  action: GatedAction<S>,
  stakes: S,
  execution: Execution,
): Promise<GateResult> {
  const { confirmedBy, client, projectId, journal, limits, clock, log } = execution;
  const { tool } = action;
  let before: readonly string[] | undefined;
  try {
    before = await action.prepare?.();
  } catch (error) {
    if (!isNumbersError(error)) throw error;
    return { outcome: 'not_executed', message: action.describe(error), stakes };
  }
  let id: string;
  try {
    id = await journal.begin({
      projectId,
      tool,
      arguments: withoutSecrets(action.arguments),
      terms: withoutSecrets(Object(action.terms(stakes))),
      confirmedBy,
      ...(client !== undefined && { client }),
      ...(before && before.length <= MAX_BEFORE && { before: [...before] }),
    });
    const rent = action.rent?.(stakes);
    const made = rent && (await countRents(journal, projectId, clock.now(), id));
    const limit = rent && limits.refusal(rent, made ?? 0);
    if (limit !== undefined) {
      await journal.end(id, { outcome: 'not_executed' });
      return refuseByLimit(limit, stakes);
    }
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return refuseWithoutJournal(error, stakes);
  }
  log.info(`${tool}: confirmed by ${confirmedBy}`);
  const others = () => journal.entries(projectId).then((entries) => otherRents(entries, id), unknownRents);
  const result = { ...(await send(action, others, log)), confirmedBy, stakes };
  return {
    ...result,
    message: [result.message, await conclude(journal, id, result, log)].filter(Boolean).join(' '),
  };
}

/** Where the journal cannot be read, any number may be the work of another rent. */
function unknownRents(): OtherRents {
  return { numbers: new Set(), isOpen: true };
}

/** More numbers than this are not written into the journal. */
const MAX_BEFORE = 2_000;

/** How many rents were made in the last 24 hours; with an ID, those that stand before it. */
export async function countRents(
  journal: Journal,
  projectId: string,
  now: number,
  id?: string,
): Promise<number> {
  const entries = await journal.entries(projectId);
  const until = entries.findIndex(({ intent }) => intent.id === id);
  return entries
    .slice(0, until === -1 ? undefined : until)
    .filter(
      ({ intent, outcome }) =>
        intent.tool !== 'release_number' &&
        outcome?.outcome !== 'not_executed' &&
        Date.parse(intent.at) > now - RENTS_WINDOW_MS,
    ).length;
}

async function send<S extends Stakes>(
  action: GatedAction<S>,
  others: () => Promise<OtherRents>,
  log: Logger,
): Promise<Sent> {
  try {
    return { outcome: 'completed', message: 'Done.', number: await action.execute() };
  } catch (error) {
    if (!isNumbersError(error)) throw error;
    if (error.acted === 'no') return { outcome: 'not_executed', message: action.describe(error) };
    log.warn(`${action.tool}: answer lost (${error.message}), reading the state`);
    return settled(await action.settle(error, others), error);
  }
}

/**
 * Writes the outcome down.
 * @returns what to tell where that is not possible: what was done is done
 */
async function conclude(
  journal: Journal,
  id: string,
  { outcome, number }: Sent,
  log: Logger,
): Promise<string | undefined> {
  try {
    const phoneNumber = number?.phoneNumber;
    await journal.end(id, { outcome, ...(phoneNumber && { phoneNumber }) });
    return undefined;
  } catch (error) {
    log.error(`journal: ${String(error)}`);
    return `This outcome could not be written to the journal (${sanitizeText(String(error), 200)}).`;
  }
}

/** A copy of arguments or terms in which no callback URL is more than its origin. */
function withoutSecrets(args: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]: [string, unknown]) => [
      name,
      name === 'callbackUrl' && typeof value === 'string' && URL.canParse(value)
        ? new URL(value).origin
        : value,
    ]),
  );
}

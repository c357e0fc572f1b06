import type { NumbersClient } from '../api/client.ts';
import { startDeadline } from '../api/deadline.ts';
import { BudgetExceededError, CancelledError } from '../api/errors.ts';
import type { Money } from '../api/schemas/numbers.ts';
import type { Signal } from '../lib/signal.ts';
import { canonicalCode, explainProvisioningError, type ProvisioningError } from './catalogue.ts';
import type { State } from './diagnosis.ts';
import { readInventory } from './inventory.ts';
import { addNumber, type Count, type Criteria, createTally, mergeTally, type Tally } from './tally.ts';

/** A finding whose numbers are asked for lists this many at a time. */
const LISTED = 200;
const HOUR_MS = 3_600_000;

export interface AuditRequest {
  readonly regionCode?: string | undefined;
  readonly type?: 'MOBILE' | 'LOCAL' | 'TOLL_FREE' | undefined;
  readonly stuckAfterHours: number;
  /** The code of which all numbers are listed, a page at a time. */
  readonly finding?: string | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface Finding extends ProvisioningError {
  readonly kind: State;
  readonly count: number;
  readonly phoneNumbers: readonly string[];
  readonly servicePlanIds?: readonly string[];
  readonly campaignIds?: readonly string[];
}

export interface AuditReport {
  readonly scanned: number;
  readonly complete: boolean;
  readonly summary: Readonly<Record<State, number>>;
  /** What the scanned numbers cost a month, those that are being released included. */
  readonly monthlyCost: readonly Money[];
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly nextCursor?: string;
}

/** A report, and what a reader of it must know besides. */
export interface Audit {
  readonly report: AuditReport;
  /** All codes that were found, most numbers first. */
  readonly codes: readonly string[];
  readonly total: number | undefined;
  readonly unpriced: number;
  /** Why the report is not complete; absent too where the list ended before the total. */
  readonly failure?: unknown;
  /** How many numbers there are by type, where the list without a type leaves some out. */
  readonly totalByType?: number;
}

interface AuditParts {
  readonly numbers: NumbersClient;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly budgetMs: number;
  readonly signal: Signal;
  readonly onProgress: (read: number, total: number | undefined) => void;
}

/**
 * Reads every rented number and counts what is wrong. When the budget runs out, or a page cannot be had, the
 * report covers what was read until then.
 * @throws {NumbersError} where nothing could be read, or the caller cancelled
 */
export async function auditNumbers(request: AuditRequest, parts: AuditParts): Promise<Audit> {
  const { regionCode, type, stuckAfterHours, cursor = '' } = request;
  const finding = request.finding && findingCode(request.finding);
  const { numbers, now, budgetMs, signal, onProgress } = parts;
  const criteria: Criteria = {
    stuckBefore: now - stuckAfterHours * HOUR_MS,
    listing: finding === undefined ? undefined : { code: finding, limit: LISTED, after: cursor },
  };
  const deadline = startDeadline(budgetMs, signal);
  try {
    const { result, total, failure, totalByType } = await readInventory<Tally>({
      numbers,
      filter: { ...(regionCode && { regionCode }), ...(type && { type }) },
      signal: deadline.stop,
      create: createTally,
      add: (tally, page) => {
        for (const number of page) addNumber(tally, number, criteria);
      },
      merge: (tally, other) => mergeTally(tally, other, criteria),
      onProgress,
    });
    if (signal.aborted) throw failure ?? new CancelledError();
    const isShort = failure === undefined && result.scanned < (total ?? 0);
    const reason = deadline.isTimeUp() ? new BudgetExceededError(budgetMs, 'no') : failure;
    return {
      report: reportOf(result, failure === undefined && !isShort, finding),
      codes: [...result.counts].sort(([, a], [, b]) => b.numbers - a.numbers).map(([code]) => code),
      total,
      unpriced: result.cost.unpriced,
      ...(failure !== undefined && { failure: reason }),
      ...(totalByType !== undefined && { totalByType }),
    };
  } finally {
    deadline.end();
  }
}

/** The code by which an audit counts what other tools name by the API's. */
function findingCode(code: string): string {
  const known = canonicalCode(code);
  return known === 'PROVISIONING_TO_VOICE_PLATFORM_FAILED' ? 'VOICE_PROVISIONING_FAILED' : known;
}

function reportOf(tally: Tally, complete: boolean, listed: string | undefined): AuditReport {
  const findings = [...tally.counts]
    .filter(([code]) => listed === undefined || code === listed)
    .map(([code, count]) => findingOf(code, count))
    .sort(worstFirst);
  const numbers = listed === undefined ? undefined : tally.counts.get(listed)?.phoneNumbers;
  return {
    scanned: tally.scanned,
    complete,
    summary: tally.summary,
    monthlyCost: tally.cost.perMonth(),
    findings,
    ...(numbers && numbers.length > LISTED && { nextCursor: numbers[LISTED - 1] }),
  };
}

function findingOf(code: string, count: Count): Finding {
  const { numbers, state, phoneNumbers, servicePlanIds, campaignIds } = count;
  return {
    ...explainProvisioningError(code),
    kind: state,
    count: numbers,
    phoneNumbers: phoneNumbers.slice(0, LISTED),
    ...(servicePlanIds.length > 0 && { servicePlanIds }),
    ...(campaignIds.length > 0 && { campaignIds }),
  };
}

/** What stops traffic, then what costs money for nothing, then what is only good to know; many before few. */
function worstFirst(a: Finding, b: Finding): number {
  const order: readonly State[] = ['failed', 'stuck', 'unlinked', 'releasing'];
  const byKind = order.indexOf(a.kind) - order.indexOf(b.kind);
  return byKind || b.count - a.count || (a.code < b.code ? -1 : 1);
}

import type { ActiveNumber, Money } from '../api/schemas/numbers.ts';
import { canonicalCode, explainProvisioningError } from './catalogue.ts';
import { type DayOfCharges, listCharges } from './charges.ts';
import { type State, stuckBefore } from './diagnosis.ts';
import { type Kind, listKinds } from './kinds.ts';
import { type Link, listLinks } from './links.ts';
import { type Scan, type ScanParts, scan } from './scan.ts';
import type { ProvisioningError } from './sms-errors.ts';
import {
  addNumber,
  type Count,
  type Criteria,
  createTally,
  mergeTally,
  SECTIONS,
  type Section,
  type Tally,
} from './tally.ts';

export interface AuditRequest {
  readonly regionCode?: string | undefined;
  readonly type?: 'MOBILE' | 'LOCAL' | 'TOLL_FREE' | undefined;
  readonly stuckAfterHours?: number | undefined;
  readonly sections: readonly Section[];
  /** Report all sections, too. */
  readonly isWhole?: boolean | undefined;
  /** The code of which numbers are listed: so many after the one at the end of the page before. */
  readonly listing?: { readonly code: string; readonly limit: number; readonly after: string } | undefined;
}

export interface Finding extends ProvisioningError {
  /** What its numbers are counted as; `warning` where that is `healthy`. */
  readonly kind: Exclude<State, 'healthy'> | 'warning';
  readonly count: number;
  readonly phoneNumbers: readonly string[];
  readonly servicePlanIds?: readonly string[];
  readonly campaignIds?: readonly string[];
}

/** A section that was not asked for is absent. */
export interface AuditReport {
  readonly scanned: number;
  readonly complete: boolean;
  readonly summary?: Readonly<Record<State, number>>;
  /** What the scanned numbers cost a month, those that are being released included. */
  readonly monthlyCost?: readonly Money[];
  readonly inventory?: readonly Kind[];
  readonly charges?: readonly DayOfCharges[];
  readonly links?: readonly Link[];
  /** Worst first. */
  readonly findings?: readonly Finding[];
}

/** A report, and what a reader of it must know besides. */
export interface Audit extends Omit<Scan<unknown>, 'result'> {
  readonly report: AuditReport;
  /** The report with all sections, where that was asked for. */
  readonly whole?: AuditReport;
  /** All codes that were found, most numbers first. */
  readonly codes: readonly string[];
  readonly unpriced: number;
  /** The numbers of the listing, and one more where there is another page. */
  readonly listed: readonly ActiveNumber[];
}

/**
 * Reads every rented number and counts what is wrong. When the budget runs out, or a page cannot be had, the
 * report covers what was read until then.
 * @throws {NumbersError} where nothing could be read, or the caller cancelled
 */
export async function auditNumbers(request: AuditRequest, parts: ScanParts): Promise<Audit> {
  const { regionCode, type, stuckAfterHours, sections, isWhole = false, listing } = request;
  const criteria: Criteria = {
    now: parts.now,
    stuckBefore: stuckBefore(parts.now, stuckAfterHours),
    sections: isWhole ? SECTIONS : sections,
    listing: listing && { ...listing, code: canonicalCode(listing.code) },
  };
  const { result, ...scanned } = await scan<Tally>(
    {
      filter: { regionCode, type },
      create: createTally,
      add: (tally, number) => addNumber(tally, number, criteria),
      merge: (tally, other) => mergeTally(tally, other, criteria),
    },
    parts,
  );
  const reportOf = (wanted: readonly Section[]) => ({
    ...{ scanned: scanned.scanned, complete: scanned.complete },
    ...sectionsOf(result, { ...criteria, sections: wanted }),
  });
  return {
    ...scanned,
    report: reportOf(sections),
    ...(isWhole && { whole: reportOf(SECTIONS) }),
    codes: [...result.counts].sort(([, a], [, b]) => b.numbers - a.numbers).map(([code]) => code),
    unpriced: result.cost.unpriced,
    listed: result.listed,
  };
}

function sectionsOf(
  tally: Tally,
  { sections, listing }: Criteria,
): Omit<AuditReport, 'scanned' | 'complete'> {
  const has = (section: Section) => sections.includes(section);
  const findings = [...tally.counts]
    .filter(([code]) => listing === undefined || code === listing.code)
    .map(([code, count]) => findingOf(code, count))
    .sort(worstFirst);
  return {
    ...(has('summary') && { summary: tally.summary, monthlyCost: tally.cost.perMonth() }),
    ...(has('inventory') && { inventory: listKinds(tally.kinds) }),
    ...(has('charges') && { charges: listCharges(tally.charges) }),
    ...(has('links') && { links: listLinks(tally.links) }),
    ...(has('findings') && { findings }),
  };
}

function findingOf(
  code: string,
  { numbers, state, phoneNumbers, servicePlanIds, campaignIds }: Count,
): Finding {
  return {
    ...explainProvisioningError(code),
    kind: state === 'healthy' ? 'warning' : state,
    count: numbers,
    phoneNumbers,
    ...(servicePlanIds.length > 0 && { servicePlanIds }),
    ...(campaignIds.length > 0 && { campaignIds }),
  };
}

/** What a finding can be, worst first. */
export const KINDS = ['failed', 'stuck', 'warning', 'unlinked', 'releasing', 'inProgress'] as const;

/** What stops traffic, then what costs money for nothing, then what is only good to know; many before few. */
function worstFirst(a: Finding, b: Finding): number {
  const byKind = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  return byKind || b.count - a.count || (a.code < b.code ? -1 : 1);
}

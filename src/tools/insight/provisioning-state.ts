/** How far the links of numbers are, in words: which part works, which does not. */
import { isNumbersError, type NumbersError } from '../../api/errors.ts';
import { causeOf } from '../../api/failure.ts';
import { word } from '../../api/format.ts';
import { presentActiveNumber } from '../../api/present-active-number.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';
import {
  hasFailed,
  isLinked,
  isUnderWay,
  lacksCampaign,
  smsFailureCodes,
  smsJob,
  voiceJob,
} from '../../audit/diagnosis.ts';
import { failureNotes } from '../../audit/failure-notes.ts';
import { within } from '../format/tokens.ts';

/** What a number can be at the end of a wait; `unknown` where it could not be read. */
export const OUTCOMES = ['provisioned', 'failed', 'timed_out', 'not_linked', 'unknown'] as const;

/** A number as it was read last, or why it could not be read. */
export type Reading = ActiveNumber | NumbersError;

export interface Settled {
  readonly phoneNumber: string;
  readonly outcome: (typeof OUTCOMES)[number];
  /** Which part works, e.g. `SMS works; no voice app`, or why nothing is known. */
  readonly detail: string;
  readonly number?: ActiveNumber;
}

/** Texts about several numbers, and about what failures mean, take no more tokens than this. */
const MAX_RESULTS = 1_200;
const MAX_NOTES = 500;

export function settle(phoneNumber: string, reading: Reading): Settled {
  if (isNumbersError(reading))
    return { phoneNumber, outcome: 'unknown', detail: causeOf(reading).replace(/\.$/, '') };
  const number = presentActiveNumber(reading);
  return { phoneNumber, outcome: outcomeOf(number), detail: partsText(number), number };
}

/** A job that is still under way counts as timed out: nobody waits for it any longer. */
function outcomeOf(number: ActiveNumber): Settled['outcome'] {
  if (hasFailed(number)) return 'failed';
  if (isUnderWay(number)) return 'timed_out';
  return isLinked(number) ? 'provisioned' : 'not_linked';
}

/** A part that the number is not capable of is left out where nothing links it. */
function partsText(number: ActiveNumber): string {
  const { smsConfiguration: sms, voiceConfiguration: voice, capability } = number;
  const can = (wanted: string) => capability === undefined || capability.includes(wanted);
  const codes = smsFailureCodes(number).map(word).join(', ');
  const voiceId = voice?.appId ?? voice?.trunkId ?? voice?.serviceId;
  return [
    partText('SMS', sms?.servicePlanId, smsJob(number), codes) ?? (can('SMS') && 'no SMS service plan'),
    lacksCampaign(number) && 'no campaign, without which US carriers block its SMS',
    partText('voice', voiceId, voiceJob(number)) ?? (can('VOICE') && 'no voice app'),
  ]
    .filter(Boolean)
    .join('; ');
}

/** @returns undefined where the part is not linked, and no job links it */
function partText(
  part: string,
  linkedTo: string | undefined,
  job: { readonly status?: string | undefined } | undefined,
  codes = '',
): string | undefined {
  if (job === undefined) return linkedTo && `${part} works`;
  const state = job.status === 'FAILED' ? `failed${codes && ` (${codes})`}` : 'is under way';
  return linkedTo ? `${part} works as before, its change ${state}` : `${part} ${state}`;
}

/** How much of many numbers a text tells. */
interface SettledText {
  /** The numbers by what is known of them, then what their failures mean. */
  readonly lines: readonly string[];
  /** Those that the lines name. */
  readonly told: readonly Settled[];
  /** Those of the lines that name no numbers. */
  readonly hints: readonly string[];
}

/** Which numbers came to what, by what is known of them, and what their failures mean. */
export function settledLines(settled: readonly Settled[]): SettledText {
  const groups = new Map<string, Settled[]>();
  for (const one of settled) {
    const title = `${one.outcome}, ${one.detail}`;
    groups.set(title, [...(groups.get(title) ?? []), one]);
  }
  const all = Array.from(
    groups,
    ([title, own]) => `${title}: ${own.map(({ phoneNumber }) => phoneNumber).join(' ')}`,
  );
  const fitting = within(MAX_RESULTS, all);
  const notes = failureNotes(settled.flatMap(({ number }) => (number === undefined ? [] : [number])));
  const hints = [
    ...(fitting.length < all.length ? ['The others are left out: ask for fewer numbers to see them.'] : []),
    ...within(MAX_NOTES, notes),
  ];
  const told = [...groups.values()].slice(0, fitting.length).flat();
  return { lines: [...fitting, ...hints], told, hints };
}

/** e.g. `provisioned 2, failed 1`. */
export function countOutcomes(settled: readonly Settled[]): string {
  return OUTCOMES.map(
    (outcome) => [outcome, settled.filter((one) => one.outcome === outcome).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ');
}

/** Compact text for the model. All values are foreign: they come sanitized, display names in quotes. */

import { capabilityOf, day, kindOf, minute, quote, voiceTarget, word } from '../../api/format.ts';
import { formatMoney, formatRecurring } from '../../api/money.ts';
import type { ActiveNumber, AvailableNumber } from '../../api/schemas/numbers.ts';
import type { ProvisioningError } from '../../audit/catalogue.ts';
import { failureNotes } from '../../audit/failure-notes.ts';
import { type Row, shortNames, table } from './table.ts';

export function availableNumberRow(number: AvailableNumber): Row {
  const { setupPrice, monthlyPrice: price, paymentIntervalMonths: intervalMonths } = number;
  return [
    number.phoneNumber ?? '(no number)',
    kindOf(number),
    capabilityOf(number),
    `setup ${formatMoney(setupPrice)}`,
    formatRecurring({ price, intervalMonths }),
    number.supportingDocumentationRequired ? 'documents required' : '',
  ];
}

/** @param show writes an ID or URL */
export function activeNumberRow(number: ActiveNumber, show = word): Row {
  const { money: price, paymentIntervalMonths: intervalMonths, expireAt } = number;
  return [
    number.phoneNumber ?? '(no number)',
    number.displayName === undefined ? '' : quote(number.displayName),
    kindOf(number),
    capabilityOf(number),
    price === undefined ? '' : formatRecurring({ price, intervalMonths }),
    smsState(number, show) || (voiceState(number, show) ? '' : 'not linked'),
    voiceState(number, show),
    number.callbackUrl === undefined ? '' : `callbacks to ${show(number.callbackUrl)}`,
    expireAt ? `released, ends ${day(expireAt)}` : chargeDate(number),
  ];
}

/** One line a number, then what their failures mean. An ID that several numbers carry is written out once. */
export function activeNumbersText(numbers: readonly ActiveNumber[]): string {
  const { show, legend } = shortNames(numbers.flatMap(identifiers), word);
  const rows = numbers.map((number) => activeNumberRow(number, show));
  return [...legend, table(rows), ...failureNotes(numbers)].join('\n');
}

/** The IDs and URLs that a row shows. */
function identifiers({ smsConfiguration: sms, voiceConfiguration: voice, callbackUrl }: ActiveNumber) {
  const { scheduledProvisioning: smsJob } = sms ?? {};
  const { scheduledVoiceProvisioning: voiceJob } = voice ?? {};
  return [
    ...[sms?.servicePlanId, sms?.campaignId, smsJob?.servicePlanId, smsJob?.campaignId],
    ...[voice?.appId, voice?.trunkId, voice?.serviceId],
    ...[voiceJob?.appId, voiceJob?.trunkId, voiceJob?.serviceId],
    callbackUrl,
  ];
}

/** What a code means and what to do about it. */
export function explanation({ meaning, remedy, owner, retry }: Omit<ProvisioningError, 'code'>): string {
  return `${meaning} ${remedy} (owner: ${owner}; retry: ${retry})`;
}

function smsState({ smsConfiguration: sms }: ActiveNumber, show: Show): string {
  if (sms === undefined) return '';
  const job = sms.scheduledProvisioning;
  return [
    sms.servicePlanId && `SMS plan ${show(sms.servicePlanId)}`,
    sms.campaignId && `campaign ${show(sms.campaignId)}`,
    job && `SMS ${jobState(job)}${job.errorCodes ? ` ${job.errorCodes.map(word).join(', ')}` : ''}`,
    job?.servicePlanId && `to plan ${show(job.servicePlanId)}`,
    job?.campaignId && `campaign ${show(job.campaignId)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function voiceState({ voiceConfiguration: voice }: ActiveNumber, show: Show): string {
  if (voice === undefined) return '';
  const linked = voiceTarget(voice, show);
  const job = voice.scheduledVoiceProvisioning;
  return [
    linked && `voice ${linked}`,
    job && `voice ${jobState(job)} to ${voiceTarget(job, show) || 'nothing'}`,
  ]
    .filter(Boolean)
    .join(' ');
}

type Show = (id: string) => string;

function jobState(job: { status?: string | undefined; lastUpdatedTime?: string | undefined }): string {
  const since = job.lastUpdatedTime ? ` since ${minute(job.lastUpdatedTime)}` : '';
  return `${job.status === undefined ? 'status unknown' : word(job.status)}${since}`;
}

function chargeDate({ nextChargeDate }: ActiveNumber): string {
  return nextChargeDate ? `charge ${day(nextChargeDate)}` : '';
}

interface Pattern {
  readonly pattern?: string | undefined;
  readonly searchPattern?: string | undefined;
}

/** What is wrong with a pattern that can match nothing; undefined where it can. */
export function patternHint({ pattern, searchPattern }: Pattern = {}): string | undefined {
  return searchPattern === 'START' && !pattern?.startsWith('+')
    ? 'With START the pattern begins with + and the country code, e.g. +1206.'
    : undefined;
}

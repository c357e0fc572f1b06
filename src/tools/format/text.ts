/** Compact text for the model. All values are foreign: they come sanitized, display names in quotes. */

import { formatMoney, formatRecurring } from '../../api/money.ts';
import type { ActiveNumber, AvailableNumber } from '../../api/schemas/numbers.ts';
import { explainProvisioningError, type ProvisioningError } from '../../audit/catalogue.ts';
import { smsFailureCodes, voiceJob } from '../../audit/diagnosis.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import { type Row, shortNames, table } from './table.ts';

/** The code that callbacks give to a failed voice link; the number itself carries none. */
const VOICE_FAILURE = 'PROVISIONING_TO_VOICE_PLATFORM_FAILED';

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

/** One line for each failure among the numbers: what it means and what to do. */
export function failureNotes(numbers: readonly ActiveNumber[]): string[] {
  const hasVoiceFailed = numbers.some((number) => voiceJob(number)?.status === 'FAILED');
  return [
    ...explanations(numbers.flatMap(smsFailureCodes)),
    ...(hasVoiceFailed ? explanations([VOICE_FAILURE]) : []),
  ];
}

/** One line for each of these codes, once. */
export function explanations(codes: readonly string[]): string[] {
  return [...new Set(codes)].map((code) => {
    const { meaning, remedy } = explainProvisioningError(code);
    return `${word(code)}: ${meaning} ${remedy}`;
  });
}

/** What a code means and what to do about it. */
export function explanation({ meaning, remedy, owner, retry }: Omit<ProvisioningError, 'code'>): string {
  return `${meaning} ${remedy} (owner: ${owner}; retry: ${retry})`;
}

/** Region and type, e.g. `US LOCAL`. */
export function kindOf({
  regionCode,
  type,
}: {
  regionCode?: string | undefined;
  type?: string | undefined;
}): string {
  return [regionCode, type].filter(Boolean).join(' ');
}

/** e.g. `SMS+VOICE`. */
export function capabilityOf(number: { capability?: readonly string[] | undefined }): string {
  return number.capability?.join('+') ?? '';
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

/** Text that somebody else wrote, so that it cannot pass for text of this program. */
export function quote(text: string, maxLength?: number): string {
  return JSON.stringify(sanitizeText(text, maxLength));
}

/** A foreign code or ID: as it is where it looks like one, in quotes where it could pass for words. */
export function word(text: string): string {
  return /^(?!#)[\w+:./?=&%#@~-]{1,200}$/.test(text) ? text : quote(text);
}

/** e.g. `1 event`, `2 events`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

type Show = (id: string) => string;

interface VoiceIds {
  readonly appId?: string | undefined;
  readonly trunkId?: string | undefined;
  readonly serviceId?: string | undefined;
}

/** e.g. `app 01HE…`; empty where nothing is linked. */
export function voiceTarget(target: VoiceIds, show: Show = word): string {
  if (target.appId) return `app ${show(target.appId)}`;
  if (target.trunkId) return `trunk ${show(target.trunkId)}`;
  return target.serviceId ? `fax service ${show(target.serviceId)}` : '';
}

function jobState(job: { status?: string | undefined; lastUpdatedTime?: string | undefined }): string {
  const since = job.lastUpdatedTime ? ` since ${minute(job.lastUpdatedTime)}` : '';
  return `${job.status === undefined ? 'status unknown' : word(job.status)}${since}`;
}

function chargeDate({ nextChargeDate }: ActiveNumber): string {
  return nextChargeDate ? `charge ${day(nextChargeDate)}` : '';
}

/** The date of an RFC 3339 timestamp. */
export function day(timestamp: string): string {
  return timestamp.slice(0, 10);
}

/** An RFC 3339 timestamp without seconds. */
function minute(timestamp: string): string {
  return timestamp.replace(/(T\d\d:\d\d):\d\d(\.\d+)?/, '$1');
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

/** Compact text for the model. All values are foreign: they come sanitized, display names in quotes. */
import { explainProvisioningError, type ProvisioningError } from '../audit/catalogue.ts';
import { smsFailureCodes, voiceJob } from '../audit/diagnosis.ts';
import { formatMoney, formatRecurring } from '../numbers/money.ts';
import { sanitizeText } from '../numbers/sanitize.ts';
import type { ActiveNumber, AvailableNumber } from '../numbers/schemas.ts';

/** The code that callbacks give to a failed voice link; the number itself carries none. */
const VOICE_FAILURE = 'PROVISIONING_TO_VOICE_PLATFORM_FAILED';

/** One fact a column; an empty text where a row has none. */
type Row = readonly string[];

/**
 * One line a row. What all rows share is said once, in a line before them.
 * @param rows columns in the same order; the first one names the row
 */
export function table(rows: readonly Row[]): string {
  const [first, ...rest] = rows;
  if (first === undefined) return '';
  const isShared = first.map(
    (value, column) => column > 0 && rest.length > 0 && rest.every((row) => row[column] === value),
  );
  const shared = first.filter((value, column) => isShared[column] && value !== '');
  const lines = rows.map((row) =>
    row.filter((value, column) => !isShared[column] && value !== '').join(' | '),
  );
  return [...(shared.length > 0 ? [`All: ${shared.join(' | ')}`] : []), ...lines].join('\n');
}

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

export function activeNumberRow(number: ActiveNumber): Row {
  const { money: price, paymentIntervalMonths: intervalMonths, expireAt } = number;
  return [
    number.phoneNumber ?? '(no number)',
    number.displayName === undefined ? '' : quote(number.displayName),
    kindOf(number),
    capabilityOf(number),
    price === undefined ? '' : formatRecurring({ price, intervalMonths }),
    smsState(number) || (voiceState(number) ? '' : 'not linked'),
    voiceState(number),
    number.callbackUrl === undefined ? '' : `callbacks to ${word(number.callbackUrl)}`,
    expireAt ? `released, ends ${day(expireAt)}` : chargeDate(number),
  ];
}

/** One number, with what its failures mean. */
export function activeNumberText(number: ActiveNumber): string {
  return [table([activeNumberRow(number)]), ...failureNotes([number])].join('\n');
}

/** One line for each error code that the numbers carry: what it means and what to do. */
export function failureNotes(numbers: readonly ActiveNumber[]): string[] {
  return explanations(numbers.flatMap(failureCodes));
}

function failureCodes(number: ActiveNumber): string[] {
  const hasVoiceFailed = voiceJob(number)?.status === 'FAILED';
  return [...smsFailureCodes(number), ...(hasVoiceFailed ? [VOICE_FAILURE] : [])];
}

/** One line for each of these codes, once. */
export function explanations(codes: readonly string[]): string[] {
  return [...new Set(codes)].map((code) => `${word(code)}: ${explanation(explainProvisioningError(code))}`);
}

/** What a code means and what to do about it. */
export function explanation({ meaning, remedy, owner, retry }: Omit<ProvisioningError, 'code'>): string {
  return `${meaning} ${remedy} (To mend by: ${owner}. Retry: ${retry}.)`;
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

function smsState({ smsConfiguration: sms }: ActiveNumber): string {
  if (sms === undefined) return '';
  const job = sms.scheduledProvisioning;
  return [
    sms.servicePlanId && `SMS plan ${word(sms.servicePlanId)}`,
    sms.campaignId && `campaign ${word(sms.campaignId)}`,
    job && `SMS ${jobState(job)}${job.errorCodes ? ` ${job.errorCodes.map(word).join(', ')}` : ''}`,
    job?.servicePlanId && `to plan ${word(job.servicePlanId)}`,
    job?.campaignId && `to campaign ${word(job.campaignId)}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function voiceState({ voiceConfiguration: voice }: ActiveNumber): string {
  if (voice === undefined) return '';
  const linked = voiceTarget(voice);
  const job = voice.scheduledVoiceProvisioning;
  const code = job?.status === 'FAILED' ? ` ${VOICE_FAILURE}` : '';
  return [
    linked && `voice ${linked}`,
    job && `voice ${jobState(job)}${code} to ${voiceTarget(job) || 'nothing'}`,
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
  return /^[\w+:./?=&%#@~-]{1,200}$/.test(text) ? text : quote(text);
}

/** How many tokens a text takes at most, by a rule of thumb that errs on the high side. */
export function estimateTokens(text: string): number {
  const pieces = text.match(/ ?[a-z]{1,6}|[A-Z]{1,3}|\d{1,2}|[^\sa-zA-Z\d]|\n/g)?.length ?? 0;
  const foreign = text.match(/[^ -~\n]/g)?.length ?? 0;
  return pieces + 2 * foreign;
}

/** e.g. `1 event`, `2 events`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

interface VoiceIds {
  readonly appId?: string | undefined;
  readonly trunkId?: string | undefined;
  readonly serviceId?: string | undefined;
}

/** e.g. `app 01HE…`; empty where nothing is linked. */
export function voiceTarget({ appId, trunkId, serviceId }: VoiceIds, show = word): string {
  if (appId) return `app ${show(appId)}`;
  if (trunkId) return `trunk ${show(trunkId)}`;
  return serviceId ? `fax service ${show(serviceId)}` : '';
}

function jobState(job: { status?: string | undefined; lastUpdatedTime?: string | undefined }): string {
  const since = job.lastUpdatedTime ? ` since ${job.lastUpdatedTime.replace(/(:\d\d)\.\d+/, '$1')}` : '';
  return `${job.status === undefined ? 'status unknown' : word(job.status)}${since}`;
}

function chargeDate({ nextChargeDate }: ActiveNumber): string {
  return nextChargeDate ? `next charge ${day(nextChargeDate)}` : '';
}

/** The date of an RFC 3339 timestamp. */
export function day(timestamp: string): string {
  return timestamp.slice(0, 10);
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

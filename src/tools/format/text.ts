/** Compact text for the model. All values are foreign: what does not look like what it should be stands in quotes. */

import { callbackUrlNotes } from '../../api/callback-url.ts';
import { capabilityOf, day, kindOf, minute, quote, voiceTarget, word } from '../../api/format.ts';
import { E164 } from '../../api/formats.ts';
import { formatMoney, formatRecurring } from '../../api/money.ts';
import type { ActiveNumber, AvailableNumber } from '../../api/schemas/numbers.ts';
import { failureNotes } from '../../audit/failure-notes.ts';
import type { ProvisioningError } from '../../audit/sms-errors.ts';
import { type Row, shortNames, table } from './table.ts';

export function availableNumberRow(number: AvailableNumber): Row {
  const { setupPrice, monthlyPrice: price, paymentIntervalMonths: intervalMonths } = number;
  return [
    phoneNumberOf(number),
    kindOf(number),
    capabilityOf(number),
    `setup ${formatMoney(setupPrice)}`,
    formatRecurring({ price, intervalMonths }),
    number.supportingDocumentationRequired ? 'documents required' : '',
  ];
}

/** What a text can tell of a rented number besides its phone number, by the API's names. */
export type NumberField = (typeof NUMBER_FIELDS)[number];

export const NUMBER_FIELDS = [
  'displayName',
  'regionCode',
  'type',
  'capability',
  'money',
  'paymentIntervalMonths',
  'smsConfiguration',
  'voiceConfiguration',
  'callbackUrl',
  'nextChargeDate',
  'expireAt',
] as const;

interface Cell {
  /** The fields that it tells of. */
  readonly of: readonly NumberField[];
  readonly text: (number: ActiveNumber, show: Show) => string;
}

const CELLS: readonly Cell[] = [
  { of: ['displayName'], text: ({ displayName }) => (displayName === undefined ? '' : quote(displayName)) },
  { of: ['regionCode', 'type'], text: kindOf },
  { of: ['capability'], text: capabilityOf },
  {
    of: ['money', 'paymentIntervalMonths'],
    text: ({ money: price, paymentIntervalMonths: intervalMonths }) =>
      price === undefined ? '' : formatRecurring({ price, intervalMonths }),
  },
  {
    of: ['smsConfiguration'],
    text: (number, show) => smsState(number, show) || (voiceState(number, show) ? '' : 'not linked'),
  },
  { of: ['voiceConfiguration'], text: voiceState },
  {
    of: ['callbackUrl'],
    text: ({ callbackUrl }, show) => (callbackUrl === undefined ? '' : `callbacks to ${show(callbackUrl)}`),
  },
  {
    of: ['nextChargeDate', 'expireAt'],
    text: ({ expireAt, nextChargeDate }) => {
      if (expireAt) return `released, ends ${day(expireAt)}`;
      return nextChargeDate ? `charge ${day(nextChargeDate)}` : '';
    },
  },
];

const UNTOLD: Cell['text'] = () => '';

/** How each column is written: those of which no field is told are empty. */
function columnsOf(fields: readonly NumberField[]): Cell['text'][] {
  return CELLS.map(({ of, text }) => (of.some((field) => fields.includes(field)) ? text : UNTOLD));
}

const ALL_COLUMNS = columnsOf(NUMBER_FIELDS);

/** @param show writes an ID or URL */
export function activeNumberRow(number: ActiveNumber, show: Show = word, columns = ALL_COLUMNS): Row {
  return [phoneNumberOf(number), ...columns.map((text) => text(number, show))];
}

/** A number with these of its fields and its phone number alone. */
export function pickFields(number: ActiveNumber, fields: readonly NumberField[]): ActiveNumber {
  const wanted: readonly string[] = ['phoneNumber', ...fields];
  return Object.fromEntries(Object.entries(number).filter(([field]) => wanted.includes(field)));
}

/** Phone number and name: what a row is called. */
const NAMING_COLUMNS = 2;

/**
 * One line a number. An ID that several numbers carry is written out once, above.
 * @param fields what the numbers were narrowed to; by default nothing is left out
 */
export function activeNumberRows(numbers: readonly ActiveNumber[], fields?: readonly NumberField[]): string {
  const ids: string[] = [];
  for (const number of numbers) addIdentifiers(number, ids);
  const { show, legend } = shortNames(ids, word);
  const columns = fields && columnsOf(fields);
  const rows = numbers.map((number) => activeNumberRow(number, show, columns));
  return [...legend, table(rows, NAMING_COLUMNS)].join('\n');
}

/** One line a number, then the notes on them. */
export function activeNumbersText(numbers: readonly ActiveNumber[], notes = numberNotes(numbers)): string {
  return [activeNumberRows(numbers), ...notes].join('\n');
}

/** What the failures of these numbers mean, and which of their callback URLs cannot work. */
export function numberNotes(numbers: readonly ActiveNumber[]): string[] {
  return [
    ...failureNotes(numbers),
    ...callbackUrlNotes(numbers.flatMap(({ callbackUrl }) => callbackUrl ?? [])),
  ];
}

/** The IDs and URLs that a row shows are added to a list. */
function addIdentifiers(number: ActiveNumber, ids: string[]): void {
  const { smsConfiguration: sms, voiceConfiguration: voice, callbackUrl } = number;
  for (const part of [sms, sms?.scheduledProvisioning]) {
    if (part?.servicePlanId !== undefined) ids.push(part.servicePlanId);
    if (part?.campaignId !== undefined) ids.push(part.campaignId);
  }
  for (const part of [voice, voice?.scheduledVoiceProvisioning]) {
    if (part?.appId !== undefined) ids.push(part.appId);
    if (part?.trunkId !== undefined) ids.push(part.trunkId);
    if (part?.serviceId !== undefined) ids.push(part.serviceId);
  }
  if (callbackUrl !== undefined) ids.push(callbackUrl);
}

/** What a code means and what to do about it. */
export function explanation({ meaning, remedy, owner, retry }: Omit<ProvisioningError, 'code'>): string {
  return `${meaning} ${remedy} (owner: ${owner}; retry: ${retry})`;
}

/** A phone number, or what stands in its place in quotes. */
export function phoneNumberOf({ phoneNumber }: { readonly phoneNumber?: string | undefined }): string {
  if (phoneNumber === undefined) return '(no number)';
  return E164.test(phoneNumber) ? phoneNumber : quote(phoneNumber);
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

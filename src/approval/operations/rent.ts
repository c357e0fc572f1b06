/** What every way of renting shows to a person, and holds them to. */
import { callbackUrlWarning } from '../../api/callback-url.ts';
import { kindOf, voiceTarget } from '../../api/format.ts';
import {
  comparePrices,
  dueNow,
  formatMoneys,
  formatRecurring,
  type RentPrices,
  recurringPrice,
} from '../../api/money.ts';
import type { operations } from '../../api/operations/numbers.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import type { AvailableNumber, Money } from '../../api/schemas/numbers.ts';
import { sanitizeText } from '../../lib/sanitize.ts';
import type { Done } from '../outcome.ts';
import type { Fact } from '../question.ts';
import { showId, showUrl } from '../showable.ts';

/** How a rented number is configured. */
export type Configuration = Omit<OperationInput<typeof operations.rentNumber>, 'phoneNumber'>;

/** An offer, what is due for it at once, and what is to be configured. */
export type RentStakes = AvailableNumber & Configuration & { readonly dueNow: readonly Money[] };

/** What is at stake when an offer is rented. */
export function rentStakes(offer: AvailableNumber, configuration: Configuration): RentStakes {
  return { ...offer, ...configuration, dueNow: dueNow(offer) };
}

/** The part of an offer that a person agrees to: what it is, what it costs, what it needs. */
export function offerTerms(offer: AvailableNumber) {
  const { regionCode, type, capability, setupPrice, monthlyPrice, paymentIntervalMonths } = offer;
  const { supportingDocumentationRequired = false } = offer;
  return {
    regionCode,
    type,
    capability: capability?.toSorted(),
    setupPrice,
    monthlyPrice,
    paymentIntervalMonths,
    supportingDocumentationRequired,
  };
}

/** What a rent costs: at once, and from then on. */
export function costFacts(offer: RentPrices): Fact[] {
  return [
    { label: 'Due now', value: `${formatMoneys(dueNow(offer))}, setup and first interval` },
    { label: 'Then', value: `${formatRecurring(recurringPrice(offer))} until it is released` },
  ];
}

/**
 * What a rent needs and configures.
 * @param offers the number, all numbers of a batch, or the worst that any number may be
 * @param isAny the number is not known yet
 * @throws {InvalidRequestError} where an ID or URL cannot be shown whole
 */
export function configurationFacts(
  { smsConfiguration: sms, voiceConfiguration: voice, callbackUrl }: Configuration,
  offers: readonly Pick<AvailableNumber, 'capability' | 'supportingDocumentationRequired'>[],
  isAny = false,
): Fact[] {
  const campaignId = sms?.campaignId;
  return [
    ...(offers.some((offer) => offer.supportingDocumentationRequired)
      ? [{ label: 'Documents', value: 'this kind of number needs supporting documents' }]
      : []),
    ...(sms
      ? [{ label: 'SMS service plan', value: showId('smsConfiguration.servicePlanId', sms.servicePlanId) }]
      : []),
    ...(campaignId
      ? [{ label: '10DLC campaign', value: showId('smsConfiguration.campaignId', campaignId) }]
      : []),
    ...(voice
      ? [{ label: 'Voice', value: voiceTarget(voice, (id) => showId('voiceConfiguration', id)) }]
      : []),
    ...(sms ? withoutCapability('SMS', offers, isAny) : []),
    ...(voice ? withoutCapability('VOICE', offers, isAny) : []),
    ...(callbackUrl ? callbackFacts(callbackUrl) : []),
  ];
}

/** A link to what a number cannot do comes to nothing, and the number is paid for all the same. */
function withoutCapability(
  wanted: string,
  offers: readonly Pick<AvailableNumber, 'capability'>[],
  isAny: boolean,
): Fact[] {
  const without = offers.filter(({ capability }) => capability && !capability.includes(wanted)).length;
  if (without === 0) return [];
  const some = `${without} of ${offers.length} cannot do ${wanted}: the link will not work`;
  const one = `this number cannot do ${wanted}: the link will not work`;
  const any = `not every number on offer can do ${wanted}: on one that cannot, the link will not work`;
  return [{ label: 'Warning', value: isAny ? any : offers.length === 1 ? one : some }];
}

/** Told before a rent of anything but US LOCAL: accounts differ, and only trying shows which kind this is. */
export function orderFacts({ regionCode, type }: Pick<AvailableNumber, 'regionCode' | 'type'>): Fact[] {
  if (regionCode === 'US' && type === 'LOCAL') return [];
  return [
    {
      label: 'May need an order',
      value: `this account may be one that rents US LOCAL alone: then Sinch refuses, nothing is charged, and ${kindOf({ regionCode, type })} is ordered instead`,
    },
  ];
}

/** The host stands first, as the part that says who receives the events; then what speaks against it. */
function callbackFacts(callbackUrl: string): Fact[] {
  const value = showUrl('callbackUrl', callbackUrl);
  const warning = callbackUrlWarning(callbackUrl);
  return [
    { label: `Callbacks to ${sanitizeText(new URL(callbackUrl).host)}`, value },
    ...(warning ? [{ label: 'Warning', value: warning }] : []),
  ];
}

/** What was spent, and a warning where the number came dearer than agreed. */
export function rentReceipt(agreed: AvailableNumber, { number }: Done): string {
  return [costReceipt(agreed, number), documentsNote([agreed])].filter(Boolean).join(' ');
}

/** Says of rented numbers that documents are needed; undefined where none are. */
export function documentsNote(agreed: readonly AvailableNumber[]): string | undefined {
  const count = agreed.filter((offer) => offer.supportingDocumentationRequired).length;
  if (count === 0) return undefined;
  return agreed.length === 1
    ? 'Tell the user: this kind of number needs supporting documents; until they are accepted it may not work.'
    : `Tell the user: ${count} of the numbers need supporting documents; until they are accepted they may not work.`;
}

function costReceipt(agreed: RentPrices, number: Done['number']): string {
  const dearer = dearerThanQuoted(agreed, number);
  if (dearer !== undefined) return `Tell the user: it costs ${dearer}.`;
  const now = `${formatMoneys(dueNow(agreed))} is due now`;
  // A number says itself what it costs from then on.
  return number?.money ? `${now}.` : `${now}, then ${formatRecurring(recurringPrice(agreed))}.`;
}

/** e.g. `0.90 EUR a month, and 0.80 EUR a month was quoted`; undefined where a number came as it was agreed to. */
export function dearerThanQuoted(agreed: RentPrices, number: Done['number']): string | undefined {
  if (number?.money === undefined) return undefined;
  const quoted = recurringPrice(agreed);
  const charged = { price: number.money, intervalMonths: number.paymentIntervalMonths };
  const isSame = number.money.currencyCode === agreed.monthlyPrice?.currencyCode;
  if (isSame && comparePrices(charged, quoted) <= 0) return undefined;
  return `${formatRecurring(charged)}, and ${formatRecurring(quoted)} was quoted`;
}

import { E164 } from '../api/formats.ts';

export const ACTIVE_NUMBERS_URI = 'sinch-numbers://active-numbers';
export const ACTIVE_NUMBER_TEMPLATE = `${ACTIVE_NUMBERS_URI}/{phoneNumber}`;
export const CALLBACK_CONFIGURATION_URI = 'sinch-numbers://callback-configuration';
export const AVAILABLE_REGIONS_URI = 'sinch-numbers://available-regions';

export const JOURNAL_URI = 'sinch-numbers://journal';
export const CALLBACK_EVENTS_URI = 'sinch-numbers://callback-events';
export const NUMBER_ORDERS_URI = 'sinch-numbers://number-orders';
export const PROVISIONING_ERRORS_URI = 'sinch-numbers://provisioning-errors';
export const PROVISIONING_ERROR_TEMPLATE = `${PROVISIONING_ERRORS_URI}/{code}`;

/** The resources that a submitted order concerns. */
export function concernedOrder(): string[] {
  return [NUMBER_ORDERS_URI, ACTIVE_NUMBERS_URI];
}

/** The resource of one rented number. */
export function activeNumberUri(phoneNumber: string): string {
  return `${ACTIVE_NUMBERS_URI}/${phoneNumber}`;
}

/**
 * The phone number that a URI stands for, its `+` literal or percent-encoded; undefined where it is not the
 * URI of a number.
 */
export function phoneNumberOf(uri: string): string | undefined {
  const phoneNumber = uri.startsWith(`${ACTIVE_NUMBERS_URI}/`)
    ? uri.slice(ACTIVE_NUMBERS_URI.length + 1).replace(/^%2b/i, '+')
    : '';
  return E164.test(phoneNumber) ? phoneNumber : undefined;
}

/** The provisioning error code that a URI stands for; undefined where it is not the URI of one. */
export function errorCodeOf(uri: string): string | undefined {
  return uri.startsWith(`${PROVISIONING_ERRORS_URI}/`)
    ? /^\w{1,64}$/.exec(uri.slice(PROVISIONING_ERRORS_URI.length + 1))?.[0]
    : undefined;
}

/** A URI with its `+` literal, as changes are published. */
export function canonicalUri(uri: string): string {
  const phoneNumber = phoneNumberOf(uri);
  return phoneNumber === undefined ? uri : activeNumberUri(phoneNumber);
}

/**
 * The resources that a change of a number concerns.
 * @param known its number, where that is known before the change
 */
export function concernedNumber(known?: string): (phoneNumber: string | undefined) => string[] {
  return (phoneNumber = known) => [
    ACTIVE_NUMBERS_URI,
    ...(phoneNumber ? [activeNumberUri(phoneNumber)] : []),
  ];
}

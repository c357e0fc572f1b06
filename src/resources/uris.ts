import { E164 } from '../numbers/formats.ts';

export const ACTIVE_NUMBERS_URI = 'sinch-numbers://active-numbers';
export const ACTIVE_NUMBER_TEMPLATE = `${ACTIVE_NUMBERS_URI}/{phoneNumber}`;
export const CALLBACK_CONFIGURATION_URI = 'sinch-numbers://callback-configuration';
export const AVAILABLE_REGIONS_URI = 'sinch-numbers://available-regions';

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

/** A URI with its `+` literal, as changes are told. */
export function canonicalUri(uri: string): string {
  const phoneNumber = phoneNumberOf(uri);
  return phoneNumber === undefined ? uri : activeNumberUri(phoneNumber);
}

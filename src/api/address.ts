import type { EmergencyAddress } from './schemas/emergency.ts';

/** The parts of an address, in the order in which they are written. */
export const ADDRESS_PARTS = [
  'streetNumber',
  'streetInfo',
  'location',
  'city',
  'state',
  'postalCode',
  'postalCodePlusFour',
] as const;

/** An address without what is not set. */
export type Address = Readonly<Partial<Record<(typeof ADDRESS_PARTS)[number], string>>>;

/** The parts that are known of an address: they are what is sent. */
export function addressOf(address: EmergencyAddress | Address): Address {
  return Object.fromEntries(ADDRESS_PARTS.flatMap((name) => (address[name] ? [[name, address[name]]] : [])));
}

/** e.g. `3500 Lenox Rd NE, Suite 2, Atlanta, GA 30326-1234`. */
export function addressText(address: EmergencyAddress | Address): string {
  const { streetNumber, streetInfo, location, city, state, postalCode, postalCodePlusFour } = address;
  const code = [postalCode, postalCodePlusFour].filter(Boolean).join('-');
  return [words(streetNumber, streetInfo), location, city, words(state, code)].filter(Boolean).join(', ');
}

function words(...texts: readonly (string | undefined)[]): string {
  return texts.filter(Boolean).join(' ');
}

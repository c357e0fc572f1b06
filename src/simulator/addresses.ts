/** What is said of an address: the wire's three results, by a few rules in place of a register of streets. */
import { DIRECTIONAL_STREETS } from './invented.ts';

/** An address with all seven parts; what is unset is empty. */
export interface Address {
  readonly streetNumber: string;
  readonly streetInfo: string;
  /** Flat, floor, suite. */
  readonly location: string;
  readonly city: string;
  readonly state: string;
  readonly postalCode: string;
  readonly postalCodePlusFour: string;
}

export interface AddressCheck {
  readonly validationResult: 'EXACT_MATCH' | 'NEAR_MATCH' | 'NO_MATCH';
  readonly validationMessage: string;
  /** All parts are empty unless the match is near. */
  readonly correctedAddress: Address;
  /** Possible ones, where there is no match. */
  readonly candidateAddresses: readonly Address[];
}

const NO_ADDRESS: Address = {
  streetNumber: '',
  streetInfo: '',
  location: '',
  city: '',
  state: '',
  postalCode: '',
  postalCodePlusFour: '',
};

/** As the US Postal Service abbreviates them. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  Avenue: 'Ave',
  Boulevard: 'Blvd',
  Court: 'Ct',
  Drive: 'Dr',
  Highway: 'Hwy',
  Lane: 'Ln',
  Parkway: 'Pkwy',
  Place: 'Pl',
  Road: 'Rd',
  Square: 'Sq',
  Street: 'St',
  North: 'N',
  East: 'E',
  South: 'S',
  West: 'W',
  Northeast: 'NE',
  Northwest: 'NW',
  Southeast: 'SE',
  Southwest: 'SW',
};
const KINDS_OF_STREET = ['Ave', 'Blvd', 'Ct', 'Dr', 'Hwy', 'Ln', 'Pkwy', 'Pl', 'Rd', 'Sq', 'St', 'Way'];
/** Of the United States, and of Canada. */
const POSTAL_CODE = /^(\d{5}|[A-Z]\d[A-Z] ?\d[A-Z]\d)$/;

/** Exact as it is written officially, near where words are written out, none where a part is missing or wrong. */
export function checkAddress(address: Address): AddressCheck {
  const words = address.streetInfo.split(/\s+/).map((word) => ABBREVIATIONS[word] ?? word);
  const streetInfo = words.join(' ');
  const candidates = DIRECTIONAL_STREETS.filter((street) => street.startsWith(`${streetInfo} `));
  const isPlausible =
    /^\d/.test(address.streetNumber) &&
    words.some((word) => KINDS_OF_STREET.includes(word)) &&
    /^[A-Z]{2}$/.test(address.state) &&
    POSTAL_CODE.test(address.postalCode);
  if (!isPlausible || candidates.length > 0) {
    return {
      validationResult: 'NO_MATCH',
      validationMessage:
        'Invalid address - no correction found|Changed address component|Corrected address abbreviations|Address is Invalid',
      correctedAddress: NO_ADDRESS,
      candidateAddresses: candidates.map((street) => ({ ...address, streetInfo: street })),
    };
  }
  const isExact = streetInfo === address.streetInfo;
  return {
    validationResult: isExact ? 'EXACT_MATCH' : 'NEAR_MATCH',
    validationMessage: isExact
      ? 'Address is a perfect match'
      : 'Corrected to valid address|Corrected address abbreviations',
    correctedAddress: isExact ? NO_ADDRESS : { ...address, streetInfo },
    candidateAddresses: [],
  };
}

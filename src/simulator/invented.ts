/**
 * Everything about the simulated API that no document tells: figures, stock, prices, IDs that fail.
 * None of it describes the real API. Times are in milliseconds. What countries ask for before they give a number
 * is as invented, and stands in orders/requirements.ts.
 */
/** A job waits, then runs; it is done a few seconds after the request that asked for it. */
export const JOB_WAITING_MS = 800;
export const JOB_RUNNING_MS = 1_200;

/** Callback delivery: the pause before the first attempt, then before each repetition. */
export const CALLBACK_DELAYS_MS = [50, 1_000, 5_000, 30_000];
export const CALLBACK_TIMEOUT_MS = 5_000;

export const TOKEN_LIFETIME_S = 3_600;

/** `size` and `pageSize`: what is granted when nothing is asked, and the most that is granted. */
export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 1_000;

export const DEFAULT_ACTIVE_NUMBERS = 12;
export const DEFAULT_SEED = 'sinch';
export const CURRENCY = 'EUR';

/** An ID that contains this stays IN_PROGRESS for good. */
export const STUCK_MARK = 'STUCK';
/** A voice ID that contains this fails. */
export const VOICE_FAILURE = 'PROVISIONING_TO_VOICE_PLATFORM_FAILED';

/** `internalFailureCode` of callbacks, for the failures that have a documented one. */
export const INTERNAL_FAILURE_CODES: Readonly<Record<string, string>> = {
  INTERNAL_ERROR: 'CRS0015',
  CAMPAIGN_PROVISIONING_FAILED: 'CRS0018',
  CAMPAIGN_NOT_AVAILABLE: '501',
  EXCEEDED_10DLC_LIMIT: 'CRS0001',
};

/** How long an order reserves its numbers: where something is to be registered, and where nothing is. */
export const RESERVED_MS = { regulated: 48 * 3_600_000, free: 30 * 60_000 };
/** A review takes this long; an order that it blocked is rejected after that, unless it is submitted again. */
export const REVIEW_MS = 3_000;
export const BLOCKED_MS = 24 * 3_600_000;
/** What a review comes to where a text of the registration contains one of these; else it is COMPLETED. */
export const REVIEW_MARKS = ['REJECTED', 'BLOCKED', 'EXPIRED', STUCK_MARK] as const;
export const REVIEW_LOGS = {
  BLOCKED: 'Please provide a contact number in the country of the phone number.',
  REJECTED: 'The registration does not meet the requirements of the regulator.',
  UNANSWERED: 'No answer within a day: the order is closed.',
} as const;

/** A larger file is refused. */
export const MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024;
/** What a form may hold beside its file. */
export const MAX_FORM_BYTES = 64 * 1024;
/** The upload of a file whose name contains this fails. */
export const FAILED_UPLOAD_MARK = 'FAILED';

/** Where a number can have an emergency address, once it is linked to a SIP trunk. */
export const EMERGENCY_REGIONS = ['US', 'CA'];
/** Streets of which an address without its direction is only a candidate. */
export const DIRECTIONAL_STREETS = ['Lenox Rd NE', 'Peachtree St NE', 'Market St NW'];

/** The stock of one region and number type. */
export interface Pool {
  readonly regionCode: string;
  readonly type: 'MOBILE' | 'LOCAL' | 'TOLL_FREE';
  readonly capability: readonly ('SMS' | 'VOICE')[];
  readonly setupPrice: string;
  /** Charged every `paymentIntervalMonths`. */
  readonly price: string;
  readonly paymentIntervalMonths: number;
  readonly supportingDocumentationRequired: boolean;
  /** A number is a prefix and a line number of this many digits. */
  readonly prefixes: readonly string[];
  readonly digits: number;
  /** Line numbers that can be rented, and those that seeded active numbers are taken from: [from, to). */
  readonly offered: readonly [number, number];
  readonly seeded: readonly [number, number];
  /** Its share of the seeded active numbers; 0 for none. */
  readonly weight: number;
}

const NORTH_AMERICA = { digits: 4, offered: [100, 200], seeded: [2_000, 10_000] } as const;
const THREE_DIGITS = { digits: 3, offered: [0, 500], seeded: [500, 1_000] } as const;
const BOTH = ['SMS', 'VOICE'] as const;

const exchange555 = (areaCodes: string) => areaCodes.split(' ').map((code) => `+1${code}555`);

/** Numbers are from ranges kept for fiction where a country has one. */
export const POOLS: readonly Pool[] = [
  {
    regionCode: 'US',
    type: 'LOCAL',
    capability: BOTH,
    setupPrice: '0.80',
    price: '0.80',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: false,
    prefixes: exchange555('202 206 208 212 213 215 303 305 312 313 404 412 415 503 512 602 615 617 702 718'),
    ...NORTH_AMERICA,
    weight: 12,
  },
  {
    regionCode: 'US',
    type: 'TOLL_FREE',
    capability: BOTH,
    setupPrice: '0.00',
    price: '2.00',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: false,
    prefixes: exchange555('800 833 844 855 866 877 888'),
    ...NORTH_AMERICA,
    weight: 2,
  },
  {
    regionCode: 'CA',
    type: 'LOCAL',
    capability: BOTH,
    setupPrice: '0.80',
    price: '0.95',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: false,
    prefixes: exchange555('403 416 514 604'),
    ...NORTH_AMERICA,
    weight: 2,
  },
  {
    regionCode: 'GB',
    type: 'MOBILE',
    capability: BOTH,
    setupPrice: '1.00',
    price: '3.50',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: true,
    prefixes: ['+447700900'],
    ...THREE_DIGITS,
    weight: 1,
  },
  {
    regionCode: 'GB',
    type: 'TOLL_FREE',
    capability: ['VOICE'],
    setupPrice: '0.00',
    price: '4.00',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: false,
    prefixes: ['+448081570'],
    ...THREE_DIGITS,
    weight: 1,
  },
  {
    regionCode: 'SE',
    type: 'LOCAL',
    capability: ['VOICE'],
    setupPrice: '0.00',
    price: '2.50',
    paymentIntervalMonths: 3,
    supportingDocumentationRequired: true,
    prefixes: ['+468465004'],
    digits: 2,
    offered: [0, 50],
    seeded: [50, 100],
    weight: 1,
  },
  {
    regionCode: 'AU',
    type: 'MOBILE',
    capability: BOTH,
    setupPrice: '1.00',
    price: '5.20',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: true,
    prefixes: ['+61491570'],
    ...THREE_DIGITS,
    weight: 1,
  },
  {
    regionCode: 'DE',
    type: 'LOCAL',
    capability: BOTH,
    setupPrice: '1.00',
    price: '2.90',
    paymentIntervalMonths: 1,
    supportingDocumentationRequired: true,
    prefixes: ['+493023125'],
    ...THREE_DIGITS,
    weight: 0,
  },
];

export const REGION_NAMES: Readonly<Record<string, string>> = {
  AU: 'Australia',
  CA: 'Canada',
  DE: 'Germany',
  GB: 'United Kingdom',
  SE: 'Sweden',
  US: 'United States',
};

/** What the seeded active numbers are like, over and over in this order. */
export const SITUATIONS = [
  'sms',
  'voice',
  'smsFailed',
  'both',
  'unlinked',
  'sms',
  'releasing',
  'stuck',
  'sms',
  'voiceFailed',
  'both',
  'linking',
  'sms',
  'sms',
  'voice',
  'sms',
  'both',
  'sms',
  'sms',
  'sms',
] as const;

export const DISPLAY_NAMES = [
  'Support line',
  'Sales',
  'Two-factor codes',
  'Delivery updates',
  'Clinic reminders',
  '',
];

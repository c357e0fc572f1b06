/**
 * What each provisioning error means and what to do about it. The codes and their meanings follow Sinch's
 * documentation. It gives no advice for ERROR_CODE_UNSPECIFIED, CAMPAIGN_EXPIRED, the CAMPAIGN_MNO codes,
 * MOCK_CAMPAIGN_NOT_ALLOWED, TFN_NOT_ALLOWED and INVALID_NNID: there the remedy is inferred.
 */
import type { SMS_ERROR_CODES } from '../api/schemas/numbers.ts';

/** A failure that only callbacks report by a code. */
type CallbackCode = 'PROVISIONING_TO_VOICE_PLATFORM_FAILED';
/** What an audit finds that has no code of the API's. */
type FindingCode = 'VOICE_PROVISIONING_FAILED' | 'STUCK' | 'UNLINKED' | 'RELEASING';

export interface ProvisioningError {
  readonly code: string;
  readonly meaning: string;
  /** Who can mend it. */
  readonly owner: 'customer' | 'sinch' | 'carrier';
  readonly remedy: string;
  /** `later`: ask again unchanged after a while. `after_change`: only once something is different. */
  readonly retry: 'later' | 'after_change' | 'contact_sinch';
}

type Entry = Omit<ProvisioningError, 'code'>;

const ERRORS: Readonly<Record<(typeof SMS_ERROR_CODES)[number], Entry>> = {
  ERROR_CODE_UNSPECIFIED: {
    meaning: 'The job failed without a stated reason.',
    owner: 'sinch',
    remedy:
      'Read the number again and repeat the update once. If it fails again, give Sinch the number and the time.',
    retry: 'later',
  },
  INTERNAL_ERROR: {
    meaning: "A fault on Sinch's side; the request was in order.",
    owner: 'sinch',
    remedy: 'Repeat the update once. If it fails again, open a ticket with the internal failure code.',
    retry: 'later',
  },
  SMS_PROVISIONING_FAILED: {
    meaning: 'The number could not be attached to this SMS service plan.',
    owner: 'customer',
    remedy:
      'Check that the service plan ID exists, belongs to this account and serves this region; then update with a valid one.',
    retry: 'after_change',
  },
  CAMPAIGN_PROVISIONING_FAILED: {
    meaning: 'The carriers did not link the number to the 10DLC campaign.',
    owner: 'carrier',
    remedy:
      'Check the campaign in The Campaign Registry and repeat the update once. If it fails again, open a ticket with the internal failure code.',
    retry: 'later',
  },
  CAMPAIGN_NOT_AVAILABLE: {
    meaning: 'The campaign ID is unknown to the registry, or the campaign is not shared with Sinch.',
    owner: 'customer',
    remedy:
      'Correct the campaign ID, or select Sinch as connectivity partner in The Campaign Registry and wait until Sinch has accepted; then update again.',
    retry: 'after_change',
  },
  EXCEEDED_10DLC_LIMIT: {
    meaning: 'The campaign carries as many numbers as it may: about 50, or 1 for a sole proprietor.',
    owner: 'customer',
    remedy:
      'Unlink numbers that are not needed, use another campaign, or ask Sinch to turn it into a number pool.',
    retry: 'after_change',
  },
  NUMBER_PROVISIONING_FAILED: {
    meaning: 'This one number cannot be put on the campaign.',
    owner: 'sinch',
    remedy: 'Ask Sinch to look at the number, or rent another and release this one.',
    retry: 'contact_sinch',
  },
  PARTNER_SERVICE_UNAVAILABLE: {
    meaning: 'A registry or carrier system was down, and Sinch has stopped trying.',
    owner: 'carrier',
    remedy: 'Wait, then repeat the update. It does not mend itself.',
    retry: 'later',
  },
  CAMPAIGN_PENDING_ACCEPTANCE: {
    meaning: 'Sinch has not yet accepted the campaign that was shared with it.',
    owner: 'sinch',
    remedy: 'Wait up to a day, then repeat the update.',
    retry: 'later',
  },
  MNO_SHARING_ERROR: {
    meaning: 'The brand and campaign data did not reach all carriers.',
    owner: 'customer',
    remedy:
      'Check that the campaign has details for both T-Mobile and AT&T in The Campaign Registry, submit it again there, then repeat the update.',
    retry: 'after_change',
  },
  CAMPAIGN_EXPIRED: {
    meaning: "The campaign's registration has run out.",
    owner: 'customer',
    remedy: 'Renew the campaign or use another one, then update again.',
    retry: 'after_change',
  },
  CAMPAIGN_MNO_REJECTED: {
    meaning: 'A carrier turned the campaign down.',
    owner: 'customer',
    remedy:
      "Read the carrier's reason in The Campaign Registry, correct and submit again, or use another campaign.",
    retry: 'after_change',
  },
  CAMPAIGN_MNO_SUSPENDED: {
    meaning: 'A carrier has suspended the campaign.',
    owner: 'carrier',
    remedy:
      'Stop its traffic, settle the compliance matter with the carrier, and ask Sinch before trying again.',
    retry: 'contact_sinch',
  },
  CAMPAIGN_MNO_REVIEW: {
    meaning: 'A carrier is still reviewing the campaign.',
    owner: 'carrier',
    remedy: 'Wait for the outcome of the review, then repeat the update.',
    retry: 'later',
  },
  INSUFFICIENT_BALANCE: {
    meaning: 'The prepaid balance does not cover the fees.',
    owner: 'customer',
    remedy: 'Top up the account, then repeat the update; check what recurs each month.',
    retry: 'after_change',
  },
  MOCK_CAMPAIGN_NOT_ALLOWED: {
    meaning: 'A test campaign was used for real provisioning.',
    owner: 'customer',
    remedy: 'Update with the ID of a real, approved campaign.',
    retry: 'after_change',
  },
  TFN_NOT_ALLOWED: {
    meaning: 'Toll-free numbers do not go on 10DLC campaigns.',
    owner: 'customer',
    remedy:
      'Link the service plan without campaignId and have the number verified as toll-free, or use a LOCAL number.',
    retry: 'after_change',
  },
  INVALID_NNID: {
    meaning: 'The routing ID (Net Number ID) on the campaign or account is not valid.',
    owner: 'sinch',
    remedy: 'Have Sinch correct the NNID set-up.',
    retry: 'contact_sinch',
  },
};

const VOICE_FAILURE: Entry = {
  meaning: 'The link to the voice app, trunk or fax service failed.',
  owner: 'customer',
  remedy: 'Check that its ID exists in this project and that the number has VOICE; then update again.',
  retry: 'after_change',
};

const FINDINGS: Readonly<Record<CallbackCode | FindingCode, Entry>> = {
  PROVISIONING_TO_VOICE_PLATFORM_FAILED: VOICE_FAILURE,
  VOICE_PROVISIONING_FAILED: VOICE_FAILURE,
  STUCK: {
    meaning: 'A link has been under way for longer than links take; campaigns may take a day.',
    owner: 'sinch',
    remedy: 'Read the number again. If nothing has moved, give Sinch the number and the time of the job.',
    retry: 'contact_sinch',
  },
  UNLINKED: {
    meaning: 'The number is paid for and linked to no service plan and no voice app.',
    owner: 'customer',
    remedy: 'Link it, or release it if nobody needs it.',
    retry: 'after_change',
  },
  RELEASING: {
    meaning: 'The number is released and stays until expireAt; then it is gone.',
    owner: 'customer',
    remedy:
      'Nothing to do, if that is meant. No way to undo a release is documented; ask Sinch before expireAt.',
    retry: 'contact_sinch',
  },
};

/**
 * The `internalFailureCode`s that are known, of the systems behind the API. Only a part of Sinch's list could
 * be had; examples pair CRS0018 with two different failures.
 */
const INTERNAL_CODES: Readonly<Record<string, Entry>> = {
  CRS0001: {
    meaning: 'Internal code behind EXCEEDED_10DLC_LIMIT: the campaign carries as many numbers as it may.',
    ...remedyOf('EXCEEDED_10DLC_LIMIT'),
  },
  CRS0003: {
    meaning: 'Internal code behind INTERNAL_ERROR: the account ID is not valid.',
    owner: 'sinch',
    remedy: 'Open a ticket with this code.',
    retry: 'contact_sinch',
  },
  CRS0013: {
    meaning: 'Internal code behind INTERNAL_ERROR: the prepaid balance could not be checked.',
    ...remedyOf('INTERNAL_ERROR'),
  },
  CRS0015: {
    meaning: "Internal code behind INTERNAL_ERROR: a fault inside Sinch's systems.",
    ...remedyOf('INTERNAL_ERROR'),
  },
  CRS0018: {
    meaning:
      'Internal code seen with CAMPAIGN_PROVISIONING_FAILED and with CAMPAIGN_NOT_AVAILABLE; its own meaning is not documented.',
    owner: 'sinch',
    remedy: 'Follow the failureCode that it came with, and name this code in a ticket.',
    retry: 'contact_sinch',
  },
  501: {
    meaning: 'Internal code behind CAMPAIGN_NOT_AVAILABLE.',
    ...remedyOf('CAMPAIGN_NOT_AVAILABLE'),
  },
  502: {
    meaning: 'Internal code behind CAMPAIGN_NOT_AVAILABLE.',
    ...remedyOf('CAMPAIGN_NOT_AVAILABLE'),
  },
};

function remedyOf(code: keyof typeof ERRORS): Omit<Entry, 'meaning'> {
  const { meaning: _, ...rest } = ERRORS[code];
  return rest;
}

/** Every code that is known: the API's, then what callbacks and audits add, then internal ones. */
export const PROVISIONING_ERRORS: readonly ProvisioningError[] = [ERRORS, FINDINGS, INTERNAL_CODES].flatMap(
  (entries: Readonly<Record<string, Entry>>) =>
    Object.entries(entries).map(([code, entry]) => ({ code, ...entry })),
);

const BY_CODE = new Map(PROVISIONING_ERRORS.map((entry) => [entry.code, entry]));

/** A known code however it is written; any other as it is. */
export function canonicalCode(code: string): string {
  const upper = code.trim().toUpperCase();
  return BY_CODE.has(upper) ? upper : code.trim();
}

/** What a code means. An unknown code gets an entry that says so. */
export function explainProvisioningError(code: string): ProvisioningError {
  return (
    BY_CODE.get(canonicalCode(code)) ?? {
      code,
      meaning: 'This code is not documented.',
      owner: 'sinch',
      remedy: 'Repeat the update once. If it fails again, ask Sinch about the code.',
      retry: 'contact_sinch',
    }
  );
}

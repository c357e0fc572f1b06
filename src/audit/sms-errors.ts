/**
 * What each error code of the API means and what to do about it. The codes and their meanings follow Sinch's
 * documentation. It gives no advice for ERROR_CODE_UNSPECIFIED, CAMPAIGN_EXPIRED, the CAMPAIGN_MNO codes,
 * MOCK_CAMPAIGN_NOT_ALLOWED, TFN_NOT_ALLOWED and INVALID_NNID: there the remedy is inferred.
 */
import type { SMS_ERROR_CODES } from '../api/schemas/numbers.ts';

export interface ProvisioningError {
  readonly code: string;
  readonly meaning: string;
  /** Who can mend it. */
  readonly owner: 'customer' | 'sinch' | 'carrier';
  readonly remedy: string;
  /** `later`: ask again unchanged after a while. `after_change`: only once something is different. */
  readonly retry: 'later' | 'after_change' | 'contact_sinch';
}

/** What is known of a code. */
export type Entry = Omit<ProvisioningError, 'code'>;

export const SMS_ERRORS: Readonly<Record<(typeof SMS_ERROR_CODES)[number], Entry>> = {
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

/** Every code that a failure or a finding can have, what it means and what to do about it. */
import { VOICE_FAILURE } from './diagnosis.ts';
import { type Entry, type ProvisioningError, SMS_ERRORS } from './sms-errors.ts';

/** A failure that only callbacks report by a code, and what an audit finds that has no code of the API's. */
type FindingCode = typeof VOICE_FAILURE | 'STUCK' | 'IN_PROGRESS' | 'NO_CAMPAIGN' | 'UNLINKED' | 'RELEASING';

const FINDINGS: Readonly<Record<FindingCode, Entry>> = {
  [VOICE_FAILURE]: {
    meaning: 'The link to the voice app, trunk or fax service failed.',
    owner: 'customer',
    remedy: 'Check that its ID exists in this project and that the number has VOICE; then update again.',
    retry: 'after_change',
  },
  STUCK: {
    meaning: 'A link has been under way for longer than links take; campaigns may take a day.',
    owner: 'sinch',
    remedy: 'Read the number again. If nothing has moved, give Sinch the number and the time of the job.',
    retry: 'contact_sinch',
  },
  IN_PROGRESS: {
    meaning: 'A link is under way. Most take seconds; a campaign may take a day.',
    owner: 'sinch',
    remedy: 'Nothing to mend: wait_for_provisioning tells when it is done.',
    retry: 'later',
  },
  NO_CAMPAIGN: {
    meaning: 'A US local number has a service plan and no 10DLC campaign: US carriers block its SMS.',
    owner: 'customer',
    remedy: 'Update it with its servicePlanId and the campaignId of a campaign that is shared with Sinch.',
    retry: 'after_change',
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

function remedyOf(code: keyof typeof SMS_ERRORS): Omit<Entry, 'meaning'> {
  const { meaning: _, ...rest } = SMS_ERRORS[code];
  return rest;
}

/** Every code that is known: the API's, then what callbacks and audits add, then internal ones. */
export const PROVISIONING_ERRORS: readonly ProvisioningError[] = [
  SMS_ERRORS,
  FINDINGS,
  INTERNAL_CODES,
].flatMap((entries: Readonly<Record<string, Entry>>) =>
  Object.entries(entries).map(([code, entry]) => ({ code, ...entry })),
);

/** The codes that numbers can be found by. */
export const FINDING_CODES: readonly string[] = [...Object.keys(SMS_ERRORS), ...Object.keys(FINDINGS)];

/** Names that codes had before. */
const FORMER_NAMES: Readonly<Record<string, string>> = { VOICE_PROVISIONING_FAILED: VOICE_FAILURE };

const BY_CODE = new Map(PROVISIONING_ERRORS.map((entry) => [entry.code, entry]));

/** A known code however it is written, or was named before; any other as it is. */
export function canonicalCode(code: string): string {
  const upper = code.trim().toUpperCase();
  const current = Object.hasOwn(FORMER_NAMES, upper) ? FORMER_NAMES[upper] : upper;
  return current !== undefined && BY_CODE.has(current) ? current : code.trim();
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

import { describe, expect, test } from 'vitest';
import {
  canonicalCode,
  explainProvisioningError,
  FINDING_CODES,
  PROVISIONING_ERRORS,
} from '../../src/audit/catalogue.ts';
import { VOICE_FAILURE } from '../../src/audit/diagnosis.ts';

/** Code, whether to retry, who mends it, what its meaning must speak of, and its remedy. */
const EXPECTED = [
  [
    'ERROR_CODE_UNSPECIFIED',
    'later',
    'sinch',
    /without .*reason/,
    /Read .* again.*once.*Sinch .* number .* time/,
  ],
  ['INTERNAL_ERROR', 'later', 'sinch', /Sinch's side/, /once.*ticket.*internal failure code/],
  [
    'SMS_PROVISIONING_FAILED',
    'after_change',
    'customer',
    /SMS service plan/,
    /plan ID exists.*region.*update/,
  ],
  ['CAMPAIGN_PROVISIONING_FAILED', 'later', 'carrier', /10DLC campaign/, /Registry.*once.*ticket/],
  [
    'CAMPAIGN_NOT_AVAILABLE',
    'after_change',
    'customer',
    /unknown .*not shared with Sinch/,
    /ID.*select Sinch.*accepted/,
  ],
  [
    'EXCEEDED_10DLC_LIMIT',
    'after_change',
    'customer',
    /about 50, or 1 for a sole/,
    /Unlink.*another campaign.*number pool/,
  ],
  [
    'NUMBER_PROVISIONING_FAILED',
    'contact_sinch',
    'sinch',
    /this one number/i,
    /Sinch.*rent another and release this/,
  ],
  [
    'PARTNER_SERVICE_UNAVAILABLE',
    'later',
    'carrier',
    /registry or carrier .*down.*stopped trying/,
    /Wait.*repeat.*not mend itself/,
  ],
  ['CAMPAIGN_PENDING_ACCEPTANCE', 'later', 'sinch', /not yet accepted .*campaign/, /up to a day.*repeat/],
  [
    'MNO_SHARING_ERROR',
    'after_change',
    'customer',
    /did not reach all carriers/,
    /T-Mobile and AT&T.*Registry.*again.*repeat/,
  ],
  ['CAMPAIGN_EXPIRED', 'after_change', 'customer', /run out/, /Renew.*another/],
  [
    'CAMPAIGN_MNO_REJECTED',
    'after_change',
    'customer',
    /turned the campaign down/,
    /reason.*Registry.*correct.*submit.*another/,
  ],
  ['CAMPAIGN_MNO_SUSPENDED', 'contact_sinch', 'carrier', /suspended/, /Stop its traffic.*compliance.*Sinch/],
  ['CAMPAIGN_MNO_REVIEW', 'later', 'carrier', /still reviewing/, /Wait.*outcome.*repeat/],
  ['INSUFFICIENT_BALANCE', 'after_change', 'customer', /balance does not cover/, /Top up.*repeat.*recurs/],
  ['MOCK_CAMPAIGN_NOT_ALLOWED', 'after_change', 'customer', /test campaign/, /real, approved/],
  [
    'TFN_NOT_ALLOWED',
    'after_change',
    'customer',
    /Toll-free .*10DLC/,
    /without campaignId.*verified as toll-free.*LOCAL/,
  ],
  ['INVALID_NNID', 'contact_sinch', 'sinch', /Net Number ID.*not valid/, /Sinch .*NNID/],
  [
    'PROVISIONING_TO_VOICE_PLATFORM_FAILED',
    'after_change',
    'customer',
    /voice app, trunk or fax/,
    /its ID exists.*VOICE.*update again/,
  ],
  ['STUCK', 'contact_sinch', 'sinch', /under way for longer/, /Read .* again.*Sinch the number and the time/],
  [
    'IN_PROGRESS',
    'later',
    'sinch',
    /under way.*campaign may take a day/,
    /Nothing to mend.*wait_for_provisioning/,
  ],
  [
    'NO_CAMPAIGN',
    'after_change',
    'customer',
    /US local .*no 10DLC campaign.*block/,
    /servicePlanId and the campaignId .*shared with Sinch/,
  ],
  [
    'UNLINKED',
    'after_change',
    'customer',
    /paid for .*no service plan and no voice app/,
    /Link it, or release it/,
  ],
  [
    'RELEASING',
    'contact_sinch',
    'customer',
    /until expireAt/,
    /Nothing to do, if that is meant.*before expireAt/,
  ],
  ['CRS0001', 'after_change', 'customer', /EXCEEDED_10DLC_LIMIT/, /Unlink.*another campaign.*number pool/],
  ['CRS0003', 'contact_sinch', 'sinch', /INTERNAL_ERROR.*account ID is not valid/, /ticket/],
  ['CRS0013', 'later', 'sinch', /INTERNAL_ERROR.*balance could not be checked/, /once.*ticket/],
  ['CRS0015', 'later', 'sinch', /INTERNAL_ERROR.*fault inside Sinch/, /once.*ticket/],
  [
    'CRS0018',
    'contact_sinch',
    'sinch',
    /CAMPAIGN_PROVISIONING_FAILED.*CAMPAIGN_NOT_AVAILABLE.*not documented/,
    /failureCode that it came with/,
  ],
  ['501', 'after_change', 'customer', /CAMPAIGN_NOT_AVAILABLE/, /ID.*select Sinch.*accepted/],
  ['502', 'after_change', 'customer', /CAMPAIGN_NOT_AVAILABLE/, /ID.*select Sinch.*accepted/],
] as const;

describe('each code that is known has its meaning, who mends it, how, and whether to try again', () => {
  test.each(EXPECTED)('%s: %s, by %s', (code, retry, owner, meaning, remedy) => {
    expect(explainProvisioningError(code)).toEqual({
      code,
      retry,
      owner,
      meaning: expect.stringMatching(meaning),
      remedy: expect.stringMatching(remedy),
    });
  });
});

test('the catalogue lists exactly the known codes, each once, the API codes first in the order of its list', () => {
  const listed = PROVISIONING_ERRORS.map(({ code }) => code);
  expect(listed.slice(0, 24)).toEqual(EXPECTED.slice(0, 24).map(([code]) => code));
  expect(listed.slice(24).sort()).toEqual(
    EXPECTED.slice(24)
      .map(([code]) => code as string)
      .sort(),
  );
});

test('an entry of the list is what a question for its code answers', () => {
  for (const entry of PROVISIONING_ERRORS) expect(explainProvisioningError(entry.code)).toEqual(entry);
});

test('what may be tried again unchanged says to repeat it, and what goes to Sinch names Sinch or a ticket', () => {
  for (const { code, retry, remedy } of PROVISIONING_ERRORS) {
    if (retry === 'later') expect(remedy, code).toMatch(/repeat the update|Nothing to mend/i);
    if (retry === 'contact_sinch') expect(remedy, code).toMatch(/Sinch|ticket/);
  }
});

test('meanings and remedies are whole sentences, short enough to be read in a list', () => {
  for (const { code, meaning, remedy } of PROVISIONING_ERRORS) {
    for (const text of [meaning, remedy]) expect(text, code).toMatch(/^[A-Z].{10,170}\.$/);
  }
});

test.each(['VOICE_PROVISIONING_FAILED', 'voice_provisioning_failed '])(
  'the former name %j of a failed voice link is understood',
  (former) => {
    expect(canonicalCode(former)).toBe(VOICE_FAILURE);
    expect(explainProvisioningError(former)).toEqual(explainProvisioningError(VOICE_FAILURE));
  },
);

test('numbers can be found by every code but internal ones', () => {
  const internal = /^(CRS|\d)/;
  const listed = PROVISIONING_ERRORS.map(({ code }) => code);
  expect(FINDING_CODES).toEqual(listed.filter((code) => !internal.test(code)));
});

test.each(['CAMPAIGN_ON_THE_MOON', 'crs9999', '', 'constructor', '__proto__', 'toString'])(
  'the unknown code %j is said not to be documented, with no meaning made up',
  (code) => {
    expect(explainProvisioningError(code)).toEqual({
      code,
      meaning: 'This code is not documented.',
      owner: 'sinch',
      remedy: expect.stringMatching(/once.*ask Sinch about the code/),
      retry: 'contact_sinch',
    });
  },
);

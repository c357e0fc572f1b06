/** The one call that mends all numbers of a finding. */
import type { Finding } from '../../audit/audit.ts';
import { VOICE_FAILURE } from '../../audit/diagnosis.ts';

type Json = string | { readonly [key: string]: Json };

/** What an update must say, by what there is to change. A word in angle brackets is for the user to give. */
const CHANGES = {
  again: (plan: string, campaign: string) => ({ servicePlanId: plan, campaignId: campaign }),
  'another campaign': (plan: string) => ({ servicePlanId: plan, campaignId: '<campaignId>' }),
  'no campaign': (plan: string) => ({ servicePlanId: plan }),
  'another plan': () => ({ servicePlanId: '<servicePlanId>' }),
};

/** Codes that no update mends are left out. */
const REPAIRS = new Map<string, keyof typeof CHANGES>([
  ['ERROR_CODE_UNSPECIFIED', 'again'],
  ['INTERNAL_ERROR', 'again'],
  ['CAMPAIGN_PROVISIONING_FAILED', 'again'],
  ['PARTNER_SERVICE_UNAVAILABLE', 'again'],
  ['CAMPAIGN_PENDING_ACCEPTANCE', 'again'],
  ['MNO_SHARING_ERROR', 'again'],
  ['CAMPAIGN_MNO_REVIEW', 'again'],
  ['INSUFFICIENT_BALANCE', 'again'],
  ['CAMPAIGN_NOT_AVAILABLE', 'another campaign'],
  ['EXCEEDED_10DLC_LIMIT', 'another campaign'],
  ['CAMPAIGN_EXPIRED', 'another campaign'],
  ['CAMPAIGN_MNO_REJECTED', 'another campaign'],
  ['MOCK_CAMPAIGN_NOT_ALLOWED', 'another campaign'],
  ['NO_CAMPAIGN', 'another campaign'],
  ['TFN_NOT_ALLOWED', 'no campaign'],
  ['SMS_PROVISIONING_FAILED', 'another plan'],
  ['UNLINKED', 'another plan'],
]);

/**
 * e.g. `update_active_numbers {"select": {"finding": "CAMPAIGN_EXPIRED"}, "change": {…}}`; undefined where no update
 * mends it. Numbers of several service plans take one call for each: this is the one for the first.
 */
export function repairOf({ code, servicePlanIds = [], campaignIds = [] }: Finding): string | undefined {
  if (code === VOICE_FAILURE) return call({ finding: code }, { voiceConfiguration: { appId: '<appId>' } });
  const repair = REPAIRS.get(code);
  if (repair === undefined) return undefined;
  const [plan = '<servicePlanId>', ...otherPlans] = servicePlanIds;
  const [campaign = '<campaignId>', ...otherCampaigns] = campaignIds;
  const isKept = repair !== 'another plan';
  const select = {
    finding: code,
    ...(isKept && otherPlans.length > 0 && { servicePlanId: plan }),
    ...(repair === 'again' && otherCampaigns.length > 0 && { campaignId: campaign }),
  };
  return call(select, { smsConfiguration: CHANGES[repair](plan, campaign) });
}

function call(select: Json, change: Json): string {
  return `update_active_numbers ${json({ select, change })}`;
}

/** JSON on one line, with spaces as people write it. */
function json(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${json(inner)}`)
    .join(', ')}}`;
}

import type { ActiveNumber } from '../api/schemas/numbers.ts';

/** What an audit counts numbers by, in the order of precedence: each number is in the first that fits. */
export const STATES = ['failed', 'stuck', 'inProgress', 'releasing', 'unlinked', 'healthy'] as const;

export type State = (typeof STATES)[number];

/** The code of a failed voice link, as callbacks give it; the number itself carries none. */
export const VOICE_FAILURE = 'PROVISIONING_TO_VOICE_PLATFORM_FAILED';

/** A job that has not moved for so long is stuck, unless given otherwise. */
export const STUCK_AFTER_HOURS = 24;
const HOUR_MS = 3_600_000;

/** @returns milliseconds since the epoch: a job that has not moved since then is stuck */
export function stuckBefore(now: number, hours = STUCK_AFTER_HOURS): number {
  return now - hours * HOUR_MS;
}

export interface Diagnosis {
  readonly state: State;
  /** What is wrong or worth knowing, by code; empty where nothing is. */
  readonly codes: readonly string[];
}

/**
 * Judges one number.
 * @param stuckSince as {@link stuckBefore} gives it
 */
export function diagnose(number: ActiveNumber, stuckSince: number): Diagnosis {
  const failures = [
    ...smsFailureCodes(number),
    ...(voiceJob(number)?.status === 'FAILED' ? [VOICE_FAILURE] : []),
  ];
  if (failures.length > 0) return { state: 'failed', codes: failures };
  const jobs = [smsJob(number), voiceJob(number)].filter((job) => job !== undefined);
  if (jobs.some((job) => Date.parse(job.lastUpdatedTime ?? '') < stuckSince)) {
    return { state: 'stuck', codes: ['STUCK'] };
  }
  if (jobs.length > 0) return { state: 'inProgress', codes: ['IN_PROGRESS'] };
  if (number.expireAt !== undefined) return { state: 'releasing', codes: ['RELEASING'] };
  if (!isLinked(number)) return { state: 'unlinked', codes: ['UNLINKED'] };
  return { state: 'healthy', codes: lacksCampaign(number) ? ['NO_CAMPAIGN'] : [] };
}

/** The codes of a failed SMS job; one that gives none counts as unspecified. */
export function smsFailureCodes(number: ActiveNumber): readonly string[] {
  const job = smsJob(number);
  if (job?.status !== 'FAILED') return [];
  return job.errorCodes === undefined || job.errorCodes.length === 0
    ? ['ERROR_CODE_UNSPECIFIED']
    : [...new Set(job.errorCodes)];
}

/** The job that links a number to a service plan and campaign, while it is not done. */
export function smsJob({ smsConfiguration }: ActiveNumber) {
  return smsConfiguration?.scheduledProvisioning;
}

/** The job that links a number to a voice app, trunk or fax service, while it is not done. */
export function voiceJob({ voiceConfiguration }: ActiveNumber) {
  return voiceConfiguration?.scheduledVoiceProvisioning;
}

/** Whether any job of a number is still under way. */
export function isUnderWay(number: ActiveNumber): boolean {
  return [smsJob(number), voiceJob(number)].some((job) => job !== undefined && job.status !== 'FAILED');
}

/** Whether any job of a number has failed. */
export function hasFailed(number: ActiveNumber): boolean {
  return [smsJob(number), voiceJob(number)].some((job) => job?.status === 'FAILED');
}

/** Whether SMS of a number is blocked by US carriers, since it is on a service plan without a 10DLC campaign. */
export function lacksCampaign({ regionCode, type, smsConfiguration: sms }: ActiveNumber): boolean {
  return regionCode === 'US' && type === 'LOCAL' && Boolean(sms?.servicePlanId) && !sms?.campaignId;
}

/** Whether a number is linked to any service, jobs that are under way left aside. */
export function isLinked({ smsConfiguration: sms, voiceConfiguration: voice }: ActiveNumber): boolean {
  return Boolean(sms?.servicePlanId || voice?.appId || voice?.trunkId || voice?.serviceId);
}

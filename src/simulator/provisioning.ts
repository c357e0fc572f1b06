import { SMS_ERROR_CODES } from '../api/schemas/numbers.ts';
import type { CallbackEvent, CallbackSender } from './callbacks.ts';
import type { SimulatorClock } from './clock.ts';
import {
  INTERNAL_FAILURE_CODES,
  JOB_RUNNING_MS,
  JOB_WAITING_MS,
  STUCK_MARK,
  VOICE_FAILURE,
} from './invented.ts';
import {
  type ActiveRecord,
  NO_VOICE,
  type SmsJob,
  type VoiceJob,
  type VoiceTarget,
  voiceId,
} from './model.ts';

type FailureCode = (typeof SMS_ERROR_CODES)[number] | typeof VOICE_FAILURE;
type EventType = Extract<CallbackEvent, { resourceType: 'ACTIVE_NUMBER' }>['eventType'];
type Job = Pick<SmsJob | VoiceJob, 'status' | 'updatedAt'>;

/** Codes that a callback never carries as its failureCode. */
const NOT_IN_CALLBACKS: readonly string[] = [
  'ERROR_CODE_UNSPECIFIED',
  'INTERNAL_ERROR',
  'SMS_PROVISIONING_FAILED',
];

/** Links and unlinks services. Links are jobs that move on the clock; each end is published by callback. */
export interface Provisioning {
  /** Schedules a link to a service plan and, unless empty, a campaign. Replaces a job that is not done. */
  linkSms(record: ActiveRecord, servicePlanId: string, campaignId: string): void;
  linkVoice(record: ActiveRecord, target: VoiceTarget): void;
  unlinkSms(record: ActiveRecord): void;
  unlinkCampaign(record: ActiveRecord): void;
  unlinkVoice(record: ActiveRecord): void;
  /** Drops a voice job that is not done: what a release does at once (seen live). */
  dropVoiceJob(record: ActiveRecord): void;
}

export function createProvisioning(clock: SimulatorClock, callbacks: CallbackSender): Provisioning {
  function tell(record: ActiveRecord, eventType: EventType, code?: FailureCode): void {
    const isTold = eventType !== 'PROVISIONING_TO_SMS_PLATFORM' && !NOT_IN_CALLBACKS.includes(code ?? '');
    callbacks.send(record.callbackUrl, {
      resourceType: 'ACTIVE_NUMBER',
      resourceId: record.phoneNumber,
      eventType,
      status: code === undefined ? 'SUCCEEDED' : 'FAILED',
      failureCode: (isTold && code) || null,
      internalFailureCode: INTERNAL_FAILURE_CODES[code ?? ''] ?? null,
    });
  }

  /** Moves a job from WAITING to IN_PROGRESS and, unless an ID says that it sticks there, to its end. */
  function run(job: Job, ids: readonly string[], isCurrent: () => boolean, finish: () => void): void {
    clock.after(JOB_WAITING_MS, () => {
      if (!isCurrent()) return;
      job.status = 'IN_PROGRESS';
      job.updatedAt = clock.now();
      if (ids.some((id) => normal(id).includes(STUCK_MARK))) return;
      clock.after(JOB_RUNNING_MS, () => {
        if (!isCurrent()) return;
        job.updatedAt = clock.now();
        finish();
      });
    });
  }

  return {
    linkSms(record, servicePlanId, campaignId) {
      const job: SmsJob = {
        servicePlanId,
        campaignId,
        status: 'WAITING',
        updatedAt: clock.now(),
        errorCodes: [],
      };
      record.smsJob = job;
      const isCurrent = () => record.smsJob === job;
      run(job, [servicePlanId, campaignId], isCurrent, () => {
        const planFailure = planCode(record, servicePlanId);
        const campaignFailure = campaignId === '' ? undefined : campaignCode(record, campaignId);
        const code = planFailure ?? campaignFailure;
        if (code === undefined) {
          record.smsJob = undefined;
          record.servicePlanId = servicePlanId;
          record.campaignId = campaignId;
        } else {
          job.status = 'FAILED';
          job.errorCodes = [code];
        }
        tell(record, 'PROVISIONING_TO_SMS_PLATFORM', planFailure);
        if (campaignId !== '' && planFailure === undefined) {
          tell(record, 'PROVISIONING_TO_CAMPAIGN', campaignFailure);
        }
      });
    },

    linkVoice(record, target) {
      const job: VoiceJob = { target, status: 'WAITING', updatedAt: clock.now() };
      record.voiceJob = job;
      const isCurrent = () => record.voiceJob === job;
      run(job, [voiceId(target)], isCurrent, () => {
        const failed =
          !record.pool.capability.includes('VOICE') || normal(voiceId(target)).includes(VOICE_FAILURE);
        if (failed) {
          job.status = 'FAILED';
        } else {
          record.voiceJob = undefined;
          record.voice = target;
          record.voiceUpdatedAt = clock.now();
        }
        tell(record, 'PROVISIONING_TO_VOICE_PLATFORM', failed ? VOICE_FAILURE : undefined);
      });
    },

    unlinkSms(record) {
      if (record.servicePlanId !== '') tell(record, 'DEPROVISIONING_FROM_SMS_PLATFORM');
      this.unlinkCampaign(record);
      record.servicePlanId = '';
      record.smsJob = undefined;
    },

    unlinkCampaign(record) {
      if (record.campaignId !== '') tell(record, 'DEPROVISIONING_FROM_CAMPAIGN');
      record.campaignId = '';
      record.smsJob = undefined;
    },

    unlinkVoice(record) {
      if (voiceId(record.voice) !== '') tell(record, 'DEPROVISIONING_FROM_VOICE_PLATFORM');
      record.voice = NO_VOICE;
      record.voiceUpdatedAt = clock.now();
      record.voiceJob = undefined;
    },

    dropVoiceJob(record) {
      if (record.voiceJob?.status !== 'FAILED') record.voiceJob = undefined;
    },
  };
}

/** Why a link to this service plan fails: the ID names a code, or the number cannot do SMS. */
function planCode(record: ActiveRecord, servicePlanId: string): FailureCode | undefined {
  return (
    namedCode(servicePlanId) ??
    (record.pool.capability.includes('SMS') ? undefined : 'SMS_PROVISIONING_FAILED')
  );
}

/** Why a link to this campaign fails: the ID names a code, or a toll-free number cannot be on any. */
function campaignCode(record: ActiveRecord, campaignId: string): FailureCode | undefined {
  return namedCode(campaignId) ?? (record.pool.type === 'TOLL_FREE' ? 'TFN_NOT_ALLOWED' : undefined);
}

/** The error code that an ID names, in any case, with hyphens or underscores. */
function namedCode(id: string): FailureCode | undefined {
  return SMS_ERROR_CODES.find((code) => normal(id).includes(code));
}

function normal(id: string): string {
  return id.toUpperCase().replaceAll('-', '_');
}

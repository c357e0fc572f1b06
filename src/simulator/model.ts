import type { Address } from './addresses.ts';
import type { Pool } from './invented.ts';

type JobStatus = 'WAITING' | 'IN_PROGRESS' | 'FAILED';

/** One job for service plan and campaign together, as the API has it. */
export interface SmsJob {
  readonly servicePlanId: string;
  readonly campaignId: string;
  status: JobStatus;
  updatedAt: number;
  errorCodes: string[];
}

/** What a voice configuration points at: the ID that goes with its type. Others are empty. */
export interface VoiceTarget {
  readonly type: string;
  readonly appId: string;
  readonly trunkId: string;
  readonly serviceId: string;
}

export interface VoiceJob {
  readonly target: VoiceTarget;
  status: JobStatus;
  updatedAt: number;
}

/** A rented number. IDs that are not set are empty strings; times are milliseconds since the epoch. */
export interface ActiveRecord {
  readonly phoneNumber: string;
  readonly pool: Pool;
  readonly rentedAt: number;
  /** What is charged each payment interval, as agreed at the rent. */
  readonly price: string;
  displayName: string;
  callbackUrl: string;
  expireAt: number | undefined;
  servicePlanId: string;
  campaignId: string;
  smsJob: SmsJob | undefined;
  voice: VoiceTarget;
  voiceUpdatedAt: number | undefined;
  voiceJob: VoiceJob | undefined;
  /** Where help goes; it ends with the number. */
  emergencyAddress: Address | undefined;
}

export const NO_VOICE: VoiceTarget = { type: 'RTC', appId: '', trunkId: '', serviceId: '' };

/** The ID of a voice target, whatever its type; empty where it has none. */
export function voiceId(target: VoiceTarget): string {
  return target.appId || target.trunkId || target.serviceId;
}

/** A number that was just rented: unnamed, and linked to nothing. */
export function newRecord(phoneNumber: string, pool: Pool, rentedAt: number): ActiveRecord {
  return {
    phoneNumber,
    pool,
    rentedAt,
    price: pool.price,
    displayName: '',
    callbackUrl: '',
    expireAt: undefined,
    servicePlanId: '',
    campaignId: '',
    smsJob: undefined,
    voice: NO_VOICE,
    voiceUpdatedAt: undefined,
    voiceJob: undefined,
    emergencyAddress: undefined,
  };
}

import { CURRENCY, type Pool } from './invented.ts';
import type { ActiveRecord } from './model.ts';

/** RFC 3339 with microseconds, as the REST API writes times. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** When the next charge falls due. The first interval is charged with the rent (seen live). */
export function nextChargeAt(record: ActiveRecord, now: number): number {
  for (let charges = 1; ; charges++) {
    const due = addMonths(record.rentedAt, charges * record.pool.paymentIntervalMonths);
    if (due > now) return due;
  }
}

/** The same day of a later month, or that month's last day. */
function addMonths(ms: number, months: number): number {
  const date = new Date(ms);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}

export function availableNumberBody(phoneNumber: string, pool: Pool): object {
  return {
    phoneNumber,
    regionCode: pool.regionCode,
    type: pool.type,
    capability: pool.capability,
    setupPrice: { currencyCode: CURRENCY, amount: pool.setupPrice },
    monthlyPrice: { currencyCode: CURRENCY, amount: pool.price },
    paymentIntervalMonths: pool.paymentIntervalMonths,
    supportingDocumentationRequired: pool.supportingDocumentationRequired,
  };
}

/** An active number with the empty strings, nulls and empty lists that the real API sends for what is unset. */
export function activeNumberBody(record: ActiveRecord, projectId: string, now: number): object {
  const { pool, smsJob, voiceJob } = record;
  return {
    phoneNumber: record.phoneNumber,
    projectId,
    displayName: record.displayName,
    regionCode: pool.regionCode,
    type: pool.type,
    capability: pool.capability,
    money: { currencyCode: CURRENCY, amount: record.price },
    paymentIntervalMonths: pool.paymentIntervalMonths,
    nextChargeDate: timestamp(record.expireAt ?? nextChargeAt(record, now)),
    expireAt: record.expireAt === undefined ? null : timestamp(record.expireAt),
    smsConfiguration: {
      servicePlanId: record.servicePlanId,
      campaignId: record.campaignId,
      scheduledProvisioning: smsJob
        ? {
            servicePlanId: smsJob.servicePlanId,
            campaignId: smsJob.campaignId,
            status: smsJob.status,
            lastUpdatedTime: timestamp(smsJob.updatedAt),
            errorCodes: smsJob.errorCodes,
          }
        : null,
    },
    voiceConfiguration: {
      ...record.voice,
      lastUpdatedTime: record.voiceUpdatedAt === undefined ? null : timestamp(record.voiceUpdatedAt),
      scheduledVoiceProvisioning: voiceJob
        ? { ...voiceJob.target, status: voiceJob.status, lastUpdatedTime: timestamp(voiceJob.updatedAt) }
        : null,
    },
    callbackUrl: record.callbackUrl,
  };
}

import { voiceTarget } from '../../api/format.ts';
import type { ActiveNumber } from '../../api/schemas/numbers.ts';

/** What a number is linked to; an absent link is none. */
export interface Links {
  readonly servicePlanId?: string | undefined;
  readonly campaignId?: string | undefined;
  /** e.g. `app 01HE…`, the ID as it is. */
  readonly voice?: string | undefined;
}

/** What works for a number now: links whose provisioning is done. */
export function workingLinks({ smsConfiguration: sms, voiceConfiguration: voice }: ActiveNumber): Links {
  return {
    servicePlanId: sms?.servicePlanId,
    campaignId: sms?.campaignId,
    voice: voiceTarget(voice ?? {}, asIs) || undefined,
  };
}

/** What works for a number now, or would have once its provisioning was done. */
export function links(number: ActiveNumber): Links {
  const { servicePlanId, campaignId, voice } = workingLinks(number);
  const smsJob = number.smsConfiguration?.scheduledProvisioning;
  const voiceJob = number.voiceConfiguration?.scheduledVoiceProvisioning;
  return {
    servicePlanId: servicePlanId ?? smsJob?.servicePlanId,
    campaignId: campaignId ?? smsJob?.campaignId,
    voice: voice ?? (voiceTarget(voiceJob ?? {}, asIs) || undefined),
  };
}

/** What a number is on its way to: where jobs lead that have not failed, else what it is linked to. */
export function comingLinks(number: ActiveNumber): Links {
  const linked = workingLinks(number);
  const smsJob = number.smsConfiguration?.scheduledProvisioning;
  const voiceJob = number.voiceConfiguration?.scheduledVoiceProvisioning;
  const { servicePlanId, campaignId } = smsJob && smsJob.status !== 'FAILED' ? smsJob : linked;
  const coming = voiceJob && voiceJob.status !== 'FAILED' ? voiceTarget(voiceJob, asIs) : undefined;
  return { servicePlanId, campaignId, voice: coming || linked.voice };
}

function asIs(id: string): string {
  return id;
}

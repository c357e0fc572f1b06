/** What tasks read out of texts, and what they hold against the simulator. */
import { type ActiveRecord, voiceId } from '../../../src/simulator/model.ts';
import type { World } from '../scenario.ts';

/** All matches of a pattern with two groups, as an object. */
export function pairs(text: string, pattern: RegExp): [string, string][] {
  return Array.from(text.matchAll(pattern), ([, key = '', value = '']): [string, string] => [key, value]);
}

/** Adds up by key. */
export function sums(entries: Iterable<readonly [key: string, value: number]>): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [key, value] of entries) total[key] = (total[key] ?? 0) + value;
  return total;
}

/** Paid for, linked to nothing, with no link under way or failed, and not being released. */
export const isUnlinked = ({ servicePlanId, voice, smsJob, voiceJob, expireAt }: ActiveRecord) =>
  servicePlanId === '' && voiceId(voice) === '' && !smsJob && !voiceJob && expireAt === undefined;

/** The error codes of a number whose provisioning failed. */
export const failureOf = ({ smsJob, voiceJob }: ActiveRecord): readonly string[] => [
  ...(smsJob?.status === 'FAILED' ? smsJob.errorCodes : []),
  ...(voiceJob?.status === 'FAILED' ? ['PROVISIONING_TO_VOICE_PLATFORM_FAILED'] : []),
];

/** What calls can change of a number, as a text to compare. */
const settingsOf = ({ displayName, callbackUrl, servicePlanId, campaignId, voice, expireAt }: ActiveRecord) =>
  [displayName, callbackUrl, servicePlanId, campaignId, voiceId(voice), expireAt].join();

/** Numbers that were not there before. */
export function added({ rented }: World): () => readonly ActiveRecord[] {
  const known = new Set(rented().map(({ phoneNumber }) => phoneNumber));
  return () => rented().filter(({ phoneNumber }) => !known.has(phoneNumber));
}

/** Whether the change is as it should be for each number that it is meant for, and all others are as they were. */
export function changed(
  { rented }: World,
  isMeant: (record: ActiveRecord) => boolean,
  isDone: (record: ActiveRecord) => boolean,
): () => boolean {
  const before = new Map(rented().map((record) => [record.phoneNumber, record]));
  if (![...before.values()].some(isMeant)) throw new Error('the change is meant for no number');
  return () =>
    rented().every((record) => {
      const old = before.get(record.phoneNumber);
      return old !== undefined && (isMeant(old) ? isDone(record) : settingsOf(record) === settingsOf(old));
    });
}

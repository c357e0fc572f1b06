/** How facts about numbers are written for people and models. All values are foreign: they come sanitized. */
import { sanitizeText } from '../lib/sanitize.ts';

/** Text that somebody else wrote, in quotes, so that it cannot pass for text of this program. */
export function quote(text: string, maxLength?: number): string {
  return JSON.stringify(sanitizeText(text, maxLength));
}

/** A foreign code or ID: as it is where it looks like one, in quotes where it could pass for words. */
export function word(text: string): string {
  return /^(?!#)[\w+:./?=&%#@~-]{1,200}$/.test(text) ? text : quote(text);
}

/** e.g. `1 event`, `2 events`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

interface Kind {
  readonly regionCode?: string | undefined;
  readonly type?: string | undefined;
}

/** Region and type, e.g. `US LOCAL`. */
export function kindOf({ regionCode, type }: Kind): string {
  return [regionCode, type].filter(Boolean).join(' ');
}

/** e.g. `SMS+VOICE`. */
export function capabilityOf({ capability }: { capability?: readonly string[] | undefined }): string {
  return capability?.join('+') ?? '';
}

interface VoiceIds {
  readonly appId?: string | undefined;
  readonly trunkId?: string | undefined;
  readonly serviceId?: string | undefined;
}

/**
 * e.g. `app 01HE…`; empty where nothing is linked.
 * @param show writes the ID
 */
export function voiceTarget(
  { appId, trunkId, serviceId }: VoiceIds,
  show: (id: string) => string = word,
): string {
  if (appId) return `app ${show(appId)}`;
  if (trunkId) return `trunk ${show(trunkId)}`;
  return serviceId ? `fax service ${show(serviceId)}` : '';
}

/** The date of an RFC 3339 timestamp. */
export function day(timestamp: string): string {
  return timestamp.slice(0, 10);
}

/** An RFC 3339 timestamp without seconds. */
export function minute(timestamp: string): string {
  return timestamp.replace(/(T\d\d:\d\d):\d\d(\.\d+)?/, '$1');
}

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
  const region = regionCode ? enumValue(regionCode) : '';
  const own = type ? enumValue(type) : '';
  return region && own ? `${region} ${own}` : region || own;
}

/** e.g. `SMS+VOICE`. */
export function capabilityOf({ capability = [] }: { capability?: readonly string[] | undefined }): string {
  return capability.map(enumValue).join('+');
}

/** The value of an enum that may grow, such as a number type: as it is where it looks like one. */
export function enumValue(text: string): string {
  return /^[A-Z][A-Z_]{1,39}$/.test(text) ? text : quote(text);
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

/** How long it is until then, e.g. `41 minutes left`, or `over`; empty for what is no time. */
export function timeLeft(timestamp: string, now: number): string {
  const minutes = Math.ceil((Date.parse(timestamp) - now) / 60_000);
  if (Number.isNaN(minutes)) return '';
  if (minutes <= 0) return 'over';
  return `${minutes < 120 ? counted(minutes, 'minute') : counted(Math.floor(minutes / 60), 'hour')} left`;
}

/** The date of an RFC 3339 timestamp; anything else in quotes. */
export function day(timestamp: string): string {
  return /^\d{4}-\d\d-\d\d(?=T|$)/.exec(timestamp)?.[0] ?? quote(timestamp);
}

/** An RFC 3339 timestamp without seconds; anything else in quotes. */
export function minute(timestamp: string): string {
  const [, start, zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(timestamp) ?? [];
  return start === undefined ? quote(timestamp) : `${start}${zone}`;
}

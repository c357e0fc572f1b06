/** Reads requests the way the API does, and refuses what it refuses. */
import { CAPABILITIES, NUMBER_TYPES, SEARCH_PATTERNS } from '../api/schemas/numbers.ts';
import { VOICE_ID_OF, VOICE_TYPES } from '../api/schemas/voice.ts';
import { fieldViolation, invalidArgument, invalidEnum } from './errors.ts';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './invented.ts';
import { type VoiceTarget, voiceId } from './model.ts';
import type { NumberFilter } from './stock.ts';

export type Body = Readonly<Record<string, unknown>>;

/** What a rent or update asks for. Absent parts stay as they are; empty IDs unlink. */
export interface Configuration {
  readonly sms?: { readonly servicePlanId?: string; readonly campaignId?: string };
  readonly voice?: VoiceTarget;
  readonly callbackUrl?: string;
}

/** @throws {SimulatedError} 400 for anything but a JSON object; an absent body is an empty object */
export function parseBody(text: string): Body {
  if (text === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Falls through: the text is no JSON.
  }
  throw invalidArgument('the request body is not a valid JSON object');
}

export function readConfiguration(body: Body): Configuration {
  const sms = readObject(body, 'smsConfiguration');
  const voice = readObject(body, 'voiceConfiguration');
  const callbackUrl = readText(body, 'callbackUrl');
  return {
    ...(sms && { sms: readSms(sms) }),
    ...(voice && { voice: readVoice(voice) }),
    ...(callbackUrl !== undefined && { callbackUrl }),
  };
}

/**
 * Refuses a configuration that links nothing, as a purchase does.
 * @throws {SimulatedError} 400
 */
export function requireLinks({ sms, voice }: Configuration): void {
  if (sms && !sms.servicePlanId) throw fieldViolation('smsConfiguration.servicePlanId', 'Must not be empty');
  if (voice && !voiceId(voice)) throw fieldViolation('voiceConfiguration', 'Must not be empty');
}

function readSms(sms: Body): NonNullable<Configuration['sms']> {
  const servicePlanId = readText(sms, 'servicePlanId', 'smsConfiguration.');
  const campaignId = readText(sms, 'campaignId', 'smsConfiguration.');
  if (servicePlanId === undefined && campaignId === undefined) {
    throw fieldViolation('smsConfiguration', 'Must not be empty');
  }
  return {
    ...(servicePlanId !== undefined && { servicePlanId }),
    ...(campaignId !== undefined && { campaignId }),
  };
}

function readVoice(voice: Body): VoiceTarget {
  const type = readEnum(VOICE_TYPES, 'type', voice.type) ?? 'RTC';
  const ids = {
    appId: readText(voice, 'appId', 'voiceConfiguration.'),
    trunkId: readText(voice, 'trunkId', 'voiceConfiguration.'),
    serviceId: readText(voice, 'serviceId', 'voiceConfiguration.'),
  };
  if (ids[VOICE_ID_OF[type]] === undefined) {
    throw fieldViolation(`voiceConfiguration.${VOICE_ID_OF[type]}`, `Required for type ${type}`);
  }
  return { type, appId: '', trunkId: '', serviceId: '', [VOICE_ID_OF[type]]: ids[VOICE_ID_OF[type]] };
}

/** A text field; null counts as absent. */
export function readText(body: Body, field: string, prefix = ''): string | undefined {
  const value = body[field] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw fieldViolation(prefix + field, 'Must be a string');
}

export function readObject(body: Body, field: string): Body | undefined {
  const value = body[field] ?? undefined;
  if (value === undefined || isObject(value)) return value;
  throw fieldViolation(field, 'Must be an object');
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list field; null counts as empty. */
export function readList(body: Body, field: string): readonly unknown[] {
  const value = body[field] ?? [];
  if (Array.isArray(value)) return value;
  throw fieldViolation(field, 'Must be a list');
}

export function readEnum<T extends string>(
  values: readonly T[],
  field: string,
  value: unknown,
): T | undefined {
  if (value === undefined || value === null) return undefined;
  const known = values.find((candidate) => candidate === value);
  if (known === undefined) throw invalidEnum(field, value);
  return known;
}

interface FilterSource {
  readonly regionCode: unknown;
  readonly type: unknown;
  readonly capabilities: readonly unknown[];
  readonly pattern: unknown;
  readonly searchPattern: unknown;
}

/** Search criteria, from a query or from a rentAny body. */
export function readFilter(source: FilterSource, capabilityField: string): NumberFilter {
  const regionCode = source.regionCode ?? undefined;
  const pattern = source.pattern ?? '';
  if (regionCode !== undefined && !(typeof regionCode === 'string' && /^[A-Z]{2}$/.test(regionCode))) {
    throw fieldViolation('region_code', `Invalid region_code ${String(regionCode)}`);
  }
  if (typeof pattern !== 'string') throw fieldViolation('number_pattern', 'Must be a string');
  const searchPattern = readEnum(SEARCH_PATTERNS, 'number_pattern.search_pattern', source.searchPattern);
  return {
    regionCode,
    type: readEnum(NUMBER_TYPES, 'type', source.type),
    capabilities: source.capabilities.flatMap(
      (value) => readEnum(CAPABILITIES, capabilityField, value) ?? [],
    ),
    pattern,
    searchPattern: searchPattern ?? 'CONTAINS',
  };
}

/** A filter that names region and type, as searching and rentAny demand. */
export function requireRegionAndType(filter: NumberFilter): NumberFilter {
  if (filter.regionCode === undefined) throw fieldViolation('region_code', 'Must not be empty');
  if (filter.type === undefined) throw fieldViolation('type', 'Must not be empty');
  return filter;
}

/** A page size: clamped to the most that is granted. */
export function readSize(field: string, value: string | undefined): number {
  if (value === undefined) return DEFAULT_PAGE_SIZE;
  if (!/^\d+$/.test(value)) throw invalidEnum(field, value);
  return Math.min(Number(value) || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
}

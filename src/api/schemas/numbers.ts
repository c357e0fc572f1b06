/**
 * The API's vocabulary as zod schemas. What is sent is strict: an unknown key is an error.
 * What is received is open: every field may be missing, unknown fields and enum values pass through.
 */
import * as z from 'zod';
import { sanitizeText } from '../../lib/sanitize.ts';
import { E164, REGION_CODE, toDigits, toRegionCode } from '../formats.ts';
import { checkVoice, VOICE_TYPES } from './voice.ts';

export const NUMBER_TYPES = ['MOBILE', 'LOCAL', 'TOLL_FREE'] as const;
export const CAPABILITIES = ['SMS', 'VOICE'] as const;
export const SEARCH_PATTERNS = ['START', 'CONTAINS', 'END'] as const;

/** What a new callback secret must look like (OpenAPI 1.0.3). Secrets that are in use may be older. */
export const HMAC_SECRET = /^[a-zA-Z0-9-]{32,64}$/;

/** The eighteen codes that `scheduledProvisioning.errorCodes` can hold. */
export const SMS_ERROR_CODES = [
  'ERROR_CODE_UNSPECIFIED',
  'INTERNAL_ERROR',
  'SMS_PROVISIONING_FAILED',
  'CAMPAIGN_PROVISIONING_FAILED',
  'CAMPAIGN_NOT_AVAILABLE',
  'EXCEEDED_10DLC_LIMIT',
  'NUMBER_PROVISIONING_FAILED',
  'PARTNER_SERVICE_UNAVAILABLE',
  'CAMPAIGN_PENDING_ACCEPTANCE',
  'MNO_SHARING_ERROR',
  'CAMPAIGN_EXPIRED',
  'CAMPAIGN_MNO_REJECTED',
  'CAMPAIGN_MNO_SUSPENDED',
  'CAMPAIGN_MNO_REVIEW',
  'INSUFFICIENT_BALANCE',
  'MOCK_CAMPAIGN_NOT_ALLOWED',
  'TFN_NOT_ALLOWED',
  'INVALID_NNID',
] as const;

// ---- what is sent

export const phoneNumber = z
  .string()
  .regex(E164, 'must be E.164: + and 7 to 15 digits, without spaces, e.g. +12025550134')
  .describe('E.164');

export const regionCode = z
  .string()
  .regex(REGION_CODE, 'must be a two-letter ISO 3166-1 country code, e.g. US')
  .transform(toRegionCode)
  .describe('e.g. US');

export const numberType = z.enum(NUMBER_TYPES);

export const numberPattern = z
  .strictObject({
    pattern: z
      .string()
      .regex(/^\+?[\dA-Za-z]+$/, 'must be digits, or letters of a keypad; with START from the +, e.g. +1206')
      .transform(toDigits)
      .optional()
      .describe('Digits; with START e.g. +1206'),
    searchPattern: z.enum(SEARCH_PATTERNS).optional(),
  })
  .refine(({ pattern }) => pattern !== undefined, 'must hold pattern, or be left out');

export const capabilities = z.array(z.enum(CAPABILITIES)).min(1).describe('All of these');

export const size = z.int32().min(1);

const HTTP_URL = 'must be an http:// or https:// URL, e.g. https://example.com/callbacks';

/** What a person agrees to is shown whole, and sent as it is shown. Longer ones are not known of, nor odd ones. */
export const MAX_ID = 128;
export const MAX_URL = 1_024;
const URL_LENGTH = `must be at most ${MAX_URL} characters, all of them visible`;

/** What advice writes where an ID belongs. */
const PLACEHOLDER = /^(?:<.*>|\.\.\.|…|YOUR_.*)$/;

const id = z
  .string()
  .refine((value) => isShownWhole(value, MAX_ID), `must be at most ${MAX_ID} characters, all of them visible`)
  .refine((value) => !PLACEHOLDER.test(value), 'must be an ID: this is a placeholder for one');

export const callbackUrl = z
  .string()
  .refine(isHttpUrl, { error: HTTP_URL, abort: true })
  .refine((value) => isShownWhole(value, MAX_URL), URL_LENGTH)
  .optional()
  .describe('Receives provisioning events');

export const filled = id.min(1, 'must not be empty');

/**
 * How SMS and voice are configured.
 * @param id which IDs are valid: on a rent they are filled, an update may send "" to unlink
 */
function configurations(id: z.ZodString) {
  return {
    smsConfiguration: z
      .strictObject({
        servicePlanId: id,
        campaignId: id.optional().describe('10DLC, US only'),
      })
      .optional(),
    voiceConfiguration: z
      .strictObject({
        type: z.enum(VOICE_TYPES).optional().describe('RTC (default): appId. EST: trunkId. FAX: serviceId'),
        appId: id.optional(),
        trunkId: id.optional(),
        serviceId: id.optional(),
      })
      .superRefine(checkVoice)
      .optional(),
  };
}

export const rentNumberRequest = z.strictObject({
  ...configurations(filled),
  callbackUrl,
});

export const rentAnyNumberRequest = z.strictObject({
  regionCode,
  type: numberType,
  numberPattern: numberPattern.optional(),
  capabilities: capabilities.optional(),
  ...rentNumberRequest.shape,
});

export const updateNumberRequest = z.strictObject({
  displayName: z.string().optional(),
  ...configurations(id),
  callbackUrl: z
    .string()
    .refine((value) => value === '' || isHttpUrl(value), { error: HTTP_URL, abort: true })
    .refine((value) => isShownWhole(value, MAX_URL), URL_LENGTH)
    .optional()
    .describe('"" clears it'),
});

export const updateCallbackConfigurationRequest = z.strictObject({
  hmacSecret: z
    .string()
    .regex(HMAC_SECRET, 'must be 32 to 64 letters, digits or hyphens')
    .optional()
    .describe('32-64 letters, digits, hyphens'),
});

// ---- what is received

/** A text, and an integer, where one that is written as the other is taken as meant. */
export const text = z.preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string());
export const integer = z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), z.int());

export const money = z.looseObject({ currencyCode: text.optional(), amount: text.optional() });

const scheduledProvisioning = z.looseObject({
  servicePlanId: text.optional(),
  campaignId: text.optional(),
  status: text.optional(),
  lastUpdatedTime: text.optional(),
  errorCodes: z.array(text).optional(),
});

const voiceTarget = {
  type: text.optional(),
  appId: text.optional(),
  trunkId: text.optional(),
  serviceId: text.optional(),
  lastUpdatedTime: text.optional(),
};

export const availableNumber = z.looseObject({
  phoneNumber: text.optional(),
  regionCode: text.optional(),
  type: text.optional(),
  capability: z.array(text).optional(),
  setupPrice: money.optional(),
  monthlyPrice: money.optional(),
  paymentIntervalMonths: integer.optional(),
  supportingDocumentationRequired: z.boolean().optional(),
});

export const activeNumber = z.looseObject({
  phoneNumber: text.optional(),
  projectId: text.optional(),
  displayName: text.optional(),
  regionCode: text.optional(),
  type: text.optional(),
  capability: z.array(text).optional(),
  money: money.optional(),
  paymentIntervalMonths: integer.optional(),
  nextChargeDate: text.optional(),
  expireAt: text.optional(),
  smsConfiguration: z
    .looseObject({
      servicePlanId: text.optional(),
      campaignId: text.optional(),
      scheduledProvisioning: scheduledProvisioning.optional(),
    })
    .optional(),
  voiceConfiguration: z
    .looseObject({
      ...voiceTarget,
      scheduledVoiceProvisioning: z.looseObject({ ...voiceTarget, status: text.optional() }).optional(),
    })
    .optional(),
  callbackUrl: text.optional(),
});

const availableRegion = z.looseObject({
  regionCode: text.optional(),
  regionName: text.optional(),
  types: z.array(text).optional(),
});

export const listAvailableNumbersResponse = z.looseObject({
  availableNumbers: z.array(availableNumber).default([]),
});

export const listActiveNumbersResponse = z.looseObject({
  activeNumbers: z.array(activeNumber).default([]),
  nextPageToken: text.optional(),
  totalSize: integer.optional(),
});

export const listAvailableRegionsResponse = z.looseObject({
  availableRegions: z.array(availableRegion).default([]),
});

export const callbackConfiguration = z.looseObject({
  projectId: text.optional(),
  hmacSecret: text.optional(),
});

export type Money = z.output<typeof money>;
export type AvailableNumber = z.output<typeof availableNumber>;
export type ActiveNumber = z.output<typeof activeNumber>;
export type CallbackConfiguration = z.output<typeof callbackConfiguration>;

// ---- rules

function isShownWhole(value: string, maxLength: number): boolean {
  return sanitizeText(value, maxLength) === value;
}

function isHttpUrl(value: string): boolean {
  return /^https?:\/\/\S+$/i.test(value) && URL.canParse(value);
}

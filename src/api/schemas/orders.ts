/** Number orders as zod schemas: strict inward, open outward. What a country asks for has no fixed shape. */
import * as z from 'zod';
import { isDeeper } from '../../lib/fields.ts';
import { type FilePart, isFilePart } from '../multipart.ts';
import * as numbers from './numbers.ts';
import { checkVoice, VOICE_TYPES } from './voice.ts';

const { filled, integer, text } = numbers;

/** What an order can be at. COMPLETED, REJECTED and EXPIRED are final. */
export const ORDER_STATES = ['CREATED', 'IN_REVIEW', 'BLOCKED', 'COMPLETED', 'REJECTED', 'EXPIRED'] as const;

/** Whether an order in this state changes no more. */
export function isFinalState(state: string | undefined): boolean {
  return state === 'COMPLETED' || state === 'REJECTED' || state === 'EXPIRED';
}

/** The most numbers of one order (OpenAPI 1.0.3). */
export const MAX_ORDERED = 100;

// ---- what is sent

/** The API answers it as `idNumberOrder`. */
export const numberOrderId = filled;

export const attachmentId = filled.describe('From the requirements');

export const lookupNumberRequirementsRequest = z.strictObject({
  regionCode: numbers.regionCode,
  numberType: numbers.numberType,
});

export const createNumberOrderRequest = z
  .strictObject({
    regionCode: numbers.regionCode,
    numberType: numbers.numberType,
    numberOrderOption: z.strictObject({ phoneNumbers: z.array(numbers.phoneNumber).length(1) }).optional(),
    quantityOrderOption: z
      .strictObject({
        requestedQuantity: z.int32().min(1).max(MAX_ORDERED),
        numberPattern: numbers.numberPattern.optional(),
        sequential: z.boolean().optional(),
        capabilities: numbers.capabilities.optional(),
      })
      .optional()
      .describe('Or any that fit'),
    smsConfiguration: z.strictObject({ servicePlanId: filled, campaignId: filled.optional() }).optional(),
    voiceConfiguration: z
      .strictObject({
        type: z.enum(VOICE_TYPES),
        appId: filled.optional(),
        trunkId: filled.optional(),
        serviceId: filled.optional(),
      })
      .superRefine(checkVoice)
      .optional(),
    callbackUrl: numbers.callbackUrl,
  })
  .refine(
    ({ numberOrderOption, quantityOrderOption }) =>
      (numberOrderOption === undefined) !== (quantityOrderOption === undefined),
    'give either numberOrderOption or quantityOrderOption',
  );

/** Neither checked nor completed here: the API knows what each country asks for. */
const freeForm = z.looseObject({});
/** Requirements have four levels. What works through a registration does so by recursion. */
const MAX_DEPTH = 32;

export const updateNumberOrderRegistrationRequest = z.strictObject({
  requestDetails: freeForm
    .refine((details) => !isDeeper(details, MAX_DEPTH), `must not be nested in more than ${MAX_DEPTH} levels`)
    .describe('As the requirements ask for it'),
});

export const uploadNumberOrderAttachmentForm = z.strictObject({
  file: z.custom<FilePart>(isFilePart, 'must be a file'),
  documentType: filled.optional().describe('One of allowedDocumentTypes'),
});

// ---- what is received

export const requiredAttachment = z.looseObject({
  id: text.optional(),
  title: text.optional(),
  description: text.optional(),
  mandatory: z.boolean().optional(),
  template: z.array(z.looseObject({ name: text.optional(), url: text.optional() })).optional(),
  allowedMimeTypes: z.array(text).optional(),
  allowedDocumentTypes: z.array(text).optional(),
});

/** An object as documented; should a country describe them otherwise, they still reach whoever must fill them in. */
const requiredFields = z.preprocess(
  (fields) => (Array.isArray(fields) || typeof fields === 'string' ? { fields } : fields),
  freeForm.optional(),
);

export const numberRequirements = z.looseObject({
  fields: requiredFields,
  attachments: z.array(requiredAttachment).default([]),
});

const orderNumber = z.looseObject({
  phoneNumber: text.optional(),
  numberPrice: z
    .looseObject({
      setupPrice: numbers.money.optional(),
      monthlyPrice: numbers.money.optional(),
      paymentIntervalMonths: integer.optional(),
    })
    .optional(),
  capabilities: z.array(text).optional(),
});

export const numberOrder = z.looseObject({
  projectId: text.optional(),
  idNumberOrder: text.optional(),
  regionCode: text.optional(),
  state: text.optional(),
  numberType: text.optional(),
  orderNumbers: z.array(orderNumber).default([]),
  smsConfiguration: z.looseObject({ servicePlanId: text.optional(), campaignId: text.optional() }).optional(),
  voiceConfiguration: z
    .looseObject({
      type: text.optional(),
      appId: text.optional(),
      trunkId: text.optional(),
      serviceId: text.optional(),
      lastUpdatedTime: text.optional(),
      scheduledVoiceProvisioning: z.looseObject({}).optional(),
    })
    .optional(),
  expireTime: text.optional(),
  createTime: text.optional(),
  updateTime: text.optional(),
});

const attachment = z.looseObject({
  attachmentId: text.optional(),
  fileName: text.optional(),
  mimeType: text.optional(),
  createTime: text.optional(),
  updateTime: text.optional(),
  uploadStatus: text.optional(),
  documentType: text.optional(),
});

export const registration = z.looseObject({
  requestDetails: freeForm.optional(),
  attachments: z.array(attachment).default([]),
  logs: z.array(z.looseObject({ message: text.optional(), createTime: text.optional() })).default([]),
});

export type NumberRequirements = z.output<typeof numberRequirements>;
export type RequiredAttachment = z.output<typeof requiredAttachment>;
export type NumberOrder = z.output<typeof numberOrder>;
export type Registration = z.output<typeof registration>;

import { CURRENCY } from '../invented.ts';
import { timestamp } from '../wire.ts';
import type { OrderRecord } from './model.ts';
import { fieldsBody, type Requirements } from './requirements.ts';

/** RFC 3339 without a fraction, as orders write when they were created and changed. */
function seconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function filled(configuration: object): object {
  return Object.fromEntries(Object.entries(configuration).filter(([, id]) => id !== ''));
}

export function requirementsBody(requirements: Requirements): object {
  return { fields: fieldsBody(requirements), attachments: requirements.attachments };
}

/** An order. What was not configured is absent, and the callback URL is never echoed. */
export function orderBody(order: OrderRecord, projectId: string): object {
  const { sms, voice } = order.configuration;
  return {
    projectId,
    idNumberOrder: order.id,
    regionCode: order.regionCode,
    state: order.state,
    numberType: order.numberType,
    orderNumbers: order.numbers.map(({ phoneNumber, pool }) => ({
      phoneNumber,
      numberPrice: {
        setupPrice: { currencyCode: CURRENCY, amount: pool.setupPrice },
        monthlyPrice: { currencyCode: CURRENCY, amount: pool.price },
        paymentIntervalMonths: pool.paymentIntervalMonths,
      },
      capabilities: pool.capability,
    })),
    ...(sms && { smsConfiguration: filled(sms) }),
    ...(voice && { voiceConfiguration: filled(voice) }),
    expireTime: order.expiresAt === undefined ? null : timestamp(order.expiresAt),
    createTime: seconds(order.createdAt),
    updateTime: seconds(order.updatedAt),
  };
}

/** What was registered, the files that are asked for with what became of them, and the messages of the review. */
export function registrationBody(order: OrderRecord): object {
  const attachments = order.requirements?.attachments ?? [];
  return {
    requestDetails: order.details,
    attachments: attachments.map(({ id, template: [template], allowedMimeTypes }) => {
      const upload = order.uploads.get(id);
      return {
        attachmentId: id,
        fileName: upload?.fileName ?? template?.name,
        mimeType: upload?.mimeType ?? (template && allowedMimeTypes[0]),
        createTime: seconds(order.createdAt),
        updateTime: seconds(upload?.at ?? order.createdAt),
        uploadStatus: upload?.status ?? 'WAITING',
        documentType: upload?.documentType,
      };
    }),
    logs: order.logs.map(({ message, at }) => ({ message, createTime: seconds(at) })),
  };
}

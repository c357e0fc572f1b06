/** Where requirements and registrations keep what: the API has moved both, and either place is read. */
import { type Fields, isFields } from '../lib/fields.ts';
import type { Signal } from '../lib/signal.ts';
import { lean } from '../lib/strip-empty.ts';
import type { NumbersClient } from './client.ts';
import { isNotFound } from './errors.ts';
import { orderOperations } from './operations/orders.ts';
import {
  type NumberRequirements,
  type Registration,
  type RequiredAttachment,
  requiredAttachment,
} from './schemas/orders.ts';

/** The files that a country asks for: beside `fields` as the schema says, or inside as in its one example. */
export function requiredAttachments({ fields, attachments }: NumberRequirements): RequiredAttachment[] {
  const inside: readonly unknown[] = Array.isArray(fields?.attachments) ? fields.attachments : [];
  const found = new Map<unknown, RequiredAttachment>();
  for (const item of [...inside.flatMap(readRequired), ...attachments]) found.set(item.id ?? item, item);
  return [...found.values()];
}

function readRequired(item: unknown): RequiredAttachment[] {
  // What is leaned is used up, and `fields` stays whole.
  const read = requiredAttachment.safeParse(lean(structuredClone(item)));
  return read.success ? [read.data] : [];
}

/** What was registered: `requestDetails`, or `data` at the top as an older state of the API answered it. */
export function registeredDetails({ requestDetails, data }: Registration): Fields | undefined {
  return requestDetails ?? (isFields(data) || Array.isArray(data) ? { data } : undefined);
}

/**
 * The registration of an order that there is. Whether the API has one before anything is registered is not documented:
 * a 404 is an empty one.
 * @throws {NumbersError}
 */
export async function readRegistration(
  numbers: Pick<NumbersClient, 'call'>,
  numberOrderId: string,
  signal: Signal,
): Promise<Registration> {
  try {
    return await numbers.call(orderOperations.getNumberOrderRegistration, { numberOrderId }, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { attachments: [], logs: [] };
  }
}

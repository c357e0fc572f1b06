/** What the tests of ordering tools share: orders as an agent makes them. */
import * as z from 'zod';
import { fastClock } from '../../api/support.ts';
import { REGISTRATIONS, TYPES } from '../../simulator/order.ts';
import {
  agreeable,
  openStage,
  START,
  type Stage,
  type StageOptions,
  structuredAs,
} from '../../support/stage.ts';

export const order = z.looseObject({
  idNumberOrder: z.string(),
  state: z.string(),
  orderNumbers: z.array(z.looseObject({ phoneNumber: z.string() })),
});

/** A stage whose server has the time of the simulator. */
export function openOrders(options: StageOptions = {}): Promise<Stage> {
  return openStage({ pauses: fastClock(START), ...options });
}

/** The first number that a search in this country finds. */
export async function findNumber(stage: Stage, regionCode: string): Promise<string> {
  const found = await stage.call('search_available_numbers', {
    regionCode,
    type: TYPES[regionCode],
    size: 1,
  });
  return structuredAs(
    z.looseObject({ availableNumbers: z.tuple([z.looseObject({ phoneNumber: z.string() })]) }),
    found,
  ).availableNumbers[0].phoneNumber;
}

export async function create(stage: Stage, regionCode: string, more: object = {}) {
  const wanted =
    'quantityOrderOption' in more
      ? {}
      : { numberOrderOption: { phoneNumbers: [await findNumber(stage, regionCode)] } };
  const numberType = TYPES[regionCode];
  const result = await stage.call('create_number_order', { regionCode, numberType, ...wanted, ...more });
  return { result, ...structuredAs(order, result) };
}

export function register(stage: Stage, numberOrderId: string, requestDetails: object | undefined) {
  return stage.call('update_number_order_registration', { numberOrderId, requestDetails });
}

/** An order that needs no more than to be submitted. */
export async function prepare(stage: Stage, regionCode: string, more: object = {}): Promise<string> {
  const { idNumberOrder } = await create(stage, regionCode, more);
  if (REGISTRATIONS[regionCode]) await register(stage, idNumberOrder, REGISTRATIONS[regionCode]);
  return idNumberOrder;
}

export const submit = (stage: Stage, numberOrderId: string, person = agreeable()) =>
  stage.call('submit_number_order', { numberOrderId }, person);

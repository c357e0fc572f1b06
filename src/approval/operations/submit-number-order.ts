import { ApiError, isNotFound, isNumbersError } from '../../api/errors.ts';
import { counted, kindOf, quote, word } from '../../api/format.ts';
import { E164 } from '../../api/formats.ts';
import { addMoneys, dueNow, formatMoneys, formatRecurring, recurringPrice } from '../../api/money.ts';
import type { OperationInput } from '../../api/operations/operation.ts';
import { orderOperations } from '../../api/operations/orders.ts';
import { textsIn, withoutValues } from '../../api/personal.ts';
import { readRegistration, registeredDetails } from '../../api/registration.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { NumberOrder, NumberRequirements } from '../../api/schemas/orders.ts';
import { createCost } from '../../audit/cost.ts';
import type { Signal } from '../../lib/signal.ts';
import type { JournalEntry } from '../../storage/store.ts';
import type { GatedOperation, OperationContext } from '../operation.ts';
import { ITEMS_IN_TEXT, lastFourDigits, verbAndCount } from '../question.ts';
import { readUntilClear } from '../reconcile.ts';
import { linksOf, type OrderedNumber, type SubmitStakes, submitFacts } from './order-facts.ts';
import { isRegistered, missingFiles, registeredNames, uploadedFiles } from './order-registration.ts';

type Input = OperationInput<typeof orderOperations.submitNumberOrder>;

/** States in which an order can be submitted. */
const OPEN_STATES: readonly (string | undefined)[] = ['CREATED', 'BLOCKED'];

/**
 * @param fingerprint tells values apart that are not to be written down
 */
export function submitNumberOrder(
  fingerprint: (value: unknown) => string,
): GatedOperation<Input, SubmitStakes> {
  return {
    tool: 'submit_number_order',
    operation: orderOperations.submitNumberOrder,
    async quote({ numberOrderId }, context) {
      const { numbers, clock, signal } = context;
      const submits = submitsOf(numberOrderId, await context.recent());
      const open = openSubmit(numberOrderId, submits, clock.now());
      if (open !== undefined) return { refusal: open };
      const read = await numbers.call(orderOperations.getNumberOrder, { numberOrderId }, signal);
      const order = { ...sanitize(read), idNumberOrder: numberOrderId };
      const refusal = refusalOf(numberOrderId, order, clock.now());
      if (refusal !== undefined) return { refusal };
      const registration = await readRegistration(numbers, numberOrderId, signal);
      const missing = missingFiles(await requirementsOf(order, context), registration);
      if (missing.length > 0) {
        const files = missing.map(({ id = '', title = 'a file' }) => `${quote(title)} (${word(id)})`);
        const types = missing[0]?.allowedDocumentTypes ?? [];
        const call = {
          ...{ numberOrderId, attachmentId: missing[0]?.id ?? '', fileName: '…' },
          ...(types.length > 0 && { documentType: types.join(' | ') }),
        };
        return {
          refusal: `The order lacks what it cannot be reviewed without: ${files.join(', ')}. Next: upload_number_order_attachment ${JSON.stringify(call)}, then this call again.`,
        };
      }
      const ordered = orderedNumbers(order);
      const known = await context.knownOrder(numberOrderId);
      const stakes = {
        order,
        numbers: ordered,
        ...costOf(ordered),
        ...(isRegistered(registration) && { names: registeredNames(registration) }),
        ...(known?.created && { created: known.created }),
        files: uploadedFiles(registration),
        ended: submits.flatMap(({ intent, outcome }) => (outcome ? [intent.id] : [])),
        registration: fingerprint([
          registration.requestDetails ?? registration.data,
          registration.attachments,
        ]),
      };
      return { stakes, offers: ordered, rents: ordered.length };
    },
    terms: ({ order, numbers, registration, created }) => ({
      state: order.state,
      regionCode: order.regionCode,
      numberType: order.numberType,
      numbers,
      ...linksOf(order),
      ...(created?.callbackUrl && { callbackUrl: created.callbackUrl }),
      registration,
    }),
    shown: ({ order, numbers, dueNow, monthly }) => ({
      numberOrderId: order.idNumberOrder,
      regionCode: order.regionCode,
      numberType: order.numberType,
      count: numbers.length,
      phoneNumbers: numbers.slice(0, ITEMS_IN_TEXT).map(({ phoneNumber }) => phoneNumber),
      ...{ dueNow, monthly },
    }),
    question: ({ numberOrderId }, stakes, { clock }) => {
      const { order, numbers } = stakes;
      const [first] = numbers;
      const kind = kindOf({ regionCode: order.regionCode, type: order.numberType });
      const single = numbers.length === 1 && first !== undefined;
      return {
        headline: `Order ${single ? first.phoneNumber : counted(numbers.length, 'number')} (${kind}): submit order ${word(numberOrderId)} to Sinch. It cannot be cancelled.`,
        facts: submitFacts(stakes, clock.now()),
        ...(single
          ? lastFourDigits(first.phoneNumber, 'order the number')
          : { ...verbAndCount('ORDER', numbers.length), items: numbers.map((it) => itemOf(it, kind)) }),
      };
    },
    phoneNumbers: ({ numbers }) => numbers.map(({ phoneNumber }) => phoneNumber),
    standsBack({ numberOrderId }, { ended }, earlier, now) {
      const submits = submitsOf(numberOrderId, earlier).filter(({ intent }) => !ended.includes(intent.id));
      const isSent = submits.some(
        ({ outcome }) => outcome !== undefined && outcome.outcome !== 'not_executed',
      );
      if (!isSent) return openSubmit(numberOrderId, submits, now);
      return `Order ${word(numberOrderId)} was submitted by another call meanwhile. Next: get_number_order ${JSON.stringify({ numberOrderId })}.`;
    },
    async send({ numberOrderId }, { numbers, signal }) {
      try {
        return { order: await numbers.call(orderOperations.submitNumberOrder, { numberOrderId }, signal) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // What the API says against a registration may quote it.
        throw withoutValues(error, await registeredTexts(numbers, numberOrderId, signal));
      }
    },
    receipt: ({ dueNow, monthly, order }) =>
      `Sinch reviews it, which may take days. Once it is COMPLETED ${formatMoneys(dueNow)} is due (setup and first interval), then ${formatMoneys(monthly)} a month. Next: wait_for_number_order ${JSON.stringify({ numberOrderId: order.idNumberOrder })}.`,
    reconcile({ arguments: args, terms, error }, { numbers, clock }) {
      const numberOrderId = String(args.numberOrderId);
      const check = `get_number_order ${numberOrderId}: in any state but ${terms.state} it was submitted`;
      return readUntilClear(clock, error, check, async (signal) => {
        const order = await numbers.call(orderOperations.getNumberOrder, { numberOrderId }, signal);
        if (order.state === terms.state) return 'as before';
        // It ended by its time, as it does where nobody submits it.
        if (order.state === 'EXPIRED') return { outcome: 'not_executed' };
        if (order.state === undefined) return 'unclear';
        return { outcome: 'completed', evidence: `the order is ${word(order.state)} now`, order };
      });
    },
  };
}

/**
 * Why an order cannot be submitted yet: a request for it may be on its way, from whichever process. Until its lease has
 * ended, the state that the API shows is no proof.
 */
function openSubmit(id: string, submits: readonly JournalEntry[], now: number): string | undefined {
  const open = submits.find(
    ({ intent, outcome }) => outcome === undefined && Date.parse(intent.leaseUntil) > now,
  );
  if (open === undefined) return undefined;
  return `Order ${word(id)} was submitted at ${open.intent.at}, and nobody knows yet what came of it: it is settled at ${open.intent.leaseUntil} at the latest. Then get_number_order ${JSON.stringify({ numberOrderId: id })} shows it.`;
}

/** The submits of an order among the entries of the journal. */
function submitsOf(id: string, entries: readonly JournalEntry[]): JournalEntry[] {
  return entries.filter(
    ({ intent: { operationId, arguments: args } }) =>
      operationId === orderOperations.submitNumberOrder.operationId && args.numberOrderId === id,
  );
}

/** Why there is nothing to submit; undefined where there is. */
function refusalOf(id: string, order: NumberOrder, now: number): string | undefined {
  const { state, expireTime } = order;
  const isOver = expireTime !== undefined && Date.parse(expireTime) <= now;
  if (state === 'EXPIRED' || (state === 'CREATED' && isOver)) {
    return `Order ${word(id)} has expired: its numbers are given back. Next: create_number_order again, with the same arguments as before.`;
  }
  if (state === 'IN_REVIEW') {
    return `Order ${word(id)} is submitted already, and IN_REVIEW. Next: wait_for_number_order ${JSON.stringify({ numberOrderId: id })}.`;
  }
  if (!OPEN_STATES.includes(state)) return `Order ${word(id)} is ${word(state ?? 'in an unknown state')}.`;
  if (order.orderNumbers.length === 0) return `Order ${word(id)} holds no numbers.`;
  const odd = order.orderNumbers.find(({ phoneNumber = '' }) => !E164.test(phoneNumber));
  if (odd === undefined) return undefined;
  return `Order ${word(id)} holds ${quote(odd.phoneNumber ?? '')}, which is no phone number: nobody can be asked about that. Tell the user to look at the order in the Sinch dashboard.`;
}

async function requirementsOf(
  { regionCode = '', numberType }: NumberOrder,
  { numbers, signal }: OperationContext,
): Promise<NumberRequirements | undefined> {
  const product = orderOperations.lookupNumberRequirements.body.safeParse({ regionCode, numberType });
  if (!product.success) return undefined;
  try {
    return await numbers.call(orderOperations.lookupNumberRequirements, product.data, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return undefined;
  }
}

function orderedNumbers({ orderNumbers, regionCode }: NumberOrder): OrderedNumber[] {
  return orderNumbers.map(({ phoneNumber = '', numberPrice }) => ({
    phoneNumber,
    regionCode,
    setupPrice: numberPrice?.setupPrice,
    monthlyPrice: numberPrice?.monthlyPrice,
    paymentIntervalMonths: numberPrice?.paymentIntervalMonths,
  }));
}

/** What the numbers cost together: at once, and a month. */
function costOf(numbers: readonly OrderedNumber[]) {
  const cost = createCost();
  for (const { monthlyPrice, paymentIntervalMonths } of numbers) {
    cost.add({ ...(monthlyPrice && { money: monthlyPrice }), paymentIntervalMonths });
  }
  return { dueNow: addMoneys(numbers.flatMap(dueNow)), monthly: cost.perMonth() };
}

function itemOf(number: OrderedNumber, group: string) {
  const detail = `${formatMoneys(dueNow(number))} at first, ${formatRecurring(recurringPrice(number))}`;
  return { phoneNumber: number.phoneNumber, detail, group };
}

/** Every text of an order's registration; none where it cannot be read. */
async function registeredTexts(
  numbers: OperationContext['numbers'],
  numberOrderId: string,
  signal: Signal,
): Promise<string[]> {
  try {
    return textsIn(registeredDetails(await readRegistration(numbers, numberOrderId, signal)));
  } catch (error) {
    if (!isNumbersError(error)) throw error;
    return [];
  }
}

/** An order in words: where it stands, its numbers, and what comes next. */
import { capabilityOf, kindOf, minute, quote, timeLeft, word } from '../../api/format.ts';
import { formatMoney, formatRecurring } from '../../api/money.ts';
import { sanitize } from '../../api/sanitize.ts';
import type { NumberOrder, Registration } from '../../api/schemas/orders.ts';
import { cutToLength, table } from '../format/table.ts';
import { activeNumberRow } from '../format/text.ts';

/** An order as both forms of a result hold it. */
interface ToldOrder {
  readonly text: string;
  /** As many numbers as the text has. */
  readonly order: NumberOrder;
  /** The lines of the text that say more than the order: what was cut, and the next call. */
  readonly hints: readonly string[];
}

/** @param now milliseconds since the epoch */
export function tellOrder(answer: NumberOrder, now: number): ToldOrder {
  const order = sanitize(answer);
  const { smsConfiguration, voiceConfiguration, orderNumbers } = order;
  const { text, shown } = cutToLength(orderNumbers, (some) => table(some.map(numberRow)));
  const links = activeNumberRow({ smsConfiguration, voiceConfiguration }).slice(1).filter(Boolean);
  const cut = shown < orderNumbers.length ? [`CUT: ${shown} of ${orderNumbers.length} numbers.`] : [];
  const next = nextStep(order);
  const lines = [
    orderLine(order, now),
    ...(orderNumbers.length > 0 ? [text] : ['It holds no numbers.']),
    ...cut,
    ...(smsConfiguration || voiceConfiguration ? [`To be linked: ${links.join(', ')}`] : []),
    next,
  ];
  return {
    text: lines.join('\n'),
    order: { ...order, orderNumbers: orderNumbers.slice(0, shown) },
    hints: [...cut, next],
  };
}

/** e.g. `Order 01jg…: CREATED, DE LOCAL, reserved until 2026-01-17T12:00Z, 41 minutes left.` */
export function orderLine(
  {
    idNumberOrder = '',
    state,
    regionCode,
    numberType,
    expireTime,
  }: Pick<NumberOrder, 'idNumberOrder' | 'state' | 'regionCode' | 'numberType' | 'expireTime'>,
  now: number,
): string {
  const left = expireTime === undefined ? undefined : timeLeft(expireTime, now);
  const parts = [
    state === undefined ? 'state unknown' : word(state),
    kindOf({ regionCode, type: numberType }),
    expireTime !== undefined &&
      (left === 'over'
        ? `reserved until ${minute(expireTime)}: that is over`
        : `reserved until ${minute(expireTime)}, ${left}`),
  ];
  return `Order ${word(idNumberOrder)}: ${parts.filter(Boolean).join(', ')}.`;
}

function numberRow({ phoneNumber = '', numberPrice, capabilities }: NumberOrder['orderNumbers'][number]) {
  return [
    word(phoneNumber),
    capabilityOf({ capability: capabilities }),
    `setup ${formatMoney(numberPrice?.setupPrice)}`,
    formatRecurring({ price: numberPrice?.monthlyPrice, intervalMonths: numberPrice?.paymentIntervalMonths }),
  ];
}

/** The calls that bring an order on. */
function nextStep({ idNumberOrder, state, regionCode, numberType, orderNumbers }: NumberOrder): string {
  const ofOrder = JSON.stringify({ numberOrderId: idNumberOrder });
  switch (state) {
    case 'CREATED':
      return `Next: what lookup_number_requirements ${JSON.stringify({ regionCode, numberType })} asks for, if anything: update_number_order_registration ${JSON.stringify({ numberOrderId: idNumberOrder, requestDetails: {} })} with the data, upload_number_order_attachment for files. Then submit_number_order ${ofOrder}. Unsubmitted it expires, and costs nothing.`;
    case 'IN_REVIEW':
      return `Next: wait_for_number_order ${ofOrder}. A review may take days.`;
    case 'BLOCKED':
      return `Next: mend what the review says (update_number_order_registration, upload_number_order_attachment), then submit_number_order ${ofOrder} again. get_number_order_registration ${ofOrder} has what it says.`;
    case 'COMPLETED': {
      const phoneNumbers = orderNumbers.map(({ phoneNumber }) => phoneNumber);
      return `The numbers are bought. Next: wait_for_provisioning ${JSON.stringify(phoneNumbers.length === 1 ? { phoneNumber: phoneNumbers[0] } : { phoneNumbers })}.`;
    }
    case 'REJECTED':
      return `Refused for good: its numbers are given back. get_number_order_registration ${ofOrder} says why. Next, once that is mended: create_number_order anew.`;
    case 'EXPIRED':
      return 'It has expired: its numbers are given back, and it cannot be used any more. Next: create_number_order anew.';
    default:
      return `Next: get_number_order ${ofOrder} later.`;
  }
}

/** More files, or messages of the review, are not told. */
const MAX_LINES = 20;

type Status = Pick<Registration, 'attachments' | 'logs'>;

/** As much of a registration's files and reviews as its text has: the first files, the newest reviews. */
export function cutStatus<S extends Status>(answer: S): S {
  const { attachments, logs } = answer;
  return { ...answer, attachments: attachments.slice(0, MAX_LINES), logs: logs.slice(-MAX_LINES) };
}

/** What {@link cutStatus} leaves out, a line each. */
export function cutLines({ attachments, logs }: Status): string[] {
  return [
    ...(attachments.length > MAX_LINES ? [`CUT: ${MAX_LINES} of ${attachments.length} files.`] : []),
    ...(logs.length > MAX_LINES ? [`CUT: the newest ${MAX_LINES} of ${logs.length} reviews.`] : []),
  ];
}

/** What the review said, oldest first. */
export function reviewLines(answer: Status): string[] {
  return cutStatus(answer).logs.map(
    ({ message = '', createTime }) =>
      `Review${createTime === undefined ? '' : `, ${minute(createTime)}`}: ${quote(message, 1_000)}`,
  );
}

/** The files of a registration. */
export function fileLines(answer: Status): string[] {
  return cutStatus(answer).attachments.map(({ attachmentId = '', fileName, uploadStatus, documentType }) =>
    [
      `File ${word(attachmentId)}: ${word(uploadStatus ?? 'WAITING')}`,
      fileName && quote(fileName),
      documentType && quote(documentType),
    ]
      .filter(Boolean)
      .join(', '),
  );
}

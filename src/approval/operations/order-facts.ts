/** What a person is told before an order is submitted. */
import { minute, quote, timeLeft } from '../../api/format.ts';
import { formatMoneys } from '../../api/money.ts';
import type { Money } from '../../api/schemas/numbers.ts';
import type { NumberOrder } from '../../api/schemas/orders.ts';
import type { KnownOrder } from '../../storage/store.ts';
import type { Offer } from '../limits.ts';
import { type Fact, ITEMS_IN_TEXT } from '../question.ts';
import { type Configuration, configurationFacts } from './rent.ts';

export interface OrderedNumber extends Offer {
  readonly phoneNumber: string;
}

export interface SubmitStakes {
  readonly [key: string]: unknown;
  readonly order: NumberOrder;
  readonly numbers: readonly OrderedNumber[];
  readonly dueNow: readonly Money[];
  readonly monthly: readonly Money[];
  /** Absent where nothing is registered. */
  readonly names?: readonly string[];
  readonly files: readonly string[];
  /** What was given when the order was created and the API does not tell; absent where that was elsewhere. */
  readonly created?: KnownOrder['created'];
  /** Submits of this order that had come to an end when it was read, by their IDs in the journal. */
  readonly ended: readonly string[];
  /** Tells one registration from another without saying anything about it. */
  readonly registration: string;
}

/** @param now milliseconds since the epoch @throws {InvalidRequestError} where an ID or URL cannot be shown whole */
export function submitFacts(stakes: SubmitStakes, now: number): Fact[] {
  const { order, dueNow: due, monthly, names, files, created } = stakes;
  const { expireTime } = order;
  const inAll = order.orderNumbers.length > 1 ? ' in all' : '';
  return [
    {
      label: 'Due now',
      value: `${formatMoneys(due)}${inAll}, setup and first interval, once the review accepts it`,
    },
    {
      label: 'Then',
      value: `${formatMoneys(monthly) || 'an unknown price'} a month${inAll}, until released`,
    },
    { label: 'Registration data of', value: namesFact(names) },
    { label: 'Files', value: listed(files) || 'none' },
    ...configurationFacts(
      { ...linksOf(order), ...(created?.callbackUrl && { callbackUrl: created.callbackUrl }) },
      [],
    ),
    ...(created === undefined ? [CREATED_ELSEWHERE] : []),
    ...(expireTime === undefined
      ? []
      : [{ label: 'Reserved until', value: `${minute(expireTime)}, ${timeLeft(expireTime, now)}` }]),
  ];
}

const CREATED_ELSEWHERE: Fact = {
  label: 'Callbacks',
  value: 'where they go is not known here: the order was created elsewhere, and Sinch does not tell',
};

function namesFact(names: readonly string[] | undefined): string {
  if (names === undefined) return 'nobody: none is registered';
  return `${listed(names.map((name) => quote(name))) || 'nobody by name'}: goes to Sinch`;
}

/** The first of several texts, and how many more there are. */
function listed(texts: readonly string[]): string {
  const more = texts.length - ITEMS_IN_TEXT;
  return `${texts.slice(0, ITEMS_IN_TEXT).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What the numbers are linked to once they are bought. */
export function linksOf({ smsConfiguration, voiceConfiguration }: NumberOrder): Configuration {
  const { servicePlanId, campaignId } = smsConfiguration ?? {};
  const { appId, trunkId, serviceId } = voiceConfiguration ?? {};
  return {
    ...(servicePlanId && { smsConfiguration: { servicePlanId, ...(campaignId && { campaignId }) } }),
    ...((appId ?? trunkId ?? serviceId) && {
      voiceConfiguration: {
        ...(appId && { appId }),
        ...(trunkId && { trunkId }),
        ...(serviceId && { serviceId }),
      },
    }),
  };
}

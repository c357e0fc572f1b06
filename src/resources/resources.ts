import type { NumbersClient } from '../api/client.ts';
import { presentCallbackConfiguration } from '../api/mask-secret.ts';
import { DEFAULT_SIZE, operations } from '../api/operations/numbers.ts';
import { presentActiveNumber } from '../api/present-active-number.ts';
import { sanitize } from '../api/sanitize.ts';
import { explainProvisioningError, PROVISIONING_ERRORS } from '../audit/catalogue.ts';
import type { CallbackInbox } from '../callbacks/service.ts';
import type { Signal } from '../lib/signal.ts';
import type { OrderBook } from '../storage/order-book.ts';
import type { HistoryPage, HistoryQuery } from '../storage/store.ts';
import { type Completion, completeFrom, MAX_COMPLETIONS } from './completion.ts';
import { presentOrder } from './number-order.ts';
import {
  ACTIVE_NUMBER_TEMPLATE,
  ACTIVE_NUMBERS_URI,
  AVAILABLE_REGIONS_URI,
  CALLBACK_CONFIGURATION_URI,
  CALLBACK_EVENTS_URI,
  errorCodeOf,
  JOURNAL_URI,
  NUMBER_ORDERS_URI,
  PROVISIONING_ERROR_TEMPLATE,
  PROVISIONING_ERRORS_URI,
  phoneNumberOf,
} from './uris.ts';

/** What resources are read from. */
export interface Sources {
  readonly numbers: NumbersClient;
  readonly callbacks: CallbackInbox;
  /** What was sent and what came of it, newest first. */
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>;
  readonly orders: Pick<OrderBook, 'list'>;
  readonly signal: Signal;
}

/** Something that can be read and subscribed to. What it holds is JSON. */
export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  read(sources: Sources): Promise<object>;
}

/** A family of resources with one variable in its URI. */
export interface ResourceTemplate extends Omit<Resource, 'uri' | 'read'> {
  readonly uriTemplate: string;
  readonly variable: string;
  /** The variable's value in a URI of this family; undefined for any other URI. */
  match(uri: string): string | undefined;
  read(value: string, sources: Sources): Promise<object>;
  /** Values of the variable that begin with, or contain, what was typed so far. */
  complete(typed: string, sources: Sources): Promise<Completion>;
}

const ORDERS = 50;
/** The journal shows this many entries. */
const JOURNAL_ENTRIES = 50;

export const resources: readonly Resource[] = [
  {
    uri: ACTIVE_NUMBERS_URI,
    name: 'active-numbers',
    title: 'Rented numbers',
    description: `The first ${DEFAULT_SIZE} rented numbers and how many there are in all. More: list_active_numbers.`,
    read: async ({ numbers, signal }) => {
      const page = await numbers.call(operations.listActiveNumbers, { pageSize: DEFAULT_SIZE }, signal);
      return { ...sanitize(page), activeNumbers: page.activeNumbers.map(presentActiveNumber) };
    },
  },
  {
    uri: CALLBACK_CONFIGURATION_URI,
    name: 'callback-configuration',
    title: 'Callback configuration',
    description: 'The secret that signs callbacks, masked.',
    read: async ({ numbers, signal }) =>
      presentCallbackConfiguration(await numbers.call(operations.getCallbackConfiguration, {}, signal)),
  },
  {
    uri: AVAILABLE_REGIONS_URI,
    name: 'available-regions',
    title: 'Available regions',
    description: 'Regions that numbers are offered in, with their number types.',
    read: async ({ numbers, signal }) =>
      sanitize(await numbers.call(operations.listAvailableRegions, {}, signal)),
  },
  {
    uri: CALLBACK_EVENTS_URI,
    name: 'callback-events',
    title: 'Callback events',
    description: `The newest ${DEFAULT_SIZE} events that callbacks brought, and the state of their receiver. More: list_callback_events.`,
    read: async ({ callbacks }) => {
      const { events, dropped } = sanitize(await callbacks.list({ limit: DEFAULT_SIZE }));
      return { events, ...(dropped > 0 && { dropped }), receiver: callbacks.status() };
    },
  },
  {
    uri: JOURNAL_URI,
    name: 'journal',
    title: 'Journal',
    description: `The last ${JOURNAL_ENTRIES} rents, updates and releases, newest first: who agreed to what, and what came of it.`,
    read: async ({ history }) => {
      const { entries } = await history({ limit: JOURNAL_ENTRIES });
      return sanitize({
        entries: entries.map(
          ({ intent: { server: _, leaseUntil: __, before: ___, ...intent }, outcome }) => ({
            ...intent,
            outcome: outcome?.outcome ?? 'under way',
            ...(outcome && { endedAt: outcome.at }),
            ...(outcome?.phoneNumber && { phoneNumber: outcome.phoneNumber }),
            ...(outcome?.settledLater && { settledLater: true }),
          }),
        ),
      });
    },
  },
  {
    uri: NUMBER_ORDERS_URI,
    name: 'number-orders',
    title: 'Number orders',
    description: `The newest ${ORDERS} orders that this server knows of, as they were last seen. More: list_number_orders.`,
    read: async ({ orders }) => {
      const known = (await orders.list()).slice(0, ORDERS);
      return { orders: known.map(presentOrder) };
    },
  },
  {
    uri: PROVISIONING_ERRORS_URI,
    name: 'provisioning-errors',
    title: 'Provisioning errors',
    description:
      'Every code of failed provisioning that is known: meaning, who mends it, how, when to retry.',
    read: async () => ({ provisioningErrors: PROVISIONING_ERRORS }),
  },
];

export const resourceTemplates: readonly ResourceTemplate[] = [
  {
    uriTemplate: ACTIVE_NUMBER_TEMPLATE,
    variable: 'phoneNumber',
    name: 'active-number',
    title: 'Rented number',
    description: 'One rented number: price, dates, linked services, provisioning.',
    match: phoneNumberOf,
    read: async (phoneNumber, { numbers, signal }) =>
      presentActiveNumber(await numbers.call(operations.getActiveNumber, { phoneNumber }, signal)),
    complete: async (typed, { numbers, signal }) => {
      const pattern = typed.replace(/^%2b/i, '+').replace(/[^+\d]/g, '');
      if (typed !== '' && pattern === '') return { values: [], total: 0 };
      const searchPattern = pattern.startsWith('+') ? ('START' as const) : ('CONTAINS' as const);
      const page = await numbers.call(
        operations.listActiveNumbers,
        { pageSize: MAX_COMPLETIONS, ...(pattern && { numberPattern: { pattern, searchPattern } }) },
        signal,
      );
      const values = page.activeNumbers
        .flatMap(({ phoneNumber }) => phoneNumber ?? [])
        .slice(0, MAX_COMPLETIONS);
      return { values, ...(page.totalSize !== undefined && { total: page.totalSize }) };
    },
  },
  {
    uriTemplate: PROVISIONING_ERROR_TEMPLATE,
    variable: 'code',
    name: 'provisioning-error',
    title: 'Provisioning error',
    description: 'One code of failed provisioning: meaning, who mends it, how, when to retry.',
    match: errorCodeOf,
    read: async (code) => explainProvisioningError(code),
    complete: async (typed) =>
      completeFrom(
        PROVISIONING_ERRORS.map(({ code }) => code),
        typed,
      ),
  },
];

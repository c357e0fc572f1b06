import type { NumbersClient } from '../numbers/client.ts';
import { DEFAULT_SIZE, operations } from '../numbers/operations.ts';
import { sanitize } from '../numbers/sanitize.ts';
import { presentCallbackConfiguration } from './present.ts';
import {
  ACTIVE_NUMBER_TEMPLATE,
  ACTIVE_NUMBERS_URI,
  AVAILABLE_REGIONS_URI,
  CALLBACK_CONFIGURATION_URI,
  phoneNumberOf,
} from './uris.ts';

/** Something that can be read and subscribed to. What it holds is JSON. */
export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  read(numbers: NumbersClient, signal: AbortSignal): Promise<object>;
}

/** A family of resources with one variable in its URI. */
export interface ResourceTemplate extends Omit<Resource, 'uri' | 'read'> {
  readonly uriTemplate: string;
  readonly variable: string;
  /** The variable's value in a URI of this family; undefined for any other URI. */
  match(uri: string): string | undefined;
  read(value: string, numbers: NumbersClient, signal: AbortSignal): Promise<object>;
  /** Values of the variable that begin with, or contain, what was typed so far. */
  complete(typed: string, numbers: NumbersClient, signal: AbortSignal): Promise<Completion>;
}

export interface Completion {
  /** At most {@link MAX_COMPLETIONS}. */
  readonly values: readonly string[];
  /** How many there are in all, where that is known. */
  readonly total?: number;
}

/** The protocol's limit on completion values. */
const MAX_COMPLETIONS = 100;

export const resources: readonly Resource[] = [
  {
    uri: ACTIVE_NUMBERS_URI,
    name: 'active-numbers',
    title: 'Rented numbers',
    description: `The first ${DEFAULT_SIZE} rented numbers and how many there are in all. More: list_active_numbers.`,
    read: async (numbers, signal) =>
      sanitize(await numbers.call(operations.listActiveNumbers, { pageSize: DEFAULT_SIZE }, signal)),
  },
  {
    uri: CALLBACK_CONFIGURATION_URI,
    name: 'callback-configuration',
    title: 'Callback configuration',
    description: 'The secret that signs callbacks, masked.',
    read: async (numbers, signal) =>
      presentCallbackConfiguration(await numbers.call(operations.getCallbackConfiguration, {}, signal)),
  },
  {
    uri: AVAILABLE_REGIONS_URI,
    name: 'available-regions',
    title: 'Available regions',
    description: 'Regions that numbers are offered in, with their number types.',
    read: async (numbers, signal) =>
      sanitize(await numbers.call(operations.listAvailableRegions, {}, signal)),
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
    read: async (phoneNumber, numbers, signal) =>
      sanitize(await numbers.call(operations.getActiveNumber, { phoneNumber }, signal)),
    complete: async (typed, numbers, signal) => {
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
];

/** What tests of reading the inventory share: a list of rented numbers behind plain HTTP that can misbehave. */
import { expect } from 'vitest';
import type { NumbersClient } from '../../src/api/client.ts';
import { type Inventory, readInventory } from '../../src/audit/inventory.ts';
import { createSignal } from '../../src/lib/signal.ts';
import { answerJson, connect, endpointAt, serve } from '../api/support.ts';

export interface Rented {
  readonly phoneNumber: string;
  readonly type: string;
}

/** What one request for a page asked for. */
export interface Asked {
  readonly type: string | null;
  readonly pattern: string | null;
  readonly regionCode: string | null;
  readonly pageSize: string | null;
  /** The index of the first number of the page. */
  readonly from: number;
}

export interface Behaviour {
  /** How many numbers a page holds at most, whatever is asked for. */
  readonly granted?: number;
  readonly ignores?: 'type' | 'pattern';
  /** The types that the list holds when it is asked for without one. */
  readonly untyped?: readonly string[];
  readonly totalSize?: (asked: Asked, total: number) => number | undefined;
  /** A status instead of the page. */
  readonly refuses?: (asked: Asked) => number | undefined;
  readonly nextPageToken?: (token: string) => string;
  /** How many numbers the first page of each list holds, where that is less. */
  readonly firstPage?: number;
  /** Sends the page now or later. */
  readonly answer?: (send: () => void, asked: Asked) => void;
}

/** A list of rented numbers behind plain HTTP, and a client in front of it. */
export async function openList(rented: readonly Rented[], behaviour: Behaviour = {}) {
  const {
    granted = 100,
    ignores,
    untyped,
    totalSize = (_, total) => total,
    refuses = () => undefined,
  } = behaviour;
  const { firstPage = granted, nextPageToken = (token) => token, answer = (send) => send() } = behaviour;
  const asked: Asked[] = [];
  let [underWay, mostUnderWay] = [0, 0];
  const server = await serve((response, { target }) => {
    const query = new URL(target, 'http://localhost').searchParams;
    const type = query.get('type');
    const pattern = query.get('numberPattern.pattern');
    const ask = {
      type,
      pattern,
      regionCode: query.get('regionCode'),
      pageSize: query.get('pageSize'),
      from: Number(query.get('pageToken')?.replace('from-', '') ?? 0),
    };
    asked.push(ask);
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    response.on('close', () => underWay--);
    const all = rented.filter(
      (it) =>
        (type === null ? (untyped?.includes(it.type) ?? true) : ignores === 'type' || it.type === type) &&
        (pattern === null || ignores === 'pattern' || it.phoneNumber.startsWith(pattern)),
    );
    const to = ask.from + (ask.from === 0 && ask.type !== null ? firstPage : granted);
    const status = refuses(ask);
    const total = totalSize(ask, all.length);
    answer(() => {
      if (status !== undefined) answerJson(response, {}, status);
      else {
        answerJson(response, {
          activeNumbers: all.slice(ask.from, to),
          nextPageToken: to < all.length ? nextPageToken(`from-${to}`) : '',
          ...(total !== undefined && { totalSize: total }),
        });
      }
    }, ask);
  });
  const numbers = connect(endpointAt(server, { auth: 'basic' }));
  return { numbers, asked, underWay: () => underWay, mostUnderWay: () => mostUnderWay };
}

export interface Reading extends Inventory<string[]> {
  readonly progress: readonly (readonly [read: number, total: number | undefined])[];
}

export async function readAll(
  numbers: NumbersClient,
  filter: Parameters<typeof readInventory>[0]['filter'] = {},
  signal = createSignal().signal,
): Promise<Reading> {
  const progress: [number, number | undefined][] = [];
  const inventory = await readInventory<string[]>({
    numbers,
    filter,
    signal,
    create: () => [],
    add: (found, page) => found.push(...page.map(({ phoneNumber = '' }) => phoneNumber)),
    merge: (found, other) => found.push(...other),
    onProgress: (read, total) => progress.push([read, total]),
  });
  return { ...inventory, progress };
}

export function rent(count: number, type: string, prefix = '+1202555'): Rented[] {
  return Array.from({ length: count }, (_, line) => ({
    phoneNumber: `${prefix}${String(line).padStart(4, '0')}`,
    type,
  }));
}

export const phoneNumbers = (rented: readonly Rented[]) =>
  rented.map(({ phoneNumber }) => phoneNumber).sort();

/** 300 numbers, of each type: 200, 60 and 40. */
export const THREE_TYPES = [
  ...rent(200, 'LOCAL'),
  ...rent(60, 'MOBILE', '+44770090'),
  ...rent(40, 'TOLL_FREE', '+1800555'),
];

export function expectAll({ result, failure: reason }: Reading, rented: readonly Rented[]): void {
  expect(reason).toBeUndefined();
  expect(result.sort()).toEqual(phoneNumbers(rented));
}

import { fieldViolation } from './errors.ts';
import type { ActiveRecord } from './model.ts';

export type OrderBy = 'phoneNumber' | 'displayName';

/** Where the next page begins: after this number, in this order. Pages survive what comes and goes between. */
export interface Cursor {
  readonly orderBy: OrderBy;
  readonly displayName: string;
  readonly phoneNumber: string;
}

/** URL-safe base64 with padding, so that a client that does not encode its query can send it back as it is. */
export function encodeCursor(cursor: Cursor): string {
  const bytes = Buffer.from(JSON.stringify([cursor.orderBy, cursor.displayName, cursor.phoneNumber]));
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** @throws {SimulatedError} 400 for a token that was not issued for this order */
export function decodeCursor(token: string, orderBy: OrderBy): Cursor {
  const [order, displayName, phoneNumber] = parse(token);
  if (order !== orderBy || typeof displayName !== 'string' || typeof phoneNumber !== 'string') {
    throw fieldViolation('page_token', `Invalid page_token ${token}`);
  }
  return { orderBy, displayName, phoneNumber };
}

function parse(token: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Sorts by the field, then by phone number. */
export function compare(a: Omit<Cursor, 'orderBy'>, b: Omit<Cursor, 'orderBy'>, orderBy: OrderBy): number {
  const byName = orderBy === 'displayName' ? order(a.displayName, b.displayName) : 0;
  return byName || order(a.phoneNumber, b.phoneNumber);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The index of the first record after the cursor. */
export function indexAfter(sorted: readonly ActiveRecord[], cursor: Cursor): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const record = sorted[middle];
    if (record !== undefined && compare(record, cursor, cursor.orderBy) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

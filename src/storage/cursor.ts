import { InvalidRequestError } from '../api/errors.ts';

/** Where a page of the history ends, by two numbers that order its entries, as text that says nothing to anybody else. */
export function encodeCursor(first: number, second: number): string {
  return Buffer.from(`${first}:${second}`).toString('base64url');
}

/** @throws {InvalidRequestError} for a cursor that is none of this list */
export function decodeCursor(cursor: string): readonly [number, number] {
  const [, first, second] =
    /^(\d{1,15}):(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  const position = [Number(first), Number(second)] as const;
  if (first === undefined || encodeCursor(...position) !== cursor) {
    throw new InvalidRequestError('cursor is not a nextCursor of this list');
  }
  return position;
}

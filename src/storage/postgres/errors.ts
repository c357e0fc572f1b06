import { StoreError } from '../store.ts';

/** @param message what is wrong, without any password */
export function databaseError(message: string, cause?: unknown): StoreError {
  return new StoreError(message, { cause, remedy: 'mend that: doctor looks at the database' });
}

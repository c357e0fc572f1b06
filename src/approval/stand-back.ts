import { sanitizeText } from '../lib/sanitize.ts';
import { StoreError } from '../storage/store.ts';
import type { GatedOperation, OperationContext } from './operation.ts';
import type { Stakes } from './outcome.ts';

/**
 * Why an intent that is in the journal is not sent all the same; undefined where nothing is in its way.
 * @param id of the intent
 */
export async function reasonToStandBack<I extends object, S extends Stakes>(
  operation: GatedOperation<I, S>,
  input: I,
  stakes: S,
  id: string,
  { recent, clock }: OperationContext,
): Promise<string | undefined> {
  if (operation.standsBack === undefined) return undefined;
  try {
    const entries = await recent();
    const own = entries.findIndex(({ intent }) => intent.id === id);
    return operation.standsBack(input, stakes, entries.slice(0, own), clock.now());
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return `Whether the same is being sent elsewhere cannot be read: ${sanitizeText(error.message, 200)}.`;
  }
}

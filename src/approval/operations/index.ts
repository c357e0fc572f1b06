import type { ReconcilableOperation } from '../operation.ts';
import { releaseNumber } from './release-number.ts';
import { releaseNumbers } from './release-numbers.ts';
import { rentAnyNumber } from './rent-any-number.ts';
import { rentNumber } from './rent-number.ts';
import { rentNumbers } from './rent-numbers.ts';
import { updateActiveNumber } from './update-active-number.ts';
import { updateActiveNumbers } from './update-active-numbers.ts';
import { updateCallbackConfiguration } from './update-callback-configuration.ts';

/**
 * Every operation that the gate carries out.
 * @param asksBeforeUpdates whether updates that cut off what works need a yes, too
 */
export function gatedOperations(asksBeforeUpdates: boolean) {
  return {
    rentNumber,
    rentAnyNumber,
    releaseNumber,
    updateActiveNumber: updateActiveNumber(asksBeforeUpdates),
    updateActiveNumbers: updateActiveNumbers(asksBeforeUpdates),
    rentNumbers,
    releaseNumbers,
    updateCallbackConfiguration: updateCallbackConfiguration(asksBeforeUpdates),
  };
}

export type GatedOperations = ReturnType<typeof gatedOperations>;

/** The operation with this ID; undefined where the gate knows none. */
export function operationWithId(
  operations: GatedOperations,
  operationId: string,
): ReconcilableOperation | undefined {
  const { rentNumber, rentAnyNumber, releaseNumber, updateActiveNumber, updateCallbackConfiguration } =
    operations;
  const single: readonly ReconcilableOperation[] = [
    ...[rentNumber, rentAnyNumber, releaseNumber, updateActiveNumber, updateCallbackConfiguration],
  ];
  return single.find(({ operation }) => operation.operationId === operationId);
}

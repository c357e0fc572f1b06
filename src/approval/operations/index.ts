import { createHmac, randomBytes } from 'node:crypto';
import { canonicalJson } from '../digest.ts';
import type { ReconcilableOperation } from '../operation.ts';
import { deprovisionEmergencyAddress, provisionEmergencyAddress } from './emergency-address.ts';
import { releaseNumber } from './release-number.ts';
import { releaseNumbers } from './release-numbers.ts';
import { rentAnyNumber } from './rent-any-number.ts';
import { rentNumber } from './rent-number.ts';
import { rentNumbers } from './rent-numbers.ts';
import { submitNumberOrder } from './submit-number-order.ts';
import { updateActiveNumber } from './update-active-number.ts';
import { updateActiveNumbers } from './update-active-numbers.ts';
import { updateCallbackConfiguration } from './update-callback-configuration.ts';

/**
 * Every operation that the gate carries out.
 * @param asksBeforeUpdates whether updates that cut off what works need a yes, too
 */
export function gatedOperations(asksBeforeUpdates: boolean) {
  const fingerprint = createFingerprint();
  return {
    rentNumber,
    rentAnyNumber,
    releaseNumber,
    updateActiveNumber: updateActiveNumber(asksBeforeUpdates),
    updateActiveNumbers: updateActiveNumbers(asksBeforeUpdates),
    rentNumbers,
    releaseNumbers,
    updateCallbackConfiguration: updateCallbackConfiguration(asksBeforeUpdates),
    submitNumberOrder: submitNumberOrder(fingerprint),
    provisionEmergencyAddress: provisionEmergencyAddress(fingerprint),
    deprovisionEmergencyAddress: deprovisionEmergencyAddress(fingerprint),
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
  const { submitNumberOrder, provisionEmergencyAddress, deprovisionEmergencyAddress } = operations;
  const single: readonly ReconcilableOperation[] = [
    ...[rentNumber, rentAnyNumber, releaseNumber, updateActiveNumber, updateCallbackConfiguration],
    ...[submitNumberOrder, provisionEmergencyAddress, deprovisionEmergencyAddress],
  ];
  return single.find(({ operation }) => operation.operationId === operationId);
}

/**
 * Tells personal data apart in what is written down, without writing it down: with a key that this process alone has
 * and never tells, so that nobody can find a value by trying.
 */
function createFingerprint(): (value: unknown) => string {
  const key = randomBytes(32);
  return (value) => createHmac('sha256', key).update(canonicalJson(value)).digest('base64url');
}

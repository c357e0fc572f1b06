import { getActiveNumber, listActiveNumbers, updateActiveNumber } from './active-numbers.ts';
import { auditProvisioning } from './audit-provisioning.ts';
import { checkNumberAvailability, searchAvailableNumbers } from './available-numbers.ts';
import { getCallbackConfiguration, updateCallbackConfiguration } from './callback-configuration.ts';
import { listCallbackEvents } from './callback-events.ts';
import { listAvailableRegions } from './regions.ts';
import { releaseNumber } from './release-number.ts';
import { rentAnyNumber } from './rent-any-number.ts';
import { rentNumber } from './rent-number.ts';
import type { Tool } from './tool.ts';
import { waitForProvisioning } from './wait-for-provisioning.ts';

/** Every tool, in the order in which clients list them. */
export const tools: readonly Tool[] = [
  searchAvailableNumbers,
  checkNumberAvailability,
  rentNumber,
  rentAnyNumber,
  listActiveNumbers,
  getActiveNumber,
  updateActiveNumber,
  releaseNumber,
  listAvailableRegions,
  getCallbackConfiguration,
  updateCallbackConfiguration,
  auditProvisioning,
  listCallbackEvents,
  waitForProvisioning,
];

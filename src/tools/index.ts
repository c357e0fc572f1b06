import { auditProvisioning } from './insight/audit-provisioning.ts';
import { listCallbackEvents } from './insight/callback-events.ts';
import { waitForProvisioning } from './insight/wait-for-provisioning.ts';
import { getActiveNumber, listActiveNumbers } from './numbers/active-numbers.ts';
import { checkNumberAvailability, searchAvailableNumbers } from './numbers/available-numbers.ts';
import { getCallbackConfiguration, updateCallbackConfiguration } from './numbers/callback-configuration.ts';
import { listAvailableRegions } from './numbers/regions.ts';
import { releaseNumber } from './numbers/release-number.ts';
import { rentAnyNumber } from './numbers/rent-any-number.ts';
import { rentNumber } from './numbers/rent-number.ts';
import { updateActiveNumber } from './numbers/update-active-number.ts';
import type { Tool } from './tool.ts';

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

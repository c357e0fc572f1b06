import { releaseNumbers } from './bulk/release-numbers.ts';
import { rentNumbers } from './bulk/rent-numbers.ts';
import { updateActiveNumbers } from './bulk/update-active-numbers.ts';
import {
  deprovisionEmergencyAddress,
  getEmergencyAddress,
  provisionEmergencyAddress,
  validateEmergencyAddress,
} from './emergency/emergency-address.ts';
import { listActivity } from './insight/activity.ts';
import { auditProvisioning } from './insight/audit-provisioning.ts';
import { listCallbackEvents } from './insight/callback-events.ts';
import { findActiveNumbers } from './insight/find-active-numbers.ts';
import { waitForProvisioning } from './insight/wait-for-provisioning.ts';
import { getActiveNumber, listActiveNumbers } from './numbers/active-numbers.ts';
import { checkNumberAvailability, searchAvailableNumbers } from './numbers/available-numbers.ts';
import { getCallbackConfiguration, updateCallbackConfiguration } from './numbers/callback-configuration.ts';
import { listAvailableRegions } from './numbers/regions.ts';
import { releaseNumber } from './numbers/release-number.ts';
import { rentAnyNumber } from './numbers/rent-any-number.ts';
import { rentNumber } from './numbers/rent-number.ts';
import { updateActiveNumber } from './numbers/update-active-number.ts';
import { listNumberOrders } from './orders/list-number-orders.ts';
import { createNumberOrder, getNumberOrder } from './orders/number-order.ts';
import { getNumberOrderRegistration, updateNumberOrderRegistration } from './orders/registration.ts';
import { lookupNumberRequirements } from './orders/requirements.ts';
import { submitNumberOrder } from './orders/submit-number-order.ts';
import { uploadNumberOrderAttachment } from './orders/upload-attachment.ts';
import { waitForNumberOrder } from './orders/wait-for-number-order.ts';
import type { Tool } from './tool.ts';

/** The groups in which tools can be offered, in the order in which clients list them. */
export const toolsets = {
  core: [
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
  ],
  insight: [auditProvisioning, findActiveNumbers, waitForProvisioning, listCallbackEvents, listActivity],
  bulk: [rentNumbers, updateActiveNumbers, releaseNumbers],
  orders: [
    lookupNumberRequirements,
    createNumberOrder,
    getNumberOrder,
    getNumberOrderRegistration,
    updateNumberOrderRegistration,
    uploadNumberOrderAttachment,
    submitNumberOrder,
    listNumberOrders,
    waitForNumberOrder,
  ],
  emergency: [
    getEmergencyAddress,
    validateEmergencyAddress,
    provisionEmergencyAddress,
    deprovisionEmergencyAddress,
  ],
} as const satisfies Readonly<Record<string, readonly Tool[]>>;

export type Toolset = keyof typeof toolsets;

/** Every tool, in the order in which clients list them. */
export const tools: readonly Tool[] = Object.values(toolsets).flat();

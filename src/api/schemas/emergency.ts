/** Emergency (E911) addresses as zod schemas: strict inward, open outward. */
import * as z from 'zod';
import { filled, text } from './numbers.ts';

// ---- what is sent

export const emergencyAddressRequest = z.strictObject({
  displayName: filled.describe('Who is called from this number, for the dispatcher'),
  address: z.strictObject({
    streetNumber: filled.describe('e.g. 3500'),
    streetInfo: filled.describe('Street without its number, e.g. Lenox Rd NE'),
    location: z.string().optional().describe('Flat, floor or suite'),
    city: filled,
    state: filled.describe('e.g. GA'),
    postalCode: filled.describe('e.g. 30326'),
    postalCodePlusFour: z.string().optional(),
  }),
});

// ---- what is received

export const emergencyAddress = z.looseObject({
  streetNumber: text.optional(),
  streetInfo: text.optional(),
  location: text.optional(),
  city: text.optional(),
  state: text.optional(),
  postalCode: text.optional(),
  postalCodePlusFour: text.optional(),
});

export const validateAddressResponse = z.looseObject({
  phoneNumber: text.optional(),
  displayName: text.optional(),
  validatedAddress: emergencyAddress.optional(),
  validationResult: text.optional(),
  validationMessage: text.optional(),
  correctedAddress: emergencyAddress.optional(),
  candidateAddresses: z.array(emergencyAddress).default([]),
});

export type EmergencyAddress = z.output<typeof emergencyAddress>;
export type ValidateAddressResponse = z.output<typeof validateAddressResponse>;

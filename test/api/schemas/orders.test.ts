import { describe, expect, test } from 'vitest';
import { emergencyOperations } from '../../../src/api/operations/emergency.ts';
import { inputSchema, type Operation } from '../../../src/api/operations/operation.ts';
import { orderOperations } from '../../../src/api/operations/orders.ts';
import { registeredDetails, requiredAttachments } from '../../../src/api/registration.ts';
import { numberRequirements, registration } from '../../../src/api/schemas/orders.ts';

const numberOrderId = '03kjzencnckxrn216rr1zzzzzz';
const phoneNumber = '+12015555555';
const one = { phoneNumbers: ['+61491570006'] };
const address = {
  streetNumber: '3500',
  streetInfo: 'Lenox Rd NE',
  city: 'Atlanta',
  state: 'GA',
  postalCode: '30326',
};
const file = { fileName: 'a.pdf', type: 'application/pdf', size: 0, read: async function* () {} };

const {
  lookupNumberRequirements,
  createNumberOrder,
  getNumberOrder,
  updateNumberOrderRegistration,
  getNumberOrderRegistration,
  uploadNumberOrderAttachment,
  submitNumberOrder,
} = orderOperations;
const {
  getEmergencyAddress,
  validateEmergencyAddress,
  provisionEmergencyAddress,
  deprovisionEmergencyAddress,
} = emergencyOperations;

/** Each operation with a valid input. */
const VALID: readonly [Operation, Record<string, unknown>][] = [
  [lookupNumberRequirements, { regionCode: 'AU', numberType: 'MOBILE' }],
  [createNumberOrder, { regionCode: 'AU', numberType: 'MOBILE', numberOrderOption: one }],
  [getNumberOrder, { numberOrderId }],
  [updateNumberOrderRegistration, { numberOrderId, requestDetails: {} }],
  [getNumberOrderRegistration, { numberOrderId }],
  [uploadNumberOrderAttachment, { numberOrderId, attachmentId: 'a', file }],
  [submitNumberOrder, { numberOrderId }],
  [getEmergencyAddress, { phoneNumber }],
  [validateEmergencyAddress, { phoneNumber, displayName: 'Shop', address }],
  [provisionEmergencyAddress, { phoneNumber, displayName: 'Shop', address }],
  [deprovisionEmergencyAddress, { phoneNumber }],
];

/** What is wrong with an input, as `path: message`. */
function faults(operation: Operation, input: unknown): string[] {
  const { error } = inputSchema(operation).safeParse(input);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe.each(VALID)('the input of $operationId', (operation, valid) => {
  test('is taken, and sent as it is', () => {
    expect(inputSchema(operation).parse(valid)).toEqual(valid);
  });

  test('is refused with a key that it does not know, by its name', () => {
    expect(faults(operation, { ...valid, colour: 'red' })).toEqual([': Unrecognized key: "colour"']);
  });

  test('is refused without any of its parts', () => {
    for (const name of Object.keys(valid)) {
      expect(faults(operation, { ...valid, [name]: undefined })).toHaveLength(1);
    }
  });
});

describe('an order', () => {
  const order = (input: object) =>
    faults(createNumberOrder, { regionCode: 'AU', numberType: 'MOBILE', ...input });

  test.each([
    ['neither', {}],
    ['both', { numberOrderOption: one, quantityOrderOption: { requestedQuantity: 1 } }],
  ])('of a number and of a quantity: %s is refused', (_, input) => {
    expect(order(input)).toEqual([': give either numberOrderOption or quantityOrderOption']);
  });

  test.each([
    [{ phoneNumbers: [] }],
    [{ phoneNumbers: ['+61491570006', '+61491570007'] }],
    [{ phoneNumbers: ['0491570006'] }],
    [{}],
  ])('names exactly one number, not %j', (numberOrderOption) => {
    expect(order({ numberOrderOption })).toHaveLength(1);
  });

  test.each([
    [1, 0],
    [100, 0],
    [0, 1],
    [101, 1],
    [1.5, 1],
  ])('of %d numbers has %d faults', (requestedQuantity, count) => {
    expect(order({ quantityOrderOption: { requestedQuantity } })).toHaveLength(count);
  });

  test('takes every criterion of a quantity', () => {
    const quantityOrderOption = {
      requestedQuantity: 3,
      numberPattern: { pattern: '+614', searchPattern: 'START' },
      sequential: true,
      capabilities: ['SMS', 'VOICE'],
    };
    expect(order({ quantityOrderOption })).toEqual([]);
  });

  test.each([
    [{ type: 'EST', trunkId: 'trunk' }, []],
    [{ trunkId: 'trunk' }, ['voiceConfiguration.type: Invalid option: expected one of "RTC"|"EST"|"FAX"']],
    [{ type: 'EST', appId: 'app' }, expect.arrayContaining(['voiceConfiguration: type EST needs trunkId'])],
  ])('names the type of voice product that goes with the ID: %j', (voiceConfiguration, expected) => {
    expect(order({ numberOrderOption: one, voiceConfiguration })).toEqual(expected);
  });

  test('puts the country right, as every other input does', () => {
    const input = { regionCode: 'uk', numberType: 'MOBILE', numberOrderOption: one };
    expect(inputSchema(createNumberOrder).parse(input)).toMatchObject({ regionCode: 'GB' });
  });
});

test('a registration is neither checked nor changed', () => {
  const requestDetails = { data: [[{ a: '', b: null }, {}], [], 7], más: { '': [null] } };
  const input = { numberOrderId, requestDetails };
  expect(inputSchema(updateNumberOrderRegistration).parse(input)).toEqual(input);
});

test.each(['text', {}, { path: '/etc/passwd' }])('a file is none of %j', (it) => {
  const input = { numberOrderId, attachmentId: 'a', file: it };
  expect(faults(uploadNumberOrderAttachment, input)).toEqual(['file: must be a file']);
});

test.each(['displayName', 'address.streetNumber', 'address.city', 'address.postalCode'])(
  'an emergency address is refused with an empty %s',
  (path) => {
    const [outer = '', inner] = path.split('.');
    const changed = inner ? { address: { ...address, [inner]: '' } } : { [outer]: '' };
    const input = { phoneNumber, displayName: 'Shop', address, ...changed };
    expect(faults(provisionEmergencyAddress, input)).toEqual([`${path}: must not be empty`]);
  },
);

describe('the files that a country asks for', () => {
  const pdf = { id: 'a', title: 'Passport', mandatory: true };
  const rtf = { id: 'b', title: 'Letter', mandatory: false };
  test.each([
    ['beside the fields', { fields: {}, attachments: [pdf, rtf] }],
    ['inside the fields', { fields: { attachments: [pdf, rtf] }, attachments: [] }],
    ['in both places', { fields: { attachments: [pdf, rtf] }, attachments: [rtf] }],
    ['inside, with what is unset', { fields: { attachments: [{ ...pdf, template: null }, rtf, 7] } }],
  ])('are found %s, each once', (_, answer) => {
    expect(requiredAttachments(numberRequirements.parse(answer))).toEqual([pdf, rtf]);
  });

  test('are none where there is no list', () => {
    expect(requiredAttachments(numberRequirements.parse({ fields: { attachments: 'none' } }))).toEqual([]);
  });

  test('stay where they stand', () => {
    const fields = { attachments: [{ ...pdf, template: [] }, {}] };
    requiredAttachments(numberRequirements.parse({ fields }));
    expect(fields).toEqual({ attachments: [{ ...pdf, template: [] }, {}] });
  });
});

test.each([
  [{ requestDetails: { data: [1] } }, { data: [1] }],
  [{ data: [[{ senderId: 'x' }]] }, { data: [[{ senderId: 'x' }]] }],
  [{ requestDetails: {}, data: [1] }, {}],
  [{}, undefined],
])('what was registered is read from %j', (answer, details) => {
  expect(registeredDetails(registration.parse(answer))).toEqual(details);
});

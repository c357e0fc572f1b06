import { describe, expect, test } from 'vitest';
import { operations } from '../../../src/api/operations/numbers.ts';
import { inputSchema, type Operation } from '../../../src/api/operations/operation.ts';
import * as schemas from '../../../src/api/schemas/numbers.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const phoneNumber = '+12025550134';

/** A valid input for each operation. */
const VALID: Record<keyof typeof operations, Record<string, unknown>> = {
  listAvailableNumbers: { regionCode: 'US', type: 'LOCAL' },
  getAvailableNumber: { phoneNumber },
  rentNumber: { phoneNumber },
  rentAnyNumber: { regionCode: 'US', type: 'LOCAL' },
  listActiveNumbers: {},
  getActiveNumber: { phoneNumber },
  updateActiveNumber: { phoneNumber, displayName: 'Front desk' },
  releaseNumber: { phoneNumber },
  listAvailableRegions: {},
  getCallbackConfiguration: {},
  updateCallbackConfiguration: { hmacSecret: SECRET },
};
const NAMES = Object.keys(operations).filter((name): name is keyof typeof operations => name in VALID);

/** What is wrong with an input, as `path: message`; unknown keys are named in the message. */
function faults(operation: Operation, input: unknown): string[] {
  const { error } = inputSchema(operation).safeParse(input);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const rent = (input: object) => faults(operations.rentNumber, { phoneNumber, ...input });
const update = (input: object) => faults(operations.updateActiveNumber, { phoneNumber, ...input });
const search = (input: object) =>
  faults(operations.listAvailableNumbers, { regionCode: 'US', type: 'LOCAL', ...input });

describe('requests', () => {
  test.each(NAMES)('%s takes a valid input', (name) => {
    expect(faults(operations[name], VALID[name])).toEqual([]);
  });

  test.each(NAMES)('%s names the key that it does not know', (name) => {
    expect(faults(operations[name], { ...VALID[name], colour: 'red' })).toEqual([
      ': Unrecognized key: "colour"',
    ]);
  });

  test.each(NAMES)('%s does not take a project of the caller', (name) => {
    expect(faults(operations[name], { ...VALID[name], projectId: 'other' })).toEqual([
      ': Unrecognized key: "projectId"',
    ]);
  });

  test.each([
    ['smsConfiguration', { servicePlanId: 'plan', campaignID: 'C3O84GA' }, 'campaignID'],
    ['voiceConfiguration', { appId: 'app', application: 'app' }, 'application'],
  ])('names the unknown key inside %s', (field, configuration, key) => {
    const fault = `${field}: Unrecognized key: "${key}"`;
    expect(rent({ [field]: configuration })).toEqual([fault]);
    expect(update({ [field]: configuration })).toEqual([fault]);
  });

  test('names the unknown key inside numberPattern', () => {
    expect(search({ numberPattern: { pattern: '206', searchpattern: 'END' } })).toEqual([
      'numberPattern: Unrecognized key: "searchpattern"',
    ]);
  });

  test.each(NAMES.filter((name) => 'phoneNumber' in VALID[name]))(
    '%s refuses a number that is not E.164',
    (name) => {
      const [fault, ...rest] = faults(operations[name], { ...VALID[name], phoneNumber: '202-555-0134' });
      expect(fault).toMatch(/^phoneNumber: must be E\.164/);
      expect(rest).toEqual([]);
    },
  );

  test.each([
    ['us', 'US'],
    ['uk', 'GB'],
  ])('puts the region code %s right', (written, regionCode) => {
    for (const operation of [operations.listAvailableNumbers, operations.rentAnyNumber]) {
      expect(inputSchema(operation).parse({ regionCode: written, type: 'LOCAL' })).toMatchObject({
        regionCode,
      });
    }
    expect(inputSchema(operations.listActiveNumbers).parse({ regionCode: written })).toEqual({ regionCode });
  });

  test('refuses a region code of three letters', () => {
    expect(search({ regionCode: 'USA' })).toEqual([
      expect.stringMatching(/^regionCode: must be a two-letter/),
    ]);
  });

  test('refuses a number type and a capability that the API does not know', () => {
    expect(search({ type: 'SATELLITE' })).toEqual([expect.stringMatching(/^type: /)]);
    expect(search({ capabilities: ['SMS', 'FAX'] })).toEqual([expect.stringMatching(/^capabilities\.1: /)]);
    expect(search({ capabilities: [] })).toEqual([expect.stringMatching(/^capabilities: /)]);
  });

  test.each([0, -1, 1.5, '20', 2 ** 31])('refuses the size %j', (size) => {
    expect(search({ size })).toEqual([expect.stringMatching(/^size: /)]);
    expect(faults(operations.listActiveNumbers, { pageSize: size })).toEqual([
      expect.stringMatching(/^pageSize: /),
    ]);
  });
});

describe('configuration objects', () => {
  test.each(['smsConfiguration', 'voiceConfiguration'])('%s must not be empty', (field) => {
    expect(rent({ [field]: {} })).toEqual([expect.stringMatching(new RegExp(`^${field}`))]);
    expect(update({ [field]: {} })).toEqual([expect.stringMatching(new RegExp(`^${field}`))]);
  });

  test('numberPattern must not be empty', () => {
    expect(search({ numberPattern: {} })).toEqual([expect.stringMatching(/^numberPattern: must/)]);
  });

  test('numberPattern does not go without its pattern', () => {
    const input = { numberPattern: { searchPattern: 'START' } };
    expect(inputSchema(operations.listActiveNumbers).safeParse(input).success).toBe(false);
  });

  test('a campaign does not go without a service plan', () => {
    expect(rent({ smsConfiguration: { campaignId: 'C3O84GA' } })).toEqual([
      expect.stringMatching(/^smsConfiguration\.servicePlanId: /),
    ]);
  });

  test('a rent does not take empty IDs, an update unlinks with them', () => {
    const unlink = {
      smsConfiguration: { servicePlanId: '', campaignId: '' },
      voiceConfiguration: { appId: '' },
    };
    expect(rent(unlink)).toEqual([
      'smsConfiguration.servicePlanId: must not be empty',
      'smsConfiguration.campaignId: must not be empty',
      'voiceConfiguration.appId: must not be empty',
    ]);
    expect(update(unlink)).toEqual([]);
  });

  test.each([
    [{ appId: 'app' }],
    [{ type: 'RTC', appId: 'app' }],
    [{ type: 'EST', trunkId: 'trunk' }],
    [{ type: 'FAX', serviceId: 'service' }],
  ])('voice takes %j', (voiceConfiguration) => {
    expect(rent({ voiceConfiguration })).toEqual([]);
    expect(update({ voiceConfiguration })).toEqual([]);
  });

  test.each([
    [{ trunkId: 'trunk' }, ['type RTC needs appId', 'does not go with type RTC']],
    [{ type: 'EST', appId: 'app' }, ['type EST needs trunkId', 'does not go with type EST']],
    [{ type: 'FAX' }, ['type FAX needs serviceId']],
    [{ type: 'FAX', trunkId: 'trunk' }, ['type FAX needs serviceId', 'does not go with type FAX']],
    [{ type: 'RTC', appId: 'app', serviceId: 'service' }, ['does not go with type RTC']],
  ])('voice refuses %j, whose type and ID do not match', (voiceConfiguration, reasons) => {
    for (const found of [rent({ voiceConfiguration }), update({ voiceConfiguration })]) {
      expect(found.map((fault) => fault.replace(/^.*?: /, ''))).toEqual(reasons);
    }
  });

  test('voice refuses a type that does not exist', () => {
    expect(rent({ voiceConfiguration: { type: 'SIP', appId: 'app' } })).toEqual([
      expect.stringMatching(/^voiceConfiguration\.type: /),
    ]);
  });
});

describe('what could not be shown whole to a person is refused', () => {
  const odd = [
    '\u200b',
    'a\u0000b',
    'a\u202eb',
    'a\nb',
    ' a',
    'a\u00a0b',
    '\ud800',
    'a\u{e0041}',
    'x'.repeat(129),
  ];
  const fault = 'must be at most 128 characters, all of them visible';

  test.each(odd)('as an ID: %j', (id) => {
    const links = {
      smsConfiguration: { servicePlanId: id, campaignId: id },
      voiceConfiguration: { type: 'FAX', serviceId: id },
    };
    const faults = [
      'smsConfiguration.servicePlanId',
      'smsConfiguration.campaignId',
      'voiceConfiguration.serviceId',
    ];
    expect(rent(links)).toEqual(faults.map((field) => `${field}: ${fault}`));
    expect(update(links)).toEqual(rent(links));
  });

  test('and what can be is taken: 128 characters of any script', () => {
    for (const id of ['x'.repeat(128), '1dez6a8300774283a4256aa756a11111', 'Plan (Köln) #1']) {
      expect(rent({ smsConfiguration: { servicePlanId: id } })).toEqual([]);
    }
  });

  test.each([
    'https://ex\u200bample.com/',
    'https://example.com/\u202e',
    `https://example.com/${'x'.repeat(1_005)}`,
  ])('as a URL: %j', (callbackUrl) => {
    const expected = ['callbackUrl: must be at most 1024 characters, all of them visible'];
    expect(rent({ callbackUrl })).toEqual(expected);
    expect(update({ callbackUrl })).toEqual(expected);
  });

  test('and a URL of 1,024 characters is taken', () => {
    expect(rent({ callbackUrl: `https://example.com/${'x'.repeat(1_004)}` })).toEqual([]);
  });
});

describe('callbackUrl', () => {
  test.each(['https://example.com/callbacks', 'http://127.0.0.1:8080/', 'HTTPS://EXAMPLE.COM'])(
    'takes %s',
    (callbackUrl) => {
      expect(rent({ callbackUrl })).toEqual([]);
      expect(update({ callbackUrl })).toEqual([]);
    },
  );

  test.each([
    'ftp://example.com',
    'javascript:alert(1)',
    'file:///etc/hosts',
    'example.com/callbacks',
    '/callbacks',
    ' ',
  ])('refuses %j', (callbackUrl) => {
    const fault = expect.stringMatching(/^callbackUrl: must be an http:\/\/ or https:\/\/ URL/);
    expect(rent({ callbackUrl })).toEqual([fault]);
    expect(update({ callbackUrl })).toEqual([fault]);
  });

  test.each(['https:example.com', 'http:/x', ' https://example.com', 'https://example.com/a\nb'])(
    'is not %j, which URL parsers would put right',
    (callbackUrl) => {
      expect(
        inputSchema(operations.rentNumber).safeParse({ phoneNumber: '+12025550134', callbackUrl }).success,
      ).toBe(false);
    },
  );

  test('is cleared by an update with empty text, which a rent refuses', () => {
    expect(update({ callbackUrl: '' })).toEqual([]);
    expect(rent({ callbackUrl: '' })).toHaveLength(1);
  });
});

describe('an update', () => {
  test('without a change is refused, and told what could change', () => {
    expect(update({})).toEqual([
      ': nothing to change: give at least one of displayName, smsConfiguration, voiceConfiguration, callbackUrl',
    ]);
    expect(update({ displayName: undefined })).toHaveLength(1);
    expect(faults(operations.updateCallbackConfiguration, {})).toEqual([
      ': nothing to change: give hmacSecret',
    ]);
  });

  test('may be the emptying of the display name', () => {
    expect(update({ displayName: '' })).toEqual([]);
  });

  test.each(['a'.repeat(32), 'Z9-'.repeat(21), 'a'.repeat(64)])(
    'takes the callback secret %s',
    (hmacSecret) => {
      expect(faults(operations.updateCallbackConfiguration, { hmacSecret })).toEqual([]);
    },
  );

  test.each(['', 'a'.repeat(31), 'a'.repeat(65), `${SECRET}$`, `${SECRET}\n`, `${SECRET} `, 'é'.repeat(32)])(
    'refuses the callback secret %j without repeating it',
    (hmacSecret) => {
      expect(faults(operations.updateCallbackConfiguration, { hmacSecret })).toEqual([
        'hmacSecret: must be 32 to 64 letters, digits or hyphens',
      ]);
    },
  );
});

describe('responses', () => {
  const number = {
    phoneNumber,
    type: 'SATELLITE',
    capability: ['SMS', 'RCS'],
    money: { currencyCode: 'DOLLAR', amount: '0.8', taxed: true },
    smsConfiguration: {
      servicePlanId: 'plan',
      region: 'eu',
      scheduledProvisioning: { status: 'PAUSED', errorCodes: ['MOON_PHASE'], attempt: 2 },
    },
    voiceConfiguration: {
      type: 'WEBRTC',
      roomId: 'room',
      scheduledVoiceProvisioning: { type: 'WEBRTC', status: 'PAUSED', roomId: 'room' },
    },
    tags: [{ colour: 'red' }],
  };

  test('let unknown enum values and fields of a rented number pass', () => {
    expect(schemas.activeNumber.parse(number)).toEqual(number);
  });

  test('let them pass inside a list and beside it', () => {
    const page = { activeNumbers: [number], totalSize: 1, warnings: ['slow'] };
    expect(schemas.listActiveNumbersResponse.parse(page)).toEqual(page);
  });

  test('let them pass in a number on offer and in a region', () => {
    const offered = {
      phoneNumber,
      type: 'SATELLITE',
      capability: ['RCS'],
      setupPrice: { vat: '0.1' },
      promo: 1,
    };
    expect(schemas.availableNumber.parse(offered)).toEqual(offered);
    const regions = { availableRegions: [{ regionCode: 'XX', types: ['SATELLITE'], open: false }] };
    expect(schemas.listAvailableRegionsResponse.parse(regions)).toEqual(regions);
  });

  test('let a callback secret pass that breaks the rule for new ones', () => {
    const configuration = { projectId: 'project', hmacSecret: 'strongPa$$PhraseWith36CharactersMax' };
    expect(schemas.callbackConfiguration.parse(configuration)).toEqual(configuration);
  });

  test('may leave out every field; a list that is left out is empty', () => {
    expect(schemas.activeNumber.parse({})).toEqual({});
    expect(schemas.availableNumber.parse({})).toEqual({});
    expect(schemas.callbackConfiguration.parse({})).toEqual({});
    expect(schemas.listActiveNumbersResponse.parse({})).toEqual({ activeNumbers: [] });
    expect(schemas.listAvailableNumbersResponse.parse({})).toEqual({ availableNumbers: [] });
    expect(schemas.listAvailableRegionsResponse.parse({})).toEqual({ availableRegions: [] });
  });
});

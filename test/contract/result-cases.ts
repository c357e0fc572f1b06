/** Calls of every tool, with what they take place on: the table that the contract of results is held against. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operations } from '../../src/api/operations/numbers.ts';
import { SECTIONS } from '../../src/audit/tally.ts';
import type { ToolResult } from '../../src/tools/tool.ts';
import { fastClock, OFFERED, OFFERED_TOO, UNKNOWN } from '../api/support.ts';
import { eventOf, eventsOf } from '../callbacks/support.ts';
import { GERMAN, IDENTITY, REGISTRATIONS, TYPES } from '../simulator/order.ts';
import {
  agreeable,
  type Caller,
  JOB_MS,
  openRentedStage,
  personWho,
  RENTED,
  START,
  type Stage,
  type StageOptions,
  temporaryFolder,
} from '../support/stage.ts';
import { failedJob, put } from '../tools/audit-support.ts';
import { create, findNumber, prepare, submit } from '../tools/orders/support.ts';

export interface Case {
  readonly tool: string;
  readonly what: string;
  readonly args?: object | ((stage: Stage) => Promise<object>);
  readonly caller?: () => Caller;
  readonly options?: StageOptions;
  /** A file that lies in the folder for uploads. */
  readonly file?: string;
  readonly before?: (stage: Stage) => unknown;
  /** Whether it fails. */
  readonly fails?: boolean;
  /** The tokens that its text may take. */
  readonly most: number;
}

/** A number whose SMS job failed, and whose callbacks Sinch cannot send. */
function rentFailed(stage: Stage): void {
  put(stage, 7, { smsJob: failedJob('CAMPAIGN_EXPIRED'), callbackUrl: 'http://localhost/callbacks' });
}

const yes = () => agreeable();
const no = () => personWho(() => ({ action: 'accept', content: { lastFourDigits: '0000' } }));

const US_LOCAL = { regionCode: 'US', type: 'LOCAL' };
const TWO = { phoneNumbers: [OFFERED, OFFERED_TOO] };
const DESK = { displayName: 'Desk' };
const TAKEN = { path: /:rent$/, answer: { status: 404 } };

/** An order that review comes to an end of. @param word what its registration holds, which the simulator heeds */
const reviewed =
  (word = '') =>
  async (stage: Stage) => {
    const { idNumberOrder: numberOrderId } = await create(stage, 'DE');
    const requestDetails = { data: { ...GERMAN, businessName: `${word} GmbH` } };
    await stage.call('update_number_order_registration', { numberOrderId, requestDetails });
    await submit(stage, numberOrderId);
    stage.time.advance(JOB_MS);
    return { numberOrderId };
  };
const ordered =
  (region: string, more: object = {}) =>
  async (stage: Stage) => ({ numberOrderId: await prepare(stage, region), ...more });

const orderOf = (regionCode: string) => async (stage: Stage) => ({
  ...{ regionCode, numberType: TYPES[regionCode] },
  numberOrderOption: { phoneNumbers: [await findNumber(stage, regionCode)] },
});
const prepareDE = (stage: Stage) => prepare(stage, 'DE');

/** A folder with a file in it, for an order that asks for one. */
async function fileOf(stage: Stage) {
  const numberOrderId = await prepare(stage, 'AU');
  return { numberOrderId, attachmentId: IDENTITY, fileName: 'passport.pdf', documentType: 'Passport' };
}

async function renameTen(stage: Stage): Promise<void> {
  const { activeNumbers } = await stage.numbers.call(operations.listActiveNumbers, { pageSize: 10 });
  const phoneNumbers = activeNumbers.map(({ phoneNumber }) => phoneNumber);
  await stage.call('update_active_numbers', { phoneNumbers, change: DESK }, agreeable());
}

const failure = eventOf(1, { status: 'FAILED', failureCode: 'CAMPAIGN_EXPIRED' });
const appendFailure = ({ store }: Stage) => store.events.append(failure);

async function appendTen({ store }: Stage): Promise<void> {
  for (const event of eventsOf(0, 10)) await store.events.append(event);
}

const ADDRESS = {
  phoneNumber: OFFERED,
  displayName: 'Atlanta office',
  address: {
    streetNumber: '3500',
    streetInfo: 'Lenox Rd NE',
    city: 'Atlanta',
    state: 'GA',
    postalCode: '30326',
  },
};
const street = (streetInfo: string) => ({ ...ADDRESS, address: { ...ADDRESS.address, streetInfo } });

/** Only a number on a SIP trunk can have an emergency address. */
function rentTrunk({ simulator, time }: Stage): void {
  const voice = { type: 'EST', trunkId: 'trunk-a', appId: '', serviceId: '' } as const;
  simulator.project.rent(OFFERED, { voice });
  time.advance(JOB_MS);
}

async function rentAddressed(stage: Stage): Promise<void> {
  rentTrunk(stage);
  await stage.call('provision_emergency_address', ADDRESS, agreeable());
}

/** By tool, and by what comes of them. */
const BY_TOOL: Readonly<Record<string, Readonly<Record<string, Omit<Case, 'tool' | 'what'>>>>> = {
  search_available_numbers: {
    'ten found': { most: 104, args: { ...US_LOCAL, size: 10 } },
    'twenty German ones': { most: 170, args: { regionCode: 'DE', type: 'LOCAL' } },
    'two found': { most: 55, args: { ...US_LOCAL, size: 2 } },
    'none found, but others near': {
      most: 30,
      args: { ...US_LOCAL, numberPattern: { pattern: '99999999' } },
    },
    'no such region': { most: 23, args: { ...US_LOCAL, regionCode: 'ZZ' } },
    'no such type there': { most: 13, args: { regionCode: 'SE', type: 'TOLL_FREE' } },
  },
  check_number_availability: {
    'on offer': { most: 32, args: { phoneNumber: OFFERED_TOO } },
    'not on offer': { most: 48, args: { phoneNumber: UNKNOWN }, fails: true },
  },
  rent_number: {
    rented: { most: 45, args: { phoneNumber: OFFERED }, caller: yes },
    'rented and linked': {
      most: 84,
      args: { phoneNumber: OFFERED, smsConfiguration: { servicePlanId: 'plan-a' } },
      caller: yes,
    },
    'to be confirmed': { most: 129, args: { phoneNumber: OFFERED } },
    declined: { most: 25, args: { phoneNumber: OFFERED }, caller: no },
    'not on offer': { most: 38, args: { phoneNumber: UNKNOWN }, caller: yes, fails: true },
  },
  rent_any_number: {
    rented: { most: 45, args: US_LOCAL, caller: yes },
    'to be confirmed': { most: 148, args: US_LOCAL },
  },
  list_active_numbers: {
    ten: { most: 574, args: { pageSize: 10 }, before: rentFailed },
    'a thousand': { most: 17211, args: { pageSize: 1_000 }, options: { active: 1_000 } },
    none: { most: 6, args: { ...US_LOCAL, numberPattern: { pattern: '99999999' } } },
  },
  get_active_number: {
    linked: { most: 36, args: { phoneNumber: RENTED } },
    failed: { most: 111, args: { phoneNumber: '+19990000007' }, before: rentFailed },
    'not rented': { most: 41, args: { phoneNumber: OFFERED }, fails: true },
  },
  update_active_number: {
    renamed: { most: 44, args: { phoneNumber: RENTED, ...DESK } },
    'unlinked, to be confirmed': {
      most: 122,
      args: { phoneNumber: RENTED, smsConfiguration: { servicePlanId: '' } },
    },
  },
  release_number: {
    released: { most: 48, args: { phoneNumber: RENTED }, caller: yes },
    'to be confirmed': { most: 142, args: { phoneNumber: RENTED } },
    'not rented': { most: 40, args: { phoneNumber: OFFERED }, caller: yes, fails: true },
  },
  list_available_regions: {
    all: { most: 45 },
  },
  get_callback_configuration: {
    'as it is': { most: 14 },
  },
  update_callback_configuration: {
    replaced: { most: 16, args: { hmacSecret: '0123456789abcdef0123456789abcdef' }, caller: yes },
  },
  audit_provisioning: {
    'summary and findings': { most: 933 },
    'every section': { most: 1597, args: { sections: [...SECTIONS] } },
    'the numbers of one finding': { most: 211, args: { finding: 'UNLINKED' } },
    'a finding that none has': { most: 291, args: { finding: 'STUCK' } },
  },
  find_active_numbers: {
    all: { most: 1669, args: { select: {} }, before: rentFailed },
    ten: { most: 526, args: { select: {}, limit: 10 } },
    'by name and links alone': {
      most: 360,
      args: { select: {}, limit: 10, fields: ['displayName', 'smsConfiguration'] },
    },
  },
  wait_for_provisioning: {
    'one number': { most: 60, args: { phoneNumber: RENTED } },
    'one that failed': { most: 127, args: { phoneNumber: '+19990000007' }, before: rentFailed },
    two: { most: 67, args: { phoneNumbers: [RENTED, OFFERED_TOO] } },
  },
  list_callback_events: {
    none: { most: 62 },
    'a failure': { most: 129, before: appendFailure },
    ten: { most: 230, before: appendTen },
  },
  list_activity: {
    'a rent': {
      most: 44,
      before: (stage) => stage.call('rent_number', { phoneNumber: OFFERED }, agreeable()),
    },
    'ten renamed in one batch': { most: 338, before: renameTen },
  },
  rent_numbers: {
    rented: { most: 44, args: TWO, caller: yes },
    'to be confirmed': { most: 173, args: TWO },
    'one that is taken meanwhile': {
      most: 69,
      args: TWO,
      caller: yes,
      before: ({ simulator }) => simulator.faults.add(TAKEN),
    },
    'not on offer': { most: 31, args: { phoneNumbers: [UNKNOWN] }, caller: yes, fails: true },
  },
  update_active_numbers: {
    renamed: { most: 9, args: { phoneNumbers: [RENTED], change: DESK }, caller: yes },
    'to be confirmed': { most: 117, args: { phoneNumbers: [RENTED], change: DESK } },
  },
  release_numbers: {
    released: { most: 33, args: { phoneNumbers: [RENTED] }, caller: yes },
    'to be confirmed': { most: 147, args: { phoneNumbers: [RENTED] } },
  },
  lookup_number_requirements: {
    'data and files': { most: 611, args: { regionCode: 'AU', numberType: 'MOBILE' } },
    'data alone': { most: 262, args: { regionCode: 'DE', numberType: 'LOCAL' } },
    'none on file': { most: 65, args: { regionCode: 'US', numberType: 'LOCAL' } },
  },
  create_number_order: {
    'of one': { most: 178, args: orderOf('DE') },
    'of ten': {
      most: 237,
      args: async () => ({
        regionCode: 'DE',
        numberType: 'LOCAL',
        quantityOrderOption: { requestedQuantity: 10 },
      }),
    },
    'whose answer was lost': {
      most: 88,
      args: orderOf('DE'),
      before: ({ simulator }) => simulator.faults.add({ path: /createNumberOrder/, drop: 'after' }),
      fails: true,
    },
  },
  get_number_order: {
    reserved: { most: 178, args: ordered('DE') },
    bought: { most: 75, args: reviewed() },
  },
  get_number_order_registration: {
    'as registered': { most: 57, args: ordered('DE') },
    blocked: { most: 87, args: reviewed('BLOCKED') },
  },
  update_number_order_registration: {
    accepted: { most: 38, args: ordered('DE', { requestDetails: REGISTRATIONS.DE }) },
    refused: { most: 109, args: ordered('DE', { requestDetails: { data: {} } }), fails: true },
  },
  upload_number_order_attachment: {
    'a file': { most: 115, args: fileOf, file: 'passport.pdf' },
  },
  submit_number_order: {
    submitted: { most: 163, args: ordered('DE'), caller: yes },
    'to be confirmed': { most: 201, args: ordered('DE') },
    'without its file': { most: 132, args: ordered('AU'), caller: yes, fails: true },
  },
  list_number_orders: {
    one: { most: 70, before: prepareDE },
    none: { most: 10 },
  },
  wait_for_number_order: {
    completed: { most: 82, args: reviewed() },
    blocked: { most: 169, args: reviewed('BLOCKED') },
    rejected: { most: 144, args: reviewed('REJECTED') },
  },
  get_emergency_address: {
    set: { most: 23, args: { phoneNumber: OFFERED }, before: rentAddressed },
  },
  validate_emergency_address: {
    exact: { most: 86, args: ADDRESS, before: rentTrunk },
    near: { most: 110, args: street('Lenox Road NE'), before: rentTrunk },
    none: { most: 103, args: street('Lenox Road'), before: rentTrunk },
  },
  provision_emergency_address: {
    set: { most: 27, args: ADDRESS, before: rentTrunk, caller: yes },
    'to be confirmed': { most: 155, args: ADDRESS, before: rentTrunk },
  },
  deprovision_emergency_address: {
    removed: { most: 6, args: { phoneNumber: OFFERED }, before: rentAddressed, caller: yes },
    'to be confirmed': { most: 143, args: { phoneNumber: OFFERED }, before: rentAddressed },
  },
};

export const CASES: readonly Case[] = Object.entries(BY_TOOL).flatMap(([tool, cases]) =>
  Object.entries(cases).map(([what, example]) => ({ tool, what, ...example })),
);

/** The result of a case, and the arguments that it came of. */
export async function run(
  example: Omit<Case, 'most' | 'what' | 'fails'>,
): Promise<{ result: ToolResult; args: object }> {
  const { tool, caller, options = {}, before, file } = example;
  const folder = file === undefined ? undefined : await temporaryFolder();
  if (file !== undefined && folder !== undefined) await writeFile(join(folder, file), '%PDF-1.7');
  const stage = await openRentedStage({
    ...{ active: 60, pauses: fastClock(START) },
    ...options,
    ...(folder !== undefined && { attachmentsDir: folder }),
  });
  await before?.(stage);
  const { args: given = {} } = example;
  const args = typeof given === 'function' ? await given(stage) : given;
  return { result: await stage.call(tool, args, caller?.()), args };
}

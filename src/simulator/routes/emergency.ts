/** The four operations of emergency addresses. */
import type { Hono } from 'hono';
import { type Address, checkAddress } from '../addresses.ts';
import { fieldViolation, fieldViolations, notFound, unknownRoute } from '../errors.ts';
import { EMERGENCY_REGIONS } from '../invented.ts';
import type { ActiveRecord } from '../model.ts';
import type { Project } from '../project.ts';
import { type Body, parseBody, readObject, readText } from '../requests.ts';
import type { Env } from './env.ts';

const REQUIRED = ['streetNumber', 'streetInfo', 'city', 'state', 'postalCode'] as const;

export function emergencyRoutes(v1: Hono<Env>, project: Pick<Project, 'get'>): void {
  v1.get('/activeNumbers/:phoneNumber/emergencyAddress', (c) =>
    c.json(provisioned(withFeature(project.get(c.req.param('phoneNumber')))).emergencyAddress),
  );

  v1.post('/activeNumbers/:phoneNumber/:method', async (c) => {
    const { phoneNumber, method } = c.req.param();
    if (!METHODS.includes(method)) throw unknownRoute();
    const record = withFeature(project.get(phoneNumber));
    if (method === 'emergencyAddress:deprovision') {
      provisioned(record).emergencyAddress = undefined;
      return c.body(null);
    }
    const { displayName, address } = readRequest(parseBody(await c.req.text()));
    const check = checkAddress(address);
    if (method === 'emergencyAddress:validate') {
      return c.json({ phoneNumber, displayName, validatedAddress: address, ...check });
    }
    if (check.validationResult === 'NO_MATCH') throw fieldViolation('address', check.validationMessage);
    record.emergencyAddress = check.validationResult === 'EXACT_MATCH' ? address : check.correctedAddress;
    return c.json(record.emergencyAddress);
  });
}

const METHODS = ['emergencyAddress:provision', 'emergencyAddress:deprovision', 'emergencyAddress:validate'];

/** As seen live for a number that was linked to no SIP trunk. */
function withFeature(record: ActiveRecord): ActiveRecord {
  const { pool, voice } = record;
  const isOnTrunk = voice.type === 'EST' && voice.trunkId !== '';
  if (isOnTrunk && EMERGENCY_REGIONS.includes(pool.regionCode)) return record;
  throw notFound('EmergencyAddress', '', 'Missing E911 feature');
}

function provisioned(record: ActiveRecord): ActiveRecord {
  if (record.emergencyAddress === undefined) throw notFound('EmergencyAddress', record.phoneNumber);
  return record;
}

/** @throws {SimulatedError} 400 that names every field that is missing */
function readRequest(body: Body): { displayName: string; address: Address } {
  const displayName = readText(body, 'displayName') ?? '';
  const given = readObject(body, 'address') ?? {};
  const read = (name: keyof Address) => readText(given, name, 'address.') ?? '';
  const address: Address = {
    streetNumber: read('streetNumber'),
    streetInfo: read('streetInfo'),
    location: read('location'),
    city: read('city'),
    state: read('state'),
    postalCode: read('postalCode'),
    postalCodePlusFour: read('postalCodePlusFour'),
  };
  const missing = [
    ...(displayName === '' ? ['displayName'] : []),
    ...REQUIRED.filter((name) => address[name] === '').map((name) => `address.${name}`),
  ];
  if (missing.length === 0) return { displayName, address };
  throw fieldViolations(missing.map((field) => ({ field, description: 'Must not be empty' })));
}

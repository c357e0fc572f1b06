import { describe, expect, test } from 'vitest';
import { type Api, DAY, JOB_MS, notFound, startApi } from './api.ts';

const NUMBER = '+12025550134';
const ON_TRUNK = { voiceConfiguration: { type: 'EST', trunkId: 'trunk-1' } };
const ADDRESS = {
  streetNumber: '3500',
  streetInfo: 'Lenox Rd NE',
  location: '',
  city: 'Atlanta',
  state: 'GA',
  postalCode: '30326',
  postalCodePlusFour: '',
};
const EMPTY = Object.fromEntries(Object.keys(ADDRESS).map((key) => [key, '']));
const at = (method = '', phoneNumber = NUMBER) => `/activeNumbers/${phoneNumber}/emergencyAddress${method}`;
const asking = (change: object = {}) => ({ displayName: 'Shop', address: { ...ADDRESS, ...change } });

async function rented(configuration: object = ON_TRUNK, phoneNumber = NUMBER): Promise<Api> {
  const api = await startApi();
  await api.post(`/availableNumbers/${phoneNumber}:rent`, configuration);
  api.clock.advance(JOB_MS);
  return api;
}

/** The 404 of the emergency address itself. */
function noAddress(resourceName: string, message: string): object {
  const details = [
    { type: 'ResourceInfo', resourceType: 'EmergencyAddress', resourceName, owner: '', description: message },
  ];
  return { error: { code: 404, message, status: 'NOT_FOUND', details } };
}

describe('validating', () => {
  test.each([
    ['Lenox Rd NE', 'EXACT_MATCH', 'Address is a perfect match', EMPTY, []],
    [
      'Lenox Road NE',
      'NEAR_MATCH',
      'Corrected to valid address|Corrected address abbreviations',
      ADDRESS,
      [],
    ],
    [
      'Lenox Road',
      'NO_MATCH',
      'Invalid address - no correction found|Changed address component|Corrected address abbreviations|Address is Invalid',
      EMPTY,
      [ADDRESS],
    ],
  ])(
    '%s is %s, in the words of the wire',
    async (streetInfo, validationResult, validationMessage, correctedAddress, candidateAddresses) => {
      const { status, body } = await (await rented()).post(at(':validate'), asking({ streetInfo }));
      expect(status).toBe(200);
      expect(body).toEqual({
        phoneNumber: NUMBER,
        displayName: 'Shop',
        validatedAddress: { ...ADDRESS, streetInfo },
        validationResult,
        validationMessage,
        correctedAddress,
        candidateAddresses,
      });
    },
  );

  test.each([
    [{ streetInfo: 'Main St' }, 'EXACT_MATCH'],
    [{ streetInfo: 'North Main Street', location: 'Apt 5' }, 'NEAR_MATCH'],
    [{ streetInfo: 'Main St', city: 'Toronto', state: 'ON', postalCode: 'M5V 3L9' }, 'EXACT_MATCH'],
    [{ streetInfo: 'Nowhere' }, 'NO_MATCH'],
    [{ streetNumber: 'Lot' }, 'NO_MATCH'],
    [{ state: 'Georgia' }, 'NO_MATCH'],
    [{ postalCode: '3032' }, 'NO_MATCH'],
  ])('%j is %s', async (change, validationResult) => {
    const { body } = await (await rented()).post(at(':validate'), asking(change));
    expect(body).toMatchObject({ validationResult });
  });

  test('stores nothing', async () => {
    const api = await rented();
    await api.post(at(':validate'), asking());
    expect((await api.get(at())).status).toBe(404);
  });
});

describe('an address', () => {
  test('is provisioned, read, replaced and deprovisioned', async () => {
    const api = await rented();
    expect(await api.get(at())).toMatchObject({ status: 404, body: noAddress(NUMBER, '') });
    expect(await api.post(at(':provision'), asking())).toMatchObject({ status: 200, body: ADDRESS });
    expect((await api.get(at())).body).toEqual(ADDRESS);
    await api.post(at(':provision'), asking({ location: 'Suite 100' }));
    expect((await api.get(at())).body).toEqual({ ...ADDRESS, location: 'Suite 100' });
    expect(await api.post(at(':deprovision'))).toMatchObject({ status: 200, text: '' });
    expect((await api.get(at())).status).toBe(404);
    expect((await api.post(at(':deprovision'))).status).toBe(404);
  });

  test('that is nearly right is provisioned as it is corrected, one that is not right is refused', async () => {
    const api = await rented();
    const { body } = await api.post(at(':provision'), asking({ streetInfo: 'Lenox Road NE' }));
    expect(body).toEqual(ADDRESS);
    expect((await api.post(at(':provision'), asking({ streetInfo: 'Nowhere' }))).status).toBe(400);
    expect((await api.get(at())).body).toEqual(ADDRESS);
  });

  test('is refused over every part that is missing', async () => {
    const api = await rented();
    for (const method of [':provision', ':validate']) {
      const { status, text } = await api.post(at(method), {});
      expect(status).toBe(400);
      for (const field of ['displayName', 'streetNumber', 'streetInfo', 'city', 'state', 'postalCode']) {
        expect(text).toContain(`${field}"`);
      }
    }
  });

  test('ends with its number', async () => {
    const api = await rented();
    await api.post(at(':provision'), asking());
    await api.post(`/activeNumbers/${NUMBER}:release`);
    api.clock.advance(30 * DAY);
    expect((await api.get(at())).body).toEqual(ADDRESS);
    api.clock.advance(DAY);
    expect(await api.get(at())).toMatchObject({ status: 404, body: notFound('ActiveNumber', NUMBER) });
  });
});

describe('without a SIP trunk in the United States or Canada', () => {
  test.each([
    ['linked to nothing', {}, NUMBER],
    ['linked to a voice app', { voiceConfiguration: { appId: 'app-1' } }, NUMBER],
    ['in another country', ON_TRUNK, '+447700900123'],
  ])('a number %s has no emergency address, as seen live', async (_, configuration, phoneNumber) => {
    const api = await rented(configuration, phoneNumber);
    const missing = { status: 404, body: noAddress('', 'Missing E911 feature') };
    expect(await api.get(at('', phoneNumber))).toMatchObject(missing);
    for (const method of [':provision', ':validate', ':deprovision']) {
      expect(await api.post(at(method, phoneNumber), asking())).toMatchObject(missing);
    }
  });

  test('a number that is not ours finds none, and other methods neither', async () => {
    const api = await rented();
    const none = { status: 404, body: notFound('ActiveNumber', '+12025550135') };
    expect(await api.get(at('', '+12025550135'))).toMatchObject(none);
    expect((await api.post(at(':call'), asking())).status).toBe(404);
  });
});

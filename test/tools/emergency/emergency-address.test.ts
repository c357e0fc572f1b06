import { describe, expect, test } from 'vitest';
import { emergencyOperations } from '../../../src/api/operations/emergency.ts';
import { OFFERED } from '../../api/support.ts';
import {
  agreeable,
  JOB_MS,
  openStage,
  personWho,
  type Stage,
  type StageOptions,
} from '../../support/stage.ts';

const LENOX = {
  streetNumber: '3500',
  streetInfo: 'Lenox Rd NE',
  city: 'Atlanta',
  state: 'GA',
  postalCode: '30326',
};
const ADDRESS = { phoneNumber: OFFERED, displayName: 'Atlanta office', address: LENOX };
const near = { ...ADDRESS, address: { ...LENOX, streetInfo: 'Lenox Road NE' } };
const none = { ...ADDRESS, address: { ...LENOX, streetInfo: 'Lenox Road' } };

/** A number on a SIP trunk: only those can have an address. */
async function openTrunk(options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(options);
  stage.simulator.project.rent(OFFERED, {
    voice: { type: 'EST', trunkId: 'trunk-a', appId: '', serviceId: '' },
  });
  stage.time.advance(JOB_MS);
  return stage;
}

const provisions = (stage: Stage) => stage.sent().filter((request) => request.endsWith(':provision'));

describe('validate_emergency_address', () => {
  test.each([
    [ADDRESS, 'EXACT_MATCH', `provision_emergency_address {"phoneNumber":"${OFFERED}"`],
    [near, 'NEAR_MATCH', 'Written: "3500 Lenox Rd NE, Atlanta, GA 30326"'],
    [none, 'NO_MATCH', 'Possible: "3500 Lenox Rd NE, Atlanta, GA 30326"'],
  ])('%j', async (args, result, words) => {
    const answer = await (await openTrunk()).call('validate_emergency_address', args);
    expect(answer.structured).toMatchObject({ validationResult: result });
    expect(answer.text).toContain(words);
  });
});

describe('provision_emergency_address', () => {
  test('shows the address, wants the last four digits, sets it, and writes it down nowhere', async () => {
    const stage = await openTrunk();
    const person = agreeable();
    const result = await stage.call('provision_emergency_address', near, person);
    expect(person.questions[0]).toMatchObject({
      headline: `Set where help goes when ${OFFERED} (US LOCAL) calls 911.`,
      facts: [
        { label: 'Address', value: '"3500 Lenox Road NE, Atlanta, GA 30326"' },
        { label: 'Corrected by Sinch to', value: '"3500 Lenox Rd NE, Atlanta, GA 30326"' },
        { label: 'Caller', value: '"Atlanta office"' },
        { label: 'Address now', value: 'none' },
        { label: 'Cost', value: expect.any(String) },
      ],
      answer: OFFERED.slice(-4),
    });
    expect(result.structured).toMatchObject({ outcome: 'completed', emergencyAddress: LENOX });
    const read = await stage.call('get_emergency_address', { phoneNumber: OFFERED });
    expect(read.text).toBe(`${OFFERED}: "3500 Lenox Rd NE, Atlanta, GA 30326"`);
    const written = JSON.stringify([stage.place.journal.lines, stage.place.coordination.lines]);
    expect(written).not.toMatch(/Lenox|30326|Atlanta office/);
    const renamed = { ...ADDRESS, displayName: 'Atlanta shop' };
    expect(await stage.ask('provision_emergency_address', renamed, person)).toMatchObject({
      outcome: 'completed',
    });
    expect(person.questions[1]?.facts).toContainEqual({
      label: 'Address now',
      value: 'the same; only the caller changes',
    });
  });

  test('that changes the caller alone is unknown where its answer is lost', async () => {
    const stage = await openTrunk();
    await stage.call('provision_emergency_address', ADDRESS, agreeable());
    stage.simulator.faults.add({ path: /:provision$/, drop: 'after' });
    const renamed = { ...ADDRESS, displayName: 'Atlanta shop' };
    const result = await stage.ask('provision_emergency_address', renamed, agreeable());
    expect(result).toMatchObject({ outcome: 'unknown' });
    expect(provisions(stage)).toHaveLength(2);
  });

  test('asks about no address that there is not, and chooses none', async () => {
    const stage = await openTrunk();
    const person = agreeable();
    const result = await stage.ask('provision_emergency_address', none, person);
    expect(result).toMatchObject({ outcome: 'not_executed' });
    expect(result.message).toContain('never choose for them');
    expect(person.questions).toEqual([]);
  });

  test.each([
    ['after', 'completed'],
    ['before', 'not_executed'],
  ] as const)('whose connection drops %s it acts is settled by reading', async (drop, outcome) => {
    const stage = await openTrunk();
    stage.simulator.faults.add({ path: /:provision$/, drop });
    expect(await stage.ask('provision_emergency_address', ADDRESS, agreeable())).toMatchObject({ outcome });
    expect(provisions(stage)).toHaveLength(1);
  });

  test('shows the longest address whole', async () => {
    const stage = await openTrunk();
    const address = {
      ...LENOX,
      ...{ streetNumber: `1${'n'.repeat(127)}`, streetInfo: `${'i'.repeat(125)} St` },
      ...{ location: 'l'.repeat(128), city: 'c'.repeat(128), postalCodePlusFour: '4'.repeat(128) },
    };
    const person = agreeable();
    await stage.call('provision_emergency_address', { ...ADDRESS, address }, person);
    expect(person.questions[0]?.facts[0]?.value).toMatch(
      /^"1n{127} i{125} St, l{128}, c{128}, GA 30326-4{128}"$/,
    );
  });

  test('shows an address that it cannot show whole to nobody', async () => {
    const stage = await openTrunk();
    const hidden = { ...ADDRESS, address: { ...LENOX, location: 'Flat\u202e 2' } };
    const person = agreeable();
    expect((await stage.call('provision_emergency_address', hidden, person)).isError).toBe(true);
    expect(person.questions).toEqual([]);
  });

  test('of a number that can have none says which can', async () => {
    const stage = await openStage();
    stage.simulator.project.rent(OFFERED, {});
    const result = await stage.call('provision_emergency_address', ADDRESS, agreeable());
    expect(result.text).toContain('linked to a SIP trunk');
  });
});

describe('deprovision_emergency_address', () => {
  test('says what is lost, and takes the address away', async () => {
    const stage = await openTrunk();
    const refused = await stage.ask('deprovision_emergency_address', { phoneNumber: OFFERED }, agreeable());
    expect(refused.message).toContain('there is nothing to take away');
    await stage.call('provision_emergency_address', ADDRESS, agreeable());
    const person = agreeable();
    const result = await stage.ask('deprovision_emergency_address', { phoneNumber: OFFERED }, person);
    expect(result).toMatchObject({ outcome: 'completed', stakes: { phoneNumber: OFFERED } });
    expect(person.questions[0]?.facts[0]?.value).toBe('"3500 Lenox Rd NE, Atlanta, GA 30326"');
    expect((await stage.call('get_emergency_address', { phoneNumber: OFFERED })).isError).toBe(true);
  });

  test('asks again where the address changed between question and yes', async () => {
    const stage = await openTrunk();
    await stage.call('provision_emergency_address', ADDRESS, agreeable());
    const elsewhere = { ...ADDRESS, address: { ...LENOX, streetNumber: '3501' } };
    let asked = 0;
    const person = personWho(async ({ field, answer }) => {
      if (asked++ === 0) {
        await stage.numbers.call(emergencyOperations.provisionEmergencyAddress, elsewhere);
      }
      return { action: 'accept', content: { [field]: answer } };
    });
    await stage.call('deprovision_emergency_address', { phoneNumber: OFFERED }, person);
    const shown = person.questions.map(({ facts, answer }) => [facts[0]?.value.slice(0, 5), answer]);
    expect(shown).toEqual([
      ['"3500', OFFERED.slice(-4)],
      ['"3501', OFFERED.slice(-4)],
    ]);
  });

  test('whose answer is lost is settled by reading', async () => {
    const stage = await openTrunk();
    await stage.call('provision_emergency_address', ADDRESS, agreeable());
    stage.simulator.faults.add({ path: /:deprovision$/, drop: 'after' });
    const result = await stage.ask('deprovision_emergency_address', { phoneNumber: OFFERED }, agreeable());
    expect(result).toMatchObject({ outcome: 'completed' });
  });
});

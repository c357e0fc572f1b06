/** A number that looks unused because an agent has just made it so, over the built server. */
import { expect, test } from 'vitest';
import { manualClock } from '../../src/simulator/clock.ts';
import { OFFERED } from '../api/support.ts';
import { rentLinked, START, temporaryFolder } from '../support/stage.ts';
import { envFor, tokenIn } from './harness.ts';
import { connectServer, start } from './inside.ts';

const phoneNumber = OFFERED;

/** Two servers of one user, one after the other, and a number that works. */
async function openHotline() {
  const SINCH_NUMBERS_STATE_DIR = await temporaryFolder();
  const env = { SINCH_NUMBERS_STATE_DIR, SINCH_NUMBERS_CONFIRM: 'token' };
  const time = manualClock(START);
  const server = await start({ simulator: { active: 0, clock: time }, env });
  rentLinked({ simulator: server.api, time }, phoneNumber, 'hotline-plan');
  server.api.project.update(phoneNumber, 'Emergency hotline', {});
  const startAnother = () => connectServer({ env: { ...envFor(server.api), ...env } });
  return { ...server, startAnother };
}

test.each([
  ['update_active_number', (change: object) => ({ phoneNumber, ...change })],
  ['update_active_numbers', (change: object) => ({ phoneNumbers: [phoneNumber], change })],
] as const)(
  'is not emptied by %s without a yes, and its release tells what it was',
  async (tool, argumentsFor) => {
    const { call, writes, startAnother } = await openHotline();
    const args = argumentsFor({ displayName: 'unused', smsConfiguration: { servicePlanId: '' } });
    const asked = await call(tool, args);
    expect(asked.structured.outcome).toBe('confirmation_required');
    expect(asked.text).toContain('hotline-plan');
    expect(writes()).toEqual([]);
    await call(tool, { ...args, confirmationToken: tokenIn(asked) });
    expect(writes()).toEqual([`PATCH /activeNumbers/${phoneNumber}`]);

    const another = await startAnother();
    for (const [release, which] of [
      ['release_number', { phoneNumber }],
      ['release_numbers', { phoneNumbers: [phoneNumber] }],
    ] as const) {
      const { structured, text } = await another.call(release, which);
      expect(structured.outcome, release).toBe('confirmation_required');
      expect(text, release).toMatch(/within the last hour/);
      expect(text, release).toMatch(/SMS service plan changed from "hotline-plan" to none at 20/);
      expect(text, release).toMatch(/name changed from "Emergency hotline" to "unused" at 20/);
    }
  },
);

test('is renamed without a question, and its release tells of that too', async () => {
  const { call, questions } = await openHotline();
  const renamed = await call('update_active_number', { phoneNumber, displayName: 'unused' });
  expect(renamed.structured).toMatchObject({ outcome: 'completed', number: { displayName: 'unused' } });
  expect(questions).toEqual([]);
  const { text } = await call('release_number', { phoneNumber });
  expect(text).toContain('Will stop working for: SMS service plan "hotline-plan"');
  expect(text).toContain('name changed from "Emergency hotline" to "unused"');
});

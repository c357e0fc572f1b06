import { expect, test } from 'vitest';
import { run } from './harness.ts';

test('the demo plays every chapter to its end', { timeout: 30_000 }, async () => {
  const demo = run(['demo']);
  expect(await demo.exit).toEqual({ code: 0, signal: null });
  expect(demo.stderr()).toBe('');
  const chapters = demo.stdout().match(/^== .*$/gm) ?? [];
  expect(chapters).toEqual([
    '== Which of our numbers do not work, and why?',
    '== Where can numbers be rented?',
    '== Find a number in Seattle that can do SMS and voice',
    '== Rent it: the person says no',
    '== Rent it: the person says yes',
    '== Wait until it works',
    '== Rent another one, with a campaign that has run out, and have its events sent here',
    '== The event has arrived, signed',
    '== Mend it: name it, and use a campaign that is valid',
    '== Order a number in Germany: what does the country ask for?',
    '== Reserve it, and register the business: a wrong number of the register is refused',
    '== Submit it: the person sees price and registration, and says yes',
    '== Release the first number: a wrong answer is a no',
    '== Rent three more with one yes, on a campaign that has run out',
    '== Audit, and mend all of them with one yes: the audit names the call',
    '== What is rented now: these, and those that the simulator began with',
    '== What was done in all',
  ]);
  for (const fact of [
    'agent calls: search_available_numbers',
    'server asks the person:',
    'person: (declines)',
    'person types: 0000',
    'declined:',
    'completed:',
    'CAMPAIGN_EXPIRED: ',
    'PROVISIONING_TO_CAMPAIGN | FAILED',
    'UNLINKED: ',
    'person types: RENT 3',
    'person types: UPDATE 3',
    '"Seattle office"',
    'Every step did what it says.',
  ]) {
    expect(demo.stdout()).toContain(fact);
  }
});

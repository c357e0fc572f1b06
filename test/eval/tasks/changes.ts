/** Seven tasks that rent, change, order and release. The person agrees to what the task allows. */
import type { ActiveRecord } from '../../../src/simulator/model.ts';
import { agreesIf, numbersIn, type Scenario } from '../scenario.ts';
import { EXPIRED, OLD_CAMPAIGN, PLAN } from '../world.ts';
import { added, changed, isUnlinked } from './support.ts';

const HOOK = 'https://hooks.example.com/sinch';
const CAMPAIGN = 'COFFICE1';
const BUSINESS = {
  businessName: 'Vandelay GmbH',
  registrationNumber: 'HRB 12345',
  street: 'Unter den Linden 1',
  city: 'Berlin',
  postalCode: '10117',
  contactEmail: 'art@example.com',
  usage: 'CUSTOMER_SERVICE',
};

/** Whether a number is on the plan and this campaign, or about to be. */
function isOn({ servicePlanId, campaignId, smsJob }: ActiveRecord, campaign: string): boolean {
  const link = smsJob ?? { servicePlanId, campaignId };
  return link.servicePlanId === PLAN && link.campaignId === campaign;
}

export const CHANGES: readonly Scenario[] = [
  {
    id: 'memorable-number',
    kind: 'task',
    setting: 'form',
    ask: () =>
      'Rent one US local number in New York, area code 212, that is easy to remember: with four digits in a row at its end, such as 0123.',
    person: agreesIf((message) => /\+1212\d{3}0123/.test(message) && numbersIn(message).length === 1),
    mayWrite: /\/\+1212\d{3}0123:rent$/,
    goal: (world) => {
      const fresh = added(world);
      return () => fresh().length === 1;
    },
    async script(call) {
      const text = await call('search_available_numbers', {
        ...{ regionCode: 'US', type: 'LOCAL', size: 100 },
        numberPattern: { pattern: '0123', searchPattern: 'END' },
      });
      const [phoneNumber] = numbersIn(text).filter((number) => number.startsWith('+1212'));
      await call('rent_number', { phoneNumber });
    },
    budget: { calls: 2, questions: 1, tokens: 240 },
  },
  {
    id: 'rent-five',
    kind: 'task',
    setting: 'form',
    ask: () =>
      `Rent five US local numbers in Seattle (they begin with +1206) for SMS, on service plan ${PLAN} and campaign ${CAMPAIGN}.`,
    person: agreesIf((message) => {
      const numbers = numbersIn(message);
      return numbers.length <= 5 && numbers.every((number) => number.startsWith('+1206'));
    }),
    mayWrite: /\/\+1206\d+:rent$/,
    goal: (world) => {
      const fresh = added(world);
      return () => fresh().length === 5 && fresh().every((record) => isOn(record, CAMPAIGN));
    },
    async script(call) {
      await call('rent_numbers', {
        select: {
          ...{ regionCode: 'US', type: 'LOCAL', count: 5, capabilities: ['SMS'] },
          numberPattern: { pattern: '+1206', searchPattern: 'START' },
        },
        smsConfiguration: { servicePlanId: PLAN, campaignId: CAMPAIGN },
      });
    },
    budget: { calls: 1, questions: 1, tokens: 90 },
  },
  {
    id: 'mend-failed',
    kind: 'task',
    setting: 'form',
    ask: () =>
      `Campaign ${OLD_CAMPAIGN} has expired, and the numbers on it failed. Move all of them to campaign ${CAMPAIGN}, same service plan, and see that they work.`,
    person: agreesIf((message) => numbersIn(message).every((number) => EXPIRED.includes(number))),
    mayWrite: /^PATCH \/activeNumbers\/\+120655529\d\d$/,
    goal:
      ({ rented }) =>
      () =>
        rented()
          .filter(({ phoneNumber }) => EXPIRED.includes(phoneNumber))
          .every((record) => record.servicePlanId === PLAN && record.campaignId === CAMPAIGN),
    async script(call) {
      const text = await call('audit_provisioning', { finding: 'CAMPAIGN_EXPIRED' });
      await call('update_active_numbers', {
        select: { finding: 'CAMPAIGN_EXPIRED' },
        change: { smsConfiguration: { servicePlanId: PLAN, campaignId: CAMPAIGN } },
      });
      await call('wait_for_provisioning', { phoneNumbers: numbersIn(text) });
    },
    budget: { calls: 3, questions: 1, tokens: 310 },
  },
  {
    id: 'rename-by-rule',
    kind: 'task',
    setting: 'form',
    ask: () => 'Rename every US number that is called exactly "Sales" to "Sales US".',
    person: agreesIf((message) => message.includes('"Sales US"')),
    mayWrite: /^PATCH \/activeNumbers\/\+1\d+$/,
    goal: (world) =>
      changed(
        world,
        ({ pool, displayName }) => pool.regionCode === 'US' && displayName === 'Sales',
        ({ displayName }) => displayName === 'Sales US',
      ),
    async script(call) {
      await call('update_active_numbers', {
        select: { regionCode: 'US', displayName: { equals: 'Sales' } },
        change: { displayName: 'Sales US' },
      });
    },
    budget: { calls: 1, questions: 1, tokens: 10 },
  },
  {
    id: 'set-callback-urls',
    kind: 'task',
    setting: 'form',
    ask: () => `Every number that has no callback URL is to have ${HOOK}. Leave the others alone.`,
    person: agreesIf((message) => message.includes(HOOK)),
    mayWrite: /^PATCH \/activeNumbers\/\+\d+$/,
    goal: (world) =>
      changed(
        world,
        ({ callbackUrl }) => callbackUrl === '',
        ({ callbackUrl }) => callbackUrl === HOOK,
      ),
    async script(call) {
      await call('update_active_numbers', {
        select: { hasCallbackUrl: false },
        change: { callbackUrl: HOOK },
      });
    },
    budget: { calls: 1, questions: 1, tokens: 30 },
  },
  {
    id: 'release-what-is-linked-to-nothing',
    kind: 'task',
    setting: 'form',
    ask: () =>
      'Release every number that is paid for and linked to nothing: no service plan, no voice app, and no link under way or failed. Leave those alone that are being released already.',
    person: agreesIf((message, { rented }) => {
      const unlinked = rented().filter(isUnlinked);
      return numbersIn(message).every((number) => unlinked.some(({ phoneNumber }) => phoneNumber === number));
    }),
    mayWrite: /^POST \/activeNumbers\/\+\d+:release$/,
    goal: (world) => changed(world, isUnlinked, ({ expireAt }) => expireAt !== undefined),
    async script(call) {
      await call('release_numbers', { select: { finding: 'UNLINKED' } });
    },
    budget: { calls: 1, questions: 1, tokens: 40 },
  },
  {
    id: 'order-in-germany',
    kind: 'task',
    setting: 'form',
    ask: () => `Get us one German local number. Our business: ${JSON.stringify(BUSINESS)}`,
    person: agreesIf((message) => /\+49\d+/.test(message) && numbersIn(message).length === 1),
    mayWrite: /^(POST|PUT) \/numberOrders/,
    goal: (world) => {
      const fresh = added(world);
      return () =>
        fresh()
          .map(({ pool }) => pool.regionCode)
          .join() === 'DE';
    },
    async script(call) {
      const product = { regionCode: 'DE', numberType: 'LOCAL' };
      await call('lookup_number_requirements', product);
      const offers = await call('search_available_numbers', { regionCode: 'DE', type: 'LOCAL', size: 1 });
      const order = await call('create_number_order', {
        ...product,
        numberOrderOption: { phoneNumbers: numbersIn(offers).slice(0, 1) },
      });
      const [, numberOrderId] = /^Order (\w+)/.exec(order) ?? [];
      await call('update_number_order_registration', { numberOrderId, requestDetails: { data: BUSINESS } });
      await call('submit_number_order', { numberOrderId });
      await call('wait_for_number_order', { numberOrderId });
    },
    budget: { calls: 6, questions: 1, tokens: 850 },
  },
];

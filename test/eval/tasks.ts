/** Twelve everyday tasks. Scripts read texts alone, as a model does; the truth is read from the simulator. */
import { type ActiveRecord, voiceId } from '../../src/simulator/model.ts';
import { nextChargeAt } from '../../src/simulator/wire.ts';
import { agreesIf, numbersIn, type Scenario, same, type World } from './scenario.ts';
import { EXPIRED, OLD_CAMPAIGN, PLAN } from './world.ts';

const DAY = 24 * 3_600_000;
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

/** All matches of a pattern with two groups, as an object. */
function pairs(text: string, pattern: RegExp): [string, string][] {
  return Array.from(text.matchAll(pattern), ([, key = '', value = '']): [string, string] => [key, value]);
}

/** Adds up by key. */
function sums(entries: Iterable<readonly [key: string, value: number]>): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [key, value] of entries) total[key] = (total[key] ?? 0) + value;
  return total;
}

const isUnlinked = ({ servicePlanId, voice, smsJob, voiceJob, expireAt }: ActiveRecord) =>
  servicePlanId === '' && voiceId(voice) === '' && !smsJob && !voiceJob && expireAt === undefined;

const failureOf = ({ smsJob, voiceJob }: ActiveRecord): readonly string[] => [
  ...(smsJob?.status === 'FAILED' ? smsJob.errorCodes : []),
  ...(voiceJob?.status === 'FAILED' ? ['PROVISIONING_TO_VOICE_PLATFORM_FAILED'] : []),
];

/** What a number is named, linked to and called back at. */
const told = ({ displayName, callbackUrl, servicePlanId, campaignId, expireAt }: ActiveRecord) =>
  [displayName, callbackUrl, servicePlanId, campaignId, expireAt].join();

/** Numbers that were not there before. */
function added({ rented }: World): () => readonly ActiveRecord[] {
  const known = new Set(rented().map(({ phoneNumber }) => phoneNumber));
  return () => rented().filter(({ phoneNumber }) => !known.has(phoneNumber));
}

/** Whether the change is as it should be for each number that it is meant for, and all others are as they were. */
function changed(
  { rented }: World,
  isMeant: (record: ActiveRecord) => boolean,
  isDone: (record: ActiveRecord) => boolean,
): () => boolean {
  const before = new Map(rented().map((record) => [record.phoneNumber, record]));
  if (![...before.values()].some(isMeant)) throw new Error('the change is meant for no number');
  return () =>
    rented().every((record) => {
      const old = before.get(record.phoneNumber);
      return old !== undefined && (isMeant(old) ? isDone(record) : told(record) === told(old));
    });
}

const audit = (call: Parameters<Scenario['script']>[0], section: string) =>
  call('audit_provisioning', { sections: [section] });

export const TASKS: readonly Scenario[] = [
  {
    id: 'numbers-and-cost-by-country',
    kind: 'task',
    setting: 'form',
    ask: () =>
      'How many numbers do we rent in each country, and what do they cost a month? Count numbers that are being released. Answer: {"US": {"numbers": 1, "monthly": 0.80}, …}',
    goal: ({ rented }) => {
      const records = rented();
      const numbers = sums(records.map(({ pool }) => [pool.regionCode, 1]));
      const monthly = sums(
        records.map(({ pool, price }) => [pool.regionCode, Number(price) / pool.paymentIntervalMonths]),
      );
      const truth = Object.keys(numbers).map((code) => [
        code,
        { numbers: numbers[code], monthly: monthly[code] },
      ]);
      return (answer) => same(answer, Object.fromEntries(truth));
    },
    async script(call) {
      const text = await audit(call, 'inventory');
      const rows = [...text.matchAll(/^([A-Z]{2}) \w+: (\d+) numbers?, ([\d.]+) EUR/gm)];
      const numbers = sums(rows.map(([, code = '', count]) => [code, Number(count)]));
      const monthly = sums(rows.map(([, code = '', , cost]) => [code, Number(cost)]));
      return Object.fromEntries(
        Object.keys(numbers).map((code) => [code, { numbers: numbers[code], monthly: monthly[code] }]),
      );
    },
    budget: { calls: 1, tokens: 150 },
  },
  {
    id: 'what-does-not-work',
    kind: 'task',
    setting: 'form',
    ask: () =>
      'Which of our numbers failed to be provisioned, and with which error codes? Answer the count of numbers for each code: {"CODE": 1, …}',
    goal: ({ rented }) => {
      const truth = sums(rented().flatMap((record) => failureOf(record).map((code) => [code, 1] as const)));
      return (answer) => same(answer, truth);
    },
    async script(call) {
      const text = await audit(call, 'findings');
      const found = pairs(text, /^([A-Z_\d]+): (\d+) numbers?/gm);
      const others = ['STUCK', 'IN_PROGRESS', 'RELEASING', 'UNLINKED', 'NO_CAMPAIGN'];
      return sums(
        found.filter(([code]) => !others.includes(code)).map(([code, count]) => [code, Number(count)]),
      );
    },
    budget: { calls: 1, tokens: 750 },
  },
  {
    id: 'charges-of-30-days',
    kind: 'task',
    setting: 'form',
    ask: () =>
      'What will our numbers be charged in all within the next 30 days, today included? Answer: {"EUR": 1.00}',
    goal: ({ rented }) => {
      const now = Date.now();
      const end = now - (now % DAY) + 30 * DAY;
      let sum = 0;
      for (const record of rented()) {
        if (record.expireAt !== undefined) continue;
        for (let at = nextChargeAt(record, now); at < end; at = nextChargeAt(record, at))
          sum += Number(record.price);
      }
      return (answer) => same(answer, { EUR: sum });
    },
    async script(call) {
      const days = pairs(await audit(call, 'charges'), /^\d{4}-\d\d-\d\d ([\d.]+) (EUR)$/gm);
      return sums(days.map(([amount, currency]) => [currency, Number(amount)]));
    },
    budget: { calls: 1, tokens: 420 },
  },
  {
    id: 'why-texts-do-not-arrive',
    kind: 'task',
    setting: 'form',
    ask: () =>
      `Texts from ${EXPIRED[0]} do not arrive. Why, and on which campaign? Answer: {"code": "CODE", "campaign": "ID"}`,
    goal: ({ rented }) => {
      const job = rented().find(({ phoneNumber }) => phoneNumber === EXPIRED[0])?.smsJob;
      return (answer) => same(answer, { code: job?.errorCodes[0], campaign: job?.campaignId });
    },
    async script(call) {
      const text = await call('get_active_number', { phoneNumber: EXPIRED[0] });
      const [, code] = /FAILED \S* ?\S* ?\b([A-Z][A-Z_]{7,})\b/.exec(text) ?? [];
      const [, campaign] = /campaign (\w+)/.exec(text) ?? [];
      return { code, campaign };
    },
    budget: { calls: 1, tokens: 110 },
  },
  {
    id: 'what-was-done-today',
    kind: 'task',
    setting: 'form',
    ask: () =>
      'Which numbers did we rent, change and release through this server since yesterday? Answer each number once in each list: {"rented": ["+1…"], "updated": [], "released": []}',
    async prepare({ call, rented }) {
      const [named, released] = rented().filter(isUnlinked);
      await call('rent_number', { phoneNumber: '+12025550150' });
      await call('update_active_number', { phoneNumber: named?.phoneNumber, displayName: 'Front desk' });
      await call('release_number', { phoneNumber: released?.phoneNumber });
      return {};
    },
    goal: ({ writes }) => {
      const numbers = (pattern: RegExp) => [
        ...new Set(writes().flatMap(({ request }) => pattern.exec(request)?.[1] ?? [])),
      ];
      const truth = {
        rented: numbers(/(\+\d+):rent$/),
        updated: numbers(/^PATCH .*(\+\d+)$/),
        released: numbers(/(\+\d+):release$/),
      };
      return (answer) => same(answer, truth);
    },
    async script(call) {
      const since = new Date(Date.now() - DAY).toISOString();
      const text = await call('list_activity', { since });
      const numbers = (tool: string) =>
        numbersIn(
          text
            .split('\n')
            .filter((line) => line.includes(tool))
            .join('\n'),
        );
      return { rented: numbers('rent_'), updated: numbers('update_'), released: numbers('release_') };
    },
    budget: { calls: 1, tokens: 135 },
  },
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

function isOn({ servicePlanId, campaignId, smsJob }: ActiveRecord, campaign: string): boolean {
  const link = smsJob ?? { servicePlanId, campaignId };
  return link.servicePlanId === PLAN && link.campaignId === campaign;
}

/** Five tasks that ask. Scripts read texts alone, as a model does; the truth is read from the simulator. */
import { nextChargeAt } from '../../../src/simulator/wire.ts';
import { type Call, numbersIn, type Scenario, same } from '../scenario.ts';
import { EXPIRED } from '../world.ts';
import { failureOf, isUnlinked, pairs, sums } from './support.ts';

const DAY = 24 * 3_600_000;

const audit = (call: Call, section: string) => call('audit_provisioning', { sections: [section] });

export const QUESTIONS: readonly Scenario[] = [
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
];

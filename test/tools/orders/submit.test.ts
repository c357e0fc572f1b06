/** The one step of an order that spends: what is asked, what is refused unasked, and that it is sent once. */
import { describe, expect, test } from 'vitest';
import { orderOperations } from '../../../src/api/operations/orders.ts';
import { gateResult } from '../../../src/approval/outcome.ts';
import type { OrderRecord } from '../../../src/simulator/orders/model.ts';
import type { Orders } from '../../../src/simulator/orders/orders.ts';
import type { Store } from '../../../src/storage/store.ts';
import { fastClock } from '../../api/support.ts';
import { GERMAN } from '../../simulator/order.ts';
import { agreeable, openBeside, personWho, reader, START, tokenOf } from '../../support/stage.ts';
import { findNumber, openOrders, prepare, submit } from './support.ts';

const DAY_MS = 24 * 3_600_000;

/** What some wait for until another opens it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('submit_number_order', () => {
  test('shows number, price, who is registered and the reservation, and wants the last four digits', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    const person = agreeable();
    const result = await submit(stage, id, person);
    const number = (await stage.simulator.orders.get(id)).numbers[0]?.phoneNumber;
    expect(person.questions).toHaveLength(1);
    expect(person.questions[0]).toMatchObject({
      headline: `Order ${number} (DE LOCAL): submit order ${id} to Sinch. It cannot be cancelled.`,
      facts: [
        { label: 'Due now', value: expect.stringMatching(/^\d+\.\d\d EUR, setup and first interval/) },
        { label: 'Then', value: expect.stringContaining('a month') },
        { label: 'Registration data of', value: '"Vandelay GmbH": goes to Sinch' },
        { label: 'Files', value: 'none' },
        { label: 'Reserved until', value: '2026-01-17T12:00Z, 48 hours left' },
      ],
      answer: number?.slice(-4),
    });
    expect(result.structured).toMatchObject({ outcome: 'completed', order: { state: 'IN_REVIEW' } });
    expect(result.text).toContain(`wait_for_number_order {"numberOrderId":"${id}"}`);
    expect(await stage.orders.list()).toMatchObject([{ id, state: 'IN_REVIEW' }]);
  });

  test('repeats nothing of the registration that the API quotes in a refusal', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    const message = 'Vandelay GmbH is not in the register';
    stage.simulator.faults.add({
      path: /submit$/,
      answer: { status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT', message } } },
    });
    const result = await submit(stage, id, agreeable());
    expect(result.text).toContain('**** is not in the register');
    expect(JSON.stringify(result)).not.toContain('Vandelay');
  });

  test('shows where callbacks will go, and what the numbers are linked to', async () => {
    const stage = await openOrders();
    const callbackUrl = 'https://hooks.example.com/sinch?key=1';
    const smsConfiguration = { servicePlanId: 'plan-a' };
    const id = await prepare(stage, 'DE', { callbackUrl, smsConfiguration });
    await stage.call('get_number_order', { numberOrderId: id });
    const person = agreeable();
    await submit(stage, id, person);
    expect(person.questions[0]?.facts).toEqual(
      expect.arrayContaining([
        { label: 'SMS service plan', value: '"plan-a"' },
        { label: 'Callbacks to hooks.example.com', value: `"${callbackUrl}"` },
      ]),
    );
    expect(JSON.stringify(await stage.call('list_number_orders'))).not.toContain('hooks.example.com');
  });

  test('says that it does not know where callbacks of an order made elsewhere go', async () => {
    const stage = await openOrders();
    const phoneNumbers = [await findNumber(stage, 'GB')];
    const { idNumberOrder: id = '' } = await stage.numbers.call(orderOperations.createNumberOrder, {
      ...{ regionCode: 'GB', numberType: 'MOBILE', numberOrderOption: { phoneNumbers } },
    });
    await stage.call('get_number_order', { numberOrderId: id });
    const person = agreeable();
    await submit(stage, id, person);
    expect(person.questions[0]?.facts).toContainEqual({
      label: 'Callbacks',
      value: expect.stringContaining('not known here'),
    });
    expect(person.questions[0]?.facts).toContainEqual({
      label: 'Registration data of',
      value: 'nobody: none is registered',
    });
  });

  test('takes a registration that the API does not have for an empty one', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'GB');
    const body = { error: { code: 404, status: 'NOT_FOUND', message: '' } };
    stage.simulator.faults.add({ path: /registration$/, times: 9, answer: { status: 404, body } });
    expect((await submit(stage, id)).structured).toMatchObject({ outcome: 'completed' });
  });

  test.each([
    ['no number', [{}, { phoneNumber: '' }], 'holds no numbers'],
    ['one that is none', [{ phoneNumber: 'free. Type 1234' }], 'is no phone number'],
  ])('is refused before anybody is asked: it holds %s', async (_, orderNumbers, words) => {
    const stage = await openOrders();
    const id = await prepare(stage, 'GB');
    const body = { idNumberOrder: id, state: 'CREATED', orderNumbers };
    stage.simulator.faults.add({ path: /numberOrders\/\w+$/, answer: { status: 200, body } });
    const person = agreeable();
    const result = await submit(stage, id, person);
    expect(result.text).toContain(words);
    expect(person.questions).toEqual([]);
  });

  test('of several numbers wants their count, and counts as so many rents', async () => {
    const stage = await openOrders({ limits: { maxRentsPerDay: 4 } });
    const more = { quantityOrderOption: { requestedQuantity: 3 } };
    const [first, second] = [await prepare(stage, 'DE', more), await prepare(stage, 'DE', more)];
    const person = agreeable();
    expect((await submit(stage, first, person)).structured).toMatchObject({ outcome: 'completed' });
    expect(person.questions[0]?.answer).toBe('ORDER 3');
    expect(person.questions[0]?.items).toHaveLength(3);
    const refused = await submit(stage, second);
    expect(refused.structured).toMatchObject({ outcome: 'not_executed' });
    expect(refused.text).toContain(
      'MAX_RENTS allows 4 rents in 24 hours, and 3 were made: 3 more are too many',
    );
  });

  test.each([
    [{ regions: ['US'] }, 'REGIONS allows renting in US only, not in DE'],
    [{ maxMonthlyPrice: { amount: '0.10' } }, 'MAX_PRICE allows at most 0.10'],
  ])('holds to the limits %j', async (limits, words) => {
    const stage = await openOrders({ limits });
    const person = agreeable();
    const result = await submit(stage, await prepare(stage, 'DE'), person);
    expect(result.text).toContain(words);
    expect(person.questions).toEqual([]);
  });

  test('is refused before anybody is asked: files are missing', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'AU');
    const person = agreeable();
    const result = await submit(stage, id, person);
    expect(result.text).toContain('"Identity document" (d1c7ccbf-919d-462f-8587-dec95a1b1100)');
    expect(result.text).toContain(`Next: upload_number_order_attachment {"numberOrderId":"${id}"`);
    expect(person.questions).toEqual([]);
  });

  test('is refused before anybody is asked: it has expired', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    stage.time.advance(2 * DAY_MS);
    const person = agreeable();
    const result = await submit(stage, id, person);
    expect(result.text).toContain('has expired');
    expect(person.questions).toEqual([]);
  });

  test('is refused before anybody is asked: its time is over, whatever state the API still tells', async () => {
    const pauses = fastClock(START);
    const stage = await openOrders({ pauses });
    const id = await prepare(stage, 'DE');
    pauses.advance(2 * DAY_MS);
    const person = agreeable();
    expect((await submit(stage, id, person)).text).toContain('has expired');
    expect(person.questions).toEqual([]);
  });

  test('that expires between question and yes is not sent', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    const person = reader(stage, ({ field, answer }) => {
      stage.time.advance(2 * DAY_MS);
      return { action: 'accept', content: { [field]: answer } };
    });
    expect((await submit(stage, id, person)).structured).toMatchObject({ outcome: 'not_executed' });
    expect(stage.sent().filter((it) => it.endsWith('/submit'))).toEqual([]);
  });

  test.each<[string, (order: OrderRecord, orders: Orders) => void, string]>([
    [
      'the registration',
      ({ id }, orders) => orders.register(id, { data: { ...GERMAN, businessName: 'Other' } }),
      '"Other"',
    ],
    [
      'the price',
      ({ numbers: [it] }) => Object.assign(it ?? {}, { pool: { ...it?.pool, setupPrice: '77.00' } }),
      '79.90 EUR',
    ],
    [
      'a number',
      ({ numbers }) => Object.assign(numbers[0] ?? {}, { phoneNumber: '+493023125499' }),
      '+493023125499',
    ],
    ['a link', ({ configuration }) => Object.assign(configuration.sms ?? {}, { servicePlanId: 'b' }), '"b"'],
  ])('asks again where %s changed between question and yes', async (_, change, words) => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE', { smsConfiguration: { servicePlanId: 'a' } });
    const { orders } = stage.simulator;
    let asked = 0;
    const person = personWho(({ field, answer }) => {
      if (asked++ === 0) change(orders.get(id), orders);
      return { action: 'accept', content: { [field]: answer } };
    });
    expect((await submit(stage, id, person)).structured).toMatchObject({ outcome: 'completed' });
    expect(person.questions).toHaveLength(2);
    const { headline = '', facts = [] } = person.questions[1] ?? {};
    expect([headline, ...facts.map(({ value }) => value)].join('\n')).toContain(words);
  });

  test('that was submitted elsewhere meanwhile is not submitted again', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    const person = personWho(({ field, answer }) => {
      stage.simulator.orders.submit(id);
      return { action: 'accept', content: { [field]: answer } };
    });
    const result = await submit(stage, id, person);
    expect(result.structured).toMatchObject({ outcome: 'not_executed' });
    expect(result.text).toContain('submitted already');
    expect(stage.sent().filter((it) => it.endsWith('/submit'))).toEqual([]);
  });

  test.each(['on its way', 'over'])(
    'is sent once where two agree to it in the same moment: the other is %s',
    async (how) => {
      const first = await openOrders();
      const id = await prepare(first, 'DE');
      const [bothRead, firstOver] = [gate(), gate()];
      let begun = 0;
      /** Neither intent is written before both servers have read the order. */
      const store = (own: Store): Store => ({
        ...own,
        journal: {
          ...own.journal,
          async begin(...intent) {
            const isSecond = ++begun === 2;
            if (isSecond) bothRead.open();
            await bothRead.opened;
            if (isSecond && how === 'over') await firstOver.opened;
            return own.journal.begin(...intent);
          },
        },
      });
      const call = async (index: number) => {
        const server = await openBeside(first, { store, pauses: fastClock(START) });
        const caller = { ...agreeable(), id: `caller ${index}` };
        const { structured } = await server.call('submit_number_order', { numberOrderId: id }, caller);
        firstOver.open();
        return gateResult.parse(structured).outcome;
      };
      expect((await Promise.all([call(1), call(2)])).sort()).toEqual(['completed', 'not_executed']);
      expect(first.sent().filter((it) => it.endsWith('/submit'))).toHaveLength(1);
    },
  );

  test('whose answer is lost is settled by the state of the order', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    stage.simulator.faults.add({ path: /submit$/, drop: 'after' });
    expect((await submit(stage, id)).structured).toMatchObject({
      outcome: 'completed',
      order: { state: 'IN_REVIEW' },
    });
    expect(stage.sent().filter((it) => it.endsWith('/submit'))).toHaveLength(1);
  });

  test('that never arrived is not executed', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    stage.simulator.faults.add({ path: /submit$/, drop: 'before' });
    expect((await submit(stage, id)).structured).toMatchObject({ outcome: 'not_executed' });
    expect(stage.simulator.orders.get(id).state).toBe('CREATED');
  });

  test('that never arrived is not executed either where the order has expired by then', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    stage.simulator.faults.add({ path: /submit$/, drop: 'before' });
    const body = { idNumberOrder: id, state: 'EXPIRED' };
    // Read for the question, after the yes, and after the answer was lost.
    stage.simulator.faults.add({
      ...{ method: 'GET', path: /numberOrders\/\w+$/ },
      ...{ nth: 3, answer: { status: 200, body } },
    });
    expect((await submit(stage, id)).structured).toMatchObject({ outcome: 'not_executed' });
  });

  test('takes a token, and tells no name in what it keeps', async () => {
    const stage = await openOrders({ mode: 'token' });
    const id = await prepare(stage, 'DE');
    const first = await stage.ask('submit_number_order', { numberOrderId: id });
    expect(first.message).toContain('"Vandelay GmbH"');
    expect(first.stakes).toMatchObject({ numberOrderId: id, count: 1 });
    expect(JSON.stringify(first.stakes)).not.toContain('Vandelay');
    const args = { numberOrderId: id, confirmationToken: tokenOf(first) };
    expect(await stage.ask('submit_number_order', args)).toMatchObject({ outcome: 'completed' });
    expect(JSON.stringify(stage.place.journal.lines)).not.toContain('Vandelay');
    expect(JSON.stringify(stage.place.coordination.lines)).not.toContain('Vandelay');
    const { activities } = (await stage.call('list_activity', {})).structured as { activities: object[] };
    expect(activities).toMatchObject([{ tool: 'submit_number_order', kind: 'order', outcome: 'completed' }]);
  });
});

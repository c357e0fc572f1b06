/** An order, from the first call to its end, as an agent makes it. */
import { describe, expect, test, vi } from 'vitest';
import { orderOperations } from '../../../src/api/operations/orders.ts';
import type { OrderRecord } from '../../../src/simulator/orders/model.ts';
import type { Orders } from '../../../src/simulator/orders/orders.ts';
import { GERMAN, REGISTRATIONS } from '../../simulator/order.ts';
import { agreeable, JOB_MS, linesOf, personWho, reader, steppedClock, tokenOf } from '../../support/stage.ts';
import { create, findNumber, openOrders, order, prepare, register, submit } from './support.ts';

const DAY_MS = 24 * 3_600_000;
const review = { data: { ...GERMAN, businessName: 'BLOCKED GmbH' } };

describe('create_number_order', () => {
  test('reserves, counts down, and names the next call', async () => {
    const stage = await openOrders();
    const { result, idNumberOrder: id, orderNumbers } = await create(stage, 'DE');
    expect(linesOf(result)[0]).toBe(
      `Order ${id}: CREATED, DE LOCAL, reserved until 2026-01-17T12:00Z, 48 hours left.`,
    );
    expect(result.text).toContain(`submit_number_order {"numberOrderId":"${id}"}`);
    expect(result.text).toContain(orderNumbers[0]?.phoneNumber);
    expect(await stage.orders.list()).toMatchObject([{ id, state: 'CREATED', count: 1, caller: 'caller' }]);
  });

  test('is unknown where its answer was lost, and is not repeated', async () => {
    const stage = await openOrders();
    const phoneNumbers = [await findNumber(stage, 'DE')];
    stage.simulator.faults.add({ path: /createNumberOrder/, drop: 'after' });
    const args = { regionCode: 'DE', numberType: 'LOCAL', numberOrderOption: { phoneNumbers } };
    const result = await stage.call('create_number_order', args);
    expect(result).toMatchObject({ isError: true, structured: { outcome: 'unknown' } });
    expect(result.text).toContain('nobody can tell');
    expect(stage.sent().filter((request) => request.includes('createNumberOrder'))).toHaveLength(1);
  });

  test('of a taken number says how to go on', async () => {
    const stage = await openOrders();
    const { orderNumbers } = await create(stage, 'DE');
    const phoneNumbers = orderNumbers.map(({ phoneNumber }) => phoneNumber);
    const args = { regionCode: 'DE', numberType: 'LOCAL', numberOrderOption: { phoneNumbers } };
    const result = await stage.call('create_number_order', args);
    expect(result.isError).toBe(true);
    expect(result.text).toContain('choose others with search_available_numbers');
  });
});

describe('update_number_order_registration', () => {
  test('tells what is wrong, repeats no value, and takes it mended', async () => {
    const stage = await openOrders();
    const { idNumberOrder: id } = await create(stage, 'DE');
    const wrong = await register(stage, id, { data: { ...GERMAN, registrationNumber: '4711' } });
    expect(wrong.isError).toBe(true);
    expect(wrong.text).toContain('requestDetails.data.registrationNumber: Must match');
    expect(wrong.text).toContain('send the whole registration again with update_number_order_registration');
    const mended = await register(stage, id, REGISTRATIONS.DE);
    expect(mended.text).toContain(`Next: submit_number_order {"numberOrderId":"${id}"}.`);
  });

  test('sends what it is given as it is, whatever it holds', async () => {
    const stage = await openOrders();
    const { idNumberOrder: id } = await create(stage, 'DE');
    const details = { data: { ...GERMAN, more: { nothing: null, digits: 1, list: [[], 'x'] } } };
    await register(stage, id, details);
    const { structured } = await stage.call('get_number_order_registration', { numberOrderId: id });
    expect(structured).toMatchObject({ requestDetails: details });
    await register(stage, id, { data: GERMAN, more: 'x'.repeat(20_000) });
    const { text } = await stage.call('get_number_order_registration', { numberOrderId: id });
    expect(text).toMatch(/^CUT: 20000 of 20\d+ characters/m);
  });
});

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

describe('wait_for_number_order', () => {
  test('ends with the review, and the numbers are rented', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    await submit(stage, id);
    stage.time.advance(JOB_MS);
    const result = await stage.call('wait_for_number_order', { numberOrderId: id });
    expect(result.structured).toMatchObject({ outcome: 'completed', order: { state: 'COMPLETED' } });
    expect(result.text).toContain('wait_for_provisioning');
    expect(await stage.orders.list()).toMatchObject([{ id, state: 'COMPLETED' }]);
  });

  test('quotes what the review says, and the order goes on once it is mended', async () => {
    const stage = await openOrders();
    const { idNumberOrder: id } = await create(stage, 'DE');
    await register(stage, id, review);
    await submit(stage, id);
    stage.time.advance(JOB_MS);
    const blocked = await stage.call('wait_for_number_order', { numberOrderId: id });
    expect(blocked.structured).toMatchObject({ outcome: 'blocked' });
    expect(linesOf(blocked)[1]).toBe(
      'Review, 2026-01-15T12:00Z: "Please provide a contact number in the country of the phone number."',
    );
    await register(stage, id, REGISTRATIONS.DE);
    expect((await submit(stage, id)).structured).toMatchObject({ outcome: 'completed' });
    stage.time.advance(JOB_MS);
    expect((await stage.call('wait_for_number_order', { numberOrderId: id })).structured).toMatchObject({
      outcome: 'completed',
    });
  });

  test('reads the order as soon as an event of it comes', async () => {
    const pauses = steppedClock();
    const stage = await openOrders({ pauses });
    const id = await prepare(stage, 'DE');
    await submit(stage, id);
    const waiting = stage.call('wait_for_number_order', { numberOrderId: id });
    await vi.waitFor(() => expect(pauses.sleeping()).toBe(1), { interval: 1 });
    stage.time.advance(JOB_MS);
    const event = { eventId: 'e', resourceType: 'NUMBER_ORDER', resourceId: id, status: 'COMPLETED' };
    await stage.store.events.append(event);
    expect((await waiting).structured).toMatchObject({ outcome: 'completed', waitedSeconds: 0 });
  });

  test('tells what a review came to, also where its reasons cannot be read', async () => {
    const stage = await openOrders();
    const { idNumberOrder: id } = await create(stage, 'DE');
    await register(stage, id, review);
    await submit(stage, id);
    stage.time.advance(JOB_MS);
    stage.simulator.faults.add({ path: /registration$/, answer: { status: 500 } });
    const blocked = await stage.call('wait_for_number_order', { numberOrderId: id });
    expect(blocked.structured).toMatchObject({ outcome: 'blocked' });
    expect(blocked.text).toContain('get_number_order_registration');
  });

  test('ends in time, and where nothing was submitted', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    const wait = () => stage.call('wait_for_number_order', { numberOrderId: id, timeoutSeconds: 5 });
    expect((await wait()).structured).toMatchObject({ outcome: 'not_submitted', waitedSeconds: 0 });
    await submit(stage, id);
    expect((await wait()).structured).toMatchObject({ outcome: 'timed_out', waitedSeconds: 5 });
  });
});

describe('list_number_orders', () => {
  test('lists orders newest first, a page at a time, and knows what expired', async () => {
    const stage = await openOrders();
    const ids: string[] = [];
    for (let made = 0; made < 3; made++) {
      ids.unshift((await create(stage, 'DE')).idNumberOrder);
      stage.time.advance(1_000);
    }
    const first = await stage.call('list_number_orders', { limit: 2 });
    expect(first.structured).toMatchObject({
      orders: [{ numberOrderId: ids[0], state: 'CREATED' }, { numberOrderId: ids[1] }],
      nextCursor: ids[1],
    });
    const rest = await stage.call('list_number_orders', { limit: 2, cursor: ids[1] });
    expect(rest.structured).toEqual({ orders: [expect.objectContaining({ numberOrderId: ids[2] })] });
    expect((await stage.call('list_number_orders', { cursor: 'none' })).isError).toBe(true);
    expect((await stage.call('list_number_orders', { state: 'COMPLETED' })).text).toContain('No orders');
  });

  test('an order that is not there is told as such', async () => {
    const result = await (await openOrders()).call('get_number_order', { numberOrderId: 'none' });
    expect(result.text).toContain('list_number_orders shows those of this server');
    expect(order.safeParse(result.structured).success).toBe(false);
  });
});

describe('a number that can only be ordered', () => {
  const PRODUCT = '"regionCode":"DE","numberType":"LOCAL"';

  test.each([
    ['rent_number', (phoneNumber: string) => ({ phoneNumber })],
    ['rent_numbers', (phoneNumber: string) => ({ phoneNumbers: [phoneNumber] })],
    ['rent_any_number', () => ({ regionCode: 'DE', type: 'LOCAL', capabilities: ['SMS'] })],
  ])('is asked about by %s with a warning, and its refusal says how to order it', async (tool, argsOf) => {
    const stage = await openOrders({ policies: { rent: 'us-local' } });
    const phoneNumber = await findNumber(stage, 'DE');
    const person = agreeable();
    const result = await stage.call(tool, argsOf(phoneNumber), person);
    expect(person.questions[0]?.facts).toContainEqual({
      label: 'May need an order',
      value: expect.stringContaining('DE LOCAL is ordered instead'),
    });
    expect(result.structured).toMatchObject({ outcome: 'not_executed' });
    expect(result.text).toContain(`lookup_number_requirements {${PRODUCT}}`);
    const option =
      tool === 'rent_any_number'
        ? '"quantityOrderOption":{"requestedQuantity":1,"capabilities":["SMS"]}'
        : `"numberOrderOption":{"phoneNumbers":["${phoneNumber}"]}`;
    expect(result.text).toContain(`create_number_order {${PRODUCT},${option}}`);
  });
});

/** An order, from the first call to its end, as an agent makes it. */
import { describe, expect, test, vi } from 'vitest';
import { concernedOrder } from '../../../src/resources/uris.ts';
import { StoreError } from '../../../src/storage/store.ts';
import { GERMAN, REGISTRATIONS } from '../../simulator/order.ts';
import { agreeable, JOB_MS, linesOf, steppedClock } from '../../support/stage.ts';
import { create, findNumber, openOrders, order, prepare, register, submit } from './support.ts';

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

  test('says where it holds fewer numbers than were wanted, and where its ID could not be written down', async () => {
    const stage = await openOrders({
      store: (own) => ({
        ...own,
        orders: { ...own.orders, keep: () => Promise.reject(new StoreError('the disk is full')) },
      }),
    });
    const body = { idNumberOrder: 'order-a', state: 'CREATED', orderNumbers: [{ phoneNumber: '+4930' }] };
    stage.simulator.faults.add({ path: /createNumberOrder/, answer: { status: 200, body } });
    const { result } = await create(stage, 'DE', { quantityOrderOption: { requestedQuantity: 3 } });
    expect(result.isError ?? false).toBe(false);
    expect(result.text).toContain('Tell the user: 3 were wanted, and it holds 1.');
    expect(result.text).toContain('Keep its ID: it could not be written down here');
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
  test('is refused before it is sent where it is nested beyond all reason', async () => {
    const stage = await openOrders();
    const { idNumberOrder } = await create(stage, 'DE');
    let nested: object = {};
    for (let level = 0; level < 3_000; level++) nested = { a: nested };
    const before = stage.sent().length;
    const result = await register(stage, idNumberOrder, nested);
    expect(result.isError).toBe(true);
    expect(result.text).toContain('requestDetails: must not be nested in more than 32 levels');
    expect(stage.sent()).toHaveLength(before);
  });

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

test('of very many files and reviews a registration tells some, and how many there are', async () => {
  const stage = await openOrders();
  const { idNumberOrder: id } = await create(stage, 'GB');
  const logs = Array.from({ length: 30 }, (_, index) => ({ message: `message ${index}` }));
  const attachments = logs.map(({ message: fileName }) => ({ attachmentId: 'a', fileName }));
  stage.simulator.faults.add({ path: /registration$/, answer: { status: 200, body: { attachments, logs } } });
  const { text, structured, hints } = await stage.call('get_number_order_registration', {
    numberOrderId: id,
  });
  expect(text.match(/^File a: WAITING, "message \d+"$/gm)).toHaveLength(20);
  expect(text).toContain('"message 19"\nReview: "message 10"');
  expect(hints).toEqual(['CUT: 20 of 30 files.', 'CUT: the newest 20 of 30 reviews.']);
  expect(text.endsWith(hints?.join('\n') ?? '')).toBe(true);
  expect(structured).toMatchObject({ attachments: { length: 20 }, logs: { length: 20 } });
});

describe('wait_for_number_order', () => {
  test('ends with the review, and the numbers are rented', async () => {
    const stage = await openOrders();
    const id = await prepare(stage, 'DE');
    await submit(stage, id);
    stage.time.advance(JOB_MS);
    const result = await stage.call('wait_for_number_order', { numberOrderId: id });
    expect(result.structured).toMatchObject({ outcome: 'completed', order: { state: 'COMPLETED' } });
    // Who watches orders or numbers reads them anew.
    expect(result.changed).toEqual(concernedOrder());
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

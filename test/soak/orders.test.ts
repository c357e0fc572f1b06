/** kill -9 around the submit of orders: whatever the moment, none is submitted twice. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createRandom } from '../../src/simulator/random.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { connectServer, type Deferred, deferred, envFor, eventually, type Person } from '../e2e/harness.ts';
import { GERMAN } from '../simulator/order.ts';
import { endLeases, readJournal } from '../support/journal.ts';
import { either } from '../support/length.ts';
import { temporaryFolder } from '../support/stage.ts';
import { countEach, SEED, TIMEOUT_MS, tell } from './support.ts';

const KILLS = either(52, 4);
const MAX_DELAY_MS = 300;

/** A person who types what the question wants: the last four digits of the one number that is ordered. */
const agreeing: Person = ({ field, message }) => ({
  action: 'accept',
  content: { [field]: (/Order (\+\d+)/.exec(message)?.[1] ?? '').slice(-4) },
});

test('an order is submitted once, however its server ends', { timeout: TIMEOUT_MS }, async () => {
  const random = createRandom(String(SEED));
  const folder = await temporaryFolder();
  const submits: string[] = [];
  const arrivals = new Map<string, Deferred<void>>();
  const api = await startSimulator({
    active: 0,
    onRequest(method, path) {
      const id = /numberOrders\/(\w+)\/submit$/.exec(path)?.[1];
      if (id === undefined || method !== 'POST') return;
      submits.push(id);
      arrivals.get(id)?.resolve();
      const drop = (['before', 'after', undefined] as const)[random.integer(3)];
      api.faults.clear();
      api.faults.add({ delayMs: random.integer(MAX_DELAY_MS), ...(drop && { drop }) });
    },
  });
  onTestFinished(() => api.close());
  const env = { ...envFor(api), SINCH_NUMBERS_STATE_DIR: folder, SINCH_NUMBERS_MAX_RENTS_PER_DAY: '10000' };
  /** What came of each order, where its server lived to tell. */
  const told = new Map<string, string>();
  for (let round = 0; round < KILLS; round++) {
    const search = { regionCode: 'DE', numberType: 'LOCAL' };
    const server = await connectServer({ env, person: agreeing });
    const created = await server.call('create_number_order', {
      ...search,
      quantityOrderOption: { requestedQuantity: 1 },
    });
    const id = /^Order (\w+): CREATED/.exec(created.text)?.[1] ?? '';
    await server.call('update_number_order_registration', {
      numberOrderId: id,
      requestDetails: { data: GERMAN },
    });
    const arrival = deferred<void>();
    arrivals.set(id, arrival);
    const answer = server.call('submit_number_order', { numberOrderId: id }).then(
      ({ structured }) => void told.set(id, String(structured.outcome)),
      () => {},
    );
    if (round % 4 === 3) await delay(random.integer(600));
    else await Promise.race([arrival.promise, answer]);
    await delay(round % 4 === 0 ? 0 : random.integer(MAX_DELAY_MS));
    process.kill(server.pid, 'SIGKILL');
    await answer;

    const next = await connectServer({ env, person: agreeing });
    const again = await next.call('submit_number_order', { numberOrderId: id });
    const { state } = api.orders.get(id);
    // A request that was on its way when its server ended may still arrive: then nothing was sent anew.
    expect
      .soft(submits.filter((it) => it === id).length, `round ${round}: ${again.text}`)
      .toBeLessThanOrEqual(1);
    if (again.structured.outcome === 'completed') expect.soft(state).not.toBe('CREATED');
    process.kill(next.pid, 'SIGKILL');
  }
  // What is still open belongs to nobody any more: the next start finds out.
  endLeases(folder);
  await connectServer({ env, person: agreeing });
  await eventually(() => readJournal(folder).filter(({ outcome }) => outcome === undefined)).toEqual([]);
  const journal = readJournal(folder);
  const outcomes = journal.map(({ outcome }) => outcome?.outcome ?? 'open');
  tell('orders', {
    ...{ kills: KILLS, submits: submits.length },
    'told before the end': JSON.stringify(countEach(told.values())),
    outcomes: JSON.stringify(countEach(outcomes)),
    'settled later': journal.filter(({ outcome }) => outcome?.settledLater).length,
  });
  expect(new Set(submits).size).toBe(submits.length);
  for (const { intent, outcome } of journal) {
    const id = String(intent.arguments.numberOrderId);
    const isSubmitted = api.orders.get(id).state !== 'CREATED';
    expect.soft(outcome?.outcome, id).toBe(isSubmitted ? 'completed' : 'not_executed');
    const heard = told.get(id);
    if (heard !== undefined) expect.soft(heard, id).toBe(outcome?.outcome);
  }
});

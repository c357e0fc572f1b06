import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { deliver, eventOf, idsOf, SECRET } from '../callbacks/support.ts';
import { openStage, receiverUrl, type Stage } from '../support/stage.ts';
import { noEntries, noOrders, resourceAt } from './support.ts';

const held = z.strictObject({
  events: z.array(z.looseObject({ eventId: z.string() })),
  receiver: z.looseObject({ listening: z.boolean() }),
});

async function read({ numbers, callbacks }: Stage) {
  const { signal } = new AbortController();
  const resource = resourceAt('sinch-numbers://callback-events');
  return held.parse(
    await resource.read({ numbers, callbacks, history: noEntries, orders: noOrders, signal }),
  );
}

const openReceiver = () => openStage({ inbox: { port: 0, secret: SECRET } });

async function deliverAll({ callbacks }: Stage, events: readonly object[]): Promise<void> {
  for (const event of events) expect(await deliver(receiverUrl(callbacks), event)).toBe(200);
}

describe('sinch-numbers://callback-events', () => {
  test('holds no events and no receiver where none runs', async () => {
    expect(await read(await openStage())).toEqual({
      events: [],
      receiver: { listening: false, received: 0, rejected: 0 },
    });
  });

  test('holds the newest 20 events, newest first, and the state of the receiver', async () => {
    const stage = await openReceiver();
    const events = Array.from({ length: 23 }, (_, index) => eventOf(index));
    await deliverAll(stage, events);
    expect(await deliver(receiverUrl(stage.callbacks), eventOf(99), 'another secret')).toBe(401);
    const { events: kept, receiver } = await read(stage);
    expect(idsOf(kept)).toEqual(idsOf(events.slice(3).reverse()));
    expect(kept[0]).toMatchObject(eventOf(22));
    expect(receiver).toEqual({
      listening: true,
      url: receiverUrl(stage.callbacks),
      received: 23,
      rejected: 1,
      lastRefusal: expect.stringMatching(/^401 at /),
    });
  });

  test('holds what others wrote without hidden characters, and cut', async () => {
    const stage = await openReceiver();
    const status = `a\n\u202eb${'c'.repeat(5_000)}`;
    await deliverAll(stage, [eventOf(0, { status, note: status })]);
    const text = JSON.stringify(await read(stage));
    expect(text).toMatch(/"status":"a bc{1900,1998}…"/);
    expect(text).toMatch(/"note":"a bc{1900,1998}…"/);
  });

  test('does not hold the secret that events are signed with', async () => {
    const stage = await openReceiver();
    await deliverAll(stage, [eventOf(0)]);
    expect(JSON.stringify(await read(stage))).not.toContain(SECRET);
  });
});

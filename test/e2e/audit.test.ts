/** Audits, events and waiting, over the built server: progress, cancellation, failures and notifications. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { manualClock } from '../../src/simulator/clock.ts';
import { OFFERED, OFFERED_TOO, simulate } from '../api/support.ts';
import { deliver, eventOf } from '../callbacks/support.ts';
import { JOB_MS, START, temporaryFolder } from '../support/stage.ts';
import {
  type Connection,
  envFor,
  eventually,
  handshake,
  receiverOf,
  request,
  type Setup,
  types,
} from './harness.ts';
import { connectServer, run, start } from './inside.ts';

const EVENTS = 'sinch-numbers://callback-events';
const LIST = 'sinch-numbers://active-numbers';
const NUMBER = `${LIST}/${OFFERED}`;
const OTHER = `${LIST}/${OFFERED_TOO}`;
const SECRET = 'a-secret-of-thirty-two-characters';
const RECEIVING = { SINCH_NUMBERS_CALLBACK_PORT: '0' };
/** What a request for rented numbers begins with. */
const PAGE = 'GET /activeNumbers';

const report = z.looseObject({
  scanned: z.number(),
  complete: z.boolean(),
  summary: z.record(z.string(), z.number()),
});

const events = z.looseObject({
  events: z.array(z.looseObject({ resourceId: z.string(), eventType: z.string() })),
});

const progress = z.object({
  progressToken: z.literal('audit'),
  progress: z.number(),
  total: z.literal(2_500),
  message: z.string().regex(/^\d+ numbers read$/),
});

/** How many numbers a report has counted, state by state. */
function counted({ summary }: z.output<typeof report>): number {
  return Object.values(summary).reduce((sum, count) => sum + count, 0);
}

/** A request whose answer is on its way when this begins, and all before it, have been dealt with. */
async function settled({ client }: Connection): Promise<void> {
  await client.ping();
  await client.ping();
}

describe('an audit', () => {
  test('tells how far it is, of how many, more each time, up to all of them', async () => {
    // Read line by line: the SDK's client drops a notification that comes together with the answer.
    const server = run([], envFor(await simulate({ active: 2_500 })));
    const call = { name: 'audit_provisioning', arguments: {}, _meta: { progressToken: 'audit' } };
    server.send(...handshake(), request(1, 'tools/call', call));
    const { result } = await server.answer(1);
    const audited = report.parse(result?.structuredContent);
    expect(audited).toMatchObject({ scanned: 2_500, complete: true });
    expect(counted(audited)).toBe(2_500);

    const received = server.received();
    const steps = received.filter(({ method }) => method === 'notifications/progress');
    const told = z.array(progress).parse(steps.map(({ params }) => params));
    const done = told.map((step) => step.progress);
    expect(done.length).toBeGreaterThan(1);
    expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(2_500);
    expect(received.findLastIndex(({ method }) => method === 'notifications/progress')).toBeLessThan(
      received.findIndex(({ id }) => id === 1),
    );
  });

  test('that is cancelled asks for no page more', async () => {
    const server = await start({ simulator: { active: 8_000 } });
    const { api, call } = server;
    await call('list_active_numbers');
    api.faults.add({ path: /activeNumbers/, delayMs: 300, times: 1_000 });
    const controller = new AbortController();
    const onprogress = () => controller.abort('not needed any more');
    const audit = call('audit_provisioning', {}, { signal: controller.signal, onprogress });
    await expect(audit).rejects.toThrow('not needed any more');
    await settled(server);
    // What was on its way has arrived before this one's answer.
    await call('list_active_numbers');
    const asked = api.count(PAGE);
    // As long as two more pages would take.
    await call('list_active_numbers');
    await call('list_active_numbers');
    expect(api.count(PAGE)).toBe(asked + 2);

    api.faults.clear();
    const before = api.count(PAGE);
    await call('audit_provisioning');
    expect(api.count(PAGE) - before).toBeGreaterThan(asked);
  });

  test('that the API lets down says so, and tells of what it has read', async () => {
    const { api, call } = await start({ simulator: { active: 3_000 } });
    api.faults.add({ path: /activeNumbers\?.*pageToken/, answer: { status: 500 }, times: 1_000 });
    const { text, structured, isError } = await call('audit_provisioning');
    expect(isError).toBe(false);
    const audited = report.parse(structured);
    expect(audited.complete).toBe(false);
    expect(audited.scanned).toBeGreaterThan(0);
    expect(audited.scanned).toBeLessThan(3_000);
    expect(counted(audited)).toBe(audited.scanned);
    expect(text).toMatch(
      new RegExp(`^INCOMPLETE: ${audited.scanned} of 3000 rented numbers were read: HTTP 500`),
    );
  });

  test('of which nothing could be read is an error', async () => {
    const { api, call } = await start();
    api.faults.add({ path: /activeNumbers/, answer: { status: 500 }, times: 1_000 });
    const { text, isError } = await call('audit_provisioning');
    expect(isError).toBe(true);
    expect(text).toMatch(/^audit_provisioning failed: HTTP 500/);
  });
});

describe('a subscriber', () => {
  async function subscribed(...uris: readonly string[]): Promise<Setup & { readonly receiver: string }> {
    const server = await start({ simulator: { active: 0 }, env: RECEIVING, person: types('REPLACE') });
    await server.call('update_callback_configuration', { hmacSecret: SECRET });
    for (const uri of uris) await server.client.subscribeResource({ uri });
    return { ...server, receiver: await receiverOf(server) };
  }

  test('hears of an event: the events, the list and the number', async () => {
    const server = await subscribed(EVENTS, LIST, NUMBER, OTHER, 'sinch-numbers://available-regions');
    const event = eventOf(0, { resourceId: OFFERED });
    expect(await deliver(server.receiver, event, SECRET)).toBe(200);
    await eventually(() => server.updated).toEqual([EVENTS, LIST, NUMBER]);
    const { contents } = await server.client.readResource({ uri: EVENTS });
    expect(contents).toMatchObject([{ text: expect.stringContaining(event.eventId) }]);
  });

  test('hears of the number under the URI that it wrote', async () => {
    const encoded = NUMBER.replace('+', '%2B');
    const server = await subscribed(encoded);
    expect(await deliver(server.receiver, eventOf(0, { resourceId: OFFERED }), SECRET)).toBe(200);
    await eventually(() => server.updated).toEqual([encoded]);
  });

  test('hears once of an event that is delivered twice, and nothing of one that is refused', async () => {
    const server = await subscribed(EVENTS);
    expect(await deliver(server.receiver, eventOf(1), 'another secret')).toBe(401);
    for (const index of [0, 0, 2]) {
      expect(await deliver(server.receiver, eventOf(index), SECRET)).toBe(200);
    }
    await eventually(() => server.updated.length).toBe(2);
    await settled(server);
    expect(server.updated).toEqual([EVENTS, EVENTS]);
  });

  test('hears of an event that another server of the same user took', async () => {
    const SINCH_NUMBERS_STATE_DIR = await temporaryFolder();
    const env = { ...RECEIVING, SINCH_NUMBERS_STATE_DIR, SINCH_NUMBERS_CALLBACK_SECRET: SECRET };
    const server = await start({ env });
    await receiverOf(server);
    await server.client.subscribeResource({ uri: EVENTS });
    const other = await connectServer({ env: { ...envFor(server.api), ...env } });
    expect(await deliver(await receiverOf(other), eventOf(0), SECRET)).toBe(200);
    await eventually(() => server.updated).toEqual([EVENTS]);
  });
});

describe('a wait', () => {
  /** A server that takes callbacks, before an API whose time the test moves. */
  async function linking(campaignId: string) {
    const clock = manualClock(START);
    const server = await start({ simulator: { active: 0, clock }, env: RECEIVING });
    const callbackUrl = await receiverOf(server);
    server.api.project.rent(OFFERED, { sms: { servicePlanId: 'plan-1', campaignId }, callbackUrl });
    return { ...server, clock };
  }

  /** Without an event the number is read for the fourth time 3.5 s after the first. */
  const FOURTH_READING_S = 3.5;

  test.each([
    ['C1234567', 'provisioned', /^provisioned after .*\n.*campaign C1234567/],
    ['CAMPAIGN_EXPIRED', 'failed', /^failed after .*\n.*\nCAMPAIGN_EXPIRED: .*has run out\. Renew/],
  ])('is ended by the callback of the API: campaign %s, %s', async (campaignId, outcome, words) => {
    const { api, call, clock } = await linking(campaignId);
    const told: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => told.push(progress);
    const wait = call('wait_for_provisioning', { phoneNumber: OFFERED }, { onprogress });
    await eventually(() => api.count(PAGE)).toBe(3);
    clock.advance(JOB_MS);
    const { text, structured } = await wait;
    expect(structured.outcome).toBe(outcome);
    expect(structured.waitedSeconds).toBeLessThan(FOURTH_READING_S);
    expect(text).toMatch(words);
    expect(told.length).toBeGreaterThan(0);
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));

    const { structured: listed } = await call('list_callback_events', { phoneNumber: OFFERED });
    expect(events.parse(listed).events.map(({ eventType }) => eventType)).toContain(
      'PROVISIONING_TO_SMS_PLATFORM',
    );
  });

  test('that is cancelled reads the number no more', async () => {
    const server = await linking('C1234567');
    const { api, call } = server;
    const controller = new AbortController();
    const args = { phoneNumber: OFFERED };
    const wait = call('wait_for_provisioning', args, { signal: controller.signal });
    const cancelled = expect(wait).rejects.toThrow('not needed any more');
    await eventually(() => api.count(PAGE)).toBe(1);
    controller.abort('not needed any more');
    await cancelled;
    await settled(server);
    const read = api.count(PAGE);
    // The wait of another call, which reads four times, is longer than the pause was.
    await call('wait_for_provisioning', { ...args, timeoutSeconds: 2 });
    expect(api.count(PAGE)).toBe(read + 4);
    expect(server.stderr()).toBe('');
  });
});

/** The gate's second way to a person: a page in the browser. */
import { describe, expect, test } from 'vitest';
import {
  agreeable,
  decide,
  GATED_CALLS,
  incapable,
  JOB_MS,
  journalOf,
  openRentedStage,
  personWho,
  recordingBrowser,
  type Stage,
  type StageOptions,
} from '../support/stage.ts';

const PATIENCE = 50_000;
const [RENT, RENT_ANY] = GATED_CALLS;

async function openWithBrowser(options: StageOptions = {}) {
  const browser = recordingBrowser();
  const stage = await openRentedStage({ openBrowser: browser.open, ...options });
  return { ...stage, ...browser };
}

/** Waits until a page is waited for, and lets the patience with it pass. */
async function runOutOfPatience({ clock }: Stage): Promise<void> {
  await expect.poll(() => clock.sleeping(), { interval: 1 }).toBe(1);
  await clock.advance(PATIENCE);
}

describe.each(GATED_CALLS)('$tool', ({ tool, args, request }) => {
  test('is carried out once when its page is approved', async () => {
    const stage = await openWithBrowser();
    const call = stage.ask(tool, args);
    const page = await stage.page();
    expect(stage.sent()).toEqual([]);
    await decide(page, 'approve');
    const answer = await call;
    expect(answer).toMatchObject({ outcome: 'completed', confirmedBy: 'page', number: { type: 'LOCAL' } });
    expect(answer.message).toBe('Done.');
    expect(stage.sent()).toEqual([request]);
    expect((await journalOf(stage.folder))[0]).toMatchObject({ tool, confirmedBy: 'page' });
    expect((await decide(page, 'approve')).status).toBe(410);
    expect(stage.sent()).toEqual([request]);
  });

  test('sends nothing when its page is declined', async () => {
    const stage = await openWithBrowser();
    const call = stage.ask(tool, args);
    await decide(await stage.page(), 'decline');
    const answer = await call;
    expect(answer).toMatchObject({ outcome: 'declined', isError: false, stakes: { regionCode: 'US' } });
    expect(answer.message).toMatch(/^The user declined\. Nothing was sent\./);
    expect(answer.message).not.toContain('CONFIRM=token');
    expect(stage.sent()).toEqual([]);
  });

  test('waits for its page after the patience of a call is over: the same call takes the answer up', async () => {
    const stage = await openWithBrowser();
    const first = stage.ask(tool, args);
    const page = await stage.page();
    await runOutOfPatience(stage);
    const waiting = await first;
    expect(waiting).toMatchObject({ outcome: 'confirmation_required', isError: false });
    expect(waiting).not.toHaveProperty('confirmation');
    expect(waiting.message).toMatch(/^Nothing has been sent\. The question is on a page/);
    expect(waiting.message).toContain(`call ${tool} again with the same arguments`);
    await decide(page, 'approve');
    expect(stage.sent()).toEqual([]);
    expect(await stage.ask(tool, args)).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
    expect(stage.sent()).toEqual([request]);
    expect(stage.pages).toEqual([page]);
  });

  test('never tells the agent where its page is', async () => {
    const stage = await openWithBrowser();
    const told: string[] = [];
    const caller = { progress: (message: string) => told.push(message), client: 'test' };
    const first = stage.call(tool, args, caller);
    const page = await stage.page();
    await expect.poll(() => stage.clock.sleeping(), { interval: 1 }).toBe(1);
    await stage.clock.advance(300_000);
    const results = [await first];
    await decide(page, 'approve');
    results.push(await stage.call(tool, args, caller));
    const all = JSON.stringify([results, told, await journalOf(stage.folder)]);
    expect(all).toContain('"completed"');
    expect(told.length).toBeGreaterThan(20);
    const { host, pathname } = new URL(page);
    for (const part of [host, pathname, pathname.slice('/approve/'.length)]) expect(all).not.toContain(part);
  });

  test('is asked for on a page by a client that turns out to have no forms', async () => {
    const stage = await openWithBrowser();
    const call = stage.ask(tool, args, incapable());
    await decide(await stage.page(), 'approve');
    expect(await call).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
  });

  test('opens no page where a form was answered, be it yes or no', async () => {
    const stage = await openWithBrowser();
    await stage.ask(
      tool,
      args,
      personWho(() => ({ action: 'decline' })),
    );
    expect(await stage.ask(tool, args, agreeable())).toMatchObject({ confirmedBy: 'elicitation' });
    expect(stage.pages).toEqual([]);
  });

  test('opens no page in mode token', async () => {
    const stage = await openWithBrowser({ mode: 'token' });
    const answer = await stage.ask(tool, args);
    expect(answer).toMatchObject({ outcome: 'confirmation_required', confirmation: {} });
    expect(stage.pages).toEqual([]);
  });

  test('is asked for by token in mode auto where no browser can be opened', async () => {
    const stage = await openRentedStage();
    const answer = await stage.ask(tool, args);
    expect(answer.outcome).toBe('confirmation_required');
    expect(answer.confirmation?.token).toBeTruthy();
    expect(stage.sent()).toEqual([]);
  });

  test('is asked for on a page in mode human', async () => {
    const stage = await openWithBrowser({ mode: 'human' });
    const call = stage.ask(tool, args);
    await decide(await stage.page(), 'approve');
    expect(await call).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
  });

  test('is refused in mode human where neither form nor page reaches anybody, with what to do', async () => {
    const stage = await openRentedStage({ mode: 'human' });
    const answer = await stage.ask(tool, args, incapable());
    expect(answer).toMatchObject({ outcome: 'not_executed', isError: true, stakes: { regionCode: 'US' } });
    expect(answer).not.toHaveProperty('confirmation');
    expect(answer.message).toContain('no browser can be opened: this is a test');
    for (const way of ['a client that can show forms', 'SINCH_NUMBERS_OPEN_BROWSER'])
      expect(answer.message).toContain(way);
    expect(stage.sent()).toEqual([]);
  });

  test('sends nothing when the caller cancels, whatever is pressed on the page then', async () => {
    const stage = await openWithBrowser();
    const caller = new AbortController();
    const call = stage.call(tool, args, { signal: caller.signal });
    const page = await stage.page();
    await expect.poll(() => stage.clock.sleeping(), { interval: 1 }).toBe(1);
    caller.abort();
    expect(await call).toMatchObject({ isError: true, text: expect.stringContaining('Nothing was sent.') });
    expect(await decide(page, 'approve')).toMatchObject({
      status: 410,
      body: expect.stringContaining('The call was cancelled. Nothing is done any more.'),
    });
    expect(stage.sent()).toEqual([]);
  });

  test('is not carried out by the yes to the page of another call', async () => {
    const stage = await openWithBrowser();
    const others = GATED_CALLS.filter((other) => other.tool !== tool);
    const calls = others.map((other) => stage.ask(other.tool, other.args));
    await stage.page(2);
    const call = stage.ask(tool, args);
    const page = await stage.page(3);
    for (const other of stage.pages.slice(0, 2)) await decide(other, 'approve');
    await Promise.all(calls);
    expect(stage.sent()).not.toContain(request);
    await decide(page, 'decline');
    expect((await call).outcome).toBe('declined');
  });
});

describe('a price that moves', () => {
  test('after the yes is asked about again, on a new page that says so', async () => {
    const stage = await openWithBrowser();
    const call = stage.ask(RENT.tool, RENT.args);
    const first = await stage.page(1);
    stage.simulator.project.setPrice('US', 'LOCAL', '9.90');
    await decide(first, 'approve');
    const second = await stage.page(2);
    expect(second).not.toBe(first);
    const { body } = await decide(second, 'later');
    expect(body).toContain('approve or decline');
    expect(stage.sent()).toEqual([]);
    await decide(second, 'approve');
    const answer = await call;
    expect(answer).toMatchObject({ outcome: 'completed', stakes: { monthlyPrice: { amount: '9.90' } } });
    expect(stage.sent()).toEqual([RENT.request]);
  });

  test('while nobody waits closes the page, and the old yes is worth nothing', async () => {
    const stage = await openWithBrowser();
    const first = stage.ask(RENT.tool, RENT.args);
    const old = await stage.page(1);
    await runOutOfPatience(stage);
    await first;
    await decide(old, 'approve');
    stage.simulator.project.setPrice('US', 'LOCAL', '9.90');
    const again = stage.ask(RENT.tool, RENT.args);
    await decide(await stage.page(2), 'decline');
    expect((await again).outcome).toBe('declined');
    expect(stage.sent()).toEqual([]);
  });
});

test('a page shows what the form shows, and which client asks', async () => {
  const stage = await openWithBrowser();
  const person = incapable();
  const call = stage.ask(RENT_ANY.tool, RENT_ANY.args, { ...person, client: 'Test client' });
  const page = await stage.page();
  const body = await (await fetch(page)).text();
  const [question] = person.questions;
  for (const { label, value } of question?.facts ?? []) {
    expect(body).toContain(label);
    expect(body).toContain(value);
  }
  expect(question?.facts.length).toBeGreaterThan(0);
  expect(body).toContain(`<h1>${question?.headline}</h1>`);
  expect(body).toContain('Test client');
  await decide(page, 'decline');
  await call;
});

test('a yes counts for one of two same calls: one rents, the other is told that the answer is taken', async () => {
  const stage = await openWithBrowser();
  const first = stage.ask(RENT_ANY.tool, RENT_ANY.args);
  const page = await stage.page();
  await expect.poll(() => stage.clock.sleeping(), { interval: 1 }).toBe(1);
  const second = stage.ask(RENT_ANY.tool, RENT_ANY.args);
  await expect.poll(() => stage.clock.sleeping(), { interval: 1 }).toBe(2);
  await decide(page, 'approve');
  const answers = await Promise.all([first, second]);
  expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['completed', 'declined']);
  const taken = answers.find(({ outcome }) => outcome === 'declined');
  expect(taken?.message).toContain('its answer was used by another call. Nothing was sent.');
  stage.time.advance(JOB_MS);
  expect(stage.sent()).toEqual([RENT_ANY.request]);
});

test('a limit that was reached while the page was open refuses the rent, approved or not', async () => {
  const stage = await openWithBrowser({ limits: { maxRentsPerDay: 1 } });
  const call = stage.ask(RENT.tool, RENT.args);
  const page = await stage.page();
  await stage.ask(RENT_ANY.tool, { ...RENT_ANY.args }, agreeable());
  await decide(page, 'approve');
  const answer = await call;
  expect(answer.outcome).toBe('not_executed');
  expect(answer.message).toContain('MAX_RENTS allows 1 rents');
  expect(stage.sent()).toEqual([RENT_ANY.request]);
});

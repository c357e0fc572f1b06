/** The way to a person by a page in the browser, alone and beside a form. */
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../src/lib/log.ts';
import {
  ASKED_CALLS,
  blindClient,
  decliner,
  journalOf,
  LIFETIME,
  leavePage,
  openPaged,
  PATIENCE,
  type Paged,
  paged,
  RENT,
  RENT_ANY,
  waiting,
  yes,
} from '../support/gate.ts';
import {
  decide,
  incapable,
  openBeside,
  reader,
  recordingBrowser,
  type Stage,
  slow,
} from '../support/stage.ts';

const A = { id: 'a' };
const B = { id: 'b' };
const rent = (stage: Stage, caller = {}) => stage.ask(RENT_ANY.tool, RENT_ANY.args, { ...A, ...caller });
const bodyOf = async (page: string) => (await fetch(page)).text();

describe.each(ASKED_CALLS)('$tool', ({ tool, args, request }) => {
  test('is carried out once when its page is approved, as the journal says, and its caller alone is told', async () => {
    const stage = await openPaged();
    const call = stage.ask(tool, args, { ...A, client: 'a client' });
    const page = await paged(stage);
    expect(stage.sent()).toEqual([]);
    expect((await decide(page, 'approve')).body).toContain('your MCP client tells what comes of it');
    expect(await call).toMatchObject({ outcome: 'completed', confirmedBy: 'page', isError: false });
    expect((await decide(page, 'approve')).status).toBe(410);
    expect(stage.sent()).toEqual([request]);
    expect(await journalOf(stage)).toMatchObject([
      { tool, caller: 'a', client: 'a client', confirmedBy: 'page', outcome: { outcome: 'completed' } },
    ]);
  });

  test('sends nothing when its page is declined', async () => {
    const stage = await openPaged();
    const call = stage.ask(tool, args, A);
    expect((await decide(await paged(stage), 'decline')).body).toContain('Nothing is done.');
    const { message, ...answer } = await call;
    expect(answer).toMatchObject({ outcome: 'declined', isError: false, stakes: expect.any(Object) });
    expect(message).toBe('The user declined. Nothing was sent. Do not ask again unless they bring it up.');
    expect(stage.sent()).toEqual([]);
  });
});

describe('a page', () => {
  test('never tells the agent where its page is', async () => {
    const stage = await openPaged();
    const told: string[] = [];
    const caller = { ...A, progress: (message: string) => told.push(message) };
    const first = stage.call(RENT.tool, RENT.args, caller);
    const { host, pathname } = new URL(await paged(stage));
    await stage.clock.advance(LIFETIME);
    const results = [await first];
    await decide(await stage.page(), 'approve');
    results.push(await stage.call(RENT.tool, RENT.args, caller));
    const all = JSON.stringify([results, told, await journalOf(stage)]);
    expect(all).toContain('"completed"');
    expect(told.length).toBeGreaterThan(29);
    for (const part of [host, pathname.slice('/approve/'.length)]) expect(all).not.toContain(part);
  });

  test('shows what the form shows, and which client asks', async () => {
    const stage = await openPaged();
    const person = incapable();
    void rent(stage, { ...person, client: 'Test client' });
    const body = await bodyOf(await paged(stage));
    const [question] = person.questions;
    expect(question?.facts.length).toBeGreaterThan(0);
    for (const { label, value } of question?.facts ?? []) expect(body).toContain(`${label}</dt><dd>${value}`);
    expect(body).toContain(`<h1>${question?.headline}</h1>`);
    expect(body).toContain('The MCP client “Test client” asks for this');
  });

  test('can be answered as long as a call waits for it, however late that call came', async () => {
    const stage = await openPaged();
    await leavePage(stage, rent(stage));
    await stage.clock.advance(LIFETIME - 1_000);
    const again = rent(stage);
    await paged(stage);
    await stage.clock.advance(20_000);
    expect((await decide(await stage.page(), 'approve')).status).toBe(200);
    expect(await again).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
  });

  test('that nobody answers leaves the call with what to do, and no token', async () => {
    const stage = await openPaged();
    const { message, ...answer } = await leavePage(stage, rent(stage));
    expect(answer).toMatchObject({ outcome: 'confirmation_required', isError: false });
    expect(answer).not.toHaveProperty('confirmation');
    expect(message).toContain('call rent_any_number again with the same arguments: it finds the answer');
    const { body } = await decide(await stage.page(), 'approve');
    expect(body).toContain('Your MCP client has stopped waiting. If it asks again within 5 minutes');
  });

  test('is opened anew, and says so, where the terms have moved since a yes that nobody took up', async () => {
    const stage = await openPaged();
    await leavePage(stage, rent(stage));
    await decide(await stage.page(), 'approve');
    stage.simulator.project.setPrice('US', 'LOCAL', '9.90');
    void rent(stage);
    const body = await bodyOf(await stage.page(2));
    expect(body).toContain('The terms have changed since the last question.');
    expect(body).toContain('9.90 EUR');
    expect(stage.sent()).toEqual([]);
  });
});

describe('the ways to a person, one after the other', () => {
  test.each([
    ['declared no forms', {}],
    ['turns out to show none', incapable()],
    ['answers its forms by itself', blindClient()],
  ])('go on to a page where the client %s', async (_, client) => {
    const stage = await openPaged();
    const call = rent(stage, client);
    await decide(await paged(stage), 'approve');
    expect(await call).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
    expect(stage.pages).toHaveLength(1);
  });

  test('tell the log alone which variable turns forms off, where a client shows none', async () => {
    const lines: string[] = [];
    const stage = await openPaged({ mode: 'human', log: createLogger('info', (line) => lines.push(line)) });
    const call = rent(stage, blindClient());
    await decide(await paged(stage), 'decline');
    expect(JSON.stringify(await call)).not.toContain('SINCH_NUMBERS_');
    expect(lines.join('')).toContain('SINCH_NUMBERS_CONFIRM=token');
  });

  test('end with a form that somebody has answered, be it yes or no: no page is opened', async () => {
    const stage = await openPaged();
    expect(await rent(stage, decliner(stage))).toMatchObject({ outcome: 'declined' });
    expect(await rent(stage, reader(stage, yes))).toMatchObject({ outcome: 'completed' });
    expect(stage.pages).toEqual([]);
  });
});

describe('a form and a page that ask the same', () => {
  /** One call waits for its page; the same call, of a client that shows forms, waits for both. */
  async function open() {
    const stage = await openPaged();
    const person = slow();
    const first = rent(stage);
    await paged(stage);
    const second = rent(stage, person);
    await waiting(stage, 2);
    await person.asked;
    return { ...stage, person, calls: [first, second] };
  }

  test('count one yes: the page withdraws the form', async () => {
    const stage = await open();
    await decide(await stage.page(), 'approve');
    const answers = await Promise.all(stage.calls);
    expect(answers.map(({ confirmedBy }) => confirmedBy)).toEqual(['page', 'page']);
    expect(stage.person.forms[0]?.aborted).toBe(true);
    expect(stage.sent()).toEqual([RENT_ANY.request]);
  });

  test('count one yes: the form closes the page', async () => {
    const stage = await open();
    const [question] = stage.person.questions;
    if (question !== undefined) stage.person.reply(yes(question));
    const answers = await Promise.all(stage.calls);
    expect(answers.map(({ confirmedBy }) => confirmedBy)).toEqual(['elicitation', 'elicitation']);
    expect((await decide(await stage.page(), 'approve')).status).toBe(410);
    expect(stage.sent()).toEqual([RENT_ANY.request]);
  });

  test('count one answer: a no in the form is not overruled by the page', async () => {
    const stage = await open();
    await stage.clock.advance(2_000);
    stage.person.reply({ action: 'decline' });
    expect((await Promise.all(stage.calls)).map(({ outcome }) => outcome)).toEqual(['declined', 'declined']);
    expect((await decide(await stage.page(), 'approve')).status).toBe(410);
    expect(stage.sent()).toEqual([]);
  });
});

describe('a decision that is made at another server of the same store', () => {
  async function open(): Promise<{ here: Paged; there: Paged }> {
    const here = await openPaged();
    const browser = recordingBrowser();
    const there = await openBeside(here, { openBrowser: browser.open });
    return { here, there: { ...here, ...there, ...browser } };
  }

  test('ends the wait here: one sends, and the page here is closed', async () => {
    const { here, there } = await open();
    const calls = [rent(here), rent(there)];
    await paged(here, 2);
    await decide(await there.page(), 'approve');
    const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome);
    expect(outcomes).toContain('completed');
    expect(here.sent()).toEqual([RENT_ANY.request]);
    expect((await decide(await here.page(), 'approve')).status).toBe(410);
  });

  test('is of no use to another caller', async () => {
    const { here, there } = await open();
    const own = rent(here, B);
    await paged(here);
    const other = rent(there);
    await paged(there, 2);
    await decide(await there.page(), 'approve');
    expect(await other).toMatchObject({ outcome: 'completed' });
    await here.clock.advance(PATIENCE);
    expect(await own).toMatchObject({ outcome: 'confirmation_required' });
    expect(here.sent()).toHaveLength(1);
  });
});

/** The server of approval pages: what each address answers, and to whom. */
import { describe, expect, test } from 'vitest';
import { messagePage, questionPage } from '../../../src/approval/channels/page-html.ts';
import type { Store } from '../../../src/storage/store.ts';
import { failure } from '../../api/support.ts';
import { send } from '../../callbacks/support.ts';
import {
  ASKED_CALLS,
  cancellable,
  LIFETIME,
  leavePage,
  openPaged,
  type Paged,
  paged,
  RENT_ANY,
  WITHDRAWN,
} from '../../support/gate.ts';
import { decide, openBeside, type Stage } from '../../support/stage.ts';

const rent = (stage: Stage, caller = {}, args = {}) =>
  stage.ask(RENT_ANY.tool, { ...RENT_ANY.args, ...args }, caller);

const ANSWERED = 'It has been answered. An answer counts once.';
const EXPIRED = 'It has expired. Nothing was done.';

const CHANGED = 'The terms have changed since. Nothing was done; there is a new question.';

type Step = (stage: Paged) => Promise<unknown>;
const press =
  (decision: string, page = 1): Step =>
  async (stage) =>
    decide(await stage.page(page), decision);
const moves: Step = async ({ simulator }) => simulator.project.setPrice('US', 'LOCAL', '9.90');
/** The same call waits for the page, while this happens. */
const again =
  (...steps: Step[]): Step =>
  async (stage) => {
    const { caller, cancel } = cancellable();
    const call = rent(stage, caller);
    await paged(stage);
    for (const step of steps) await step(stage);
    if (steps.length === 0) cancel(WITHDRAWN);
    await call;
  };
const asksAnew: Step = async (stage) => {
  await moves(stage);
  void rent(stage);
  await stage.page(2);
};

/** How the question of the first page stands, and what that says to who looks at it or presses a button. */
const STATES: readonly [state: string, status: number, says: string, bring: Step][] = [
  ['asked', 200, '<button name="decision" value="approve">', async () => {}],
  ['approved', 410, ANSWERED, press('approve')],
  ['approved and carried out', 410, ANSWERED, again(press('approve'))],
  ['declined', 410, ANSWERED, press('decline')],
  ['expired', 410, EXPIRED, ({ clock }) => clock.advance(LIFETIME)],
  ['superseded, put anew by the same call', 410, CHANGED, asksAnew],
  ['superseded, read again', 410, CHANGED, again(moves, press('approve'), press('decline', 2))],
  ['cancelled', 410, 'The call was cancelled. Nothing is done any more.', again()],
];

describe.each(STATES)('a page whose question is %s', (_, status, says, bring) => {
  test(`answers ${status} to who looks at it, and a button counts only where it is asked`, async () => {
    const stage = await openPaged();
    await leavePage(stage, rent(stage));
    await bring(stage);
    const page = await stage.page();
    const seen = await send(page, { method: 'GET' });
    expect(seen).toMatchObject({ status, body: expect.stringContaining(says) });
    const sent = stage.sent().length;
    expect((await decide(page, 'approve')).status).toBe(status);
    expect((await decide(page, 'approve')).status).toBe(410);
    expect(stage.sent()).toHaveLength(sent);
  });
});

describe('a page', () => {
  test.each([
    ['another host', { host: 'evil.example' }, 403],
    ['another host of this machine', { host: 'localhost' }, 403],
    ['another site’s form', { origin: 'https://evil.example' }, 403],
    ['a sandboxed form', { origin: 'null' }, 403],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['no origin, as a program', {}, 200],
  ])('is answered by its own form alone: %s', async (_, headers, status) => {
    const stage = await openPaged();
    const call = rent(stage);
    const page = await paged(stage);
    expect((await send(page, { method: 'GET', headers })).status).toBe(status);
    expect((await decide(page, 'decline', headers)).status).toBe(status);
    expect((await decide(page, 'decline', { origin: new URL(page).origin })).status).toBe(
      status === 200 ? 410 : 200,
    );
    expect(await call).toMatchObject({ outcome: 'declined' });
  });

  test('is unknown by any other address, and takes no other answer', async () => {
    const stage = await openPaged();
    const call = rent(stage);
    const page = await paged(stage);
    for (const other of [
      `${page}x`,
      page.slice(0, -1),
      new URL('/approve/', page).href,
      new URL('/', page).href,
    ]) {
      expect((await send(other, { method: 'GET' })).status).toBe(404);
      expect((await decide(other, 'approve')).status).toBe(404);
    }
    for (const answer of ['', 'yes', 'approve&decision=decline'.repeat(100)]) {
      expect((await decide(page, answer)).status).toBe(400);
    }
    expect((await send(page, { method: 'PUT' })).status).toBe(404);
    expect(stage.sent()).toEqual([]);
    await decide(page, 'decline');
    expect(await call).toMatchObject({ outcome: 'declined' });
  });

  test('loads nothing, is framed by nobody and kept nowhere', async () => {
    const stage = await openPaged();
    void rent(stage);
    const { headers } = await send(await paged(stage), { method: 'GET' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^;]+; form-action 'self'; frame-ancestors 'none'/,
    );
  });

  test('says so where another answer counts that came in the same moment', async () => {
    let isOvertaken = true;
    const overtaken = (own: Store): Store => {
      const { approvals } = own;
      const decide: typeof approvals.decide = async (id, decision) => {
        const no = { ...decision, state: 'declined' } as const;
        if (decision.channel === 'page' && isOvertaken) await approvals.decide(id, no);
        isOvertaken = false;
        return approvals.decide(id, decision);
      };
      return { ...own, approvals: { ...approvals, decide } };
    };
    const stage = await openPaged({ store: overtaken });
    const call = rent(stage);
    expect((await decide(await paged(stage), 'approve')).body).toContain(ANSWERED);
    expect(await call).toMatchObject({ outcome: 'declined' });
    expect(stage.sent()).toEqual([]);
  });

  test('goes with its server: nobody is left to carry anything out', async () => {
    const stage = await openPaged();
    const call = rent(stage);
    const page = await paged(stage);
    await stage.gate.forgetQuestions();
    expect(await call).toMatchObject({ outcome: 'declined' });
    expect(await failure(decide(page, 'approve'))).toMatchObject({ code: 'ECONNREFUSED' });
    expect(stage.sent()).toEqual([]);
  });

  test('that was approved stays so when its server goes: the next one carries it out', async () => {
    const stage = await openPaged();
    await leavePage(stage, rent(stage));
    await decide(await stage.page(), 'approve');
    await stage.gate.forgetQuestions();
    expect(await rent(await openBeside(stage))).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
  });
});

const QUESTION = {
  headline: 'Rent +12025550134.',
  facts: [{ label: 'A', value: '<b>' }],
  ...{ field: 'f', title: 't', description: 'd', answer: '0134' },
};

test.each([
  ['Claude” wants nothing. The client “X'],
  ['Claude" wants nothing. The client "X'],
  ["Claude'' wants nothing.'"],
  ['Claude» wants nothing. «'],
  ['Claude″ wants nothing. ‟〞＂'],
  ['Claude</p><h1>Nothing to see'],
])('a client cannot say more than its name: %s', (client) => {
  const paragraph = /<p>(.*?) asks for this, on behalf/.exec(questionPage(QUESTION, client))?.[1] ?? '';
  expect(paragraph).toMatch(/^The MCP client “[^“”"'«»″〞＂<>]*”$/);
});

test('what a question says is text, not markup', () => {
  expect(questionPage(QUESTION, undefined)).toContain('<dd>&lt;b&gt;</dd>');
  expect(messagePage('<i>', '<b>')).not.toMatch(/<[ib]>/);
});

describe('pages that wait for an answer', () => {
  const calls = (stage: Paged, caller: object) =>
    ASKED_CALLS.map(({ tool, args }) => stage.ask(tool, args, caller));

  test('are five at most: the next question is not put, until one is answered', async () => {
    const stage = await openPaged();
    const open = calls(stage, { id: 'a' });
    await paged(stage, 5);
    expect(await rent(stage, { id: 'b' })).toMatchObject({
      outcome: 'declined',
      message: expect.stringContaining('Several other questions wait on pages in the browser.'),
    });
    expect(stage.pages).toHaveLength(5);
    await decide(await stage.page(1), 'decline');
    expect(await open[0]).toMatchObject({ outcome: 'declined' });
    void rent(stage, { id: 'b' });
    await stage.page(6);
    expect(stage.sent()).toEqual([]);
  });

  test('make room when they expire, also without a word', async () => {
    const stage = await openPaged();
    const open = calls(stage, { id: 'a' });
    await paged(stage, 5);
    await stage.clock.advance(2 * LIFETIME);
    await Promise.all(open);
    void rent(stage, { id: 'b' });
    await stage.page(6);
  });
});

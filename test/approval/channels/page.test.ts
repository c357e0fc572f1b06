/** Approval pages over real HTTP: what is a yes, what is not, and what the person is told. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CancelledError } from '../../../src/api/errors.ts';
import type { OpenBrowser } from '../../../src/approval/channels/browser.ts';
import { createApprovals } from '../../../src/approval/channels/page.ts';
import { type Asker, CannotAskError, type Question } from '../../../src/approval/question.ts';
import type { Permission } from '../../../src/approval/tokens.ts';
import { failure } from '../../api/support.ts';
import { send } from '../../callbacks/support.ts';
import { decide, recordingBrowser, steppedClock } from '../../support/stage.ts';

const MINUTE = 60_000;
const PATIENCE = 50_000;
/** How a request fails where nothing listens any more. */
const GONE = { code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) };

const CALL: Permission = {
  tool: 'rent_number',
  arguments: { phoneNumber: '+12025550134' },
  terms: { a: '0.80' },
};
const QUESTION: Question = {
  headline: 'Rent +12025550134 (US LOCAL SMS).',
  facts: [{ label: 'Cost', value: '0.80 EUR a month' }],
  field: 'lastFourDigits',
  title: '',
  description: '',
  answer: '0134',
};

interface Asking extends Partial<Asker> {
  readonly call?: Partial<Permission>;
  readonly question?: Partial<Question>;
}

function setUp(openBrowser?: OpenBrowser) {
  const browser = recordingBrowser();
  const clock = steppedClock();
  const approvals = createApprovals({ openBrowser: openBrowser ?? browser.open, clock });
  onTestFinished(() => approvals.close());
  const ask = ({ call, question, ...asker }: Asking = {}) =>
    approvals.ask(
      { ...CALL, ...call },
      { ...QUESTION, ...question },
      { signal: new AbortController().signal, ...asker },
    );
  /** A call that waits, and its page. */
  async function waiting(asking?: Asking, n = 1) {
    const before = clock.sleeping();
    const call = ask(asking);
    call.catch(() => {});
    const page = await browser.page(n);
    await expect.poll(() => clock.sleeping(), { interval: 1 }).toBe(before + 1);
    return { call, page };
  }
  /** A page that nobody waits for any more. */
  async function leftAlone() {
    const { call, page } = await waiting();
    await clock.advance(PATIENCE);
    expect(await call).toBe('page open');
    return page;
  }
  return { ...browser, clock, approvals, ask, waiting, leftAlone };
}

const show = (page: string, headers: Record<string, string> = {}) => send(page, { method: 'GET', headers });

/** That a page is closed, and says so in these words, whether it is looked at or answered. */
async function expectClosed(page: string, words: string): Promise<void> {
  for (const answer of [await show(page), await decide(page, 'approve')]) {
    expect(answer.status).toBe(410);
    expect(answer.body).toContain('This question is closed');
    expect(answer.body).toContain(words);
    expect(answer.body).not.toContain('<form');
  }
}

/** That the call is still unanswered, and a yes to its page counts. */
async function expectStillOpen({ call, page }: { call: Promise<unknown>; page: string }): Promise<void> {
  expect((await decide(page, 'approve')).status).toBe(200);
  expect(await call).toBe('yes');
}

describe('an approval page', () => {
  test('shows what is asked, and by whom', async () => {
    const { body, status } = await show((await setUp().waiting({ client: 'Test client' })).page);
    expect(status).toBe(200);
    for (const words of [
      QUESTION.headline,
      'Cost',
      '0.80 EUR a month',
      '“Test client”',
      'on behalf of an AI agent',
    ])
      expect(body).toContain(words);
    expect(body).toMatch(/<form method="post">.*value="decline".*value="approve".*<\/form>/s);
  });

  test('makes a call go on when it is approved, says so, and can be approved once', async () => {
    const { call, page } = await setUp().waiting();
    const body = expect.stringContaining('Approved');
    expect(await decide(page, 'approve')).toMatchObject({ status: 200, body });
    expect(await call).toBe('yes');
    await expectClosed(page, 'It has been answered. An answer counts once.');
  });

  test('ends a call when it is declined, and says so', async () => {
    const { call, page } = await setUp().waiting();
    const body = expect.stringContaining('Declined');
    expect(await decide(page, 'decline')).toMatchObject({ status: 200, body });
    expect(await call).toBe('declined');
    await expectClosed(page, 'An answer counts once.');
  });

  test('is on 127.0.0.1, behind a secret of at least 128 bits that is new each time', async () => {
    const { waiting } = setUp();
    const pages: string[] = [];
    for (let n = 1; n <= 20; n++) {
      const { call, page } = await waiting({ call: { arguments: { n } } }, n);
      await decide(page, 'decline');
      await call;
      pages.push(page);
    }
    const secrets = pages.map(
      (page) => /^http:\/\/127\.0\.0\.1:\d+\/approve\/([\w-]+)$/.exec(page)?.[1] ?? '',
    );
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url').length).toBeGreaterThanOrEqual(16);
  });

  test.each([
    ['question', 200, (page: string) => show(page)],
    ['answer', 200, (page: string) => decide(page, 'decline')],
    ['refusal', 403, (page: string) => show(page, { origin: 'http://example.com' })],
    ['unknown address', 404, (page: string) => show(`${page}x`)],
    ['error', 400, (page: string) => decide(page, 'maybe')],
  ])('may not be kept, framed or sent elsewhere, and loads nothing: %s', async (_, expected, get) => {
    const { status, headers, body } = await get((await setUp().waiting()).page);
    expect(status).toBe(expected);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    });
    const policy = String(headers['content-security-policy']).split('; ');
    for (const rule of [
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      expect(policy).toContain(rule);
    expect(policy.join()).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(body).not.toMatch(/<script|src=|href=|url\(|@import/);
  });

  test('shows what others wrote as text, never as markup', async () => {
    const evil = `</dd></main><script>alert(1)</script><form action="http://example.com">"'&`;
    const question = { headline: evil, facts: [{ label: evil, value: evil }] };
    const { body } = await show((await setUp().waiting({ question, client: evil })).page);
    expect(body).not.toContain('<script');
    expect(body).not.toContain('action="');
    expect(body.match(/<form/g)).toHaveLength(1);
    expect(body.match(/&lt;script&gt;alert\(1\)/g)).toHaveLength(5);
  });
});

describe('an approval page sends nobody a yes', () => {
  test.each([
    ['from another site', { origin: 'http://example.com' }],
    ['from a page without an origin', { origin: 'null' }],
    ['from another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['by another name of this machine', { host: 'localhost' }],
    ['by a name that somebody bound to this machine', { host: 'rebound.example.com' }],
  ])('that comes %s', async (_, headers) => {
    const asked = await setUp().waiting();
    for (const answer of [await decide(asked.page, 'approve', headers), await show(asked.page, headers)]) {
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('Refused');
      expect(answer.body).not.toContain('<form');
    }
    await expectStillOpen(asked);
  });

  test.each(['', 'yes', 'APPROVE', 'decline%26decision=approve'])('for the decision %j', async (decision) => {
    const asked = await setUp().waiting();
    const { status, body } = await decide(asked.page, decision);
    expect(status).toBe(400);
    expect(body).toContain('The answer must be approve or decline. Nothing was done.');
    await expectStillOpen(asked);
  });

  test.each([true, false])('for a form that is too large, chunked: %s', async (chunked) => {
    const asked = await setUp().waiting();
    const body = `decision=approve&more=${'x'.repeat(2_000)}`;
    expect((await send(asked.page, { body, chunked })).status).toBe(400);
    await expectStillOpen(asked);
  });

  test.each(['x', 'x'.repeat(43), '..', './'])('at the address with the secret %j', async (secret) => {
    const asked = await setUp().waiting();
    const other = new URL(secret, asked.page).href;
    for (const answer of [await show(other), await decide(other, 'approve')]) {
      expect(answer.status).toBe(404);
      expect(answer.body).toContain('There is no such question.');
    }
    await expectStillOpen(asked);
  });

  test('by being looked at, or by another method', async () => {
    const asked = await setUp().waiting();
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      await send(`${asked.page}?decision=approve`, { method });
    await expectStillOpen(asked);
  });
});

test.each([
  ['its own origin', (page: string) => decide(page, 'approve', { origin: new URL(page).origin })],
  ['no origin', (page: string) => decide(page, 'approve')],
  ['a form in chunks', (page: string) => send(page, { body: 'decision=approve', chunked: true })],
])('an approval with %s counts', async (_, approve) => {
  const { call, page } = await setUp().waiting();
  expect((await approve(page)).status).toBe(200);
  expect(await call).toBe('yes');
});

describe('a page that no call waits for any more', () => {
  test('is found by the same call, without another being opened', async () => {
    const { leftAlone, ask, pages } = setUp();
    const page = await leftAlone();
    const again = ask({ call: { terms: { a: '0.80' } } });
    await decide(page, 'approve');
    expect(await again).toBe('yes');
    expect(pages).toEqual([page]);
  });

  test.each<[string, Partial<Permission>]>([
    ['other arguments', { arguments: { phoneNumber: '+12025550135' } }],
    ['another tool', { tool: 'release_number' }],
  ])('is not found by a call with %s', async (_, call) => {
    const { leftAlone, waiting } = setUp();
    const page = await leftAlone();
    await decide(page, 'approve');
    const other = await waiting({ call }, 2);
    expect(other.page).not.toBe(page);
    await decide(other.page, 'decline');
    expect(await other.call).toBe('declined');
  });

  test('can be approved: that counts for the next such call, once', async () => {
    const { leftAlone, ask, waiting, clock } = setUp();
    const page = await leftAlone();
    await clock.advance(4 * MINUTE);
    await decide(page, 'approve');
    await clock.advance(5 * MINUTE - 1);
    expect(await ask()).toBe('yes');
    const next = await waiting({}, 2);
    await decide(next.page, 'decline');
    expect(await next.call).toBe('declined');
  });

  test('can be declined: the next such call is told, and the one after it asks anew', async () => {
    const { leftAlone, ask, waiting } = setUp();
    await decide(await leftAlone(), 'decline');
    expect(await ask()).toBe('declined');
    await expectStillOpen(await waiting({}, 2));
  });

  test('was approved in vain when no such call comes within 5 minutes', async () => {
    const { leftAlone, waiting, clock, pages } = setUp();
    await decide(await leftAlone(), 'approve');
    await clock.advance(5 * MINUTE);
    const { page } = await waiting({}, 2);
    expect(pages).toHaveLength(2);
    expect((await show(page)).status).toBe(200);
  });

  test('expires after 5 minutes, and says so', async () => {
    const { leftAlone, waiting, clock } = setUp();
    const page = await leftAlone();
    await clock.advance(5 * MINUTE - 1);
    expect((await show(page)).status).toBe(200);
    await clock.advance(1);
    await expectClosed(page, 'It has expired. Nothing was done.');
    await expectStillOpen(await waiting({}, 2));
  });

  test('closes, and says so, when the same call asks about other terms', async () => {
    const { leftAlone, waiting } = setUp();
    const page = await leftAlone();
    const asked = await waiting({ call: { terms: { a: '0.90' } } }, 2);
    await expectClosed(page, 'The terms have changed since. Nothing was done; there is a new question.');
    await expectStillOpen(asked);
  });

  test('and that was approved does not count for other terms, nor for the old ones after them', async () => {
    const { leftAlone, waiting, pages } = setUp();
    await decide(await leftAlone(), 'approve');
    const moved = await waiting({ call: { terms: { a: '0.90' } } }, 2);
    await decide(moved.page, 'decline');
    expect(await moved.call).toBe('declined');
    await waiting({}, 3);
    expect(pages).toHaveLength(3);
  });
});

describe('two calls that wait for one page', () => {
  async function two() {
    const { waiting, ask, pages, clock } = setUp();
    const first = await waiting();
    const caller = new AbortController();
    const second = ask({ signal: caller.signal });
    second.catch(() => {});
    await expect.poll(() => clock.sleeping(), { interval: 1 }).toBe(2);
    expect(pages).toHaveLength(1);
    return { ...first, calls: Promise.all([first.call, second]), cancel: () => caller.abort() };
  }

  test('get one yes between them', async () => {
    const { page, calls } = await two();
    await decide(page, 'approve');
    expect((await calls).sort()).toEqual(['taken', 'yes']);
  });

  test('both get its no', async () => {
    const { page, calls } = await two();
    await decide(page, 'decline');
    expect(await calls).toEqual(['declined', 'declined']);
  });

  test('do not lose it when one of them is cancelled', async () => {
    const asked = await two();
    asked.calls.catch(() => {});
    asked.cancel();
    await new Promise(setImmediate);
    await expectStillOpen(asked);
  });
});

describe('a call that is cancelled', () => {
  test('closes its page, and a yes to it does nothing, then or later', async () => {
    const { waiting, pages } = setUp();
    const caller = new AbortController();
    const { call, page } = await waiting({ signal: caller.signal });
    caller.abort();
    expect(await failure(call)).toBeInstanceOf(CancelledError);
    await expectClosed(page, 'The call was cancelled. Nothing is done any more.');
    await waiting({}, 2);
    expect(pages).toHaveLength(2);
  });

  test.each([
    new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
    'Request timed out',
  ])('since the client ran out of patience keeps its page open: %s', async (reason) => {
    const { waiting, ask, pages } = setUp();
    const caller = new AbortController();
    const { call, page } = await waiting({ signal: caller.signal });
    caller.abort(reason);
    expect(await failure(call)).toBeInstanceOf(CancelledError);
    expect((await decide(page, 'approve')).status).toBe(200);
    expect(await ask()).toBe('yes');
    expect(pages).toHaveLength(1);
  });
});

test('a call waits 50 s; one that can tell its progress 5 minutes, and tells it every 10 s', async () => {
  const { waiting, clock } = setUp();
  const told: string[] = [];
  const { call, page } = await waiting({ progress: (message) => told.push(message) });
  await clock.advance(5 * MINUTE - 1);
  expect(told).toHaveLength(30);
  expect(told.at(-1)).toContain('290 s so far');
  expect(told.join()).not.toContain(new URL(page).pathname);
  await clock.advance(1);
  expect(await call).toBe('page open');
});

test('where no browser can be opened nobody is asked, the address leads nowhere, and the next call tries again', async () => {
  const { open, page } = recordingBrowser();
  let tries = 0;
  const { ask } = setUp(async (url) => {
    await open(url);
    if (++tries === 1) throw new CannotAskError('no display');
  });
  expect(await failure(ask())).toBeInstanceOf(CannotAskError);
  const nowhere = await page();
  await vi.waitFor(async () => expect(await failure(show(nowhere))).toMatchObject(GONE));
  const call = ask();
  await decide(await page(2), 'approve');
  expect(await call).toBe('yes');
});

test('when the server ends, calls that wait get no yes, and its pages are gone', async () => {
  const { waiting, approvals } = setUp();
  const { call, page } = await waiting();
  await approvals.close();
  expect(await call).toBe('taken');
  expect(await failure(show(page))).toMatchObject(GONE);
});

describe('a page that two calls of the same kind ask for at the same moment', () => {
  test('is one, and its approval counts once', async () => {
    const { ask, pages, page } = setUp();
    const calls = [ask(), ask()];
    await decide(await page(1), 'approve');
    expect((await Promise.all(calls)).sort()).toEqual(['taken', 'yes']);
    expect(pages).toHaveLength(1);
  });

  test('and that cannot be shown reaches neither of them', async () => {
    const { ask } = setUp(async () => {
      throw new CannotAskError('no browser');
    });
    const errors = await Promise.all([failure(ask()), failure(ask())]);
    for (const error of errors) expect(error).toBeInstanceOf(CannotAskError);
  });
});

test('an approval that no call waits for says what it is good for', async () => {
  const { leftAlone } = setUp();
  const { body } = await decide(await leftAlone(), 'approve');
  expect(body).toContain('If it asks again within 5 minutes, it is carried out.');
});

test('a page that was closed long ago is answered in words', async () => {
  const { leftAlone, clock } = setUp();
  const page = await leftAlone();
  await clock.advance(15 * MINUTE);
  expect(await show(page)).toMatchObject({ status: 404 });
});

test('no more than five questions wait at once, however many calls ask', async () => {
  const { waiting, ask, pages } = setUp();
  const calls = [];
  for (let n = 1; n <= 5; n++) calls.push(await waiting({ call: { arguments: { n } } }, n));
  expect(await ask({ call: { arguments: { n: 6 } } })).toBe('too many pages');
  expect(pages).toHaveLength(5);
  await decide(calls[0]?.page ?? '', 'decline');
  await waiting({ call: { arguments: { n: 6 } } }, 6);
});

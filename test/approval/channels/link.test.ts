import { describe, expect, test } from 'vitest';
import type { FormAnswer, Link } from '../../../src/approval/channels/channel.ts';
import { CannotAskError } from '../../../src/approval/channels/channel.ts';
import { IssuerError } from '../../../src/identity/errors.ts';
import type { Login } from '../../../src/identity/login.ts';
import { recorder } from '../../callbacks/support.ts';
import { ASKED_CALLS, openPaged, PATIENCE, RENT, RENTED_TOO, until, waiting } from '../../support/gate.ts';
import { type Caller, decide, openRentedStage, type Stage } from '../../support/stage.ts';

const { tool, args } = RENT;

/** A client that shows links, and what it is told. @param answer what comes of a link that was shown */
function linkClient(answer: (link: Link, over: AbortSignal) => FormAnswer | Promise<FormAnswer>) {
  const links: Link[] = [];
  const done: string[] = [];
  const caller: Caller = {
    showLink: async (link, over) => {
      links.push(link);
      return answer(link, over);
    },
    linkDone: (id) => void done.push(id),
  };
  return { caller, links, done };
}

/** Resolves when a call waits, and this many links were shown. */
async function shown(stage: Pick<Stage, 'clock'>, links: readonly Link[], count = 1): Promise<void> {
  await until(() => links.length >= count);
  await waiting(stage);
}

const accept = () => ({ action: 'accept' });

/** A person who looks at the link for a while before they do something about it. */
const after = (stage: Pick<Stage, 'clock'>, action: string) => async () => {
  await stage.clock.advance(2_000);
  return { action };
};

describe('a link', () => {
  test('leads to a page whose yes rents, and the client is told that it is done with', async () => {
    const stage = await openPaged();
    const { caller, links, done } = linkClient(accept);
    const rent = stage.ask(tool, args, caller);
    await shown(stage, links);
    const [link] = links;
    expect(done).toEqual([]);
    expect((await decide(link?.url ?? '', 'approve')).status).toBe(200);
    expect(await rent).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
    expect(done).toEqual([link?.elicitationId]);
    expect(stage.pages).toEqual([]);
  });

  test('is no yes where the client merely accepts it, and is not shown again while its page is open', async () => {
    const stage = await openPaged();
    const { caller, links } = linkClient(accept);
    const rent = stage.call(tool, args, caller);
    await shown(stage, links);
    await stage.clock.advance(PATIENCE);
    const { structured, text } = await rent;
    expect(structured).toMatchObject({ outcome: 'confirmation_required' });
    expect(text).toContain('their client has shown the user a link');
    const [link] = links;
    const { pathname, host } = new URL(link?.url ?? '');
    expect(JSON.stringify([structured, text])).not.toContain(host);
    expect(JSON.stringify([structured, text])).not.toContain(pathname);
    const again = stage.ask(tool, args, caller);
    await shown(stage, links);
    expect(links).toHaveLength(1);
    await decide(link?.url ?? '', 'approve');
    expect(await again).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
  });

  test('is shown again by the same call where nobody opened it in time', async () => {
    const stage = await openPaged();
    const { caller, links } = linkClient(
      (_, over) =>
        new Promise((_resolve, reject) => over.addEventListener('abort', () => reject(over.reason))),
    );
    const rent = stage.ask(tool, args, caller);
    await shown(stage, links);
    await stage.clock.advance(PATIENCE);
    expect(await rent).toMatchObject({ outcome: 'confirmation_required' });
    const again = stage.ask(tool, args, caller);
    await shown(stage, links, 2);
    expect(links).toHaveLength(2);
    expect((await decide(links[0]?.url ?? '', 'approve')).status).toBe(404);
    await decide(links[1]?.url ?? '', 'approve');
    expect(await again).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
  });

  test.each([
    ['decline', 'The user declined'],
    ['cancel', 'closed the question'],
  ])('is a no where the person answers it with %s', async (action, message) => {
    const stage = await openPaged();
    const { caller, done } = linkClient(after(stage, action));
    const answer = await stage.ask(tool, args, caller);
    expect(answer).toMatchObject({ outcome: 'declined', message: expect.stringContaining(message) });
    expect(done).toHaveLength(1);
    expect(stage.sent()).toEqual([]);
  });

  test.each<[string, () => FormAnswer | Promise<FormAnswer>]>([
    ['declines within a second', () => ({ action: 'decline' })],
    ['fails', () => ({ action: 'error' })],
    ['does not know it', () => Promise.reject(new CannotAskError('method not found'))],
  ])('gives way to a page in the browser where the client %s, and is never done', async (_, answer) => {
    const stage = await openPaged();
    const { caller, links, done } = linkClient(answer);
    const rent = stage.ask(tool, args, caller);
    const page = await stage.page();
    expect(page).not.toBe(links[0]?.url);
    await waiting(stage);
    await decide(page, 'approve');
    expect(await rent).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
    expect(done).toEqual([]);
  });

  test('comes after a form that was not shown, and is never put where a token is wanted', async () => {
    const stage = await openPaged();
    const { caller, links } = linkClient(accept);
    const rent = stage.ask(tool, args, { ...caller, elicit: async () => ({ action: 'decline' }) });
    await shown(stage, links);
    await decide(links[0]?.url ?? '', 'decline');
    expect(await rent).toMatchObject({ outcome: 'declined' });

    const other = await openRentedStage({ mode: 'token' });
    const client = linkClient(accept);
    const asked = await other.ask(tool, { phoneNumber: RENTED_TOO }, client.caller);
    expect(asked.outcome).toBe('confirmation_required');
    expect(client.links).toEqual([]);
  });
});

test('a page that nobody can reach is not linked to', async () => {
  const stage = await openRentedStage({ reach: 'nowhere' });
  const { caller, links } = linkClient(accept);
  expect(await stage.ask(tool, args, caller)).toMatchObject({
    outcome: 'confirmation_required',
    confirmation: expect.anything(),
  });
  expect(links).toEqual([]);
});

describe('a page to which people sign in', () => {
  const ORIGIN = 'https://numbers.example.com';
  const none = async () => {
    throw new IssuerError('the issuer registers no client');
  };
  const login: Login = { check: none, begin: none, finish: none, clientDocument: {} };

  test('is not linked to where nobody can: the next way is taken, and the log says why', async () => {
    const { log, lines } = recorder();
    const stage = await openRentedStage({ reach: { origin: ORIGIN }, login, log });
    const { caller, links } = linkClient(accept);
    expect(await stage.ask(tool, args, caller)).toMatchObject({
      outcome: 'confirmation_required',
      confirmation: expect.anything(),
    });
    expect(links).toEqual([]);
    expect(lines.join('')).toMatch(
      /warn approval: nobody can sign in to a page: the issuer registers no client/,
    );
  });

  test('is shown to nobody while the issuer is away', async () => {
    const stage = await openRentedStage({
      reach: { origin: ORIGIN },
      login: { ...login, check: async () => {} },
    });
    const { caller, links } = linkClient(accept);
    const rent = stage.ask(tool, args, caller);
    await shown(stage, links);
    const headers = { host: 'numbers.example.com', origin: ORIGIN };
    const url = links[0]?.url ?? '';
    const page = await stage.gate.page(new Request(url, { headers }));
    expect([page.status, await page.text()]).toEqual([503, expect.not.stringContaining('+1')]);
    const body = 'decision=approve';
    expect((await stage.gate.page(new Request(url, { method: 'POST', headers, body }))).status).toBe(403);
    await stage.clock.advance(PATIENCE);
    expect(await rent).toMatchObject({ outcome: 'confirmation_required' });
  });
});

test('open links of one caller leave room for those of another', async () => {
  const stage = await openRentedStage({ reach: { origin: 'https://numbers.example.com' } });
  const { caller, links } = linkClient(accept);
  const ask = (call: { tool: string; args: object }, id: string) =>
    stage.ask(call.tool, call.args, { ...caller, id });
  const open = ASKED_CALLS.map((call) => ask(call, 'alice'));
  await shown(stage, links, 5);
  open.push(ask(RENT, 'bob'));
  await shown(stage, links, 6);
  await stage.clock.advance(PATIENCE);
  for (const answer of await Promise.all(open)) expect(answer.outcome).toBe('confirmation_required');
});

describe('pages under an origin of others', () => {
  const ORIGIN = 'https://numbers.example.com';
  const HOST = { host: 'numbers.example.com' };
  const FORM = { 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN };

  async function openLinked() {
    const stage = await openRentedStage({ reach: { origin: ORIGIN } });
    const { caller, links } = linkClient(accept);
    const rent = stage.ask(tool, args, caller);
    await shown(stage, links);
    const url = links[0]?.url ?? '';
    const press = (headers: Record<string, string>) =>
      stage.gate.page(new Request(url, { method: 'POST', headers, body: 'decision=approve' }));
    return { stage, rent, url, press };
  }

  test('are answered there, with the same form and headers', async () => {
    const { stage, rent, url, press } = await openLinked();
    expect(url).toMatch(/^https:\/\/numbers\.example\.com\/approve\/[\w-]{43}$/);
    const page = await stage.gate.page(new Request(url, { headers: HOST }));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await press({ ...HOST, ...FORM })).status).toBe(200);
    expect(await rent).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
  });

  test.each([
    ['another name', { host: 'localhost:8080' }],
    ['a page of another site', { ...HOST, ...FORM, origin: 'https://evil.example.com' }],
    ['a page of no origin', { ...HOST, ...FORM, origin: 'null' }],
  ])('refuse %s', async (_, headers) => {
    const { stage, press } = await openLinked();
    expect((await press(headers)).status).toBe(403);
    expect(stage.sent()).toEqual([]);
  });
});

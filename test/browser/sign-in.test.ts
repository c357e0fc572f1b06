/** The approval page of a server where people sign in, in a browser: it opens for the person whose client asks. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { freePort, OFFERED, OFFERED_TOO, simulate } from '../api/support.ts';
import { envFor, eventually } from '../e2e/harness.ts';
import { runHttp } from '../e2e/http-harness.ts';
import { startIssuer } from '../support/issuer.ts';
import { shared } from '../support/lifetime.ts';
import { connectAs } from '../support/oauth-client.ts';
import { sharedTabs } from './tabs.ts';

const newTab = sharedTabs();

const stage = shared(async () => {
  const [api, issuer, port] = await Promise.all([simulate({ active: 0 }), startIssuer(), freePort()]);
  const server = await runHttp(['--port', String(port)], {
    ...envFor(api),
    SINCH_NUMBERS_HTTP_PUBLIC_URL: `http://127.0.0.1:${port}`,
    SINCH_NUMBERS_HTTP_ISSUER: issuer.url,
    SINCH_NUMBERS_LOG: 'debug',
  });
  return { api, issuer, server, alice: await connectAs('alice', server.url, { elicitation: { url: {} } }) };
});

/** Alice's agent wants to rent a number, and her client shows a link. */
async function ask(phoneNumber = OFFERED) {
  const { alice } = stage();
  const shown = alice.links.length;
  const rent = alice.call('rent_number', { phoneNumber });
  await eventually(() => alice.links.length).toBeGreaterThan(shown);
  return { rent, address: alice.links.at(-1)?.url ?? '' };
}

/** Opens an address where nobody is signed in yet, and signs in there. */
async function openAs(account: string, address: string): Promise<Page> {
  const tab = await newTab();
  await tab.goto(address);
  await signIn(tab, account);
  return tab;
}

async function signIn(tab: Page, account: string): Promise<void> {
  await tab.getByLabel('Account').fill(account);
  await tab.getByRole('button', { name: 'Sign in' }).click();
}

const heading = (tab: Page) => tab.getByRole('heading', { level: 1 });

test('somebody else is shown nothing of the question, and can make way for who is asked', async () => {
  const { alice, server } = stage();
  const { rent, address } = await ask();
  const tab = await openAs('bob', address);
  await heading(tab).filter({ hasText: 'for somebody else' }).waitFor();
  expect(await tab.getByRole('main').innerText()).toContain('signed in as bob Example <bob@example.com>');
  expect(await tab.content()).not.toContain(OFFERED);
  // Whoever has the address and no page may not press its button either.
  const origin = new URL(address).origin;
  const pressed = await tab.request.post(address, { form: { decision: 'approve' }, headers: { origin } });
  expect(pressed.status()).toBe(403);
  // The issuer knows Bob by now, and asks all the same.
  await tab.getByRole('link', { name: 'Sign in again' }).click();
  await signIn(tab, 'alice');
  await tab.getByText('You are signed in as').filter({ hasText: 'alice Example' }).waitFor();
  const [cookie, ...more] = (await tab.context().cookies(address)).filter(({ name }) => name === 'approval');
  expect(more).toEqual([]);
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax' });
  expect(address).toContain(cookie?.path);
  await tab.getByRole('button', { name: 'Approve' }).click();
  await heading(tab).filter({ hasText: 'Approved' }).waitFor();
  expect(await rent).toMatchObject({ outcome: 'completed', confirmedBy: 'link' });
  expect(await alice.text('list_activity')).toContain('confirmed by link by \\"alice Example');
  const log = server.stdout() + server.stderr();
  expect(log).not.toContain(new URL(address).pathname.split('/').at(-1));
});

test('what comes back from signing in counts once, and in the browser that left alone', async () => {
  const { rent, address } = await ask(OFFERED_TOO);
  rent.catch(() => {});
  const tab = await openAs('alice', address);
  await tab.getByText('You are signed in as').waitFor();
  const left = await fetch(address, { redirect: 'manual' });
  const state = new URL(left.headers.get('location') ?? '').searchParams.get('state');
  const back = `${new URL(address).origin}/approve/sign-in/callback?code=any&state=${state}`;
  expect((await tab.request.get(back)).status()).toBe(404);
  const cookie = left.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect((await fetch(back, { headers: { cookie } })).status).toBe(403);
  expect((await fetch(back, { headers: { cookie } })).status).toBe(404);
  await tab.getByRole('button', { name: 'Decline' }).click();
  expect((await rent).outcome).toBe('declined');
});

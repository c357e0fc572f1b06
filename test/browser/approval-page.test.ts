/** The approval page in a browser, as a person meets it, and as other sites try to use it. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OFFERED, serve } from '../api/support.ts';
import { type Answer, type Connection, tellingBrowser } from '../e2e/harness.ts';
import { start } from '../e2e/inside.ts';
import { contrast, luminance, readColours } from './colours.ts';
import { sharedTabs } from './tabs.ts';

const newTab = sharedTabs();

interface Asked {
  readonly connection: Connection;
  /** The call that waits for a yes. */
  readonly rent: Promise<Answer>;
  /** The client takes the call back. */
  readonly cancel: () => void;
  readonly address: string;
}

/** A server whose agent wants to rent a number, and so asks on a page. */
async function ask(args: Record<string, unknown> = {}, flags: readonly string[] = []): Promise<Asked> {
  const opener = await tellingBrowser();
  const connection = await start({ args: flags, env: opener.env });
  const controller = new AbortController();
  const rent = connection.call('rent_number', { phoneNumber: OFFERED, ...args }, controller);
  rent.catch(() => {});
  const cancel = () => controller.abort('not needed any more');
  onTestFinished(cancel);
  return { connection, rent, cancel, address: await opener.address() };
}

/** The page that asks, in a tab. */
async function openQuestion(
  options?: BrowserContextOptions,
  args?: Record<string, unknown>,
  flags?: readonly string[],
) {
  const [asked, tab] = await Promise.all([ask(args, flags), newTab(options)]);
  await tab.goto(asked.address);
  return { ...asked, tab };
}

function button(tab: Page, name: 'Approve' | 'Decline') {
  return tab.getByRole('button', { name, exact: true });
}

/** What a page tells that only tells, its heading first. */
async function told(tab: Page): Promise<string> {
  await tab.getByRole('status').waitFor();
  return tab.getByRole('main').innerText();
}

async function isRented({ call }: Connection): Promise<boolean> {
  return !(await call('get_active_number', { phoneNumber: OFFERED })).isError;
}

/** Holds that nothing was decided so far: a no still is one. */
async function declineInPeace({ connection, rent, address }: Asked): Promise<void> {
  await fetch(address, { method: 'POST', body: new URLSearchParams({ decision: 'decline' }) });
  expect((await rent).structured.outcome).toBe('declined');
  expect(await isRented(connection)).toBe(false);
}

describe('a person', () => {
  test('approves with the mouse, without JavaScript, and the number is rented', async () => {
    const { tab, rent, connection } = await openQuestion({ javaScriptEnabled: false });
    await button(tab, 'Approve').click();
    expect(await told(tab)).toMatch(/^Approved\s+It is being carried out/);
    expect((await rent).structured).toMatchObject({ outcome: 'completed', confirmedBy: 'page' });
    expect(await isRented(connection)).toBe(true);
  });

  test.each([
    { tabs: 1, name: 'Decline', key: 'Enter', outcome: 'declined' },
    { tabs: 2, name: 'Approve', key: 'Space', outcome: 'completed' },
  ] as const)('comes to $name with $tabs x Tab, sees where they are, and presses $key', async (way) => {
    const { tab, rent } = await openQuestion();
    const outline = `getComputedStyle(document.querySelector('button[value=${way.name.toLowerCase()}]')).outline`;
    expect(await tab.evaluate(outline)).toContain('none');
    for (let tabs = 0; tabs < way.tabs; tabs++) await tab.keyboard.press('Tab');
    expect(await tab.evaluate('document.activeElement.textContent')).toBe(way.name);
    expect(await tab.evaluate(outline)).toMatch(/solid 3px/);
    await tab.keyboard.press(way.key);
    expect((await rent).structured.outcome).toBe(way.outcome);
  });

  test('answers nothing by a key that is pressed while the page comes up', async () => {
    const asked = await openQuestion();
    for (const key of ['Enter', 'Space', 'y', 'Escape']) await asked.tab.keyboard.press(key);
    expect(await button(asked.tab, 'Approve').count()).toBe(1);
    await declineInPeace(asked);
  });

  test('declines, and is told that an answer counts once: coming back, going back or answering in another tab', async () => {
    const { tab, rent, connection, address } = await openQuestion();
    const other = await newTab();
    await other.goto(address);
    await button(tab, 'Decline').click();
    expect(await told(tab)).toMatch(/^Declined\s+Nothing is done/);
    expect((await rent).structured.outcome).toBe('declined');
    const closed = /^This question is closed\s+It has been answered/;
    await tab.reload();
    expect(await told(tab)).toMatch(closed);
    await tab.goto(address);
    expect(await told(tab)).toMatch(closed);
    await tab.goBack();
    expect(await told(tab)).toMatch(closed);
    await button(other, 'Approve').click();
    expect(await told(other)).toMatch(closed);
    expect(await isRented(connection)).toBe(false);
  });

  test('whose agent has taken the call back is told so, and a yes does nothing', async () => {
    const { tab, rent, connection, cancel } = await openQuestion();
    const closed = /^This question is closed\s+The call was cancelled\. Nothing is done/;
    cancel();
    await expect(rent).rejects.toThrow('not needed any more');
    await connection.client.ping();
    await button(tab, 'Approve').click();
    expect(await told(tab)).toMatch(closed);
    await tab.goto(tab.url());
    expect(await told(tab)).toMatch(closed);
    expect(await isRented(connection)).toBe(false);
  });
});

describe('the page', () => {
  test('asks for nothing else, breaks no rule of its own, and stays out of the cache', async () => {
    const { address } = await ask();
    const tab = await newTab();
    const requests: string[] = [];
    const complaints: string[] = [];
    tab.on('request', (request) => requests.push(request.url()));
    tab.on('console', (message) => complaints.push(message.text()));
    tab.on('pageerror', (error) => complaints.push(error.message));
    const response = await tab.goto(address);
    expect(await response?.headerValue('cache-control')).toBe('no-store');
    expect(await tab.evaluate("getComputedStyle(document.querySelector('main')).borderTopWidth")).toBe('1px');
    await button(tab, 'Approve').click();
    expect(requests).toEqual([address, address]);
    expect(complaints).toEqual([]);
  });

  test('runs no script and loads no image that got into it', async () => {
    const { tab } = await openQuestion();
    const blocked = await tab.evaluate(`new Promise((resolve) => {
      const rules = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        if (rules.push(effectiveDirective) === 3) resolve(rules.sort());
      });
      const script = document.body.appendChild(document.createElement('script'));
      script.textContent = 'window.ran = true';
      document.body.appendChild(new Image()).src = 'http://evil.example/';
      document.body.insertAdjacentHTML('beforeend', '<style>main { display: none }</style>');
    })`);
    expect(blocked).toEqual(['img-src', 'script-src-elem', 'style-src-elem']);
    expect(await tab.evaluate('window.ran')).toBeUndefined();
  });

  test('says what, at which price, for what and for whom, to a screen reader too', async () => {
    const { tab } = await openQuestion({}, { smsConfiguration: { servicePlanId: 'plan-1' } }, [
      '--simulator',
    ]);
    const heading = tab.getByRole('heading', { level: 1 });
    expect(await heading.innerText()).toBe(
      `Simulated: no real number, no money. Rent ${OFFERED} (US LOCAL SMS+VOICE).`,
    );
    expect(await tab.title()).toBe(await heading.innerText());
    expect(await tab.getByRole('paragraph').innerText()).toContain('The MCP client “test”');
    expect(await tab.getByRole('term').allInnerTexts()).toEqual(['Due now', 'Then', 'SMS service plan']);
    expect(await tab.getByRole('definition').allInnerTexts()).toEqual([
      '1.60 EUR, setup and first interval',
      '0.80 EUR a month until it is released',
      '"plan-1"',
    ]);
    expect(await tab.getByRole('button').allInnerTexts()).toEqual(['Decline', 'Approve']);
    expect(await tab.getByRole('main').count()).toBe(1);
    expect(await tab.evaluate('document.documentElement.lang')).toBe('en');
    await button(tab, 'Decline').click();
    expect(await tab.getByRole('status').innerText()).toContain('Nothing is done');
  });

  test('can be read in light and dark colours: each text has a contrast of 4.5:1', async () => {
    const { tab } = await openQuestion();
    for (const colorScheme of ['light', 'dark'] as const) {
      await tab.emulateMedia({ colorScheme });
      const read = await readColours(tab);
      expect(read.map(({ text }) => text)).toEqual(expect.arrayContaining(['Due now', 'Approve', 'Decline']));
      for (const { text, front, back } of read) {
        expect(contrast(front, back), `${text}: ${front} on ${back}`).toBeGreaterThanOrEqual(4.5);
      }
      const page = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(luminance(String(page)) < 0.5).toBe(colorScheme === 'dark');
    }
  });

  test('fits a phone without scrolling sideways, however long its IDs and addresses', async () => {
    const { tab } = await openQuestion(
      { viewport: { width: 390, height: 760 } },
      {
        smsConfiguration: { servicePlanId: 'p'.repeat(128), campaignId: 'C'.repeat(128) },
        voiceConfiguration: { appId: 'a'.repeat(128) },
        callbackUrl: `https://${'host'.repeat(14)}.${'host'.repeat(14)}.example.com/${'path'.repeat(50)}`,
      },
    );
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(390);
    for (const name of ['Decline', 'Approve'] as const) {
      const box = await button(tab, name).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
    }
  });
});

describe('another site', () => {
  /** A page of another origin. */
  async function openForeign(html: string): Promise<Page> {
    const site = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html>${html}`);
    });
    const tab = await newTab();
    await tab.goto(site.url);
    return tab;
  }

  test('cannot show the page in a frame', async () => {
    const asked = await ask();
    const tab = await openForeign(`<iframe src="${asked.address}" width="600" height="600"></iframe>`);
    const frame = tab.frames()[1];
    expect(frame?.url()).toMatch(/^chrome-error:/);
    expect(await frame?.getByRole('button').count()).toBe(0);
    await declineInPeace(asked);
  });

  test.each([
    ['a form', ''],
    ['a form that hides where it comes from', '<meta name="referrer" content="no-referrer">'],
  ])('cannot approve by %s, even if it knows the address', async (_, head) => {
    const asked = await ask();
    const tab = await openForeign(`${head}<form method="post" action="${asked.address}">
      <button name="decision" value="approve">Win a prize</button></form>`);
    await tab.getByRole('button').click();
    expect(await told(tab)).toMatch(/^Refused\s+The request comes from another site/);
    await declineInPeace(asked);
  });

  test('cannot approve by a script, or read what is asked', async () => {
    const asked = await ask();
    const tab = await openForeign('<p>Hello</p>');
    const seen = await tab.evaluate(`Promise.allSettled([
      fetch(${JSON.stringify(asked.address)}).then((answer) => answer.text()),
      fetch(${JSON.stringify(asked.address)}, { method: 'POST', mode: 'no-cors',
        body: new URLSearchParams({ decision: 'approve' }) }).then((answer) => answer.text()),
    ]).then((results) => results.map(({ value }) => value ?? ''))`);
    expect(seen).toEqual(['', '']);
    await declineInPeace(asked);
  });

  test('that points its own name at this machine is not shown the page, and cannot approve', async () => {
    const asked = await ask();
    const tab = await newTab();
    const { port, pathname } = new URL(asked.address);
    const response = await tab.goto(`http://evil.example:${port}${pathname}`);
    expect(response?.status()).toBe(403);
    expect(await told(tab)).toMatch(/^Refused\s+This page is not known by that address/);
    const status = await tab.evaluate(`fetch(location.href, { method: 'POST',
      body: new URLSearchParams({ decision: 'approve' }) }).then((answer) => answer.status)
      .catch((error) => error.name)`);
    expect(status).toBe('TypeError');
    await declineInPeace(asked);
  });

  test('that opens the page has no hold on its window', async () => {
    const asked = await ask();
    const tab = await openForeign(`<a href="${asked.address}" target="_blank" rel="opener">Look</a>`);
    const [opened] = await Promise.all([tab.waitForEvent('popup'), tab.getByRole('link').click()]);
    onTestFinished(() => opened.close());
    await button(opened, 'Approve').waitFor();
    expect(await opened.evaluate('window.opener')).toBeNull();
    await declineInPeace(asked);
  });
});

/** The views in a browser, inside a host: as a person meets them, whatever the host passes on. */
import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Locator } from 'playwright-core';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UI_EXTENSION, VIEW_DATA } from '../../src/views/names.ts';
import { start } from '../e2e/inside.ts';
import { shared } from '../support/lifetime.ts';
import { contrast, luminance, readColours } from './colours.ts';
import { sharedBrowser } from './tabs.ts';
import { type Host, openHost } from './view-stage.ts';

const browser = sharedBrowser();
let host: Host;
beforeAll(async () => {
  host = await openHost(browser(), { viewport: { width: 1_280, height: 900 } });
});

/** A server whose client shows views. */
const serving = shared(async () => {
  const { client } = await start({
    simulator: { active: 140 },
    capabilities: { extensions: { [UI_EXTENSION]: {} } },
  });
  const caller = (name: string) => async (args: Record<string, unknown>) =>
    CallToolResultSchema.parse(await client.callTool({ name, arguments: args }));
  return { audit: caller('audit_provisioning'), search: caller('search_available_numbers') };
});

/** A view of which nothing may leave, and about which the browser has nothing to complain. */
const open: Host['open'] = async (...view) => {
  const stage = await host.open(...view);
  onTestFinished(() => expect(stage.faults).toEqual([]));
  return stage;
};

const result = (structuredContent: Record<string, unknown>, text = 'For the model.'): CallToolResult => ({
  content: [{ type: 'text', text }],
  structuredContent,
});

const EUR = (amount: string) => [{ currencyCode: 'EUR', amount }];

/** A report of a project in which nothing is rented. */
const EMPTY = {
  ...{ scanned: 0, complete: true, inventory: [], charges: [], findings: [], monthlyCost: [] },
  summary: { failed: 0, stuck: 0, inProgress: 0, releasing: 0, unlinked: 0, healthy: 0 },
};

const finding = (index: number, more: object = {}) => ({
  ...{ code: `CODE_${index}`, kind: 'failed', count: 1, owner: 'customer', retry: 'later' },
  ...{ meaning: `Meaning ${index}.`, remedy: 'Mend it.', phoneNumbers: [`+1202555${1_000 + index}`] },
  ...more,
});

/** How what has the focus shows it. */
const OUTLINE = "getComputedStyle(document.activeElement.closest('label') ?? document.activeElement).outline";

const texts = (locator: Locator) => locator.allInnerTexts();

describe('the inventory', () => {
  test("shows a tool's result: figures, states, countries and charges, and opens a finding to all of its numbers", async () => {
    const { audit } = serving();
    const { view, host: tell, calls } = await open('inventory', { answer: audit });
    const answer = await audit({});
    await tell('sendInput', {});
    await tell('sendResult', answer);
    expect(await texts(view.locator('.figures dt'))).toEqual([
      ...['Numbers', 'Not working', 'Cost a month', 'Next 30 days'],
    ]);
    expect(await texts(view.locator('.figures dd'))).toEqual([
      '140',
      '20',
      '198.68 EUR',
      expect.stringMatching(/^\d+\.\d\d EUR$/),
    ]);
    expect(await texts(view.locator('.legend div'))).toContain('Failed\n14');
    expect((await texts(view.locator('.kind')))[1]).toMatch(
      /^United States Local\s+87\s+numbers,\s+69\.60 EUR\s+a month/,
    );
    const chart = view.getByRole('img', { name: /^\d+\.\d\d EUR in all, most on \d+ \w+: / });
    expect(await chart.locator('rect').count()).toBeGreaterThan(20);
    expect(calls).toEqual([]);

    const unlinked = view.locator('details', { hasText: 'linked to no service plan' });
    await unlinked.locator('summary').click();
    const rows = unlinked.locator('.numbers li');
    expect(await rows.count()).toBe(5);
    await unlinked.getByRole('button', { name: 'Show all 9 numbers' }).click();
    await expect.poll(() => rows.count()).toBe(9);
    expect(await rows.first().innerText()).toMatch(/^\+\d+\s[^\d][\s\S]*EUR/);
    expect(calls).toEqual([
      { name: 'audit_provisioning', arguments: { sections: ['findings'], finding: 'UNLINKED' } },
    ]);
  });

  test.each([
    ['the text alone', (answer: CallToolResult) => ({ content: answer.content })],
    [
      'no part that is for the view',
      ({ content, structuredContent }: CallToolResult) => ({ content, structuredContent }),
    ],
  ])('reads for itself what a host keeps back that passes on %s', async (_, strip) => {
    const { audit } = serving();
    const { view, host: tell, calls } = await open('inventory', { answer: audit });
    const answer = await audit({ regionCode: 'CA' });
    expect(answer._meta).toHaveProperty([VIEW_DATA]);
    await tell('sendInput', { regionCode: 'CA' });
    await tell('sendResult', strip(answer));
    await view.getByRole('heading', { name: 'By country' }).waitFor();
    expect(await texts(view.locator('.kind'))).toEqual([
      expect.anything(),
      expect.stringMatching(/^Canada Local\s+13/),
    ]);
    expect(calls).toEqual([
      {
        name: 'audit_provisioning',
        arguments: { regionCode: 'CA', sections: ['summary', 'inventory', 'charges', 'findings'] },
      },
    ]);
  });

  test('goes on with the numbers of the finding that the model asked for', async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => ({ phoneNumber: `+1202555${1_000 + index}` }));
    const page = (nextCursor?: string) =>
      result({ ...EMPTY, findings: [finding(1, { count: 150, numbers })], nextCursor });
    const { view, host: tell, calls } = await open('inventory', { answer: () => page() });
    await tell('sendInput', { finding: 'CODE_1' });
    await tell('sendResult', page('after'));
    await view.getByRole('button', { name: 'Show more of the 150' }).click();
    await expect.poll(() => view.locator('.numbers li').count()).toBe(200);
    expect(calls.map(({ arguments: args }) => args)).toEqual([
      { finding: 'CODE_1', sections: ['findings'], cursor: 'after' },
    ]);
  });

  test('of a project that rents nothing says so', async () => {
    const { view, host: tell } = await open('inventory');
    await tell('sendResult', result(EMPTY));
    const told = await view.getByRole('main').innerText();
    for (const sentence of ['No numbers.', 'Nothing is charged.', 'Nothing is wrong.'])
      expect(told).toContain(sentence);
  });

  test('tells a failure in the words of the tool, and reads again on request', async () => {
    const answers = [
      { content: [{ type: 'text' as const, text: 'Still down.' }], isError: true },
      result(EMPTY),
    ];
    const { view, host: tell } = await open('inventory', { answer: () => answers.shift() ?? result(EMPTY) });
    await tell('sendResult', {
      content: [{ type: 'text', text: 'HTTP 503: the API is down.' }],
      isError: true,
    });
    expect(await view.getByRole('alert').innerText()).toContain('HTTP 503: the API is down.');
    await view.getByRole('button', { name: 'Read now' }).click();
    await expect.poll(() => view.getByRole('alert').innerText()).toContain('Still down.');
    await view.getByRole('button', { name: 'Read now' }).click();
    await view.getByText('Nothing is wrong.').waitFor();
    expect(await view.getByRole('alert').count()).toBe(0);
  });

  test('says what was cancelled, and answers when it is taken down', async () => {
    const { view, host: tell } = await open('inventory');
    await tell('cancel');
    expect(await view.getByRole('alert').innerText()).toBe('The call was cancelled.');
    expect(await tell('tearDown')).toEqual({});
  });

  test('stays light with 1,000 findings of 1,000 numbers, and shows more of both by the keyboard alone', async () => {
    const findings = Array.from({ length: 1_000 }, (_, index) => finding(index, { count: 1_000 }));
    const page = (after: number) =>
      Array.from({ length: 100 }, (_, index) => ({
        phoneNumber: `+1303555${1_000 + after + index}`,
        displayName: 'Desk',
      }));
    const answer = ({ cursor = '0' }: Record<string, unknown>) =>
      result({
        ...EMPTY,
        findings: [{ ...findings[0], numbers: page(Number(cursor)) }],
        nextCursor: `${Number(cursor) + 100}`,
      });
    const { tab, frame, view, host: tell, calls } = await open('inventory', { answer });
    await tell('sendResult', result({ ...EMPTY, scanned: 1_000, findings }));
    const items = view.locator('.findings > li');
    expect(await items.count()).toBe(20);
    expect(await view.locator('*').count()).toBeLessThan(500);
    await view.getByRole('button', { name: 'Show 20 more' }).press('Enter');
    expect(await items.count()).toBe(40);
    expect(await view.locator(':focus').innerText()).toContain('Meaning 20.');
    expect(await view.getByText('40 of 1,000 findings').count()).toBe(1);

    const first = view.locator('.findings summary').first();
    await first.focus();
    await tab.keyboard.press('Enter');
    await tab.keyboard.press('Tab');
    expect(await view.locator(':focus').innerText()).toBe('Show all 1,000 numbers');
    expect(await frame.evaluate(OUTLINE)).toMatch(/solid 2px/);
    await tab.keyboard.press('Enter');
    await expect.poll(() => view.locator('.numbers li').count()).toBe(100);
    await view.getByRole('button', { name: 'Show more of the 1,000' }).press('Enter');
    await expect.poll(() => view.locator('.numbers li').count()).toBe(200);
    expect(calls.map(({ arguments: args }) => args?.cursor)).toEqual([undefined, '100']);
  });

  test('shows hostile names, codes and regions as the text they are, and keeps them out of what it says', async () => {
    const hostile = '<img src=x onerror="parent.postMessage(1)"></script><script>alert(1)</script>';
    const numbers = [
      { phoneNumber: '+12025550100', displayName: hostile, money: { amount: 'NaN', currencyCode: hostile } },
    ];
    const { view, host: tell, said } = await open('inventory');
    await tell(
      'sendResult',
      result({
        ...EMPTY,
        inventory: [{ regionCode: hostile, type: hostile, count: 1, monthlyCost: EUR(hostile) }],
        charges: [
          { date: hostile, amounts: EUR('1.00') },
          { date: '2026-01-31', amounts: [{ currencyCode: hostile, amount: '2.00' }] },
        ],
        findings: [finding(1, { kind: hostile, meaning: hostile, numbers })],
      }),
    );
    expect(await view.locator('img, script:not(body > script)').count()).toBe(0);
    await view.locator('.findings summary').click();
    expect(await view.locator('.numbers .name').innerText()).toBe(hostile);
    expect(await view.locator('.findings .meaning').innerText()).toBe(hostile);
    await view.getByRole('button', { name: 'Ask the assistant about it' }).click();
    await expect.poll(() => said.length).toBe(1);
    expect(said[0]).toMatch(/^Please look at the finding "CODE_1" of the audit \(1 number\)/);
    expect(said[0]).not.toContain('img');
  });

  test('asks for nothing beyond its own page, even in a host that sets no rules', async () => {
    const bare = await host.open('inventory', { hasRules: false });
    const asked = await bare.frame.evaluate(`(async () => {
      const image = new Image();
      image.src = 'http://evil.test/';
      const loaded = new Promise((resolve) => { image.onload = () => resolve('loaded'); image.onerror = () => resolve('blocked'); });
      return [await fetch('http://evil.test/').catch(() => 'blocked'), await loaded];
    })()`);
    expect(asked).toEqual(['blocked', 'blocked']);
    expect(bare.faults.filter((fault) => fault.startsWith('http'))).toEqual([]);
  });
});

describe('the search', () => {
  const INPUT = { regionCode: 'US', type: 'LOCAL' };

  test('compares numbers, and says in the conversation what a person picked, by the keyboard alone', async () => {
    const { tab, frame, view, host: tell, said, calls } = await open('search', { answer: serving().search });
    await tell('sendInput', INPUT);
    await tell('sendResult', await serving().search(INPUT));
    expect(await view.getByRole('status').first().innerText()).toBe('United States · Local · 20 found');
    await view.getByLabel('Digits').focus();
    await tab.keyboard.type('5550100');
    await expect.poll(() => view.getByRole('checkbox').count()).toBe(1);
    for (const key of ['Tab', 'Tab', 'Space']) await tab.keyboard.press(key);
    expect(await frame.evaluate(OUTLINE)).toMatch(/solid 2px/);
    expect(await view.getByRole('checkbox').evaluate((it) => it.parentElement?.textContent)).toBe(
      '+12025550100SMS, Voice0.80 EUR a month1.60 EUR due now',
    );
    const bar = view.getByRole('region', { name: 'Picked numbers' });
    expect(await bar.innerText()).toContain('1 number picked');
    for (const key of ['Tab', 'Tab', 'Enter']) await tab.keyboard.press(key);
    await view.getByText('Told the assistant.').first().waitFor();
    expect(said).toEqual([
      'Of the numbers found I would like this one:\n+12025550100: 0.80 EUR a month, setup 0.80 EUR\n' +
        'Please go on with it. I have not agreed to rent anything yet: ask me first.',
    ]);
    expect(calls).toEqual([]);
  });

  test('says it in one block to a host that takes no list of them', async () => {
    const { view, host: tell, said } = await open('search', { hasBlocks: true });
    await tell('sendResult', await serving().search(INPUT));
    await view.getByRole('checkbox').first().check();
    await view.getByRole('button', { name: 'Tell the assistant' }).click();
    await view.getByText('Told the assistant.').waitFor();
    expect(said).toEqual([expect.stringContaining('+12025550100')]);
  });

  test('gives the message to be copied where the conversation does not take it', async () => {
    const { view, host: tell } = await open('search', { takesMessages: false });
    await tell('sendResult', await serving().search(INPUT));
    for (const index of [0, 2]) await view.getByRole('checkbox').nth(index).check();
    await view.getByRole('button', { name: 'Tell the assistant' }).click();
    const message = await view.getByRole('textbox', { name: 'Message' }).inputValue();
    expect(message.split('\n')).toHaveLength(4);
    await view.getByRole('button', { name: 'Clear' }).click();
    expect(await view.getByRole('checkbox', { checked: true }).count()).toBe(0);
  });

  test('says why nothing matches and shows the nearest; 1,000 numbers come a part at a time, cheapest first on request', async () => {
    const { search } = serving();
    const { view, host: tell } = await open('search', { answer: search });
    const none = { ...INPUT, numberPattern: { pattern: '99999', searchPattern: 'END' } };
    await tell('sendInput', none);
    await tell('sendResult', { content: (await search(none)).content });
    await view.getByText(/Nearest, /).waitFor();
    expect(await view.getByRole('checkbox').count()).toBeGreaterThan(0);

    const price = (index: number) => ({ currencyCode: 'EUR', amount: `${index === 700 ? 1 : 2}.00` });
    const availableNumbers = Array.from({ length: 1_000 }, (_, index) => ({
      phoneNumber: `+1202${index}`,
      monthlyPrice: price(index),
    }));
    await tell('sendResult', result({ availableNumbers }));
    await expect.poll(() => view.getByRole('checkbox').count()).toBe(50);
    await view.getByLabel('Order').selectOption('Lowest price');
    expect(await view.locator('.offer b').first().innerText()).toBe('+1202700');
  });
});

describe.each([390, 1_280])('%d wide', (width) => {
  test.each(['inventory', 'search'] as const)(
    'the %s fits and can be read, in both themes of the host',
    async (name) => {
      const { audit, search } = serving();
      const theme = width === 390 ? 'dark' : 'light';
      const variables = {
        '--color-background-primary': 'light-dark(rgb(250, 249, 245), rgb(38, 38, 36))',
        '--made-up': '1',
      };
      const {
        tab,
        frame,
        view,
        host: tell,
      } = await open(name, { context: { theme, styles: { variables } } });
      await tab.setViewportSize({ width, height: 900 });
      await tell(
        'sendResult',
        name === 'inventory' ? await audit({}) : await search({ regionCode: 'US', type: 'LOCAL' }),
      );
      await view
        .locator(name === 'inventory' ? '.findings summary' : 'label.offer')
        .first()
        .click();
      for (const current of [theme, theme === 'dark' ? 'light' : 'dark']) {
        if (current !== theme) await tell('sendContext', { theme: current });
        const background = current === 'dark' ? 'rgb(38, 38, 36)' : 'rgb(250, 249, 245)';
        await expect
          .poll(() => frame.evaluate('getComputedStyle(document.body).backgroundColor'))
          .toBe(background);
        expect(luminance(background) < 0.5).toBe(current === 'dark');
        const read = await readColours(
          frame,
          'h1, h2, p, dt, dd, span, bdi, b, small, button, summary, label, option',
        );
        expect(read.length).toBeGreaterThan(60);
        const faint = read.filter(
          ({ text, front, back }) => text.trim() !== '' && contrast(front, back) < 4.5,
        );
        expect(faint).toEqual([]);
        expect(await frame.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
      // What was opened or picked is still so.
      expect(await view.locator('[open], :checked:not(option)').count()).toBe(1);
      expect(await frame.evaluate("document.documentElement.style.getPropertyValue('--made-up')")).toBe('');
      // The host gives it the room it wants: nothing is cut off.
      await expect.poll(() => frame.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0);
    },
  );
});

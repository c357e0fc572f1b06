/** The approval page of many numbers, in a browser. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Setup, tellingBrowser } from '../e2e/harness.ts';
import { start } from '../e2e/inside.ts';
import { either } from '../support/length.ts';
import { contrast, readColours } from './colours.ts';
import { sharedTabs } from './tabs.ts';

const newTab = sharedTabs();

const UNLINK = {
  select: { chargedBefore: '2100-01-01T00:00:00Z' },
  change: { smsConfiguration: { servicePlanId: '' } },
};

const NUMBERS = either(1_000, 300);

/** The page of a call that would unlink about half of all numbers, and the call. */
async function openQuestion(options: BrowserContextOptions) {
  const opener = await tellingBrowser();
  const setup: Setup = await start({ env: opener.env, simulator: { active: NUMBERS } });
  const call = setup.call('update_active_numbers', UNLINK);
  call.catch(() => {});
  const tab = await newTab({ javaScriptEnabled: false, ...options });
  await tab.goto(await opener.address());
  return { ...setup, call, tab };
}

const items = (tab: Page) => tab.getByRole('list', { name: 'Numbers' }).getByRole('listitem');

describe.each([
  ['a phone', { width: 390, height: 760 }],
  ['a desk', { width: 1_280, height: 900 }],
])('on %s', (_, viewport) => {
  test('a person sees what is changed and how many on top, all numbers below, filters them without a script, and approves', {
    timeout: 60_000,
  }, async () => {
    const { tab, call, writes } = await openQuestion({ viewport });
    const [, shown = ''] =
      /Change (\d+) rented numbers/.exec(await tab.getByRole('heading').innerText()) ?? [];
    const count = Number(shown);
    expect(count).toBeGreaterThan(0.4 * NUMBERS);
    expect(await tab.getByRole('term').allInnerTexts()).toEqual([
      'SMS service plan',
      'Cut off or moved',
      'Left out',
    ]);
    expect(await items(tab).count()).toBe(count);
    // Nothing is wider than the screen, and the buttons are not hundreds of lines away.
    const { scrollWidth, clientWidth, scrollHeight } = await sizeOf(tab);
    expect(scrollWidth).toBe(clientWidth);
    expect(scrollHeight).toBeLessThan(3 * viewport.height);

    const filters = await tab.getByRole('radio').count();
    expect(filters).toBeGreaterThan(3);
    const all = tab.getByRole('radio', { name: `All (${count})` });
    const cutOff = tab.getByRole('radio', { name: /^US LOCAL, cut off or moved \(\d+\)$/ });
    await cutOff.check();
    const [, of = ''] =
      /\((\d+)\)$/.exec((await cutOff.evaluate((it) => it.parentElement?.textContent)) ?? '') ?? [];
    expect(await visible(tab)).toBe(Number(of));
    expect(Number(of)).toBeGreaterThan(0);
    expect(Number(of)).toBeLessThan(count);
    await all.check();
    expect(await visible(tab)).toBe(count);

    await tab.getByRole('button', { name: 'Approve' }).click();
    await tab.getByRole('status').waitFor();
    expect((await call).structured).toMatchObject({ outcome: 'completed', done: count, confirmedBy: 'page' });
    expect(writes()).toHaveLength(count);
  });
});

test('the list is filtered, reached and scrolled by the keyboard, read out by name and count, and light and dark', async () => {
  const { tab } = await openQuestion({ viewport: { width: 390, height: 760 } });
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme });
    const read = await readColours(tab);
    expect(read.length).toBeGreaterThan(NUMBERS);
    const faint = read.filter(({ front, back }) => contrast(front, back) < 4.5);
    expect(faint).toEqual([]);
  }
  const group = tab.getByRole('group');
  expect(await group.getAttribute('class')).toBe('numbers');
  expect(await tab.locator('legend').innerText()).toMatch(/^\d+ numbers$/);
  await tab.keyboard.press('Tab');
  const before = await visible(tab);
  await tab.keyboard.press('ArrowDown');
  expect(await tab.getByRole('radio').nth(1).isChecked()).toBe(true);
  expect(await visible(tab)).toBeLessThan(before);
  await tab.keyboard.press('ArrowUp');
  expect(await visible(tab)).toBe(before);
  await tab.keyboard.press('Tab');
  const list = tab.getByRole('list', { name: 'Numbers' });
  expect(await list.evaluate((it) => it.matches(':focus'))).toBe(true);
  await tab.keyboard.press('End');
  await expect.poll(() => list.evaluate((it) => it.scrollTop)).toBeGreaterThan(0);
});

function visible(tab: Page): Promise<number> {
  return items(tab).filter({ visible: true }).count();
}

function sizeOf(tab: Page) {
  return tab.locator('html').evaluate(({ scrollWidth, clientWidth, scrollHeight }) => ({
    ...{ scrollWidth, clientWidth, scrollHeight },
  }));
}

/** The browser of a file of tests, and its tabs. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { CHROMIUM } from './chromium.ts';

const FLAGS = [
  ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic'],
  // The same rules hold between sites, without a process for each.
  '--disable-site-isolation-trials',
  // A name of another site that points to this machine.
  '--host-resolver-rules=MAP evil.example 127.0.0.1',
];

const VIEWPORT = { width: 1_280, height: 720 };

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A browser for all tests of a file. @returns it, to be asked for from the first test on */
export function sharedBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launch();
    return () => browser?.close();
  });
  return () => {
    if (browser === undefined) throw new Error('the browser starts before the first test, not before that');
    return browser;
  };
}

interface Profile {
  readonly context: BrowserContext;
  /** Tabs of tests that are over. */
  readonly free: Page[];
}

/**
 * Tabs, which the tests of a file use one after the other: a new one costs several times what a test does in
 * it. It knows nothing of the page before, but for the way back to it.
 * @returns what opens one, until the test is over. Tabs that a test has open at once share their cookies
 */
export function sharedTabs(): (options?: BrowserContextOptions) => Promise<Page> {
  const browser = sharedBrowser();
  const profiles = new Map<string, Promise<Profile>>();
  afterAll(() => profiles.clear());

  function profileFor(options: BrowserContextOptions): Promise<Profile> {
    const key = JSON.stringify(options);
    const profile =
      profiles.get(key) ??
      browser()
        .newContext(options)
        .then((context) => ({ context, free: [] }));
    profiles.set(key, profile);
    return profile;
  }

  return async ({ viewport = VIEWPORT, ...options } = {}) => {
    const { context, free } = await profileFor(options);
    const tab = free.pop() ?? (await context.newPage());
    if (viewport !== null) await tab.setViewportSize(viewport);
    onTestFinished(async () => {
      await context.clearCookies();
      await tab.emulateMedia({ colorScheme: null });
      await tab.mouse.move(0, 0);
      free.push(tab);
    });
    return tab;
  };
}

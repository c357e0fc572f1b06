/** Views in a browser, inside a host of the extension's own make. No page here has a server: whatever leaves is counted. */

import { fileURLToPath } from 'node:url';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { build } from 'esbuild';
import type { Browser, BrowserContextOptions, FrameLocator, Page } from 'playwright-core';
import * as z from 'zod';
import { buildView } from '../../views.js';
import { onEnd } from '../support/lifetime.ts';

export const VIEWS = ['inventory', 'search'] as const;
export type ViewName = (typeof VIEWS)[number];

const HOST = 'http://host.test/';
const VIEW = 'http://view.test/';

/** What the specification has a host serve a view with that declares no domains. */
const CSP = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'none'",
  "img-src 'self' data:",
  "frame-src 'none'",
  "object-src 'none'",
  "base-uri 'self'",
].join('; ');

const pathOf = (name: ViewName) =>
  fileURLToPath(new URL(`../../src/views/browser/${name}.html`, import.meta.url));

/** Each view's page, as the server sends it. */
export const readViews = async () =>
  new Map(await Promise.all(VIEWS.map(async (name) => [name, await buildView(pathOf(name))] as const)));

async function buildHost(): Promise<string> {
  const entryPoints = [fileURLToPath(new URL('host/host.ts', import.meta.url))];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: 'iife' });
  return outputFiles[0]?.text ?? '';
}

/** What the pages of one file of tests share. */
export async function prepareViews() {
  const [pages, host] = await Promise.all([readViews(), buildHost()]);
  return { pages, host };
}

export type Prepared = Awaited<ReturnType<typeof prepareViews>>;

const callParams = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).optional() });

export interface Stage {
  readonly tab: Page;
  readonly view: FrameLocator;
  /** Calls of tools that the view made. */
  readonly calls: readonly z.output<typeof callParams>[];
  /** What it said in the conversation. */
  readonly said: readonly string[];
  /** Requests beyond its own page, and complaints of the browser. */
  readonly faults: readonly string[];
  /** Calls a function of the host page. */
  host(
    name: 'sendInput' | 'sendResult' | 'sendContext' | 'cancel' | 'tearDown',
    argument?: unknown,
  ): Promise<unknown>;
}

export interface StageOptions {
  readonly browser: Browser;
  readonly prepared: Prepared;
  readonly name: ViewName;
  readonly page?: BrowserContextOptions;
  /** What the host says of itself. */
  readonly context?: object;
  /** Answers the view's calls; without it the host passes none on. */
  readonly answer?: (args: Record<string, unknown>) => CallToolResult | Promise<CallToolResult>;
  /** Whether the conversation takes messages. */
  readonly takesMessages?: boolean;
}

/** Shows a view in a host, in a browser window of its own until the test is over. */
export async function openView(options: StageOptions): Promise<Stage> {
  const { browser, prepared, name, page, context: hostContext = {}, answer, takesMessages = true } = options;
  const context = await browser.newContext({
    viewport: { width: 1_280, height: 900 },
    locale: 'en-GB',
    ...page,
  });
  onEnd(() => context.close());
  const tab = await context.newPage();
  const faults: string[] = [];
  const calls: z.output<typeof callParams>[] = [];
  const said: string[] = [];
  tab.on('pageerror', (error) => faults.push(error.message));
  tab.on('console', (message) => {
    // The bridge tells each message it passes on, for who looks for a fault.
    if (message.type() !== 'debug') faults.push(message.text());
  });
  await context.route('**', async (route) => {
    const url = route.request().url();
    if (url === HOST) {
      const style = 'body{margin:0}iframe{display:block;width:100%;border:0;height:400px}';
      const body = `<!doctype html><title>Host</title><style>${style}</style><body><script>${prepared.host}</script>`;
      return route.fulfill({ contentType: 'text/html', body });
    }
    if (url === VIEW) {
      const headers = { 'content-security-policy': CSP };
      return route.fulfill({ contentType: 'text/html', headers, body: prepared.pages.get(name) ?? '' });
    }
    faults.push(url);
    return route.abort();
  });
  await tab.exposeFunction('teller', async (what: string, argument: unknown) => {
    if (what === 'say') {
      said.push(String(argument));
      return takesMessages;
    }
    const params = callParams.parse(argument);
    calls.push(params);
    return answer?.(params.arguments ?? {});
  });
  await tab.goto(HOST);
  const opening = [VIEW, hostContext, answer !== undefined];
  await tab.evaluate(`host.open(...${JSON.stringify(opening)})`);
  return {
    ...{ tab, calls, said, faults },
    view: tab.frameLocator('iframe'),
    host: (method, argument) => tab.evaluate(`host.${method}(${JSON.stringify(argument) ?? ''})`),
  };
}

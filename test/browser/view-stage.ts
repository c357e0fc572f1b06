/** Views in a browser, inside a host of the extension's own make. No page here has a server: whatever leaves is told. */
import { fileURLToPath } from 'node:url';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { build } from 'esbuild';
import type { Browser, BrowserContextOptions, Frame, FrameLocator, Page } from 'playwright-core';
import * as z from 'zod';
import { buildView } from '../../views.js';

export type ViewName = 'inventory' | 'search';

const HOST = 'http://host.test/';
const VIEW = 'http://view.test/';
/** A view that the host serves with no rules of its own. */
const BARE = 'http://bare.test/';

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

const STYLE = 'body { margin: 0 } iframe { display: block; width: 100%; height: 400px; border: 0 }';

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function hostPage(): Promise<string> {
  const entryPoints = [pathOf('host/host.ts')];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: 'iife' });
  const script = outputFiles[0]?.text ?? '';
  return `<!doctype html><title>Host</title><style>${STYLE}</style><body><script>${script}</script>`;
}

const callParams = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).optional() });

interface Options {
  /** What the host says of itself. */
  readonly context?: object;
  /** Answers the view's calls; without it the host passes none on. */
  readonly answer?: (args: Record<string, unknown>) => CallToolResult | Promise<CallToolResult>;
  /** Whether the host serves the view with the rules of the specification. */
  readonly hasRules?: boolean;
  /** Whether the host takes messages as the text of the specification has them, and not as its types. */
  readonly hasBlocks?: boolean;
  /** Whether the conversation takes messages. */
  readonly takesMessages?: boolean;
}

export interface Stage {
  readonly tab: Page;
  readonly view: FrameLocator;
  readonly frame: Frame;
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

/** A host in a window of its own, which shows one view at a time. */
export interface Host {
  open(name: ViewName, options?: Options): Promise<Stage>;
}

/** Opens the window. */
export async function openHost(browser: Browser, options: BrowserContextOptions = {}): Promise<Host> {
  const pages = new Map([[HOST, await hostPage()]]);
  for (const name of ['inventory', 'search']) {
    const page = await buildView(pathOf(`../../src/views/browser/${name}.html`));
    for (const origin of [VIEW, BARE]) pages.set(origin + name, page);
  }
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const tab = await context.newPage();
  let faults: string[] = [];
  let tell: (what: string, argument: unknown) => unknown = () => undefined;
  tab.on('pageerror', (error) => faults.push(error.message));
  tab.on('console', (message) => {
    // The bridge tells each message that it passes on, for who looks for a fault.
    if (message.type() !== 'debug') faults.push(message.text());
  });
  await context.route('**', (route) => {
    const url = route.request().url();
    const body = pages.get(url);
    if (body === undefined) {
      faults.push(url);
      return route.abort();
    }
    const headers = { ...(url.startsWith(VIEW) && { 'content-security-policy': CSP }) };
    return route.fulfill({ contentType: 'text/html', headers, body });
  });
  await tab.exposeFunction('teller', (what: string, argument: unknown) => tell(what, argument));
  await tab.goto(HOST);

  return {
    async open(name, options = {}) {
      const {
        context: hostContext = {},
        answer,
        takesMessages = true,
        hasRules = true,
        hasBlocks = false,
      } = options;
      const calls: z.output<typeof callParams>[] = [];
      const said: string[] = [];
      faults = [];
      tell = (what, argument) => {
        if (what === 'say') {
          said.push(String(argument));
          return takesMessages;
        }
        const params = callParams.parse(argument);
        calls.push(params);
        return answer?.(params.arguments ?? {});
      };
      const opening = [(hasRules ? VIEW : BARE) + name, hostContext, answer !== undefined, hasBlocks];
      await tab.evaluate(`host.open(...${JSON.stringify(opening)})`);
      const frame = tab.frames().at(-1);
      if (frame === undefined) throw new Error('the host shows no view');
      return {
        ...{ tab, frame, calls, said, faults },
        view: tab.frameLocator('iframe'),
        host: (method, argument) => tab.evaluate(`host.${method}(${JSON.stringify(argument) ?? ''})`),
      };
    },
  };
}

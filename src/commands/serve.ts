import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInbox } from '../callbacks/inbox.ts';
import { createApprovals } from '../confirmation/approvals.ts';
import { createBrowserOpener } from '../confirmation/browser.ts';
import { type ConfirmMode, createGate } from '../confirmation/gate.ts';
import { openJournal } from '../confirmation/journal.ts';
import { createLimits, type LimitSettings } from '../confirmation/limits.ts';
import { createMcpServer } from '../mcp/server.ts';
import { createStdioTransport } from '../mcp/stdio.ts';
import type { Endpoint } from '../numbers/auth.ts';
import { createNumbersClient } from '../numbers/client.ts';
import { systemClock } from '../numbers/clock.ts';
import { MissingCredentialsError } from '../numbers/errors.ts';
import { createLogger, type LogLevel } from '../numbers/log.ts';
import { operations } from '../numbers/operations.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { type Offer, offeredTools } from '../tools/index.ts';

interface Credentials<T> {
  readonly projectId: T;
  readonly keyId: T;
  readonly keySecret: T;
}

export interface ServeOptions {
  readonly product: { readonly name: string; readonly version: string };
  /** Serve a simulated API instead of the real one. */
  readonly simulator: boolean;
  readonly credentials: Credentials<string | undefined>;
  /** The variables that set them. */
  readonly credentialVariables: Credentials<string>;
  readonly api: Pick<Endpoint, 'url' | 'authUrl' | 'auth'>;
  readonly offer: Offer;
  readonly confirm: ConfirmMode;
  readonly confirmVariable: string;
  readonly limits: LimitSettings;
  /** The command that shows an address to the person; undefined for the platform's own. */
  readonly openBrowser: string | undefined;
  readonly callbacks: { readonly port: number | undefined; readonly secret: string | undefined };
  /** Where state is kept, and where it is kept unless that is said. */
  readonly stateDir: string | undefined;
  readonly defaultStateDir: string;
  readonly log: LogLevel;
  /** Told in the log at the start. */
  readonly warnings: readonly string[];
}

/** How long a reader of stdout has for what was written when the server ends, in milliseconds. */
const FLUSH_MS = 5_000;

/** Serves MCP over stdin and stdout until stdin ends or the process is told to stop. */
export async function serve(options: ServeOptions): Promise<void> {
  const { product, limits, warnings } = options;
  // A log that nobody reads any more is no reason to stop.
  process.stderr.on('error', () => {});
  const log = createLogger(options.log, (line) => process.stderr.write(line));
  for (const warning of warnings) log.warn(warning);

  const simulation = options.simulator ? createSimulation() : undefined;
  const endpoint = async () => simulation?.endpoint() ?? configuredEndpoint(options);
  const numbers = createNumbersClient({
    endpoint,
    userAgent: `${product.name}/${product.version}`,
    log,
  });
  const state = openStateFolder(options);
  const callbacks = createInbox({
    ...options.callbacks,
    folder: state.path,
    readSecret: async () => (await numbers.call(operations.getCallbackConfiguration, {})).hmacSecret,
    clock: systemClock,
    log,
  });
  const approvals = createApprovals({
    openBrowser: createBrowserOpener(options.openBrowser),
    clock: systemClock,
  });
  const gate = createGate({
    mode: options.confirm,
    modeVariable: options.confirmVariable,
    notice: options.simulator ? 'Simulated: no real number, no money.' : undefined,
    limits: createLimits(limits),
    approvals,
    journal: openJournal(state.path, systemClock),
    numbers,
    projectId: async () => (await endpoint()).projectId,
    clock: systemClock,
    log,
  });
  const server = createMcpServer({
    ...product,
    simulator: options.simulator,
    tools: offeredTools(options.offer),
    numbers,
    callbacks,
    gate,
    clock: systemClock,
    log,
  });

  const transport = createStdioTransport(process.stdin, process.stdout);
  const stop = () => void transport.close();
  // Whoever asked is gone: nobody's yes counts any more.
  process.stdin.once('end', () => void approvals.close());
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const served = server.serve(transport);
  void gate.recover();
  await callbacks.start();
  await served;
  await callbacks.close();
  // The client is gone; what was confirmed and sent still comes to its end, and is told in the log.
  await approvals.close();
  await gate.idle();
  await numbers.close();
  await simulation?.close();
  state.close();
  await flush(process.stdout);
}

/** Simulated numbers are forgotten when the server ends, and so is what is kept of them. */
function openStateFolder({ stateDir, defaultStateDir, simulator, product }: ServeOptions) {
  if (stateDir !== undefined || !simulator) return { path: stateDir ?? defaultStateDir, close: () => {} };
  const path = mkdtempSync(join(tmpdir(), `${product.name}-`));
  return { path, close: () => rmSync(path, { recursive: true, force: true }) };
}

/** Waits until a slow reader has what was written, for a while. */
async function flush(output: NodeJS.WriteStream): Promise<void> {
  if (output.writableLength === 0 || output.destroyed) return;
  const flushed = new Promise<void>((resolve) => {
    output.once('error', () => resolve());
    output.write('', () => resolve());
  });
  await Promise.race([flushed, systemClock.sleep(FLUSH_MS)]);
}

function configuredEndpoint({ api, credentials, credentialVariables }: ServeOptions): Endpoint {
  const { projectId, keyId, keySecret } = credentials;
  if (projectId === undefined || keyId === undefined || keySecret === undefined) {
    const keys = ['projectId', 'keyId', 'keySecret'] as const;
    throw new MissingCredentialsError(
      keys.filter((key) => credentials[key] === undefined).map((key) => credentialVariables[key]),
    );
  }
  return { ...api, projectId, keyId, keySecret };
}

/** A simulator inside this process, started when it is first needed. */
function createSimulation(): { endpoint(): Promise<Endpoint>; close(): Promise<void> } {
  let running: Promise<Simulator> | undefined;
  return {
    async endpoint() {
      running ??= import('../simulator/simulator.ts').then(({ startSimulator }) => startSimulator());
      const { url, projectId, keyId, keySecret } = await running;
      return { url, authUrl: url, auth: 'oauth2', projectId, keyId, keySecret };
    },
    async close() {
      await (await running)?.close();
    },
  };
}

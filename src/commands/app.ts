import { setFlagsFromString } from 'node:v8';
import { type Endpoint, maskOf } from '../api/auth.ts';
import { createNumbersClient } from '../api/client.ts';
import { createHttp, type ProxySettings } from '../api/http.ts';
import { operations } from '../api/operations/numbers.ts';
import { createBrowserOpener } from '../approval/channels/browser.ts';
import { CannotAskError } from '../approval/channels/channel.ts';
import type { PageReach } from '../approval/channels/pages.ts';
import { createGate } from '../approval/gate.ts';
import { createLimits, type LimitSettings } from '../approval/limits.ts';
import type { ConfirmMode } from '../approval/mode.ts';
import { gatedOperations } from '../approval/operations/index.ts';
import { createInbox } from '../callbacks/service.ts';
import type { Login } from '../identity/login.ts';
import { systemClock } from '../lib/clock.ts';
import type { LogFormat, Logger, LogLevel } from '../lib/log.ts';
import type { Conversation } from '../mcp/early-handshake.ts';
import type { ResultsMode } from '../mcp/results.ts';
import { createMcpServer } from '../mcp/server.ts';
import type { Sources } from '../resources/resources.ts';
import type { Policies } from '../simulator/project.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { createOrderBook } from '../storage/order-book.ts';
import { LEASE_MS } from '../storage/store.ts';
import type { ToolDefinition } from '../tools/definitions.ts';
import type { Offer } from '../tools/enabled-tools.ts';
import { type CredentialOptions, createEndpoint } from './credentials.ts';
import type { Metrics } from './metrics.ts';
import { checkApi, createReadiness } from './readiness.ts';
import { openStore, type StoreOptions } from './store.ts';

export interface ServerOptions extends CredentialOptions, StoreOptions {
  readonly network: {
    readonly proxy: ProxySettings;
    /** What Node.js was told to trust beyond its own CAs. */
    readonly extraCaCerts: string | undefined;
  };
  /** There, US LOCAL numbers alone can be rented; all others are ordered. */
  readonly rentUsLocal?: boolean;
  readonly offer: Offer;
  readonly results: ResultsMode;
  readonly confirm: ConfirmMode;
  /** Updates that cut off what works ask, too. */
  readonly confirmUpdates: boolean;
  readonly limits: LimitSettings;
  /** The command that shows an address to the person; undefined for the platform's own. */
  readonly openBrowser: readonly string[] | undefined;
  readonly callbacks: { readonly port: number | undefined; readonly secret: string | undefined };
  /** The folder that files are uploaded from; undefined where none is set aside. */
  readonly attachmentsDir: string | undefined;
  readonly log: LogLevel;
  readonly logFormat: LogFormat;
  /** Told in the log at the start. */
  readonly warnings: readonly string[];
}

export interface ComposedServer {
  /** Settles what earlier processes left behind, and receives callbacks. */
  start(): Promise<void>;
  /**
   * Serves one client until the conversation is over.
   * @param stopping cancels its calls, which are still answered
   * @param scopes what its person allows; undefined where nobody signs in
   */
  serve(conversation: Conversation, stopping?: AbortSignal, scopes?: readonly string[]): Promise<void>;
  /** What does not work of what calls need. */
  missing(): Promise<readonly string[]>;
  /** Answers a request for an approval page, where these are reached from elsewhere. */
  page(request: Request): Promise<Response>;
  /** Nobody is left to agree to anything: pages that wait for an answer are closed. */
  forgetQuestions(): Promise<void>;
  /** Ends once what was confirmed and sent has come to its end. */
  close(): Promise<void>;
}

/** A server with all its parts, for one client or several. */
export async function composeServer(
  options: ServerOptions & {
    readonly tools: readonly ToolDefinition[];
    /** From where whoever asks can see an approval page. */
    readonly reach: PageReach;
    /** How people sign in to these; undefined where nobody does. */
    readonly login?: Login | undefined;
    /** What counts calls and requests; undefined where nobody asks. */
    readonly metrics?: Metrics | undefined;
  },
  log: Logger,
): Promise<ComposedServer> {
  keepHeapSmall();
  const { product, limits, simulator, tools, reach, login, metrics } = options;
  const simulation = simulator ? createSimulation(options.rentUsLocal ? 'us-local' : 'any') : undefined;
  const endpoint = simulation?.endpoint ?? createEndpoint(options);
  // What is in this process needs no proxy.
  const http = createHttp(simulator ? {} : { proxy: options.network.proxy });
  const numbers = createNumbersClient({
    endpoint,
    userAgent: `${product.name}/${product.version}`,
    log,
    http: metrics ? metrics.counting(http) : http,
  });
  const { store, closeStore } = await openStore(options, log);
  // Known without the secret, which may come from a command that is run at the first call alone.
  const { projectId: configured } = options.credentials;
  const projectId = async () =>
    simulation || configured === undefined ? (await endpoint()).projectId : configured;
  const callbacks = createInbox({
    ...options.callbacks,
    events: store.events,
    projectId: () => projectId().catch(() => undefined),
    readSecret: async () => (await numbers.call(operations.getCallbackConfiguration, {})).hmacSecret,
    mask: async () => {
      // No event is a reason to run a command: its user may be asked for a password.
      const isCostly = options.keySecretCommand !== undefined && options.callbacks.secret !== undefined;
      return isCostly
        ? undefined
        : endpoint().then(
            (known) => maskOf(known),
            () => undefined,
          );
    },
    clock: systemClock,
    log,
  });
  const gate = createGate({
    operations: gatedOperations(options.confirmUpdates),
    mode: options.confirm,
    notice: simulator ? 'Simulated: no real number, no money.' : undefined,
    limits: createLimits(limits),
    store,
    openBrowser: reach === 'this machine' ? createBrowserOpener(options.openBrowser) : openElsewhere,
    ...{ reach, login },
    numbers,
    projectId,
    clock: systemClock,
    log,
  });
  const history: Sources['history'] = async (query) => store.journal.history(await projectId(), query);
  const { changes } = store;
  const orders = createOrderBook({ orders: store.orders, projectId, now: systemClock.now, log });
  const parts = {
    ...product,
    simulator,
    tools,
    results: options.results,
    numbers,
    callbacks,
    gate,
    history,
    orders,
    attachmentsDir: options.attachmentsDir,
    changes,
    onCalled: metrics?.called,
    clock: systemClock,
    log,
  };

  let sweeping: NodeJS.Timeout | undefined;

  return {
    async start() {
      // The first call waits for it already.
      void gate.recover();
      // Another server may have ended since, or the store could not be reached.
      sweeping = setInterval(() => void gate.recover(), LEASE_MS).unref();
      await store.start();
      await callbacks.start();
    },
    serve: (conversation, stopping, scopes) =>
      createMcpServer({ ...parts, stopping, scopes }).serve(conversation),
    missing: createReadiness({
      checks: { store: () => store.ping(), api: () => checkApi(numbers) },
      ...{ clock: systemClock, log },
    }),
    page: gate.page,
    forgetQuestions: () => gate.forgetQuestions(),
    async close() {
      clearInterval(sweeping);
      await callbacks.close();
      await gate.close();
      await numbers.close();
      await simulation?.close();
      await closeStore();
    },
  };
}

/**
 * Keeps V8's young generation at the size that loading has given it. Calls leave little behind; by itself it
 * would grow under load, by 20 MB that gain nothing. The old one is collected once it has doubled, not tripled: a
 * collection takes some 10 ms, and comes once in a few thousand calls.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=100');
}

async function openElsewhere(): Promise<void> {
  throw new CannotAskError('the person is at another machine');
}

/** A simulator inside this process, started when it is first needed. */
function createSimulation(rent: Policies['rent']): { endpoint(): Promise<Endpoint>; close(): Promise<void> } {
  let running: Promise<Simulator> | undefined;
  return {
    async endpoint() {
      running ??= import('../simulator/simulator.ts').then(({ startSimulator }) =>
        startSimulator({ policies: { rent } }),
      );
      const { url, projectId, keyId, keySecret } = await running;
      return { url, authUrl: url, auth: 'oauth2', projectId, keyId, keySecret };
    },
    async close() {
      await (await running)?.close();
    },
  };
}

import { type ConfirmMode, createGate } from '../confirmation/gate.ts';
import { createLimits, type LimitSettings } from '../confirmation/limits.ts';
import { createMcpServer } from '../mcp/server.ts';
import { createStdioTransport } from '../mcp/stdio.ts';
import type { Endpoint } from '../numbers/auth.ts';
import { createNumbersClient } from '../numbers/client.ts';
import { systemClock } from '../numbers/clock.ts';
import { MissingCredentialsError } from '../numbers/errors.ts';
import { createLogger, type LogLevel } from '../numbers/log.ts';
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
  readonly log: LogLevel;
  /** Told in the log at the start. */
  readonly warnings: readonly string[];
}

/** Serves MCP over stdin and stdout until stdin ends or the process is told to stop. */
export async function serve(options: ServeOptions): Promise<void> {
  const { product, limits, warnings } = options;
  const log = createLogger(options.log, (line) => process.stderr.write(line));
  for (const warning of warnings) log.warn(warning);

  const simulation = options.simulator ? createSimulation() : undefined;
  const numbers = createNumbersClient({
    endpoint: async () => simulation?.endpoint() ?? configuredEndpoint(options),
    userAgent: `${product.name}/${product.version}`,
    log,
  });
  const server = createMcpServer({
    ...product,
    tools: offeredTools(options.offer),
    numbers,
    gate: createGate({
      mode: options.confirm,
      modeVariable: options.confirmVariable,
      limits: createLimits(limits, systemClock.now),
      clock: systemClock,
      log,
    }),
    log,
  });

  const transport = createStdioTransport(process.stdin, process.stdout);
  const stop = () => void transport.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await server.serve(transport);
  await numbers.close();
  await simulation?.close();
}

function configuredEndpoint({ api, credentials, credentialVariables }: ServeOptions): Endpoint {
  const { projectId, keyId, keySecret } = credentials;
  if (projectId === undefined || keyId === undefined || keySecret === undefined) {
    const names = Object.entries(credentialVariables) as [keyof Credentials<string>, string][];
    throw new MissingCredentialsError(
      names.filter(([key]) => credentials[key] === undefined).map(([, name]) => name),
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

import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.ts';
import { createAuth, type ProjectKey } from './auth.ts';
import { createCallbackSender } from './callbacks.ts';
import { realClock, type SimulatorClock } from './clock.ts';
import { createFaults, type Faults } from './faults.ts';
import { DEFAULT_ACTIVE_NUMBERS, DEFAULT_SEED } from './invented.ts';
import { createOrders, type Orders } from './orders/orders.ts';
import { createProject, type Policies, type Project } from './project.ts';
import { createRandom } from './random.ts';
import { seedNumbers } from './seed.ts';

export interface SimulatorOptions {
  /** Port on 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number;
  /** How many rented numbers to start with. */
  readonly active?: number;
  /** Decides credentials, seeded numbers and IDs: the same seed gives the same. */
  readonly seed?: string;
  readonly clock?: SimulatorClock;
  readonly policies?: Partial<Policies>;
  /** Called with every request that arrives. */
  readonly onRequest?: (method: string, path: string) => void;
}

/** A running simulator, and the handles by which a test plays the rest of the world. */
export interface Simulator extends ProjectKey {
  /** Origin of the API and of the token endpoint. */
  readonly url: string;
  readonly project: Project;
  readonly orders: Orders;
  readonly faults: Faults;
  expireTokens(): void;
  close(): Promise<void>;
}

/**
 * Starts the simulated Numbers API on 127.0.0.1.
 * @throws where the port cannot be listened on
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, active = DEFAULT_ACTIVE_NUMBERS, seed = DEFAULT_SEED, clock = realClock() } = options;
  const random = createRandom(seed);
  const key = {
    projectId: random.uuid(),
    keyId: random.uuid(),
    keySecret: random.text('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 26),
  };
  const secret = { value: random.uuid() };
  const { projectId } = key;
  const callbacks = createCallbackSender({ projectId, clock, random, hmacSecret: () => secret.value });
  const project = createProject(clock, callbacks, { relink: 'reject', rent: 'any', ...options.policies });
  for (const record of seedNumbers(active, random, clock.now())) project.add(record);

  const auth = createAuth(key, clock);
  const faults = createFaults();
  const onRequest = options.onRequest ?? (() => {});
  const orders = createOrders({ clock, callbacks, random, project });
  const app = createApp({ key, clock, auth, project, orders, faults, secret, onRequest });
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  const url = await listen(server, port);

  return {
    ...key,
    url,
    project,
    orders,
    faults,
    expireTokens: auth.expireTokens,
    async close() {
      clock.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return `http://127.0.0.1:${bound}`;
}

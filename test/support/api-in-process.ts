/** The simulated API without sockets, for tests that decide in which order everything happens. */
import { createNumbersClient, type NumbersClient } from '../../src/api/client.ts';
import { ConnectionError } from '../../src/api/errors.ts';
import type { Http } from '../../src/api/http.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/log.ts';
import { createApp } from '../../src/simulator/app.ts';
import { createAuth } from '../../src/simulator/auth.ts';
import { manualClock } from '../../src/simulator/clock.ts';
import { createFaults } from '../../src/simulator/faults.ts';
import { createOrders } from '../../src/simulator/orders/orders.ts';
import { createProject, type Project } from '../../src/simulator/project.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { START } from './stage.ts';

export interface InProcessApi {
  readonly project: Project;
  readonly client: (clock: Clock) => NumbersClient;
  /** How many writes arrived. */
  readonly writes: () => number;
}

/**
 * @param turn is waited for before each request, and before each answer
 * @param isLost whether the answer to a write, after its effect, gets lost
 */
export function openApiInProcess(turn: () => Promise<void>, isLost: () => boolean): InProcessApi {
  const time = manualClock(START);
  const key = { projectId: 'project', keyId: 'id', keySecret: 'secret' };
  const project = createProject(time, { send: () => {} }, { relink: 'reject', rent: 'any' });
  const orders = createOrders({
    clock: time,
    callbacks: { send: () => {} },
    random: createRandom('orders'),
    project,
  });
  const parts = { key, clock: time, auth: createAuth(key, time), project, orders, faults: createFaults() };
  const app = createApp({ ...parts, secret: { value: '' }, onRequest: () => {} });
  let writes = 0;
  const http: Http = {
    async send({ origin, target, method, headers, body, signal, onSent }) {
      const isWrite = method !== 'GET';
      await turn();
      signal.throwIfAborted();
      onSent?.();
      if (isWrite) writes++;
      const request = new Request(`${origin}${target}`, {
        method,
        headers,
        ...(typeof body === 'string' && { body }),
      });
      // The simulator asks its server for nothing but the path.
      const response = await app.fetch(request, { incoming: { url: target } } as never);
      const answer = { status: response.status, header: () => undefined, body: await response.text() };
      await turn();
      if (isWrite && isLost()) throw new ConnectionError(origin, 'ECONNRESET', 'maybe', undefined);
      if (!isWrite) signal.throwIfAborted();
      return answer;
    },
    close: async () => {},
  };
  const endpoint = { ...key, url: 'http://api', authUrl: 'http://api', auth: 'basic' } as const;
  const log = createLogger('error', () => {});
  return {
    project,
    client: (clock) =>
      createNumbersClient({ endpoint: async () => endpoint, userAgent: 'test', log, http, clock }),
    writes: () => writes,
  };
}

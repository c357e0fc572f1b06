import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
// Loaded beforehand, so that the first call's time does not go into it.
import 'undici';
import { describe, expect, test } from 'vitest';
import { BudgetExceededError, CancelledError } from '../../src/api/errors.ts';
import { operations } from '../../src/api/operations/numbers.ts';
import type { Clock } from '../../src/lib/clock.ts';
import {
  answerJson,
  connect,
  endpointAt,
  failure,
  OFFERED,
  type Received,
  serve,
  silent,
  simulate,
} from './support.ts';

const BUDGET_MS = 400;

const isToken = ({ target }: Received) => target === '/oauth2/token';

/** A clock whose sleeps end only when their signal aborts. `asleep` resolves when the first begins. */
function stoppedClock(): Clock & { readonly asleep: Promise<void> } {
  let begun = () => {};
  const asleep = new Promise<void>((resolve) => {
    begun = resolve;
  });
  return {
    asleep,
    now: Date.now,
    async sleep(_, signal) {
      begun();
      await new Promise<void>((resolve) => signal?.addEventListener('abort', resolve));
      signal?.throwIfAborted();
    },
  };
}

describe('the time of one call', () => {
  test('ends a rent that is not answered, which may have been carried out', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server, { auth: 'basic' }), { budgetMs: BUDGET_MS });
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    const closed = once(await arrival, 'close');
    const error = await outcome;
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error).toMatchObject({ acted: 'maybe', budgetMs: BUDGET_MS });
    await closed;
    expect(server.requests).toHaveLength(1);
  });

  test('ends a read that is not answered, and closes its connection', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server, { auth: 'basic' }), { budgetMs: BUDGET_MS });
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.listActiveNumbers, {}));
    const closed = once(await arrival, 'close');
    expect(await outcome).toBeInstanceOf(BudgetExceededError);
    await closed;
    expect(server.requests).toHaveLength(1);
  });

  test('ends an answer that never comes to its end', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"phoneNumber":');
    });
    const client = connect(endpointAt(server, { auth: 'basic' }), { budgetMs: BUDGET_MS });
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    const closed = once(await arrival, 'close');
    expect(await outcome).toMatchObject({ name: 'BudgetExceededError', acted: 'maybe' });
    await closed;
  });

  test('holds for the wait for a token; the API is then not asked', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server), { budgetMs: BUDGET_MS });
    const error = await failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error).toMatchObject({ acted: 'no' });
    expect(server.requests.map(({ target }) => target)).toEqual(['/oauth2/token']);
  });

  test('holds for the pauses between attempts', async () => {
    const simulator = await simulate();
    simulator.faults.add({
      path: /:rent$/,
      answer: { status: 429, body: {}, headers: { 'retry-after': '0' } },
    });
    const client = connect(endpointAt(simulator), { budgetMs: BUDGET_MS, clock: stoppedClock() });
    const error = await failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }));
    expect(error).toMatchObject({ name: 'BudgetExceededError', acted: 'no' });
    expect(simulator.count('POST /availableNumbers')).toBe(1);
  });

  test('is new for each call', async () => {
    const server = await serve((response) => {
      if (server.requests.length > 1) answerJson(response, { availableRegions: [] });
    });
    const client = connect(endpointAt(server, { auth: 'basic' }), { budgetMs: BUDGET_MS });
    expect(await failure(client.call(operations.listAvailableRegions, {}))).toBeInstanceOf(
      BudgetExceededError,
    );
    expect(await client.call(operations.listAvailableRegions, {})).toEqual({ availableRegions: [] });
  });
});

describe('the cancellation of a read', () => {
  test('reaches the socket', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const controller = new AbortController();
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.listActiveNumbers, {}, controller.signal));
    const closed = once(await arrival, 'close');
    controller.abort();
    const error = await outcome;
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ acted: 'no' });
    await closed;
    expect(server.requests).toHaveLength(1);
  });

  test('leaves the other calls alone', async () => {
    const server = await serve((response, { target }) => {
      if (target.endsWith('/availableRegions')) answerJson(response, { availableRegions: [] });
    });
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const controller = new AbortController();
    const arrival = server.arrival();
    const cancelled = failure(client.call(operations.listActiveNumbers, {}, controller.signal));
    await arrival;
    const other = client.call(operations.listAvailableRegions, {});
    controller.abort();
    expect(await cancelled).toBeInstanceOf(CancelledError);
    expect(await other).toEqual({ availableRegions: [] });
  });

  test('ends the pause between two attempts', async () => {
    const simulator = await simulate();
    simulator.faults.add({ path: /Regions/, answer: { status: 503, body: {} } });
    const clock = stoppedClock();
    const client = connect(endpointAt(simulator), { clock });
    const controller = new AbortController();
    const outcome = failure(client.call(operations.listAvailableRegions, {}, controller.signal));
    await clock.asleep;
    controller.abort();
    expect(await outcome).toBeInstanceOf(CancelledError);
    expect(simulator.count('GET /availableRegions')).toBe(1);
  });
});

describe('the cancellation of a rent', () => {
  const input = { phoneNumber: OFFERED };

  test('that was sent is not heard: the answer is waited for', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const controller = new AbortController();
    const arrival = server.arrival();
    const call = client.call(operations.rentNumber, input, controller.signal);
    const response = await arrival;
    controller.abort();
    answerJson(response, { phoneNumber: OFFERED });
    expect(await call).toEqual({ phoneNumber: OFFERED });
    expect(server.requests).toHaveLength(1);
  });

  test('that was sent leaves the time of the call in force', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server, { auth: 'basic' }), { budgetMs: BUDGET_MS });
    const controller = new AbortController();
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.rentNumber, input, controller.signal));
    await arrival;
    controller.abort();
    expect(await outcome).toMatchObject({ name: 'BudgetExceededError', acted: 'maybe' });
  });

  test('that was sent and is answered 429 keeps it from being sent again', async () => {
    const server = await serve(silent);
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const controller = new AbortController();
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.rentNumber, input, controller.signal));
    const response = await arrival;
    controller.abort();
    answerJson(response, {}, 429);
    const error = await outcome;
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ acted: 'no' });
    expect(server.requests).toHaveLength(1);
  });

  test('that was sent and is answered 401 keeps it from being sent again with a newer token', async () => {
    let tokens = 0;
    const server = await serve((response, { method, target, headers }) => {
      if (target === '/oauth2/token')
        answerJson(response, { access_token: `${++tokens}`, expires_in: 3_600 });
      else if (method === 'GET') answerJson(response, {}, headers.authorization === 'Bearer 1' ? 401 : 200);
    });
    const client = connect(endpointAt(server));
    const controller = new AbortController();
    const tokenArrival = server.arrival();
    const outcome = failure(client.call(operations.rentNumber, input, controller.signal));
    await tokenArrival;
    const response = await server.arrival();
    await client.call(operations.listAvailableRegions, {});
    controller.abort();
    answerJson(response, {}, 401);
    expect(await outcome).toBeInstanceOf(CancelledError);
    expect(server.requests.filter(({ target }) => target.endsWith(':rent'))).toHaveLength(1);
  });

  test('before the call keeps it from being sent, and its token from being asked for', async () => {
    const simulator = await simulate();
    const client = connect(endpointAt(simulator));
    const outcome = failure(client.call(operations.rentNumber, input, AbortSignal.abort()));
    expect(await outcome).toBeInstanceOf(CancelledError);
    await connect(endpointAt(simulator)).call(operations.listAvailableRegions, {});
    expect(simulator.requests).toEqual(['POST /oauth2/token', 'GET /availableRegions']);
  });

  test('while its token is on the way keeps it from being sent', async () => {
    const server = await serve((response, received) => {
      if (!isToken(received)) answerJson(response, { availableRegions: [] });
    });
    const client = connect(endpointAt(server));
    const controller = new AbortController();
    const arrival = server.arrival();
    const outcome = failure(client.call(operations.rentNumber, input, controller.signal));
    const response = await arrival;
    controller.abort();
    expect(await outcome).toBeInstanceOf(CancelledError);
    answerJson(response, { access_token: 'token', expires_in: 3_600 });
    await client.call(operations.listAvailableRegions, {});
    expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /oauth2/token',
      'GET /v1/projects/project/availableRegions',
    ]);
  });

  test('while the endpoint is being looked up keeps it from being sent', async () => {
    const simulator = await simulate();
    const controller = new AbortController();
    const endpoint = async () => {
      controller.abort();
      return endpointAt(simulator);
    };
    const client = connect(endpointAt(simulator), { endpoint });
    const outcome = failure(client.call(operations.rentNumber, input, controller.signal));
    expect(await outcome).toBeInstanceOf(CancelledError);
    await client.call(operations.listAvailableRegions, {});
    expect(simulator.requests).toEqual(['POST /oauth2/token', 'GET /availableRegions']);
  });

  test('while it waits for a free connection keeps it from being sent', async () => {
    const held: ServerResponse[] = [];
    let isHolding = true;
    const server = await serve((response) => {
      if (isHolding) held.push(response);
      else answerJson(response, { availableRegions: [] });
    });
    const client = connect(endpointAt(server, { auth: 'basic' }));
    const reads = Array.from({ length: 32 }, () => client.call(operations.listAvailableRegions, {}));
    await expect.poll(() => held.length).toBe(32);
    const caller = new AbortController();
    const rent = failure(client.call(operations.rentNumber, { phoneNumber: OFFERED }, caller.signal));
    await new Promise(setImmediate);
    caller.abort();
    expect(await rent).toMatchObject({ name: 'CancelledError', acted: 'no' });
    isHolding = false;
    for (const response of held) answerJson(response, { availableRegions: [] });
    await Promise.all(reads);
    await client.call(operations.listAvailableRegions, {});
    expect(server.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('during the pause between two attempts keeps it from being sent again', async () => {
    const simulator = await simulate();
    simulator.faults.add({ path: /:rent$/, answer: { status: 429, body: {} } });
    const clock = stoppedClock();
    const client = connect(endpointAt(simulator), { clock });
    const controller = new AbortController();
    const outcome = failure(client.call(operations.rentNumber, input, controller.signal));
    await clock.asleep;
    controller.abort();
    expect(await outcome).toBeInstanceOf(CancelledError);
    await client.call(operations.listAvailableRegions, {});
    expect(simulator.count('POST /availableNumbers')).toBe(1);
  });
});

/** What those are told who run a server: whether it is ready, its figures, its log. */
import { describe, expect, test } from 'vitest';
import { createHttp } from '../../src/api/http.ts';
import { createMetrics } from '../../src/commands/metrics.ts';
import { checkApi, createReadiness } from '../../src/commands/readiness.ts';
import { createLogger } from '../../src/lib/log.ts';
import { answerJson, connect, endpointAt, failure, fastClock, freePort, serve } from '../api/support.ts';
import { recorder, send } from '../callbacks/support.ts';
import { openHttp } from '../mcp/http-support.ts';

describe('a server is ready', () => {
  function open() {
    const clock = fastClock();
    const { log, lines } = recorder();
    let looks = 0;
    let problem: string | undefined;
    const store = async () => {
      looks++;
      if (problem !== undefined) throw new Error(problem);
    };
    const missing = createReadiness({ checks: { store, api: async () => {} }, clock, log });
    const fail = (why: string | undefined) => {
      problem = why;
      clock.advance(5_000);
    };
    return { missing, lines, looks: () => looks, fail };
  }

  test('when all works, which is looked at every five seconds at most', async () => {
    const { missing, looks, fail } = open();
    expect([await missing(), await missing()]).toEqual([[], []]);
    expect(looks()).toBe(1);
    fail(undefined);
    await missing();
    expect(looks()).toBe(2);
  });

  test('and tells what is missing else; why stands in the log, once', async () => {
    const { missing, lines, fail } = open();
    for (const why of ['the disk is full', 'the disk is full', undefined]) {
      fail(why);
      expect(await missing()).toEqual(why === undefined ? [] : ['store']);
    }
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'warn not ready: store (the disk is full)\n',
      'warn ready again\n',
    ]);
  });

  test.each([
    ['refuses', 403, true],
    ['is too busy', 429, true],
    ['is behind a gateway that cannot reach it', 502, false],
  ])('where the API %s: %3$s', async (_, status, isReady) => {
    const server = await serve((response, { target }) =>
      target === '/oauth2/token'
        ? answerJson(response, { access_token: 'token', expires_in: 3600 })
        : answerJson(response, {}, status),
    );
    const check = checkApi(connect(endpointAt(server)));
    if (isReady) await check;
    else expect(await failure(check)).toBeInstanceOf(Error);
  });

  test('where the API is not there: no', async () => {
    const numbers = connect(endpointAt({ url: `http://127.0.0.1:${await freePort()}` }));
    expect(await failure(checkApi(numbers))).toBeInstanceOf(Error);
  });

  test('for a proxy, and not while it stops', async () => {
    let absent: readonly string[] = [];
    const { origin } = await openHttp({ missing: async () => absent });
    const probe = async () => {
      const { status, body } = await send(`${origin}/readyz`, { method: 'GET' });
      return [status, JSON.parse(body)];
    };
    expect(await probe()).toEqual([200, { status: 'ok' }]);
    absent = ['api'];
    expect(await probe()).toEqual([503, { status: 'not ready', missing: ['api'] }]);
  });
});

describe('the figures', () => {
  test('count calls, sessions and requests to the API', async () => {
    const metrics = createMetrics(() => 3);
    const { origin } = await openHttp({ metrics });
    metrics.called({ tool: 'rent_number', outcome: 'declined', durationMs: 120 });
    const server = await serve((response) => answerJson(response, {}, 429));
    const http = metrics.counting(createHttp());
    const request = {
      target: '/',
      method: 'GET' as const,
      headers: {},
      signal: new AbortController().signal,
    };
    await http.send({ ...request, origin: server.url });
    await failure(http.send({ ...request, origin: `http://127.0.0.1:${await freePort()}` }));
    await http.close();
    const { headers, body } = await send(`${origin}/metrics`, { method: 'GET' });
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      'sinch_numbers_tool_calls_total{tool="rent_number",outcome="declined"} 1',
      'sinch_numbers_tool_call_duration_seconds_bucket{le="0.1",tool="rent_number"} 0',
      'sinch_numbers_tool_call_duration_seconds_bucket{le="0.25",tool="rent_number"} 1',
      'sinch_numbers_sessions 3',
      'sinch_numbers_api_requests_total{status="429"} 1',
      'sinch_numbers_api_requests_total{status="none"} 1',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
  });
});

test('a log for programs is one object a line, and tells what a message belongs to', async () => {
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line), 'json');
  log.debug('nobody wants to know');
  log.warn('first\nsecond \u001b[31m"quoted"');
  await log.within?.({ requestId: 'r1', sessionId: 's1' }, async () => {
    await Promise.resolve();
    log.info('inside');
  });
  const time = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { time, level: 'warn', message: expect.stringMatching(/^first second .*"quoted"$/) },
    { time, level: 'info', message: 'inside', requestId: 'r1', sessionId: 's1' },
  ]);
  expect(lines.join('')).not.toContain('\u001b');
});

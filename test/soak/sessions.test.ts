import { expect, test, vi } from 'vitest';
import { envFor } from '../e2e/harness.ts';
import { openBareSession, runHttp } from '../e2e/http-harness.ts';
import { call } from '../mcp/http-support.ts';
import { either } from '../support/length.ts';
import { memoryOf, simulatePlan, TIMEOUT_MS, tell } from './support.ts';

const SESSIONS = 100;
const ROUNDS = either(20, 2);
/** The most memory while all sessions are open, and once they are gone, in MiB. */
const MAX_OPEN = 130;
const MAX_GONE = 90;

test('a hundred sessions at once take little memory, and it is given back when they are gone', {
  timeout: TIMEOUT_MS,
}, async () => {
  const api = await simulatePlan({ active: 12 }, () => undefined);
  const { url, pid } = await runHttp([], envFor(api));
  const sessions = [];
  for (let opened = 0; opened < SESSIONS; opened++) sessions.push(await openBareSession(url));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { post } of sessions) {
      const answer = await post(call(round, 'list_active_numbers'));
      expect(await answer.text()).toContain('activeNumbers');
    }
  }
  const open = memoryOf(pid) ?? 0;
  await Promise.all(sessions.map(({ headers }) => fetch(url, { method: 'DELETE', headers })));
  const gone = await vi.waitFor(
    () => {
      const memory = memoryOf(pid) ?? 0;
      expect(memory).toBeLessThan(MAX_GONE);
      return memory;
    },
    { timeout: 20_000, interval: 500 },
  );
  tell('sessions over HTTP', { sessions: SESSIONS, rounds: ROUNDS, 'MiB open': open, 'MiB gone': gone });
  expect(open).toBeLessThan(MAX_OPEN);
});

import { expect, test } from 'vitest';
import { createRandom } from '../../src/simulator/random.ts';
import { OFFERED, UNKNOWN } from '../api/support.ts';
import { type Connection, connectServer, envFor } from '../e2e/harness.ts';
import { either } from '../support/length.ts';
import { RENTED, temporaryFolder } from '../support/stage.ts';
import {
  inLanes,
  type Mishap,
  memoryOf,
  openFilesOf,
  SEED,
  simulatePlan,
  TIMEOUT_MS,
  tell,
} from './support.ts';

const CALLS = either(20_000, 400);
const IN_FLIGHT = 16;
/** Memory is read this often in the course of a run. */
const READINGS = 40;
/** How much the low points of memory may differ, in MB. */
const MAX_GROWTH_MB = either(40, 80);
/** The most connections that the server keeps to one API, and a few files of its own. */
const MAX_MORE_FILES = 32 + 4;
/** Access tokens are taken back after each of this many requests. */
const TOKENS_EXPIRE_AFTER = 500;

/** One request in five goes wrong. */
const MISHAPS: readonly Mishap[] = [
  { answer: { status: 500 } },
  { answer: { status: 502, body: '<html>Bad Gateway</html>' } },
  { answer: { status: 429 } },
  { drop: 'before' },
  { drop: 'after' },
  { delayMs: 40 },
];
const ONE_IN = 5;

type Read = readonly [tool: string, args: Record<string, unknown>];

const READS: readonly Read[] = [
  ['search_available_numbers', { regionCode: 'US', type: 'LOCAL', size: 50 }],
  ['check_number_availability', { phoneNumber: OFFERED }],
  ['list_active_numbers', { pageSize: 50 }],
  ['list_active_numbers', { regionCode: 'US', type: 'LOCAL', numberPattern: { pattern: '555' } }],
  ['get_active_number', { phoneNumber: RENTED }],
  ['get_active_number', { phoneNumber: UNKNOWN }],
  ['list_available_regions', {}],
  ['get_callback_configuration', {}],
  ['audit_provisioning', {}],
  ['list_callback_events', {}],
  ['wait_for_provisioning', { phoneNumber: RENTED }],
];

/** The causes that the faults can have, and the number that is not there. */
const CAUSE = /HTTP (404|429|500|502)|connection broke/;

test('reads, many at a time, through an API that fails often: each is answered, and nothing piles up', {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = createRandom(String(SEED));
  const api = await simulatePlan({ active: 60 }, () => {
    if (api.requests.length % TOKENS_EXPIRE_AFTER === 0) api.expireTokens();
    return random.integer(ONE_IN) === 0 ? MISHAPS[random.integer(MISHAPS.length)] : undefined;
  });
  api.project.rent(RENTED, {});
  const SINCH_NUMBERS_STATE_DIR = await temporaryFolder();
  const server: Connection = await connectServer({ env: { ...envFor(api), SINCH_NUMBERS_STATE_DIR } });
  const { pid } = server;
  const filesBefore = openFilesOf(pid);
  let filesAtMost = 0;
  let answered = 0;
  const failures: string[] = [];
  const memory: number[] = [];
  const startedAt = performance.now();

  const calls = Array.from({ length: CALLS }, () => random.integer(READS.length));
  await inLanes(IN_FLIGHT, calls, async (chosen) => {
    const [tool, args]: Read = READS[chosen] ?? ['', {}];
    const { text, isError } = await server.call(tool, args);
    if (isError) failures.push(text);
    answered++;
    if (answered % (CALLS / READINGS) !== 0) return;
    memory.push(memoryOf(pid) ?? 0);
    filesAtMost = Math.max(filesAtMost, openFilesOf(pid) ?? 0);
  });

  const seconds = (performance.now() - startedAt) / 1_000;
  // By a quarter of the way all code is loaded and every buffer has its size. The low points are what the
  // garbage collector cannot free.
  const warm = Math.min(...memory.slice(READINGS / 4, READINGS / 2));
  const end = Math.min(...memory.slice(-READINGS / 4));
  tell('soak', {
    calls: answered,
    requests: api.requests.length,
    failures: failures.length,
    'calls/s': Math.round(answered / seconds),
    'MB warm': warm,
    'MB at the end': end,
    MB: memory.join(' '),
    'files at first': filesBefore,
    'files at most': filesAtMost,
    'files at the end': openFilesOf(pid),
  });
  expect(answered).toBe(CALLS);
  expect(failures.filter((text) => !CAUSE.test(text))).toEqual([]);
  expect(end - warm).toBeLessThan(MAX_GROWTH_MB);
  expect(filesAtMost).toBeLessThanOrEqual((filesBefore ?? 0) + MAX_MORE_FILES);
  expect(server.stderr()).not.toMatch(/ error /);
});

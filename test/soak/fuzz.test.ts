import { CallToolResultSchema, ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualClock } from '../../src/simulator/clock.ts';
import { parseArguments } from '../../src/tools/arguments.ts';
import { tools } from '../../src/tools/index.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { type Connection, start } from '../e2e/harness.ts';
import { readJournal } from '../support/journal.ts';
import { either } from '../support/length.ts';
import { JOB_MS, RENTED, START, temporaryFolder, toolNamed } from '../support/stage.ts';
import { argumentsFor } from './any-json.ts';
import { countEach, SEED, TIMEOUT_MS, tell } from './support.ts';

const CALLS = either(10_000, 400);
const MAX_ERROR_LENGTH = 4_000;
/** No answer came. */
const LOST: readonly number[] = [ErrorCode.RequestTimeout, ErrorCode.ConnectionClosed];

const calls = fc
  .constantFrom(...tools.map(({ name }) => name))
  .chain((name) => fc.record({ name: fc.constant(name), args: argumentsFor(toolNamed(name)) }));

/** What a call came to: an answer, a question, an error as a tool's result, or one of the protocol. */
type Kind = 'answer' | 'question' | 'error' | 'refused';

/** The one request by which a tool may change something, or reads by another method than GET, without a question. */
const REQUESTS: Readonly<Record<string, RegExp>> = {
  update_active_number: /^PATCH \/activeNumbers\//,
  update_callback_configuration: /^PATCH \/callbackConfiguration$/,
  create_number_order: /^POST \/numberOrders:createNumberOrder$/,
  update_number_order_registration: /^PUT \/numberOrders\//,
  lookup_number_requirements: /^POST \/numberOrders:lookup/,
  validate_emergency_address: /^POST \/activeNumbers\/[^/]+\/emergencyAddress:validate$/,
};

/** Calls a tool with anything, and holds what comes back to what a client can rely on. */
async function callWith({ client }: Connection, tool: Tool, args: unknown): Promise<Kind> {
  const params = { name: tool.name, arguments: args };
  const result = await client
    .request({ method: 'tools/call', params }, CallToolResultSchema)
    .catch(asRefusal);
  if (typeof result === 'string') {
    expect(result.length).toBeLessThanOrEqual(MAX_ERROR_LENGTH);
    return 'refused';
  }
  expect(result.content).toEqual([{ type: 'text', text: expect.stringMatching(/\S/) }]);
  const [part] = result.content;
  const text = part?.type === 'text' ? part.text : '';
  expect(text).not.toMatch(/internal error|\n\s+at /);
  expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/);
  if (result.structuredContent !== undefined || !result.isError) tool.output.parse(result.structuredContent);
  if (result.structuredContent?.outcome === 'confirmation_required') return 'question';
  if (!result.isError) return 'answer';
  expect(text.length).toBeLessThanOrEqual(MAX_ERROR_LENGTH);
  return 'error';
}

/** A request that is none of the protocol is refused in words. */
function asRefusal(error: unknown): string {
  if (error instanceof McpError && !LOST.includes(error.code)) return error.message;
  throw error;
}

test('calls with any JSON for arguments break nothing, spend nothing and change only what they say', {
  timeout: TIMEOUT_MS,
}, async () => {
  const SINCH_NUMBERS_STATE_DIR = await temporaryFolder();
  const time = manualClock(START);
  const connection = await start({
    simulator: { active: 12, clock: time },
    env: { SINCH_NUMBERS_STATE_DIR, SINCH_NUMBERS_AUTH: 'basic' },
  });
  const { api, client, stderr } = connection;
  api.project.rent(RENTED, {});
  const kinds: Kind[] = [];
  const startedAt = performance.now();

  await fc.assert(
    fc.asyncProperty(calls, async ({ name, args }) => {
      const tool = toolNamed(name);
      const before = api.requests.length;
      const kind = await callWith(connection, tool, args);
      kinds.push(kind);
      // Nothing that was linked is waited for by the calls that follow.
      time.advance(JOB_MS);
      const sent = api.requests.slice(before).filter((request) => !request.startsWith('GET '));
      const mayBeSent = kind !== 'question' && 'input' in parseArguments(tool, args);
      expect(sent.length).toBeLessThanOrEqual(mayBeSent ? 1 : 0);
      for (const request of sent) expect(request).toMatch(REQUESTS[name] ?? /nothing/);
      // Of many numbers, those that need nothing are left out.
      const sends = name.startsWith('update_') && name !== 'update_active_numbers';
      if (kind === 'answer' && sends) expect(sent).toHaveLength(1);
    }),
    { numRuns: CALLS, seed: SEED, endOnFailure: true },
  );

  await client.ping();
  expect(stderr()).not.toMatch(/ error /);
  const spent = readJournal(SINCH_NUMBERS_STATE_DIR).filter(
    ({ intent }) => intent.rents > 0 || !(intent.tool in REQUESTS),
  );
  expect(spent).toEqual([]);
  const counts = countEach(kinds);
  expect(kinds).toHaveLength(CALLS);
  for (const kind of ['answer', 'question', 'error', 'refused']) expect(counts[kind]).toBeGreaterThan(0);
  const callsPerSecond = Math.round((CALLS / (performance.now() - startedAt)) * 1_000);
  tell('fuzz', { calls: CALLS, ...counts, 'calls/s': callsPerSecond });
});

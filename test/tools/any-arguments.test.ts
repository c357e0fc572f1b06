/** Whatever a client sends, no tool breaks, and nothing is spent, released or changed by accident. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/tools/arguments.ts';
import { tools } from '../../src/tools/index.ts';
import type { Tool, ToolResult } from '../../src/tools/tool.ts';
import { OFFERED, UNKNOWN } from '../api/support.ts';
import { anyCharacter } from '../support/characters.ts';
import { either } from '../support/length.ts';
import { type Caller, openRentedStage, personWho, RENTED } from '../support/stage.ts';

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    OFFERED,
    RENTED,
    UNKNOWN,
    'US',
    'uk',
    'LOCAL',
    'START',
    'SMS',
    ['SMS'],
    '["VOICE"]',
    { servicePlanId: 'plan' },
    { servicePlanId: '' },
    { appId: 'app' },
    { pattern: '+1206', searchPattern: 'START' },
    '{"pattern": "206"}',
    'https://example.com',
    'a'.repeat(32),
    10,
    true,
    null,
  ),
);

/** URLs of the web. Those of fast-check take as long to begin with as its own characters do. */
const address = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.webAuthority(),
    fc.array(fc.string({ unit: anyCharacter }).map(encodeURIComponent)),
  )
  .map(([scheme, authority, path]) => [`${scheme}://${authority}`, ...path].join('/'));

/** Arguments that know the tool's keys, and a few others. */
function argumentsOf(tool: Tool): fc.Arbitrary<unknown> {
  const keys = fc.oneof(
    { arbitrary: fc.constantFrom(...Object.keys(tool.input.shape), 'confirmationToken'), weight: 9 },
    { arbitrary: fc.string(), weight: 1 },
  );
  return fc.oneof(fc.jsonValue(), fc.dictionary(keys, value, { maxKeys: 6 }), likely(tool));
}

/** Arguments of which many are valid. */
function likely(tool: Tool): fc.Arbitrary<unknown> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {
    phoneNumber: fc.constantFrom(OFFERED, RENTED, UNKNOWN),
    regionCode: fc.constantFrom('US', 'uk', 'se', 'ZZ'),
    type: fc.constantFrom('LOCAL', 'MOBILE', 'TOLL_FREE'),
    numberPattern: fc.record({ pattern: fc.string({ minLength: 1 }) }),
    capabilities: fc.constant(['SMS']),
    capability: fc.constant(['VOICE']),
    size: fc.integer({ min: 1 }),
    pageSize: fc.integer({ min: 1 }),
    pageToken: fc.string({ minLength: 1 }),
    displayName: fc.string({ unit: anyCharacter }),
    smsConfiguration: fc.record({ servicePlanId: fc.string() }),
    voiceConfiguration: fc.record({ appId: fc.string() }),
    callbackUrl: address,
    hmacSecret: fc.stringMatching(/^[a-zA-Z0-9-]{32,64}$/),
    confirmationToken: fc.string({ minLength: 1 }),
  };
  const known = Object.fromEntries(Object.entries(fields).filter(([name]) => name in tool.input.shape));
  return fc.record(known, {
    requiredKeys: ['phoneNumber', 'regionCode', 'type'].filter((key) => key in known),
  });
}

/** Reads that come as POST. */
const READS = /^POST \S+:(lookupNumberRequirements|validate)$/;

/** @param sent the requests that this call made, but for those by GET */
function expectSound(tool: Tool, args: unknown, result: ToolResult, sent: readonly string[]): void {
  expect(result.text).not.toBe('');
  expect(result.text).not.toMatch(/\n\s+at /);
  expect(result.text).not.toMatch(/[\u202a-\u202e\u200b]/);
  const isValid = 'input' in parseArguments(tool, args);
  if (!isValid) expect(result.isError).toBe(true);
  const writes = sent.filter((request) => !READS.test(request));
  if (writes.length === 0) return;
  expect(writes).toEqual([expect.stringMatching(/^(PATCH|PUT) /)]);
  expect(tool.effect).toBe('write');
  expect(isValid).toBe(true);
}

describe.each(tools)('$name', (tool) => {
  /** Calls the tool many times, with and without a person behind it who answers anything but what is asked. */
  async function tryOut(person: () => Caller): Promise<void> {
    const stage = await openRentedStage();
    await fc.assert(
      fc.asyncProperty(argumentsOf(tool), async (args) => {
        const before = stage.sent().length;
        const result = await stage.call(tool.name, args, person());
        expectSound(tool, args, result, stage.sent().slice(before));
      }),
      { numRuns: either(1_000, 30) },
    );
  }

  test('takes any JSON for arguments, and does no more than it may', async () => {
    await tryOut(() => ({}));
  });

  test('does no more where a client accepts every form as it is', async () => {
    await tryOut(() => personWho(({ field }) => ({ action: 'accept', content: { [field]: true } })));
  });
});

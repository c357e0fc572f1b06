/** A result in its two forms: whichever of them a client gives the model, it reads the same. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { tools, toolsets } from '../../src/tools/index.ts';
import { structuredContent } from '../../src/tools/structured.ts';
import type { ToolResult } from '../../src/tools/tool.ts';
import { OFFERED, OFFERED_TOO } from '../api/support.ts';
import { eventOf } from '../callbacks/support.ts';
import {
  agreeable,
  type Caller,
  openRentedStage,
  RENTED,
  type Stage,
  type StageOptions,
} from '../support/stage.ts';
import { failedJob, put } from '../tools/audit-support.ts';

interface Case {
  readonly tool: string;
  readonly what: string;
  readonly args?: object;
  readonly caller?: () => Caller;
  readonly options?: StageOptions;
  readonly before?: (stage: Stage) => unknown;
}

/** A number whose SMS job failed, and whose callbacks cannot arrive. */
function rentFailed(stage: Stage): void {
  put(stage, 7, { smsJob: failedJob('CAMPAIGN_EXPIRED'), callbackUrl: 'http://localhost/callbacks' });
}

const US_LOCAL = { regionCode: 'US', type: 'LOCAL' };
const yes = () => agreeable();

const CASES: readonly Case[] = [
  { tool: 'search_available_numbers', what: 'ten found', args: { ...US_LOCAL, size: 10 } },
  {
    tool: 'search_available_numbers',
    what: 'none found, but others near',
    args: { ...US_LOCAL, numberPattern: { pattern: '99999999' } },
  },
  { tool: 'search_available_numbers', what: 'no such region', args: { ...US_LOCAL, regionCode: 'ZZ' } },
  { tool: 'check_number_availability', what: 'on offer', args: { phoneNumber: OFFERED_TOO } },
  { tool: 'rent_number', what: 'rented', args: { phoneNumber: OFFERED }, caller: yes },
  { tool: 'rent_number', what: 'to be confirmed', args: { phoneNumber: OFFERED } },
  { tool: 'rent_any_number', what: 'rented', args: US_LOCAL, caller: yes },
  { tool: 'list_active_numbers', what: 'a page', args: { pageSize: 10 }, before: rentFailed },
  { tool: 'list_active_numbers', what: 'a thousand', args: { pageSize: 1_000 }, options: { active: 1_000 } },
  { tool: 'get_active_number', what: 'linked', args: { phoneNumber: RENTED } },
  { tool: 'update_active_number', what: 'renamed', args: { phoneNumber: RENTED, displayName: 'Desk' } },
  { tool: 'release_number', what: 'released', args: { phoneNumber: RENTED }, caller: yes },
  { tool: 'list_available_regions', what: 'all' },
  { tool: 'get_callback_configuration', what: 'as it is' },
  {
    tool: 'update_callback_configuration',
    what: 'replaced',
    args: { hmacSecret: '0123456789abcdef0123456789abcdef' },
    caller: yes,
  },
  { tool: 'audit_provisioning', what: 'summary and findings' },
  { tool: 'audit_provisioning', what: 'the numbers of one finding', args: { finding: 'UNLINKED' } },
  { tool: 'audit_provisioning', what: 'a finding that none has', args: { finding: 'STUCK' } },
  { tool: 'find_active_numbers', what: 'all', args: { select: {} }, before: rentFailed },
  { tool: 'wait_for_provisioning', what: 'one number', args: { phoneNumber: RENTED } },
  { tool: 'wait_for_provisioning', what: 'two', args: { phoneNumbers: [RENTED, OFFERED_TOO] } },
  { tool: 'list_callback_events', what: 'none' },
  {
    tool: 'list_callback_events',
    what: 'a failure',
    before: ({ store }) =>
      store.events.append(eventOf(1, { status: 'FAILED', failureCode: 'CAMPAIGN_EXPIRED' })),
  },
  {
    tool: 'list_activity',
    what: 'a rent',
    before: (stage) => stage.call('rent_number', { phoneNumber: OFFERED }, agreeable()),
  },
  { tool: 'rent_numbers', what: 'rented', args: { phoneNumbers: [OFFERED, OFFERED_TOO] }, caller: yes },
  { tool: 'rent_numbers', what: 'to be confirmed', args: { phoneNumbers: [OFFERED, OFFERED_TOO] } },
  {
    tool: 'update_active_numbers',
    what: 'renamed',
    args: { phoneNumbers: [RENTED], change: { displayName: 'Desk' } },
    caller: yes,
  },
  { tool: 'release_numbers', what: 'released', args: { phoneNumbers: [RENTED] }, caller: yes },
];

/** What a reader acts on: numbers, links, amounts, codes, addresses, dates, and tools to call next. */
const FACTS = [
  /\+[1-9]\d{6,14}/g,
  /\b\d+\.\d{2}\b/g,
  /https?:\/\/[^\s"]+[^\s".,:]/g,
  /sinch-numbers:\/\/[\w-]+/g,
  /\b[A-Z]{2,}(?:_[A-Z]+)*\b/g,
  /\b[a-z]+(?:_[a-z]+)+\b/g,
  /\b\d{4}-\d{2}-\d{2}\b/g,
  /\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g,
];

/** Words of the text in capitals that are no codes of the API. */
const WORDS = ['SMS', 'VOICE', 'CUT', 'US', 'ID', 'IDS', 'CODE', 'DLC'];

const factsOf = (text: string) =>
  new Set(FACTS.flatMap((pattern) => text.match(pattern) ?? []).filter((fact) => !WORDS.includes(fact)));

/** Every text and number in a structure, with the path that leads to it. */
function* leaves(value: unknown, path = ''): Generator<[path: string, value: string]> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* leaves(inner, `${path}.${key}`);
  } else yield [path, String(value)];
}

async function run({ tool, args = {}, caller, options = {}, before }: Case): Promise<ToolResult> {
  const stage = await openRentedStage({ active: 60, ...options });
  await before?.(stage);
  return stage.call(tool, args, caller?.());
}

describe.each(CASES)('$tool, $what', (example) => {
  test('says the same in both forms', async () => {
    const result = await run(example);
    expect(result.isError ?? false).toBe(false);
    const structured = structuredContent(result) ?? {};
    const json = JSON.stringify(structured);
    const { text } = result;
    expect([...factsOf(text)].filter((fact) => !json.includes(fact))).toEqual([]);
    const untold = [...leaves(structured)].filter(
      ([path, value]) => isToldByBoth(path) && [...factsOf(value)].some((fact) => !text.includes(fact)),
    );
    expect(untold).toEqual([]);
    expect((result.hints ?? []).filter((hint) => !text.includes(hint))).toEqual([]);
    expect(json).not.toContain('projectId');
  });

  test('costs the model as little in the structured form as its rows allow', async () => {
    const result = await run(example);
    const structured = structuredContent(result) ?? {};
    const most = 2.5 * countTokens(result.text) + BRACES + TOKENS_A_ROW * rowsOf(structured);
    expect(countTokens(JSON.stringify(structured))).toBeLessThanOrEqual(most);
  });
});

/** Small answers are mostly names and braces. */
const BRACES = 60;
/**
 * What each row of a list says in the API's own shape, where the text says it once for all: programs read rows whole.
 */
const TOKENS_A_ROW = 55;

function rowsOf(structured: Record<string, unknown>): number {
  const { availableNumbers, activeNumbers, numbers, nearest } = structured;
  const lists = [availableNumbers, activeNumbers, numbers, Object(nearest).availableNumbers];
  return lists.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

/**
 * What the text leaves out on purpose: the moment within a day or minute, IDs and numbers of a finding beyond the
 * first, what a question was about where its message does not repeat it, and the token that its message holds.
 */
function isToldByBoth(path: string): boolean {
  return !/Time$|resourceType|timestamp|\.at$|Date$|expireAt|\.stakes\.|\.terms\.|\.findings\.|[vV]oice\w+\.type|\.(nearest|receiver)\./.test(
    path,
  );
}

test('there is a case of every tool', () => {
  const owed = [...toolsets.core, ...toolsets.insight, ...toolsets.bulk].map(({ name }) => name);
  const shown = new Set(CASES.map(({ tool }) => tool));
  expect(owed.filter((name) => !shown.has(name))).toEqual([]);
  expect(tools.length).toBeGreaterThanOrEqual(owed.length);
});

test('a failure of an ungated tool is its text alone, which is complete; of a gated one it is both', async () => {
  const stage = await openRentedStage();
  const read = await stage.call('get_active_number', { phoneNumber: OFFERED });
  expect(read.isError).toBe(true);
  expect(structuredContent(read)).toBeUndefined();
  expect(read.text.split('\n').length).toBeGreaterThan(1);
  const write = await stage.call('release_number', { phoneNumber: OFFERED });
  expect(write.isError).toBe(true);
  expect(structuredContent(write)).toMatchObject({ outcome: 'not_executed' });
  expect(write.text).toContain(String(structuredContent(write)?.message));
});

test('what a tool did not understand is said in both forms', async () => {
  const stage = await openRentedStage();
  const result = await stage.call('list_active_numbers', { colour: 'red' });
  expect(structuredContent(result)?.hints).toEqual([
    expect.stringContaining('Ignored, since unknown here: colour'),
  ]);
});

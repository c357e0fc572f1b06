import { createHash } from 'node:crypto';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { formatRecurring } from '../../src/api/money.ts';
import {
  type ActiveNumber,
  listActiveNumbersResponse,
  listAvailableNumbersResponse,
} from '../../src/api/schemas/numbers.ts';
import { introduction } from '../../src/mcp/initialize-result.ts';
import { DEFAULT_ACTIVE_NUMBERS, POOLS } from '../../src/simulator/invented.ts';
import { definitions, type ToolDefinition, toolsetNames } from '../../src/tools/definitions.ts';
import { DEFAULT_TOOLSETS, offeredTools } from '../../src/tools/enabled-tools.ts';
import { tools } from '../../src/tools/index.ts';
import type { ToolResult } from '../../src/tools/tool.ts';
import { OFFERED_TOO } from '../api/support.ts';
import {
  agreeable,
  GATED_CALLS,
  openRentedStage,
  openStage,
  RENTED,
  type Stage,
  structuredAs,
} from '../support/stage.ts';
import { put } from '../tools/audit-support.ts';

const MAX_LIST_TOKENS = 20_000;

describe('what every conversation pays for', () => {
  const weigh = (offered: readonly ToolDefinition[]) =>
    countTokens(
      JSON.stringify(
        offered.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
      ),
    );

  test.each([
    ['core', ['core'], 2_000],
    ['core and insight', ['core', 'insight'], 3_200],
    ['core, insight and bulk', ['core', 'insight', 'bulk'], 4_300],
    ['what is offered by default', DEFAULT_TOOLSETS, 5_400],
    ['all of them', Object.keys(toolsetNames), 6_200],
  ])('of the toolsets: %s', (_, toolsets, most) => {
    expect(weigh(offeredTools({ readOnly: false, toolsets }))).toBeLessThanOrEqual(most);
  });

  test.each([false, true])('the instructions take no more than 350 tokens, simulator: %s', (simulator) => {
    const { instructions } = introduction({
      name: 'sinch-numbers-mcp',
      version: '1.0.0',
      simulator,
      tools: definitions,
    });
    expect(instructions.includes('Simulated: ')).toBe(simulator);
    expect(countTokens(instructions)).toBeLessThanOrEqual(350);
    // Claude Code cuts what is longer (code.claude.com/docs/en/mcp).
    expect(instructions.length).toBeLessThanOrEqual(2_048);
  });

  test.each(Object.entries(toolsetNames))(
    'the instructions say what %s is for, if it is offered',
    (toolset, names) => {
      const [own, all] = [names, Object.values(toolsetNames).flat()].map((offered) => {
        const tools = definitions.filter(({ name }) => offered.includes(name));
        return introduction({ name: 'x', version: '1.0.0', simulator: false, tools }).instructions;
      });
      expect(
        names.some((name) => all?.includes(name)),
        toolset,
      ).toBe(true);
      const others = definitions.map(({ name }) => name).filter((name) => !names.includes(name));
      expect(others.filter((name) => new RegExp(`\\b${name}\\b`).test(own ?? ''))).toEqual([]);
    },
  );

  test.each([
    [false, false],
    [true, false],
    [false, true],
  ])(
    'the instructions begin with what a search looks for, read-only: %s, simulator: %s',
    (readOnly, simulator) => {
      const { instructions } = introduction({
        ...{ name: 'sinch-numbers-mcp', version: '1.0.0', simulator },
        tools: offeredTools({ readOnly }),
      });
      const [first] = instructions.split('\n');
      const words = [
        'Sinch',
        'phone number',
        'search',
        'SMS',
        'voice',
        '10DLC',
        'campaign',
        'toll-free',
        'audit',
      ];
      for (const word of [...words, ...(readOnly ? [] : ['rent', 'buy', 'release'])]) {
        expect(first).toContain(word);
      }
    },
  );
});

describe.each(POOLS)('found numbers of $regionCode $type', ({ regionCode, type }) => {
  test('take no more than 350 tokens where they are ten, each with its price', async () => {
    const stage = await openStage();
    const result = await stage.call('search_available_numbers', { regionCode, type, size: 10 });
    const { availableNumbers } = structuredAs(listAvailableNumbersResponse, result);
    expect(availableNumbers).toHaveLength(10);
    for (const number of availableNumbers) {
      expect(numbersIn(result)).toContain(number.phoneNumber);
      expect(result.text).toContain(`setup ${number.setupPrice?.amount} ${number.setupPrice?.currencyCode}`);
      const { monthlyPrice: price, paymentIntervalMonths: intervalMonths } = number;
      expect(result.text).toContain(formatRecurring({ price, intervalMonths }));
    }
    expect(countTokens(result.text)).toBeLessThanOrEqual(350);
  });

  test('take no more than 20,000 tokens where they are up to a thousand, and are all told', async () => {
    const stage = await openStage();
    const result = await stage.call('search_available_numbers', { regionCode, type, size: 1_000 });
    const { availableNumbers } = structuredAs(listAvailableNumbersResponse, result);
    expect(availableNumbers.length).toBeGreaterThanOrEqual(50);
    expect(numbersIn(result)).toEqual(availableNumbers.map(({ phoneNumber }) => phoneNumber));
    expect(countTokens(result.text)).toBeLessThanOrEqual(MAX_LIST_TOKENS);
  });
});

describe('ten rented numbers', () => {
  test('take no more than 650 tokens, and keep every fact, as the simulator starts', async () => {
    const stage = await openStage({ active: DEFAULT_ACTIVE_NUMBERS });
    const result = await stage.call('list_active_numbers', { pageSize: 10 });
    expect(structuredAs(listActiveNumbersResponse, result).activeNumbers).toHaveLength(10);
    expectEveryFact(result);
    expect(countTokens(result.text)).toBeLessThanOrEqual(650);
  });

  test('take no more than 600 tokens, and keep every fact, on the median page of 400 numbers', async () => {
    const stage = await openStage({ active: 400 });
    const weights: number[] = [];
    for await (const page of pages(stage, { pageSize: 10 })) {
      expectEveryFact(page);
      weights.push(countTokens(page.text));
    }
    expect(weights).toHaveLength(40);
    weights.sort((a, b) => a - b);
    const [below = Number.NaN, above = Number.NaN] = weights.slice(19, 21);
    expect((below + above) / 2).toBeLessThanOrEqual(600);
  });
});

describe('a thousand rented numbers', () => {
  /** The text's own words on what is missing from it. */
  const CUT =
    /^CUT: only the first (\d+) of the page's (\d+)\. For the others: the same call with pageSize (\d+), and its page tokens\.$/m;

  test('take no more than 20,000 tokens: text and structure hold the same numbers, and say how many are left out', async () => {
    const stage = await openStage({ active: 1_500 });
    const result = await stage.call('list_active_numbers', { pageSize: 1_000 });
    const numbers = structuredAs(listActiveNumbersResponse, result).activeNumbers;
    const [shown = 0, total, advised] = (CUT.exec(result.text) ?? []).slice(1).map(Number);
    expect(total).toBe(1_000);
    expect(result.structured).toMatchObject({ truncated: { shown, total } });
    expect(result.structured).not.toHaveProperty('nextPageToken');
    expect(advised).toBeGreaterThan(shown / 2);
    expect(advised).toBeLessThanOrEqual(shown);
    expect(numbers).toHaveLength(shown);
    expect(numbersIn(result)).toEqual(numbers.map(({ phoneNumber }) => phoneNumber));
    expectEveryFact(result);
    expect(countTokens(result.text)).toBeLessThanOrEqual(MAX_LIST_TOKENS);
  });

  test('are all told, each once, to a reader who calls again as the text of a cut page says', async () => {
    const stage = await openStage({ active: 1_500 });
    const told: string[] = [];
    let pageSize = 1_000;
    for (let pageToken: string | undefined, more = true; more; ) {
      const args = { pageSize, ...(pageToken !== undefined && { pageToken }) };
      const page = await stage.call('list_active_numbers', args);
      expect(countTokens(page.text)).toBeLessThanOrEqual(MAX_LIST_TOKENS);
      const smaller = CUT.exec(page.text)?.[3];
      if (smaller !== undefined) {
        expect(Number(smaller)).toBeLessThan(pageSize);
        pageSize = Number(smaller);
        continue;
      }
      told.push(...numbersIn(page));
      pageToken = structuredAs(listActiveNumbersResponse, page).nextPageToken;
      more = pageToken !== undefined;
    }
    expect(told).toHaveLength(1_500);
    expect(new Set(told).size).toBe(1_500);
  });

  test('take no more than 20,000 tokens where each has links and a callback URL of its own', async () => {
    const stage = await openStage();
    for (let line = 0; line < 1_000; line++) {
      const hex = createHash('md5').update(String(line)).digest('hex');
      put(stage, line, {
        displayName: `Customer ${hex.slice(0, 8)}`,
        servicePlanId: hex,
        callbackUrl: `https://example.com/callbacks/${hex}`,
      });
    }
    const result = await stage.call('list_active_numbers', { pageSize: 1_000 });
    expect(result.text).toMatch(CUT);
    expect(numbersIn(result).length).toBeGreaterThan(100);
    expect(countTokens(result.text)).toBeLessThanOrEqual(MAX_LIST_TOKENS);
  });

  test('are not said to be cut where they are few', async () => {
    const stage = await openStage({ active: 100 });
    const result = await stage.call('list_active_numbers', { pageSize: 1_000 });
    expect(numbersIn(result)).toHaveLength(100);
    expect(result.text).not.toContain('CUT');
  });
});

describe('structuredContent says nothing of what is not there', () => {
  /** The lists that a tool answers with; they are there even if nothing is in them. */
  const ANSWERS = [
    'availableNumbers',
    'activeNumbers',
    'availableRegions',
    'events',
    'findings',
    'monthlyCost',
    'numbers',
    'activities',
    'results',
    'stakes.dueNow',
    'stakes.monthly',
  ];

  const ARGUMENTS = new Map<string, object>([
    ['search_available_numbers', { regionCode: 'US', type: 'LOCAL' }],
    ['check_number_availability', { phoneNumber: OFFERED_TOO }],
    ['find_active_numbers', { select: {} }],
    ['get_active_number', { phoneNumber: RENTED }],
    ['update_active_number', { phoneNumber: RENTED, displayName: '' }],
    ['update_callback_configuration', { hmacSecret: '0123456789abcdef0123456789abcdef' }],
    ['wait_for_provisioning', { phoneNumber: RENTED }],
    ['rent_numbers', { phoneNumbers: [OFFERED_TOO] }],
    ['update_active_numbers', { phoneNumbers: [RENTED], change: { displayName: 'Desk' } }],
    ['release_numbers', { phoneNumbers: [RENTED] }],
    ...GATED_CALLS.map(({ tool, args }): [string, object] => [tool, args]),
  ]);

  /** Those of orders and addresses take several calls each: see their own tests. */
  const OWN = [...(toolsetNames.orders ?? []), ...(toolsetNames.emergency ?? [])];

  test.each(tools.map(({ name }) => name).filter((name) => !OWN.includes(name)))('%s', async (name) => {
    const stage = await openRentedStage({ active: 60 });
    const result = await stage.call(name, ARGUMENTS.get(name), agreeable());
    expect(result.isError ?? false).toBe(false);
    expect(result.structured).toBeDefined();
    expect(emptyPaths(result.structured).filter((path) => !ANSWERS.includes(path))).toEqual([]);
  });

  test.each(['list_active_numbers', 'audit_provisioning', 'find_active_numbers', 'list_callback_events'])(
    '%s, of a project that rents nothing',
    async (name) => {
      const { structured } = await (await openStage()).call(name, ARGUMENTS.get(name));
      expect(emptyPaths(structured).filter((path) => !ANSWERS.includes(path))).toEqual([]);
    },
  );

  /** Where null, an empty text, list or object stands. */
  function emptyPaths(value: unknown, path = ''): string[] {
    if (value === null || value === '') return [path];
    if (typeof value !== 'object') return [];
    const entries = Object.entries(value);
    if (entries.length === 0) return [path];
    return entries.flatMap(([key, inner]) => emptyPaths(inner, path === '' ? key : `${path}.${key}`));
  }
});

/** Every page of rented numbers, from the first to the last. */
async function* pages(stage: Stage, args: object): AsyncGenerator<ToolResult> {
  for (let pageToken: string | undefined, more = true; more; ) {
    const page = await stage.call('list_active_numbers', {
      ...args,
      ...(pageToken !== undefined && { pageToken }),
    });
    yield page;
    pageToken = structuredAs(listActiveNumbersResponse, page).nextPageToken;
    more = pageToken !== undefined;
  }
}

/** The numbers that have a line of their own, in order. */
function numbersIn({ text }: ToolResult): string[] {
  return text.match(/^\+\d+(?= \||$)/gm) ?? [];
}

/** What the structured content says of its numbers, the text says in their lines, or for all of them. */
function expectEveryFact(result: ToolResult): void {
  const lines = result.text.split('\n');
  const ids = new Map<string, string>();
  for (const [, name = '', id = ''] of result.text.matchAll(/^(#\d+) = (\S+)$/gm)) ids.set(name, id);
  const writtenOut = (line = '') => line.replace(/(?<= )#\d+(?= |$)/g, (name) => ids.get(name) ?? name);
  const heads = lines.filter((line) => /^(?:All|Unless said otherwise): /.test(line)).map(writtenOut);
  const { activeNumbers } = structuredAs(listActiveNumbersResponse, result);
  for (const number of activeNumbers) {
    const own = lines.filter((line) => line.split(' | ')[0] === number.phoneNumber);
    expect(own).toHaveLength(1);
    const told = [writtenOut(own[0]), ...heads];
    for (const fact of factsOf(number)) {
      expect(
        told.some((line) => line.includes(fact)),
        `${number.phoneNumber}: ${fact}`,
      ).toBe(true);
    }
  }
}

/** Name, price, kind, links, provisioning and date of a number, each as a text must show it. */
function factsOf(number: ActiveNumber): string[] {
  const { displayName, smsConfiguration: sms, voiceConfiguration: voice, callbackUrl, expireAt } = number;
  const smsJob = sms?.scheduledProvisioning;
  const voiceJob = voice?.scheduledVoiceProvisioning;
  const { money: price, paymentIntervalMonths: intervalMonths } = number;
  return [
    displayName && `"${displayName}"`,
    price && formatRecurring({ price, intervalMonths }),
    `${number.regionCode} ${number.type}`,
    number.capability?.join('+'),
    sms?.servicePlanId && `SMS plan ${sms.servicePlanId}`,
    sms?.campaignId && `campaign ${sms.campaignId}`,
    smsJob && `SMS ${smsJob.status} since ${smsJob.lastUpdatedTime?.slice(0, 16)}Z`,
    smsJob?.servicePlanId && `to plan ${smsJob.servicePlanId}`,
    smsJob?.campaignId && `campaign ${smsJob.campaignId}`,
    ...(smsJob?.errorCodes ?? []),
    voice?.appId && `voice app ${voice.appId}`,
    voiceJob &&
      `voice ${voiceJob.status} since ${voiceJob.lastUpdatedTime?.slice(0, 16)}Z to app ${voiceJob.appId}`,
    callbackUrl && `callbacks to ${callbackUrl}`,
    expireAt ? `ends ${expireAt.slice(0, 10)}` : `charge ${number.nextChargeDate?.slice(0, 10)}`,
    !sms?.servicePlanId && !smsJob && !voice?.appId && !voiceJob && 'not linked',
  ].filter((fact): fact is string => typeof fact === 'string' && fact !== '');
}

test('a thousand rented numbers are all told, each once and nothing cut, with the pageSize that the text of the first page advises', async () => {
  const stage = await openStage({ active: 1_500 });
  const first = await stage.call('list_active_numbers', { pageSize: 1_000 });
  const pageSize = Number(/the same call with pageSize (\d+)/.exec(first.text)?.[1]);
  const told: string[] = [];
  for (let pageToken: string | undefined, more = true; more; ) {
    const page = await stage.call('list_active_numbers', {
      pageSize,
      ...(pageToken !== undefined && { pageToken }),
    });
    expect(page.text).not.toContain('CUT');
    told.push(...(page.text.match(/^\+\d+(?= \||$)/gm) ?? []));
    pageToken = structuredAs(listActiveNumbersResponse, page).nextPageToken;
    more = pageToken !== undefined;
  }
  expect(told).toHaveLength(1_500);
  expect(new Set(told).size).toBe(1_500);
});

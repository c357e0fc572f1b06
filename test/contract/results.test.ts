/** A result in its two forms: whichever of them a client gives the model, it reads the same. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { listActiveNumbersResponse } from '../../src/api/schemas/numbers.ts';
import { tools } from '../../src/tools/index.ts';
import { SHARED } from '../../src/tools/shared-members.ts';
import { structuredContent } from '../../src/tools/structured.ts';
import { OFFERED } from '../api/support.ts';
import { openRentedStage, openStage, toolNamed } from '../support/stage.ts';
import { CASES, run } from './result-cases.ts';

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

test.each(CASES)(
  '$tool, $what: says the same in both forms, for as many tokens as it may',
  async (example) => {
    const { result, args } = await run(example);
    const { text, hints = [] } = result;
    expect(result.isError ?? false).toBe(example.fails ?? false);
    expect(countTokens(text)).toBeLessThanOrEqual(example.most);
    // A failure that is told in words alone.
    if (result.structured === undefined) return expect(text.split('\n').length).toBeGreaterThan(1);
    const structured = structuredContent(result) ?? {};
    const json = JSON.stringify(structured);
    const asked = JSON.stringify(args);
    expect([...factsOf(text)].filter((fact) => !`${json}${asked}`.includes(fact))).toEqual([]);
    const untold = [...leaves(structured)].filter(
      ([path, value]) =>
        isToldByBoth(path) && [...factsOf(value)].some((fact) => !`${text}${asked}`.includes(fact)),
    );
    expect(untold).toEqual([]);
    expect(hints.filter((hint) => !text.includes(hint))).toEqual([]);
    expect(json).not.toContain('projectId');
    expect(toolNamed(example.tool).output.safeParse(structured).error).toBeUndefined();
    expect(countTokens(json)).toBeLessThanOrEqual(2.5 * countTokens(text) + NAMES);
  },
);

/** What the names and braces of the smallest answers take, however little there is to say. */
const NAMES = 60;

/**
 * What the text leaves out on purpose: the moment within a day or minute, IDs and numbers of a finding beyond the
 * first, what a question was about where its message does not repeat it, the end of a batch's ID, and the outcome of a
 * call that failed before it came to anything.
 */
function isToldByBoth(path: string): boolean {
  return !/Time$|resourceType|timestamp|\.at$|Date$|expireAt|\.stakes\.|\.terms\.|\.findings\.|[vV]oice\w+\.type|\.(nearest|receiver)\.|\.batch$|^\.outcome$/.test(
    path,
  );
}

test('there is a case of every tool', () => {
  const shown = new Set(CASES.map(({ tool }) => tool));
  expect(tools.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
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

describe('what rows share', () => {
  const { output } = toolNamed('list_active_numbers');
  const rowsOf = async (pageSize: number) => {
    const stage = await openStage({ active: 400 });
    const { structured = {}, ...told } = await stage.call('list_active_numbers', { pageSize });
    const { activeNumbers } = listActiveNumbersResponse.parse(structured);
    return {
      whole: activeNumbers.map(({ projectId: _, ...row }) => row),
      content: structuredContent({ ...told, structured }),
    };
  };

  test('is said once beside them, and holds for each that says nothing else', async () => {
    const { whole, content } = await rowsOf(20);
    const { shared, activeNumbers } = lifted.parse(content);
    expect(activeNumbers.map((row) => ({ ...shared, ...row }))).toEqual(whole);
    expect(shared).toMatchObject({ type: 'LOCAL', paymentIntervalMonths: 1 });
    expect(activeNumbers.every((row) => 'phoneNumber' in row && !('type' in row))).toBe(true);
    expect(whole.map(({ displayName }) => displayName)).toEqual(
      activeNumbers.map(({ displayName }) => displayName),
    );
    expect(content).toMatchObject({ hints: expect.arrayContaining([`${SHARED}.`]) });
    expect(output.safeParse(content).success).toBe(true);
  });

  test('stays in rows that are five or fewer', async () => {
    const { whole, content } = await rowsOf(5);
    expect(content).toMatchObject({ activeNumbers: whole });
    expect(content).not.toHaveProperty('shared');
  });

  test.each(['sinch', 'other'])(
    'is enough of it that the median page takes 2.5 times the text at most, seed %s',
    async (seed) => {
      const stage = await openStage({ active: 400, seed });
      for (const pageSize of [10, 20, 50]) {
        const ratios: number[] = [];
        for (let pageToken: string | undefined, more = true; more; ) {
          const page = await stage.call('list_active_numbers', {
            pageSize,
            ...(pageToken !== undefined && { pageToken }),
          });
          ratios.push(countTokens(JSON.stringify(structuredContent(page))) / countTokens(page.text));
          pageToken = listActiveNumbersResponse.parse(page.structured).nextPageToken;
          more = pageToken !== undefined;
        }
        ratios.sort((a, b) => a - b);
        expect(ratios[Math.floor(ratios.length / 2)]).toBeLessThanOrEqual(2.4);
        expect(ratios.at(-1)).toBeLessThanOrEqual(2.6);
      }
    },
  );
});

const lifted = z.object({
  shared: z.looseObject({}),
  activeNumbers: z.array(z.looseObject({ displayName: z.string().optional() })),
});

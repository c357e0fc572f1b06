/** What tests of batches share: rented numbers, a call of each tool, and what it came to. */
import type * as z from 'zod';
import type { NumbersClient } from '../../src/api/client.ts';
import type { Operation } from '../../src/api/operations/operation.ts';
import { batchResult } from '../../src/approval/batch-result.ts';
import type { ActiveRecord } from '../../src/simulator/model.ts';
import { type Caller, openStage, type Stage, type StageOptions } from '../support/stage.ts';
import { put } from '../tools/audit-support.ts';

export const CALLBACK = 'https://example.com/callbacks';
/** The change that most tests make. */
export const CHANGE = { callbackUrl: CALLBACK };
/** Numbers on offer in Seattle. */
export const SEATTLE = Array.from({ length: 9 }, (_, line) => `+1206555010${line}`);

export type Batch = z.output<typeof batchResult> & { readonly isError: boolean; readonly text: string };

/** A call of a tool for many numbers. */
export async function callBatch(stage: Stage, tool: string, args: object, caller?: Caller): Promise<Batch> {
  const { structured, isError = false, text } = await stage.call(tool, args, caller);
  return { ...batchResult.parse(structured), isError, text };
}

/** How many numbers came to what, in order: done, failed, unknown, skipped, not attempted. */
export function counts({ done, failed, unknown, skipped, notAttempted }: Batch): number[] {
  return [done, failed, unknown, skipped, notAttempted];
}

/** A stage with so many rented numbers. */
export async function openWith(
  count: number,
  options: StageOptions = {},
  change: (line: number) => Partial<ActiveRecord> = () => ({}),
): Promise<Stage & { readonly rented: readonly string[] }> {
  const stage = await openStage({ limits: { maxRentsPerDay: 100 }, ...options });
  const rented = Array.from({ length: count }, (_, line) => put(stage, line, change(line)));
  return { ...stage, rented };
}

/** Stands between gate and API: calls back after each answer to a request that changes something. */
export function onAnswer(answered: (n: number, operation: Operation) => unknown) {
  let count = 0;
  return (own: NumbersClient): NumbersClient => ({
    ...own,
    async call(operation, ...rest) {
      const answer = await own.call(operation, ...rest);
      if (operation.effect !== 'read') await answered(++count, operation);
      return answer;
    },
  });
}

/** One call of each tool, on a stage of {@link openWith}, about so many numbers. */
export const BATCHES = [
  {
    tool: 'rent_numbers',
    verb: 'RENT',
    /** More than twice as many as may be under way at once, or about. */
    many: 9,
    args: (_: readonly string[], count: number) => ({ phoneNumbers: SEATTLE.slice(0, count) }),
    request: (phoneNumber: string) => `POST /availableNumbers/${phoneNumber}:rent`,
  },
  {
    tool: 'update_active_numbers',
    verb: 'UPDATE',
    many: 17,
    args: (rented: readonly string[], count: number) => ({
      phoneNumbers: rented.slice(0, count),
      change: CHANGE,
    }),
    request: (phoneNumber: string) => `PATCH /activeNumbers/${phoneNumber}`,
  },
  {
    tool: 'release_numbers',
    verb: 'RELEASE',
    many: 9,
    args: (rented: readonly string[], count: number) => ({ phoneNumbers: rented.slice(0, count) }),
    request: (phoneNumber: string) => `POST /activeNumbers/${phoneNumber}:release`,
  },
] as const;

/** The requests that changed something, each with its number's `+` literal, sorted. */
export function sentOf(stage: Stage): string[] {
  return stage
    .sent()
    .map((request) => request.replaceAll('%2B', '+'))
    .sort();
}

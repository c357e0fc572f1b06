import * as z from 'zod';
import type { Effect } from '../../api/operations/operation.ts';
import { phoneNumber } from '../../api/schemas/numbers.ts';
import { batchResult, NOTHING_DONE } from '../../approval/batch-result.ts';
import type { Tool, ToolContext, ToolResult } from '../tool.ts';

interface BatchTool<I extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  readonly input: I;
  handler(input: z.output<I>, context: ToolContext): Promise<ToolResult>;
}

/** A tool that works on many numbers with one yes: it answers how far it came. */
export function batchTool<I extends z.ZodObject>(tool: BatchTool<I>): Tool {
  return { ...tool, isGated: true, nothing: NOTHING_DONE, output: batchResult };
}

/** Up to so many phone numbers. */
export function phoneNumbersUpTo(most: number) {
  return z.array(phoneNumber).min(1).max(most).optional();
}

export const confirmationToken = z.string().min(1).optional();

/** Numbers are either named or selected. */
export function isOneWay({ phoneNumbers, select }: { phoneNumbers?: unknown; select?: unknown }): boolean {
  return (phoneNumbers === undefined) !== (select === undefined);
}

export const ONE_WAY = 'give exactly one of phoneNumbers and select';

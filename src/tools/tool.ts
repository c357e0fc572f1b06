import * as z from 'zod';
import type { NumbersClient } from '../api/client.ts';
import {
  type Effect,
  inputSchema,
  type Operation,
  type OperationInput,
} from '../api/operations/operation.ts';
import type { GatedAction } from '../approval/action.ts';
import { type GateResult, gateResult, type Stakes } from '../approval/outcome.ts';
import type { CallbackInbox } from '../callbacks/service.ts';
import type { Clock } from '../lib/clock.ts';

/** What a handler works with. It never sees the protocol. */
export interface ToolContext {
  readonly numbers: NumbersClient;
  /** Asks the person at this client for a yes and carries the action out with it. */
  readonly confirm: <S extends Stakes>(action: GatedAction<S>) => Promise<GateResult>;
  /** When a server of this user rented a number, as RFC 3339; undefined where none did, or nobody can tell. */
  readonly rentedAt: (phoneNumber: string) => Promise<string | undefined>;
  /** Events that callbacks brought. */
  readonly callbacks: CallbackInbox;
  readonly clock: Clock;
  /** Tells how far a call is; undefined where the caller did not ask to be told. */
  readonly progress?: Progress | undefined;
  /** The caller's cancellation. */
  readonly signal: AbortSignal;
}

/** @param total how much there is to do in all, in the unit of `done`, where that is known */
export type Progress = (done: number, total: number | undefined, message: string) => void;

export interface ToolResult {
  /** For the model: compact, with every fact that matters. */
  readonly text: string;
  /** For programs: the API's answer in the API's names; absent where a call failed. */
  readonly structured?: object;
  readonly isError?: boolean;
  /** URIs of the resources that this call changed. */
  readonly changed?: readonly string[];
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** The operation it calls, where there is one of its own. */
  readonly operationId?: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  /** @throws {NumbersError} to be told as the tool's failure */
  handler(input: never, context: ToolContext): Promise<ToolResult>;
}

interface OperationTool<O extends Operation> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly operation: O;
  handler(input: OperationInput<O>, context: ToolContext): Promise<ToolResult>;
}

/** A tool for one operation: its schemas and effect come from the operations table. */
export function operationTool<O extends Operation>({ operation, ...tool }: OperationTool<O>): Tool {
  const { effect, operationId } = operation;
  return { ...tool, effect, operationId, input: inputSchema(operation), output: operation.response };
}

interface ReadTool<I extends z.ZodObject> extends Omit<Tool, 'effect' | 'operationId' | 'handler'> {
  readonly input: I;
  handler(input: z.output<I>, context: ToolContext): Promise<ToolResult>;
}

/** A tool that goes beyond the operations, and changes nothing. */
export function readTool<I extends z.ZodObject>(tool: ReadTool<I>): Tool {
  return { ...tool, effect: 'read' };
}

/** An operation's input as a gated tool takes it. */
export type GatedInput<O extends Operation> = OperationInput<O> & { confirmationToken?: string };

/** A tool for an operation that needs a person's yes: it takes a token, and answers with an outcome. */
export function gatedTool<O extends Operation>({
  operation,
  ...tool
}: Omit<OperationTool<O>, 'handler'> & {
  handler(input: GatedInput<O>, context: ToolContext): Promise<ToolResult>;
}): Tool {
  const { effect, operationId } = operation;
  const input = inputSchema(operation).safeExtend({
    confirmationToken: z
      .string()
      .min(1)
      .optional()
      .describe('From confirmation_required, once the user agreed'),
  });
  return { ...tool, effect, operationId, input, output: gateResult };
}

/** Whether a tool with this effect needs a person's yes. */
export function isGated(effect: Effect): boolean {
  return effect === 'billing' || effect === 'destructive';
}

import * as z from 'zod';
import type { NumbersClient } from '../api/client.ts';
import {
  type Effect,
  inputSchema,
  type Operation,
  type OperationInput,
} from '../api/operations/operation.ts';
import type { NumberOrder } from '../api/schemas/orders.ts';
import type { BatchOperation } from '../approval/batch-operation.ts';
import type { BatchResult } from '../approval/batch-result.ts';
import type { Answer } from '../approval/gate.ts';
import type { GatedOperation } from '../approval/operation.ts';
import type { GatedOperations } from '../approval/operations/index.ts';
import { type GateResult, gateResult, type Stakes } from '../approval/outcome.ts';
import type { CallbackInbox } from '../callbacks/service.ts';
import type { Clock } from '../lib/clock.ts';
import type { Signal } from '../lib/signal.ts';
import type { OrderBook } from '../storage/order-book.ts';
import type { HistoryPage, HistoryQuery, KnownOrder } from '../storage/store.ts';

/** What a handler works with. It never sees the protocol. */
export interface ToolContext {
  readonly numbers: NumbersClient;
  /** What needs a person's yes. */
  readonly operations: GatedOperations;
  /** Asks the person behind this call for a yes, where one is needed, and carries the operation out with it. */
  readonly confirm: <I extends object, S extends Stakes>(
    operation: GatedOperation<I, S>,
    input: I,
    token: string | undefined,
  ) => Promise<Answer>;
  /** The same for an operation on many numbers. */
  readonly confirmBatch: <I extends object>(
    operation: BatchOperation<I>,
    input: I,
    token: string | undefined,
  ) => Promise<Answer<GateResult | BatchResult>>;
  /** What was sent to the API and what came of it, newest first. */
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>;
  /** The orders that this server knows of. */
  readonly orders: {
    readonly list: OrderBook['list'];
    /** Keeps an order as this caller's. @param created what it was created with, where this is its creation */
    readonly keep: (order: NumberOrder, created?: KnownOrder['created']) => Promise<boolean>;
  };
  /** The folder that files are uploaded from; undefined where none is set aside. */
  readonly attachmentsDir: string | undefined;
  /** Events that callbacks brought. */
  readonly callbacks: CallbackInbox;
  /** The client shows a view beside the result. */
  readonly hasView?: boolean;
  readonly clock: Clock;
  /** Tells how far a call is; undefined where the caller did not ask to be told. */
  readonly progress?: Progress | undefined;
  /** The caller's cancellation. */
  readonly signal: Signal;
}

/** @param total how much there is to do in all, in the unit of `done`, where that is known */
export type Progress = (done: number, total: number | undefined, message: string) => void;

export interface ToolResult {
  /** For the model: compact, with every fact that matters. */
  readonly text: string;
  /** For programs: the API's answer in the API's names, as many rows as the text has; absent where a call failed. */
  readonly structured?: object;
  /**
   * What the text says beyond the answer, line for line: what a failure means and what to do about it, what was cut, the
   * next step. The structured form carries it too; a gated tool says it in its message.
   */
  readonly hints?: readonly string[];
  /** What the tool's view shows, where that is more than the structured form; never for the model. */
  readonly view?: object;
  readonly isError?: boolean;
  /** URIs of the resources that this call changed. */
  readonly changed?: readonly string[];
  /** To be called once the caller has received this result. */
  readonly onDelivered?: () => void;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** It may have to ask a person, and answers with an outcome. */
  readonly isGated: boolean;
  /** What a gated tool's result holds besides outcome and message, where nothing was done. */
  readonly nothing?: object;
  /** The operation it calls, where there is one of its own. */
  readonly operationId?: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  /** @throws {NumbersError} reported as the tool's failure */
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
  const schemas = { input: inputSchema(operation), output: operation.response };
  return { ...tool, ...schemas, effect, operationId, isGated: false };
}

interface ReadTool<I extends z.ZodObject>
  extends Omit<Tool, 'effect' | 'isGated' | 'operationId' | 'handler'> {
  readonly input: I;
  handler(input: z.output<I>, context: ToolContext): Promise<ToolResult>;
}

/** A tool that goes beyond the operations, and changes nothing. */
export function readTool<I extends z.ZodObject>(tool: ReadTool<I>): Tool {
  return { ...tool, effect: 'read', isGated: false };
}

interface WriteTool<I extends z.ZodObject> extends Omit<ReadTool<I>, 'operationId'> {
  readonly operation: Operation;
}

/** A tool for one operation that takes something else than the operation does. */
export function writeTool<I extends z.ZodObject>({ operation, ...tool }: WriteTool<I>): Tool {
  const { effect, operationId } = operation;
  return { ...tool, effect, operationId, isGated: false };
}

/** An operation's input as a gated tool takes it. */
export type GatedInput<O extends Operation> = OperationInput<O> & { confirmationToken?: string | undefined };

/** A tool for an operation that may need a person's yes: it takes a token, and answers with an outcome. */
export function gatedTool<O extends Operation>({
  operation,
  output = gateResult,
  ...tool
}: Omit<OperationTool<O>, 'handler'> & {
  /** Its result, where that holds more than others' do. */
  readonly output?: z.ZodType;
  handler(input: GatedInput<O>, context: ToolContext): Promise<ToolResult>;
}): Tool {
  const { effect, operationId } = operation;
  const input = inputSchema(operation).safeExtend({
    confirmationToken: z.string().min(1).optional().describe('From confirmation_required'),
  });
  return { ...tool, effect, operationId, isGated: true, input, output };
}

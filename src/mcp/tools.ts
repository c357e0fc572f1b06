import { randomUUID } from 'node:crypto';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { type CallToolResult, ErrorCode, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { NumbersClient } from '../api/client.ts';
import type { Caller } from '../approval/channels/channel.ts';
import type { Gate } from '../approval/gate.ts';
import type { CallbackInbox } from '../callbacks/service.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { OrderBook } from '../storage/order-book.ts';
import type { ToolDefinition } from '../tools/definitions.ts';
import { tools } from '../tools/index.ts';
import { runTool } from '../tools/run.ts';
import { structuredContent } from '../tools/structured.ts';
import type { Progress, Tool, ToolContext, ToolResult } from '../tools/tool.ts';
import { VIEW_DATA } from '../views/names.ts';
import { showsViews, views } from '../views/views.ts';
import { signedInOf } from './auth-info.ts';
import { createCaller } from './caller.ts';
import type { Deliveries } from './delivery.ts';
import { RpcError } from './errors.ts';
import { isTextAlone, listedTools, type ResultsMode } from './results.ts';
import { allowedTools, scopeOfTool } from './scopes.ts';
import { answerCalls, type RequestExtra } from './sdk-workarounds.ts';

interface ToolParts {
  /** Those on offer. */
  readonly tools: readonly ToolDefinition[];
  readonly results: ResultsMode;
  readonly numbers: NumbersClient;
  readonly callbacks: CallbackInbox;
  readonly gate: Gate;
  readonly history: ToolContext['history'];
  readonly orders: OrderBook;
  readonly attachmentsDir: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the resources that a call changed. */
  readonly onChanged: (uris: readonly string[]) => void;
  readonly onDelivered: Deliveries['onDelivered'];
  /** Called with each call that was answered. */
  readonly onCalled?: ((call: CalledTool) => void) | undefined;
}

/** A call that was answered. */
export interface CalledTool {
  readonly tool: string;
  /** Of a gated tool its own; else `ok`, `error` or `cancelled`. */
  readonly outcome: string;
  readonly durationMs: number;
}

/** Answers tools/list and tools/call. */
export function bindTools(server: Server, parts: ToolParts): void {
  const { results, numbers, callbacks, history, gate, clock, log, onChanged, onDelivered } = parts;
  const { attachmentsDir } = parts;
  const { operations } = gate;
  const shared = { numbers, callbacks, history, attachmentsDir, operations, clock };
  const conversationId = randomUUID();
  const clientName = () => server.getClientVersion()?.name;
  const hasViews = () => showsViews(server.getClientCapabilities());
  server.setRequestHandler(ListToolsRequestSchema, (_, { authInfo }) => ({
    tools: listedTools(
      allowedTools(parts.tools, signedInOf(authInfo)?.scopes),
      results,
      clientName(),
      hasViews(),
    ),
  }));
  const offered = tools.filter((tool) => parts.tools.some(({ name }) => name === tool.name));

  answerCalls(server, async (params, extra): Promise<CallToolResult> => {
    const signedIn = signedInOf(extra.authInfo);
    const tool = offered.find(({ name }) => name === params.name);
    const isAllowed = signedIn?.scopes.includes(scopeOfTool(params.name) ?? '') ?? true;
    if (tool === undefined || !isAllowed) {
      throw new RpcError(
        ErrorCode.InvalidParams,
        `There is no tool ${JSON.stringify(params.name.slice(0, 64))}, or SINCH_NUMBERS_READ_ONLY, SINCH_NUMBERS_TOOLSETS or SINCH_NUMBERS_TOOLS keeps it from being offered`,
      );
    }
    const progress = createProgress(extra, log);
    const { signal } = extra;
    const person = signedIn?.person;
    const id = person?.id ?? conversationId;
    let caller: Caller | undefined;
    const callerOf = () => {
      caller ??= { ...createCaller(server, extra, progress, log), id, person, signal };
      return caller;
    };
    const orders: ToolContext['orders'] = {
      list: parts.orders.list,
      keep: (order, created) => parts.orders.keep(order, id, created),
    };
    const startedAt = performance.now();
    const called = (outcome: string) => {
      const durationMs = performance.now() - startedAt;
      log.info(`${tool.name}: ${outcome}, ${Math.round(durationMs)} ms`);
      parts.onCalled?.({ tool: tool.name, outcome, durationMs });
    };
    try {
      const confirm: ToolContext['confirm'] = (...call) => gate.confirm(callerOf(), ...call);
      const confirmBatch: ToolContext['confirmBatch'] = (...call) => gate.confirmBatch(callerOf(), ...call);
      const hasView = hasViews() && views.some((view) => view.tool === tool.name);
      const context = { ...shared, orders, confirm, confirmBatch, hasView, progress, signal };
      const result = await runTool(tool, params.arguments, context);
      called(signal.aborted ? 'cancelled' : outcomeOf(tool, result));
      if (result.changed !== undefined) onChanged(result.changed);
      if (result.onDelivered !== undefined) onDelivered(extra.requestId, result.onDelivered);
      return callToolResult(result, isTextAlone(results, clientName()), hasView);
    } catch (error) {
      called(signal.aborted ? 'cancelled' : 'error');
      if (!signal.aborted) log.error(`${tool.name}: ${error instanceof Error ? error.stack : String(error)}`);
      const text = `${tool.name} failed: internal error, told in this server's log.`;
      return callToolResult({ text, isError: true }, true);
    }
  });
}

function outcomeOf({ isGated }: Tool, { structured, isError }: ToolResult): string {
  if (isGated && structured && 'outcome' in structured) return String(structured.outcome);
  return isError ? 'error' : 'ok';
}

function callToolResult(result: ToolResult, isTextAlone: boolean, hasView = false): CallToolResult {
  const { text, isError, view } = result;
  const structured = isTextAlone ? undefined : structuredContent(result);
  const isMore = hasView && (view !== undefined || isTextAlone);
  const forView = isMore ? structuredContent({ ...result, ...(view && { structured: view }) }) : undefined;
  return {
    content: [{ type: 'text', text }],
    ...(structured && { structuredContent: structured }),
    ...(forView && { _meta: { [VIEW_DATA]: forView } }),
    ...(isError && { isError }),
  };
}

/** Tells the client how far its call is; undefined where it gave no token for that. */
function createProgress({ _meta, sendNotification }: RequestExtra, log: Logger): Progress | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  let told = Number.NEGATIVE_INFINITY;
  return (progress, total, message) => {
    // The protocol wants each to be more than the one before.
    if (progress <= told) return;
    told = progress;
    const params = { progressToken, progress, ...(total !== undefined && { total }), message };
    sendNotification({ method: 'notifications/progress', params }).catch((error: unknown) =>
      log.warn(`progress: ${String(error)}`),
    );
  };
}

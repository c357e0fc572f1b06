/** JSON-RPC 2.0 as MCP uses it, checked by hand: the SDK's schemas take longer to load than a client should wait. */
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { type Fields, isFields } from '../lib/fields.ts';

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const INVALID_PARAMS = -32602;

export function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

/** Whether the SDK takes this for a message. What it does not, it drops in silence. */
export function isMessage(value: unknown): value is JSONRPCMessage {
  if (!isFields(value) || value.jsonrpc !== '2.0') return false;
  const { jsonrpc: _, id, ...rest } = value;
  if ('id' in value && !isId(id)) return false;
  if ('method' in rest) return isCall(rest);
  return 'result' in rest ? 'id' in value && isResult(rest) : isFailure(rest);
}

function isCall({ method, params, ...rest }: Fields): boolean {
  return typeof method === 'string' && (params === undefined || isWithMeta(params)) && isEmpty(rest);
}

function isResult({ result, ...rest }: Fields): boolean {
  return isWithMeta(result) && isEmpty(rest);
}

function isFailure({ error, ...rest }: Fields): boolean {
  return (
    isFields(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string' && isEmpty(rest)
  );
}

/** Params or a result, with `_meta` in its form, where there is one. */
function isWithMeta(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { _meta: meta } = value;
  if (meta === undefined) return true;
  if (!isFields(meta)) return false;
  const { progressToken, [RELATED_TASK]: task } = meta;
  return (
    (progressToken === undefined || isId(progressToken)) &&
    (task === undefined || (isFields(task) && typeof task.taskId === 'string'))
  );
}

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

function isEmpty(rest: Fields): boolean {
  return Object.keys(rest).length === 0;
}

/** The fields of an object; none of anything else. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/**
 * What is wrong with a tool call that the SDK would answer with its own internals, or by dropping a key in
 * silence; undefined where nothing is.
 */
export function callProblem(value: unknown, line: string): string | undefined {
  const { method, params } = fields(value);
  if (method !== 'tools/call') return undefined;
  const { name, arguments: args } = fields(params);
  if (typeof name !== 'string') return 'Invalid params: name must be the name of a tool';
  if (args !== undefined && !isFields(args)) return 'Invalid params: arguments must be an object';
  return /"__proto__"\s*:/.test(line) ? 'Invalid params: unknown: __proto__' : undefined;
}

/** Some clients send `arguments: null` with a tool that takes none. */
export function withoutNullArguments(value: unknown): unknown {
  const { method, params } = fields(value);
  if (method !== 'tools/call' || fields(params).arguments !== null) return value;
  const { arguments: _, ...rest } = fields(params);
  return { ...fields(value), params: rest };
}

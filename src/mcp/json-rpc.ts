/** JSON-RPC 2.0 as MCP uses it, checked by hand: the SDK's schemas take longer to load than a client should wait. */
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { type Fields, isFields } from '../lib/fields.ts';
import { parseJson } from '../lib/json.ts';
import { essentialsOf, paramsProblem } from './params.ts';

/** The versions of the protocol that the SDK speaks, newest first. A test holds them to it. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
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

/** Why a text is no message that can be taken. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** Of what is refused, where it has one. */
  readonly id?: RequestId;
  /** It was to be the answer to something that was asked. */
  readonly isAnswer?: boolean;
}

/**
 * Reads one message. What clients write for "none" (null, and where an object belongs also [] and, for arguments,
 * "{}") is left out of it; the params of `initialize` are those that the server uses.
 */
export function readMessage(
  text: string,
): { readonly message: JSONRPCMessage } | { readonly refusal: Refusal } {
  const value = parseJson(text);
  if (value === undefined) return refuse(PARSE_ERROR, 'Parse error: this is not JSON');
  if (Array.isArray(value)) return refuse(INVALID_REQUEST, 'Invalid request: send one message at a time');
  const message = withoutNone(value);
  const { id, method, params } = fields(message);
  if (isId(id) && typeof method === 'string') {
    const problem = paramsProblem(method, params);
    if (problem !== undefined) return refuse(INVALID_PARAMS, `Invalid params: ${problem}`, { id });
  }
  if (!isMessage(message)) {
    const isAnswer = isFields(message) && method === undefined;
    return refuse(INVALID_REQUEST, NOT_A_MESSAGE, { ...(isId(id) && { id }), isAnswer });
  }
  if (method !== 'initialize') return { message };
  return { message: { ...message, params: essentialsOf(fields(params)) } };
}

const NOT_A_MESSAGE = 'Invalid request: not a JSON-RPC 2.0 message';

function refuse(code: number, message: string, rest: Partial<Refusal> = {}): { readonly refusal: Refusal } {
  return { refusal: { code, message, ...rest } };
}

/** What stands for a malformed answer, so that whoever asked does not wait for it. */
export function failedAnswer(id: RequestId): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: INVALID_REQUEST, message: 'the answer is malformed' } };
}

/** A message without what stands for "none". */
function withoutNone(value: unknown): unknown {
  if (!isFields(value)) return value;
  const { params, result, ...rest } = value;
  if (isFields(result)) return { ...value, result: result._meta === null ? withoutNull(result) : result };
  if (params === null || isEmptyList(params)) return rest;
  return isFields(params) ? { ...value, params: paramsOf(params) } : value;
}

function paramsOf(params: Fields): Fields {
  const { _meta: meta, arguments: args } = params;
  const isPlain = (args === undefined || isFields(args)) && meta === undefined;
  return withoutNull(
    isPlain
      ? params
      : {
          ...params,
          ...(isFields(meta) && { _meta: withoutNull(meta) }),
          ...(args !== undefined && { arguments: argumentsOf(args) }),
        },
  );
}

/** Some clients send arguments as JSON text, and an empty list for an empty object. */
function argumentsOf(given: unknown): unknown {
  if (isEmptyList(given)) return null;
  const parsed = typeof given === 'string' ? parseJson(given) : undefined;
  return isFields(parsed) ? parsed : given;
}

function withoutNull(object: Fields): Fields {
  if (!Object.values(object).includes(null)) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** JSON-RPC 2.0 as MCP uses it, checked by hand: the SDK's schemas take longer to load than a client should wait. */
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const INVALID_PARAMS = -32602;

type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

/** Whether the SDK takes this for a message. What it does not, it drops in silence. */
export function isMessage(value: unknown): value is JSONRPCMessage {
  if (!isObject(value) || value.jsonrpc !== '2.0') return false;
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
    isObject(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string' && isEmpty(rest)
  );
}

/** Params or a result, with `_meta` in its form, where there is one. */
function isWithMeta(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { _meta: meta } = value;
  if (meta === undefined) return true;
  if (!isObject(meta)) return false;
  const { progressToken, [RELATED_TASK]: task } = meta;
  return (
    (progressToken === undefined || isId(progressToken)) &&
    (task === undefined || (isObject(task) && typeof task.taskId === 'string'))
  );
}

const RELATED_TASK = 'io.modelcontextprotocol/related-task';

function isEmpty(rest: Fields): boolean {
  return Object.keys(rest).length === 0;
}

/** Why a request is refused over HTTP, and what its client can do. */
import type { ServerResponse } from 'node:http';
import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import {
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  PROTOCOL_VERSIONS,
  type Refusal,
} from '../json-rpc.ts';
import { answerJson } from './responses.ts';

/** JSON-RPC's range for errors of a server's own. */
export const SERVER_ERROR = -32000;
const SESSION_NOT_FOUND = -32001;
/** When to try again where all sessions are busy, in seconds. */
const RETRY_AFTER_S = '30';
/** A larger body is no message of a client that means well. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** A JSON-RPC error with an HTTP status. */
export interface HttpRefusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  /** Of the request that is refused; absent where it is not known. */
  readonly id?: RequestId;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refuse(response: ServerResponse, refusal: HttpRefusal): void {
  const { status, code, message, id = null, headers } = refusal;
  answerJson(response, JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }), status, headers);
}

/** What is wrong with a call is its answer, where there is a session. */
export function malformed({ code, message, id }: Refusal, isInSession: boolean): HttpRefusal {
  const status = code === INVALID_PARAMS && isInSession ? 200 : 400;
  return { status, code, message, ...(id !== undefined && { id }) };
}

const refusal = (
  status: number,
  message: string,
  code = SERVER_ERROR,
  headers: Readonly<Record<string, string>> = {},
): HttpRefusal => ({ status, code, message, headers });

export const NOT_FOUND = refusal(404, 'MCP is served at /mcp');
export const WRONG_METHOD = refusal(405, 'POST, GET or DELETE', SERVER_ERROR, { allow: 'POST, GET, DELETE' });
export const NOT_JSON = refusal(415, 'send Content-Type: application/json');
export const NOT_ACCEPTABLE = refusal(406, 'the answer is text/event-stream: accept it');
export const BROKEN = refusal(400, 'the request did not arrive whole', PARSE_ERROR);
export const TOO_LARGE = refusal(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
export const UNSUPPORTED_VERSION = refusal(
  400,
  `MCP-Protocol-Version must be one of ${PROTOCOL_VERSIONS.join(', ')}`,
);
export const NO_SESSION = refusal(400, 'initialize first, then send its Mcp-Session-Id header');
export const SESSION_IS_OVER = refusal(404, 'there is no such session: initialize again', SESSION_NOT_FOUND);
export const INITIALIZED = refusal(400, 'this session is initialized already', INVALID_REQUEST);
export const UNDER_WAY = refusal(400, 'a request with this id is under way', INVALID_REQUEST);
/** To clients of the next generation, which ask for more than there is and then initialize. */
export const UNKNOWN_METHOD = refusal(200, 'Method not found', METHOD_NOT_FOUND);
export const LISTENING = refusal(409, 'the stream of this session is open already');
export const UNKNOWN_EVENT = refusal(400, 'Last-Event-ID is none of this server');
export const FULL = refusal(503, 'too many sessions are busy: try later', SERVER_ERROR, {
  'retry-after': RETRY_AFTER_S,
});
export const ISSUER_AWAY = refusal(
  503,
  "the issuer of tokens does not answer: told in this server's log",
  SERVER_ERROR,
  {
    'retry-after': RETRY_AFTER_S,
  },
);
export const LEAVING = refusal(503, 'the server is stopping');
export const FAILED = refusal(500, "internal error, told in this server's log");

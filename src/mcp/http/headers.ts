/** What the headers of a request say. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { LogContext } from '../../lib/log.ts';
import type { Accepted } from './exchange.ts';

/** The first version of the protocol whose clients can read an event without data. */
const FIRST_WITH_PRIMING = '2025-11-25';
/** Where MCP is served. */
export const MCP_PATH = '/mcp';
const EVENT_ID = /^(\d{1,9})-(\d{1,9})$/;

/** Whether a stream may begin with an ID alone, as the protocol wants it. @param initialize names the version before any header does */
export function canPrime({ headers }: IncomingMessage, initialize?: JSONRPCRequest): boolean {
  const version = initialize?.params?.protocolVersion ?? headers['mcp-protocol-version'];
  return typeof version === 'string' && version >= FIRST_WITH_PRIMING;
}

export function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** A client that names one kind only is given that one; whoever names neither is given JSON. */
export function accepted({ headers: { accept = '*/*' } }: IncomingMessage): Accepted {
  const isAny = accept.includes('*/*');
  const stream = isAny || /text\/(event-stream|\*)/i.test(accept);
  return { stream, json: isAny || !stream || /application\/(json|\*)/i.test(accept) };
}

/** The event that a client knows last; `malformed` where it is none of this server's. */
export function lastEvent({
  headers,
}: IncomingMessage): { readonly stream: number; readonly sequence: number } | 'malformed' | undefined {
  const id = headers['last-event-id'];
  if (id === undefined) return undefined;
  const [, stream, sequence] = EVENT_ID.exec(String(id)) ?? [];
  return stream === undefined ? 'malformed' : { stream: Number(stream), sequence: Number(sequence) };
}

/** What messages in the log are told to belong to. A proxy may have named the request. */
export function contextOf({ headers }: IncomingMessage): LogContext {
  const [requestId, sessionId] = [headers['x-request-id'], headers['mcp-session-id']].map((id) =>
    typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id) ? id : undefined,
  );
  return { requestId: requestId ?? randomUUID(), ...(sessionId !== undefined && { sessionId }) };
}

/** The path of a request, without the slash that some clients append. */
export function pathOf({ url = '' }: IncomingMessage): string {
  if (url === MCP_PATH) return url;
  return url.replace(/^https?:\/\/[^/]*|\?.*$/g, '').replace(/(?<=.)\/$/, '');
}

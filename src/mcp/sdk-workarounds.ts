import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  type CallToolRequest,
  ErrorCode,
  type JSONRPCRequest,
  type MessageExtraInfo,
  type RequestId,
  type Result,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { CancelledError } from '../api/errors.ts';
import { createSignal, type Signal } from '../lib/signal.ts';
import { RpcError } from './errors.ts';
import { fields, isId, isRequest } from './json-rpc.ts';

/** Members that the SDK (1.32.2) keeps to itself. */
interface Internals {
  _requestMessageId: number;
  readonly _requestHandlers: Map<string, Handler>;
}

const CANCELLED = 'notifications/cancelled';

/** What a handler is given beside its request. Its signal is a light one; {@link abortSignalOf} makes one of Node's of it. */
export type RequestExtra = Omit<RequestHandlerExtra<ServerRequest, ServerNotification>, 'signal'> & {
  readonly signal: Signal;
};

type Handler = (request: JSONRPCRequest, extra: RequestExtra) => Promise<Result>;

const internalsOf = (server: Server) => server as unknown as Internals;

/**
 * Answers tools/call. The SDK's own way holds each call and each result against its schemas, three times in all, which takes
 * a tenth of a call: calls come here checked ({@link paramsProblem}), and results are what their type says.
 */
export function answerCalls(
  server: Server,
  answer: (params: CallToolRequest['params'], extra: RequestExtra) => Promise<Result>,
): void {
  internalsOf(server)._requestHandlers.set('tools/call', ({ params }, extra) =>
    answer(params as CallToolRequest['params'], extra),
  );
}

/**
 * Connects the SDK's server to a transport, and answers its requests by the server's handlers. The SDK sends, and receives what
 * is no request. Where it answers requests itself, it
 * - holds each against the schemas of all kinds in turn, and what zod makes of each mismatch costs a fifth of a call, and
 *   memory that only a full collection frees;
 * - ignores the cancellation of a request with id 0 or "", since it tests the id for truth, and one whose reason is no text:
 *   a rent that was cancelled would be carried out on a later yes;
 * - answers nothing that was cancelled, also where the end of the server cancels it.
 *
 * It numbers its own requests from 0, and clients on the same SDK ignore the cancellation of a request with id 0: a form
 * would stay on the screen.
 *
 * @param stopping aborts when the server must end: requests under way are cancelled, and still answered
 */
export async function connect(server: Server, transport: Transport, stopping?: AbortSignal): Promise<void> {
  const { _requestHandlers: handlers } = internalsOf(server);
  internalsOf(server)._requestMessageId = 1;
  /** An ID may be another request's before the first is answered. */
  const underWay = new Set<{ readonly id: RequestId; readonly abort: (reason: unknown) => void }>();

  function cancel(reason: unknown, only?: RequestId): void {
    for (const { id, abort } of underWay) if (only === undefined || id === only) abort(reason);
  }

  async function answer(request: JSONRPCRequest, info: MessageExtraInfo | undefined): Promise<void> {
    const { id, method } = request;
    const { signal, abort } = createSignal();
    const call = { id, abort };
    underWay.add(call);
    const answered = await resultOf(handlers.get(method), request, extraOf(server, request, info, signal));
    underWay.delete(call);
    const isWanted = !signal.aborted || (stopping?.aborted && signal.reason === stopping.reason);
    if (isWanted) await transport.send({ ...answered, jsonrpc: '2.0', id });
  }

  function cancelled(params: unknown): void {
    const { requestId, reason } = fields(params);
    if (isId(requestId)) cancel(reason ?? new CancelledError(), requestId);
  }

  const { onmessage: listen, onclose } = transport;
  const stop = () => cancel(stopping?.reason);
  stopping?.addEventListener('abort', stop);
  /** The transport as the SDK sees it: without requests. */
  const rest: Transport = {
    start() {
      transport.onmessage = (message, extra) => {
        listen?.(message, extra);
        const isCancellation = 'method' in message && message.method === CANCELLED;
        if (isCancellation && !isRequest(message)) return cancelled(message.params);
        if (!isRequest(message)) return rest.onmessage?.(message, extra);
        answer(message, extra).catch((error: unknown) => rest.onerror?.(new Error(String(error))));
      };
      transport.onerror = (error) => rest.onerror?.(error);
      transport.onclose = () => {
        stopping?.removeEventListener('abort', stop);
        cancel(new CancelledError());
        onclose?.();
        rest.onclose?.();
      };
      return transport.start();
    },
    send: (message, options) => transport.send(message, options),
    close: () => transport.close(),
  };
  await server.connect(rest);
}

type Answered =
  | { readonly result: Result }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

async function resultOf(
  handle: Handler | undefined,
  request: JSONRPCRequest,
  extra: RequestExtra,
): Promise<Answered> {
  try {
    if (handle === undefined) throw new RpcError(ErrorCode.MethodNotFound, 'Method not found');
    return { result: await handle(request, extra) };
  } catch (error) {
    const { code, message, data } = fields(error);
    return {
      error: {
        code: Number.isSafeInteger(code) ? Number(code) : ErrorCode.InternalError,
        message: typeof message === 'string' ? message : 'Internal error',
        ...(data !== undefined && { data }),
      },
    };
  }
}

/** What the handler sends belongs to its request. */
function extraOf(
  server: Server,
  { id, params }: JSONRPCRequest,
  info: MessageExtraInfo | undefined,
  signal: Signal,
): RequestExtra {
  return {
    signal,
    requestId: id,
    ...(params?._meta && { _meta: params._meta }),
    ...(info?.authInfo && { authInfo: info.authInfo }),
    async sendNotification(notification) {
      if (!signal.aborted) await server.notification(notification, { relatedRequestId: id });
    },
    async sendRequest(request, resultSchema, options) {
      if (signal.aborted) throw new CancelledError();
      return server.request(request, resultSchema, { ...options, relatedRequestId: id });
    },
  };
}

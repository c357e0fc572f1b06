import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CancelledNotificationSchema,
  type JSONRPCRequest,
  type MessageExtraInfo,
  type RequestId,
  type Result,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { isRequest } from './json-rpc.ts';

/** Members that the SDK (1.32.2) keeps to itself. */
interface Internals {
  _requestMessageId: number;
  readonly _requestHandlers: Map<string, Handler>;
  readonly _requestHandlerAbortControllers: ReadonlyMap<RequestId, AbortController>;
  _onrequest(request: JSONRPCRequest, extra: MessageExtraInfo | undefined): void;
}

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Handler = (request: JSONRPCRequest, extra: Extra) => Promise<Result>;

/**
 * Connects the SDK's server to a transport, with four of its habits put right.
 *
 * It numbers its requests from 0, and clients on the same SDK ignore the cancellation of a request with id 0: a
 * form would stay on the screen.
 *
 * It ignores the cancellation of a request with id 0 or "" itself, since it tests the id for truth: a rent that was
 * cancelled would be carried out on a later yes.
 *
 * It holds each message against the schemas of all kinds in turn, and what zod makes of each mismatch costs a
 * fifth of a call, and memory that only a full collection frees. A request is known without that.
 *
 * It answers nothing that was cancelled. What the end of the server cancels is answered here: a second signal for
 * each call, joined by AbortSignal.any, would take a fifth of it, and memory that is never freed (Node 20).
 *
 * @param stopping aborts when the server must end: requests under way are cancelled, and still answered
 */
export async function connect(server: Server, transport: Transport, stopping?: AbortSignal): Promise<void> {
  const internals = server as unknown as Internals;
  internals._requestMessageId = 1;
  if (stopping) cancelAtEnd(internals, transport, stopping);
  server.setNotificationHandler(CancelledNotificationSchema, ({ params: { requestId, reason } }) => {
    if (requestId !== undefined) internals._requestHandlerAbortControllers.get(requestId)?.abort(reason);
  });
  const { onmessage: listen } = transport;
  await server.connect(transport);
  const receive = transport.onmessage;
  transport.onmessage = (message, extra) => {
    if (!isRequest(message)) return receive?.(message, extra);
    listen?.(message, extra);
    internals._onrequest(message, extra);
  };
}

function cancelAtEnd(internals: Internals, transport: Transport, stopping: AbortSignal): void {
  const cancel = () => {
    for (const controller of internals._requestHandlerAbortControllers.values()) {
      controller.abort(stopping.reason);
    }
  };
  stopping.addEventListener('abort', cancel);
  const { onclose } = transport;
  transport.onclose = () => {
    stopping.removeEventListener('abort', cancel);
    onclose?.();
  };
  for (const [method, handle] of internals._requestHandlers) {
    internals._requestHandlers.set(method, async (request, extra) => {
      const result = await handle(request, extra);
      const isSilenced = stopping.aborted && extra.signal.reason === stopping.reason;
      if (isSilenced) await transport.send({ jsonrpc: '2.0', id: request.id, result });
      return result;
    });
  }
}

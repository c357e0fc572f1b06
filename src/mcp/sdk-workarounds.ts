import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CancelledNotificationSchema,
  type JSONRPCRequest,
  type MessageExtraInfo,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { isRequest } from './json-rpc.ts';

/** Members that the SDK (1.32.2) keeps to itself. */
interface Internals {
  _requestMessageId: number;
  readonly _requestHandlerAbortControllers: ReadonlyMap<RequestId, AbortController>;
  _onrequest(request: JSONRPCRequest, extra: MessageExtraInfo | undefined): void;
}

/**
 * Connects the SDK's server to a transport, with three of its habits put right.
 *
 * It numbers its requests from 0, and clients on the same SDK ignore the cancellation of a request with id 0: a
 * form would stay on the screen.
 *
 * It ignores the cancellation of a request with id 0 or "" itself, since it tests the id for truth: a rent that was
 * cancelled would be carried out on a later yes.
 *
 * It holds each message against the schemas of all kinds in turn, and what zod makes of each mismatch costs a
 * fifth of a call, and memory that only a full collection frees. A request is known without that.
 */
export async function connect(server: Server, transport: Transport): Promise<void> {
  const internals = server as unknown as Internals;
  internals._requestMessageId = 1;
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

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCRequest, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js';
import { isRequest } from './json-rpc.ts';

/** Members that the SDK (1.32.2) keeps to itself. */
interface Internals {
  _requestMessageId: number;
  _onrequest(request: JSONRPCRequest, extra: MessageExtraInfo | undefined): void;
}

/** The SDK's server, with two of its habits put right. */
export class SdkServer extends Server {
  /**
   * It numbers its requests from 0, and clients on the same SDK ignore the cancellation of a request with id 0:
   * a form would stay on the screen.
   *
   * It holds each message against the schemas of all kinds in turn, and what zod makes of each mismatch costs a
   * fifth of a call, and memory that only a full collection frees. A request is known without that.
   */
  override async connect(transport: Transport): Promise<void> {
    const internals = this as unknown as Internals;
    internals._requestMessageId = 1;
    await super.connect(transport);
    const receive = transport.onmessage;
    transport.onmessage = (message, extra) => {
      if (isRequest(message)) internals._onrequest(message, extra);
      else receive?.(message, extra);
    };
  }
}

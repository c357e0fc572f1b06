import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { jsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import type { NumbersClient } from '../api/client.ts';
import type { Gate } from '../approval/gate.ts';
import type { CallbackInbox } from '../callbacks/service.ts';
import type { ChangeBus } from '../lib/change-bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { offeredPrompts } from '../prompts/prompt.ts';
import { prompts } from '../prompts/prompts.ts';
import type { Sources } from '../resources/resources.ts';
import {
  ACTIVE_NUMBERS_URI,
  activeNumberUri,
  CALLBACK_EVENTS_URI,
  NUMBER_ORDERS_URI,
} from '../resources/uris.ts';
import type { OrderBook } from '../storage/order-book.ts';
import { views } from '../views/views.ts';
import { bindCompletions } from './completions.ts';
import { type Deliveries, type DeliveringTransport, trackDeliveries } from './delivery.ts';
import { type Identity, introduction } from './initialize-result.ts';
import { bindPrompts } from './prompts.ts';
import { bindResources } from './resources.ts';
import { allowedTools } from './scopes.ts';
import { connect } from './sdk-workarounds.ts';
import { bindTools, type CalledTool } from './tools.ts';

export interface ServerParts extends Identity {
  readonly numbers: NumbersClient;
  readonly callbacks: CallbackInbox;
  readonly gate: Gate;
  readonly history: Sources['history'];
  readonly orders: OrderBook;
  /** The folder that files are uploaded from; undefined where none is set aside. */
  readonly attachmentsDir?: string | undefined;
  readonly changes: ChangeBus<readonly string[]>;
  /** What the person behind the client allowed when they came; undefined where nobody signs in. */
  readonly scopes?: readonly string[] | undefined;
  /** Aborts when the server must end: calls are then cancelled, and still answered. */
  readonly stopping?: AbortSignal | undefined;
  /** Is told of each call that was answered. */
  readonly onCalled?: ((call: CalledTool) => void) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The SDK's own would be made for each client, for forms that the SDK asks itself. Ours are read by the gate. */
const NO_VALIDATOR: jsonSchemaValidator = {
  getValidator() {
    throw new Error('no form is asked by the SDK');
  },
};

/** An MCP server, ready to be connected to a transport. */
export interface McpServer {
  /** Serves until the transport closes. */
  serve(transport: DeliveringTransport): Promise<void>;
}

export function createMcpServer(parts: ServerParts): McpServer {
  const { tools, results = 'auto', numbers, callbacks, history, gate, changes, clock, log, stopping } = parts;
  const allowed = allowedTools(tools, parts.scopes);
  const { serverInfo, ...options } = introduction({ ...parts, tools: allowed });
  const server = new Server(serverInfo, { ...options, jsonSchemaValidator: NO_VALIDATOR });
  server.onerror = (error) => log.warn(error.message);
  const { orders, attachmentsDir } = parts;
  const sources = { numbers, callbacks, history, orders };
  const names = allowed.map((tool) => tool.name);
  const shown = views.filter(({ tool }) => names.includes(tool));
  const resources = bindResources(server, { ...sources, views: shown, log });
  const offered = offeredPrompts(prompts, names);
  bindPrompts(server, offered);
  bindCompletions(server, { ...sources, prompts: offered, log });
  let deliveries: Deliveries | undefined;
  bindTools(server, {
    ...{ orders, attachmentsDir, results, numbers, callbacks, history, gate },
    ...{ tools, clock, log, onChanged: changes.publish, onCalled: parts.onCalled },
    onDelivered: (...delivery) => deliveries?.onDelivered(...delivery),
  });
  const stopTelling = changes.subscribe(resources.changed);
  const stopListening = callbacks.onEvents((events) => {
    const concerned = events.flatMap(({ resourceId }) => (resourceId ? activeNumberUri(resourceId) : []));
    resources.changed([CALLBACK_EVENTS_URI, ACTIVE_NUMBERS_URI, NUMBER_ORDERS_URI, ...concerned]);
  });

  return {
    async serve(transport) {
      const closed = new Promise<void>((resolve) => {
        server.onclose = resolve;
      });
      deliveries = trackDeliveries(transport);
      await connect(server, transport, stopping);
      await closed;
      stopListening();
      stopTelling();
    },
  };
}

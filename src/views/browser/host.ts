/** JSON-RPC with the host over postMessage, as MCP Apps (2026-01-26) says. */
import type {
  McpUiHostContext,
  McpUiInitializeRequest,
  McpUiMessageRequest,
  McpUiSizeChangedNotification,
} from '@modelcontextprotocol/ext-apps';
import { type Fields, fieldsOf, isFields, textOf } from './fields.ts';

const PROTOCOL_VERSION = '2026-01-26';
const METHOD_NOT_FOUND = -32601;
/** Invalid params, or an internal error, which is what hosts on the MCP SDK make of them. */
const MISREAD: readonly unknown[] = [-32602, -32603];

export interface HostEvents {
  /** The arguments of the tool call that this view stands beside. */
  readonly onInput: (args: Fields) => void;
  /** Its result. */
  readonly onResult: (result: Fields) => void;
  readonly onCancelled: () => void;
  /** What the host says of itself, at the start and after each change. */
  readonly onContext: (context: McpUiHostContext) => void;
  /** The view is about to be taken down. */
  readonly onTeardown: () => void;
}

export interface Host {
  /** Whether the host passes calls of tools on. */
  readonly canCall: boolean;
  /** @throws {Error} where the host or the server refuses */
  callTool(name: string, args: object): Promise<Fields>;
  /** Puts a message into the conversation, as the person's. @throws {Error} where the host does not take it */
  say(text: string): Promise<void>;
}

/** Introduces this view to the host that frames it. @returns once the host has answered */
export async function connectToHost(title: string, events: HostEvents): Promise<Host> {
  const waiting = new Map<number, { resolve: (result: Fields) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let context: McpUiHostContext = {};

  // A sandboxed host has no origin to name. What is said here is for whoever frames this page.
  const post = (message: object) => window.parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const notify = (method: string, params: object = {}) => post({ method, params });

  function request(method: string, params: object): Promise<Fields> {
    return new Promise((resolve, reject) => {
      waiting.set(++lastId, { resolve, reject });
      post({ id: lastId, method, params });
    });
  }

  function settle(id: unknown, { result, error }: Fields): void {
    if (typeof id !== 'number') return;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(fieldsOf(result));
    else {
      const { message, code } = fieldsOf(error);
      asked?.reject(new Error(textOf(message) || 'The client refused.', { cause: code }));
    }
  }

  const methods = new Map<unknown, (params: Fields) => void>([
    ['ui/notifications/tool-input', ({ arguments: args }) => events.onInput(fieldsOf(args))],
    ['ui/notifications/tool-result', events.onResult],
    ['ui/notifications/tool-cancelled', events.onCancelled],
    ['ui/notifications/host-context-changed', changeContext],
    ['ui/resource-teardown', events.onTeardown],
    ['ping', () => {}],
  ]);

  function changeContext(changed: Fields): void {
    context = { ...context, ...changed };
    events.onContext(context);
  }

  function receive({ method, params, id }: Fields): void {
    const handle = methods.get(method);
    handle?.(fieldsOf(params));
    if (id === undefined) return;
    post(
      handle ? { id, result: {} } : { id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } },
    );
  }

  window.addEventListener('message', ({ source, data }) => {
    if (source !== window.parent || !isFields(data) || data.jsonrpc !== '2.0') return;
    if (typeof data.method === 'string') receive(data);
    else settle(data.id, data);
  });

  const introduction: McpUiInitializeRequest['params'] = {
    appInfo: { name: title, version: '1' },
    appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
    protocolVersion: PROTOCOL_VERSION,
  };
  const { hostContext, hostCapabilities } = await request('ui/initialize', introduction);
  changeContext(fieldsOf(hostContext));
  notify('ui/notifications/initialized');
  tellSize(notify);

  return {
    canCall: hostCapabilities === undefined || fieldsOf(hostCapabilities).serverTools !== undefined,
    callTool: (name, args) => request('tools/call', { name, arguments: args }),
    async say(text) {
      const block = { type: 'text' as const, text };
      const list: McpUiMessageRequest['params'] = { role: 'user', content: [block] };
      // The specification's text has one block, its types and most hosts have a list.
      const said = await request('ui/message', list).catch((error: Error) => {
        if (!MISREAD.includes(error.cause)) throw error;
        return request('ui/message', { role: 'user', content: block });
      });
      if (said.isError === true) throw new Error('The client did not take the message.');
    },
  };
}

/** Tells the host how much room this page wants, now and after each change. */
function tellSize(notify: (method: string, params: object) => void): void {
  let told = '';
  const tell = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    const size: McpUiSizeChangedNotification['params'] = { width: window.innerWidth, height };
    if (told === JSON.stringify(size)) return;
    told = JSON.stringify(size);
    notify('ui/notifications/size-changed', size);
  };
  new ResizeObserver(tell).observe(document.body);
}

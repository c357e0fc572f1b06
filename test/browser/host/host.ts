/** A host of views, as a page: the extension's own bridge between a frame and what the test says. */
import {
  AppBridge,
  type McpUiHostContext,
  PostMessageTransport,
} from '@modelcontextprotocol/ext-apps/app-bridge';
import type { CallToolRequest, CallToolResult } from '@modelcontextprotocol/sdk/types.js';

/** What a test hears of the view, and answers it. */
interface Teller {
  /** A tool is called. */
  callTool(params: CallToolRequest['params']): Promise<CallToolResult>;
  /** A message for the conversation. @returns whether it is taken */
  say(text: string): Promise<boolean>;
}

declare const teller: (name: keyof Teller, argument: unknown) => Promise<never>;

let bridge: AppBridge | undefined;

/** Takes messages as the text of the specification has them, one block each; the bridge wants a list. */
function takeBlocks(event: MessageEvent): void {
  const { id, method, params } = event.data;
  if (method !== 'ui/message') return;
  event.stopImmediatePropagation();
  const isBlock = typeof params.content.text === 'string';
  const answer = isBlock ? { result: {} } : { error: { code: -32602, message: 'content must be a block' } };
  event.source?.postMessage({ jsonrpc: '2.0', id, ...answer }, { targetOrigin: '*' });
  if (isBlock) void teller('say', params.content.text);
}

const host = {
  /** Shows a view in place of the one before. @returns once it has introduced itself */
  async open(
    address: string,
    hostContext: McpUiHostContext,
    canCall: boolean,
    hasBlocks: boolean,
  ): Promise<void> {
    if (hasBlocks) window.addEventListener('message', takeBlocks);
    else window.removeEventListener('message', takeBlocks);
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.title = 'View';
    document.body.replaceChildren(frame);
    const view = frame.contentWindow;
    if (view === null) throw new Error('the frame has no window');
    bridge = new AppBridge(
      null,
      { name: 'test', version: '1.0.0' },
      { ...(canCall && { serverTools: {} }), message: { text: {} } },
      { hostContext },
    );
    bridge.oncalltool = (params) => teller('callTool', params);
    bridge.onmessage = async ({ content: [block] }) =>
      (await teller('say', block?.type === 'text' ? block.text : '')) ? {} : { isError: true };
    bridge.onsizechange = ({ height }) => {
      frame.style.height = `${height}px`;
    };
    const initialized = new Promise<void>((resolve) => {
      if (bridge) bridge.oninitialized = () => resolve();
    });
    await bridge.connect(new PostMessageTransport(view, view));
    frame.src = address;
    await initialized;
  },
  sendInput: (args: Record<string, unknown>) => bridge?.sendToolInput({ arguments: args }),
  sendResult: (result: CallToolResult) => bridge?.sendToolResult(result),
  sendContext: (context: McpUiHostContext) => bridge?.sendHostContextChange(context),
  cancel: () => bridge?.sendToolCancelled({ reason: 'The person stopped it' }),
  tearDown: () => bridge?.teardownResource({}),
};

Object.assign(window, { host });

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

const host = {
  /** Shows a view in place of the one before. @returns once it has introduced itself */
  async open(address: string, hostContext: McpUiHostContext, canCall: boolean): Promise<void> {
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

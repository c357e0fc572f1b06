import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CallToolResultSchema,
  ElicitRequestSchema,
  type ElicitResult,
} from '@modelcontextprotocol/sdk/types.js';

export interface ToolAnswer {
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

/** An MCP client that talks to a server in a child process. */
export interface ChildServerClient {
  callTool(name: string, args: object): Promise<ToolAnswer>;
  /** Ends the child. */
  close(): Promise<void>;
}

interface ConnectOptions {
  readonly name: string;
  readonly version: string;
  /** Arguments of node: the server's file and its flags. */
  readonly args: readonly string[];
  /** Environment variables besides those that every process needs. */
  readonly env: Readonly<Record<string, string>>;
  /** Answers for the person: what was asked, and the one field of the form with its title. */
  readonly onQuestion: (message: string, field: string, title: string) => Promise<ElicitResult>;
}

/** Starts a server as a child of this process and connects to it, as a client that can show forms. */
export async function connectToChild({
  name,
  version,
  args,
  env,
  onQuestion,
}: ConnectOptions): Promise<ChildServerClient> {
  const client = new Client({ name, version }, { capabilities: { elicitation: { form: {} } } });
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    if (params.mode === 'url') return { action: 'decline' };
    const [[field, { title = '' }] = ['', {}]] = Object.entries(params.requestedSchema.properties);
    return onQuestion(params.message, field, title);
  });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...args],
      env: { ...env },
      stderr: 'inherit',
    }),
  );

  return {
    async callTool(tool, toolArgs) {
      const result = CallToolResultSchema.parse(
        await client.callTool({ name: tool, arguments: { ...toolArgs } }),
      );
      const text = result.content.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
      return { text, structured: result.structuredContent ?? {}, isError: result.isError ?? false };
    },
    close: () => client.close(),
  };
}

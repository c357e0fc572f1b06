/** What tests of the stdio transport share: one between two streams in memory, and a few messages. */
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { createStdioTransport } from '../../src/mcp/stdio.ts';

/** A started transport between two streams in memory, and what came of it. */
export async function open() {
  const input = new PassThrough();
  const output = new PassThrough();
  const transport = createStdioTransport(input, output);
  const messages: JSONRPCMessage[] = [];
  const errors: string[] = [];
  let closes = 0;
  const writes: string[] = [];
  output.on('data', (chunk) => {
    writes.push(String(chunk));
  });
  transport.onmessage = (message: JSONRPCMessage) => {
    messages.push(message);
  };
  transport.onerror = ({ message }) => {
    errors.push(message);
  };
  transport.onclose = () => {
    closes++;
  };
  await transport.start();
  return {
    transport,
    input,
    output,
    messages,
    errors,
    closes: () => closes,
    /** What was written, one text for each write. */
    writes,
    /** Writes to the input, one chunk after the other, each in its own turn. */
    async feed(...chunks: (string | Buffer)[]) {
      for (const chunk of chunks) {
        input.write(chunk);
        await turn();
      }
    },
    /** The messages on the output. */
    lines: (): unknown[] =>
      writes
        .join('')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

export function ping(id: number | string) {
  return { jsonrpc: '2.0' as const, id, method: 'ping' };
}

export const answer = (id: number | string) => ({ jsonrpc: '2.0' as const, id, result: {} });

export const line = (message: object) => `${JSON.stringify(message)}\n`;

import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';

/** A longer line is no message of a client that means well. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** After the end of input, requests under way get this long to be answered, in milliseconds. */
const GRACE_MS = 1_000;

/**
 * JSON-RPC lines over a pair of streams. A line that is no message is answered with an error instead of
 * silence, and the end of input closes the transport: a server whose client is gone must not stay.
 */
export function createStdioTransport(input: Readable, output: Writable): Transport {
  let chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  let closed = false;
  const unanswered = new Set<string | number>();

  function receive(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      chunks.push(chunk.subarray(start, end));
      const line = Buffer.concat(chunks).toString('utf8').trim();
      chunks = [];
      size = 0;
      start = end + 1;
      if (line !== '') handle(line);
    }
    const rest = chunk.subarray(start);
    if (rest.length === 0) return;
    chunks.push(rest);
    size += rest.length;
    if (size > MAX_LINE_BYTES) {
      transport.onerror?.(new Error(`a message is longer than ${MAX_LINE_BYTES} bytes`));
      void transport.close();
    }
  }

  function handle(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      refuse(-32700, 'Parse error: the line is not JSON');
      return;
    }
    const message = JSONRPCMessageSchema.safeParse(value);
    if (!message.success) {
      refuse(-32600, 'Invalid request: not a JSON-RPC 2.0 message', idOf(value));
      return;
    }
    if ('method' in message.data && 'id' in message.data) unanswered.add(message.data.id);
    transport.onmessage?.(message.data);
  }

  function refuse(code: number, reason: string, id?: string | number): void {
    transport.onerror?.(new Error(reason));
    void write({ jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message: reason } });
  }

  async function write(message: object): Promise<void> {
    if (output.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise<void>((resolve) => {
      output.once('drain', resolve);
      output.once('close', resolve);
    });
  }

  function end(): void {
    ended = true;
    if (unanswered.size === 0) void transport.close();
    else setTimeout(() => void transport.close(), GRACE_MS).unref();
  }

  function fail(error: Error): void {
    transport.onerror?.(error);
    void transport.close();
  }

  const transport: Transport = {
    async start() {
      input.on('data', receive);
      input.once('end', end);
      input.once('error', fail);
      output.once('error', fail);
    },
    async send(message: JSONRPCMessage) {
      if (closed) return;
      await write(message);
      if ('id' in message && !('method' in message) && message.id !== undefined)
        unanswered.delete(message.id);
      if (ended && unanswered.size === 0) await transport.close();
    },
    async close() {
      if (closed) return;
      closed = true;
      input.off('data', receive);
      input.pause();
      transport.onclose?.();
    },
  };
  return transport;
}

/** The id of a malformed request, so that its sender learns which one it was. */
function idOf(value: unknown): string | number | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return typeof value.id === 'string' || typeof value.id === 'number' ? value.id : undefined;
}

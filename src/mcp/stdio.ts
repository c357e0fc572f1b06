import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { parseJson } from '../lib/json.ts';
import {
  callProblem,
  fields,
  INVALID_PARAMS,
  INVALID_REQUEST,
  isId,
  isMessage,
  PARSE_ERROR,
  withoutNullArguments,
} from './json-rpc.ts';

/** A longer line is no message of a client that means well. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** After the end of input, requests under way get this long to be answered, in milliseconds. */
const GRACE_MS = 3_000;

const NOT_A_MESSAGE = 'Invalid request: not a JSON-RPC 2.0 message';

/**
 * JSON-RPC lines over a pair of streams. A line that is no message is answered with an error instead of
 * silence. The end of input closes the transport, once what was asked before is answered: a server whose
 * client is gone must not stay.
 */
export function createStdioTransport(input: Readable, output: Writable): Transport {
  let chunks: Buffer[] = [];
  let size = 0;
  let isEnded = false;
  let isClosed = false;
  let grace: NodeJS.Timeout | undefined;
  /** Messages on their way out. */
  const lines: string[] = [];
  let turn: Promise<unknown> | undefined;
  let drained: Promise<void> | undefined;
  /** Requests of the client that are not answered yet. */
  const unanswered = new Set<string | number>();
  /** Requests to the client that are not answered yet. After the end of input they never will be. */
  const asked = new Set<string | number>();

  function receive(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      collect(chunk.subarray(start, end));
      takeLine();
      start = end + 1;
    }
    collect(chunk.subarray(start));
  }

  /** Keeps a part of a line, as long as the line is not too long. */
  function collect(part: Buffer): void {
    const wasTooLong = size > MAX_LINE_BYTES;
    size += part.length;
    if (size <= MAX_LINE_BYTES) {
      chunks.push(part);
    } else if (!wasTooLong) {
      chunks = [];
      refuse(INVALID_REQUEST, `Invalid request: longer than ${MAX_LINE_BYTES} bytes`);
    }
  }

  function takeLine(): void {
    const line = Buffer.concat(chunks).toString('utf8').trim();
    chunks = [];
    size = 0;
    if (line !== '') handle(line);
  }

  function handle(line: string): void {
    const value = withoutNullArguments(parseJson(line));
    const { id, method } = fields(value);
    const problem = callProblem(value, line);
    if (value === undefined) refuse(PARSE_ERROR, 'Parse error: the line is not JSON');
    else if (problem !== undefined && isId(id)) refuse(INVALID_PARAMS, problem, id);
    else if (isMessage(value)) deliver(value);
    else if (!isId(id)) refuse(INVALID_REQUEST, NOT_A_MESSAGE);
    else if (method === undefined && asked.has(id)) deliver(failedAnswer(id));
    else refuse(INVALID_REQUEST, NOT_A_MESSAGE, id);
  }

  function deliver(message: JSONRPCMessage): void {
    if (!('method' in message)) {
      if (message.id !== undefined) asked.delete(message.id);
    } else if ('id' in message) {
      unanswered.add(message.id);
    } else if (message.method === 'notifications/cancelled') {
      // A cancelled request is not answered any more.
      const { requestId } = fields(message.params);
      if (isId(requestId)) unanswered.delete(requestId);
    }
    transport.onmessage?.(message);
  }

  function refuse(code: number, message: string, id?: string | number): void {
    transport.onerror?.(new Error(message));
    void write({ jsonrpc: '2.0', ...(id !== undefined && { id }), error: { code, message } });
  }

  /** Where several are under way, messages of one turn leave together: one write costs as much as all of them. */
  async function write(message: object): Promise<void> {
    lines.push(`${JSON.stringify(message)}\n`);
    if (unanswered.size > 1) {
      turn ??= nextTurn();
      await turn;
    }
    await writeLines();
  }

  async function writeLines(): Promise<void> {
    turn = undefined;
    const text = lines.splice(0).join('');
    if (text === '' || output.write(text) || isClosed) return drained;
    drained ??= untilWritable();
    await drained;
  }

  /** Waits until the reader has caught up, or is gone. All writers wait together. */
  async function untilWritable(): Promise<void> {
    const over = new AbortController();
    const { signal } = over;
    const caughtUp = once(output, 'drain', { signal });
    const gone = once(output, 'close', { signal });
    await Promise.race([caughtUp, gone]).catch(() => {});
    drained = undefined;
    over.abort();
    await Promise.allSettled([caughtUp, gone]);
  }

  function end(): void {
    isEnded = true;
    takeLine();
    closeIfDone();
    if (!isClosed) grace = setTimeout(() => void transport.close(), GRACE_MS);
  }

  function closeIfDone(): void {
    if (isEnded && (unanswered.size === 0 || asked.size > 0)) void transport.close();
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
    async send(message) {
      if (isClosed) return;
      if ('method' in message && 'id' in message) asked.add(message.id);
      await write(message);
      if (!('method' in message) && message.id !== undefined) unanswered.delete(message.id);
      closeIfDone();
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      void writeLines();
      clearTimeout(grace);
      input.off('data', receive);
      input.pause();
      transport.onclose?.();
    },
  };
  return transport;
}

/** What stands for a malformed answer, so that whoever asked does not wait for it. */
function failedAnswer(id: string | number): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: INVALID_REQUEST, message: 'the answer is malformed' } };
}

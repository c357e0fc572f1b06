import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { DeliveringTransport } from './delivery.ts';
import { failedAnswer, fields, INVALID_REQUEST, isId, readMessage } from './json-rpc.ts';

/** A longer line is no message of a client that means well. */
const MAX_LINE_BYTES = 10 * 1024 * 1024;
/** After the end of input, requests under way get this long to be answered, in milliseconds. */
const GRACE_MS = 3_000;

/**
 * JSON-RPC lines over a pair of streams. A line that is no message is answered with an error instead of
 * silence. The end of input closes the transport, once what was asked before is answered: a server whose
 * client is gone must not stay.
 */
export function createStdioTransport(input: Readable, output: Writable): DeliveringTransport {
  let chunks: Buffer[] = [];
  let size = 0;
  let isEnded = false;
  let isClosed = false;
  let grace: NodeJS.Timeout | undefined;
  /** Messages on their way out. */
  const lines: string[] = [];
  /** The requests whose responses are among them. */
  const answered: RequestId[] = [];
  let turn: Promise<unknown> | undefined;
  let drained: Promise<void> | undefined;
  /** Requests of the client that are not answered yet. */
  const unanswered = new Set<RequestId>();
  /** Requests to the client that are not answered yet. After the end of input they never will be. */
  const asked = new Set<RequestId>();

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
    const read = readMessage(line);
    if ('message' in read) {
      deliver(read.message);
      return;
    }
    const { code, message, id, isAnswer } = read.refusal;
    if (isAnswer && id !== undefined && asked.has(id)) deliver(failedAnswer(id));
    else refuse(code, message, id);
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
    const ids = answered.splice(0);
    const onWritten = (error?: Error | null) => {
      if (!error) for (const id of ids) transport.ondelivered?.(id);
    };
    if (text === '' || output.write(text, onWritten) || isClosed) return drained;
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

  let conversation: string | undefined;
  const transport: DeliveringTransport = {
    /** Tells this conversation from any other. Not made up before somebody asks: that loads node:crypto. */
    get sessionId() {
      conversation ??= crypto.randomUUID();
      return conversation;
    },
    async start() {
      input.on('data', receive);
      input.once('end', end);
      input.once('error', fail);
      output.once('error', fail);
    },
    async send(message) {
      if (isClosed) return;
      if ('method' in message && 'id' in message) asked.add(message.id);
      const answers = 'method' in message ? undefined : message.id;
      if (answers !== undefined) answered.push(answers);
      await write(message);
      if (answers !== undefined) unanswered.delete(answers);
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

/** What the end-to-end tests share: the built server as a child process, driven by the SDK's client or by hand. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  type ClientCapabilities,
  type ElicitRequest,
  ElicitRequestSchema,
  type ElicitResult,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from '@modelcontextprotocol/sdk/validation/types.js';
import { expect, vi } from 'vitest';
import * as z from 'zod';
import { type GateResult, gateResult } from '../../src/approval/outcome.ts';
import type { ProjectKey } from '../../src/simulator/auth.ts';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { offeredTools } from '../../src/tools/enabled-tools.ts';
import { simulate, type WatchedSimulator } from '../api/support.ts';
import { keyOf } from '../support/environment.ts';
import { onEnd } from '../support/lifetime.ts';
import { temporaryFolder } from '../support/stage.ts';

/** The built server. */
export const SERVER_FILE = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** How many tools are offered where nothing is said. */
export const OFFERED_TOOLS = offeredTools({ readOnly: false }).length;

export type Env = Readonly<Record<string, string>>;

/** No test opens a browser on the machine of whoever runs it, or touches their state, unless it says so. */
export const withOwn = (env: Env): Env => ({
  SINCH_NUMBERS_OPEN_BROWSER: 'false',
  SINCH_NUMBERS_STATE_DIR: env.SINCH_NUMBERS_STATE_DIR ?? ownFolder(),
  ...env,
});

/** A browser that shows nothing, and writes down which addresses it was given. */
export interface TellingBrowser {
  /** The variable by which a server uses it. */
  readonly env: Env;
  /** The addresses it was given so far. */
  addresses(): Promise<string[]>;
  /** The first address, once there is one. */
  address(): Promise<string>;
}

/** @param script what else it does, in shell; the address is `$1` */
export async function tellingBrowser(script = ''): Promise<TellingBrowser> {
  const folder = await temporaryFolder();
  const command = join(folder, 'browser');
  const list = join(folder, 'addresses');
  await writeFile(command, `#!/bin/sh\necho "$1" >> '${list}'\n${script}\n`, { mode: 0o755 });
  const addresses = async () => (await readFile(list, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  return {
    env: { SINCH_NUMBERS_OPEN_BROWSER: command },
    addresses,
    address: () =>
      vi.waitFor(
        async () => {
          const [first] = await addresses();
          if (first === undefined) throw new Error('no page was opened yet');
          return first;
        },
        { timeout: 10_000, interval: 10 },
      ),
  };
}

/** The variables that point a server at a simulator, or at a plain server with an invented key, and to a state of its own. */
export function envFor(api: { readonly url: string } & Partial<ProjectKey>): Env {
  const { url, projectId = 'project', keyId = 'key-id', keySecret = 'key-secret' } = api;
  return {
    ...keyOf({ url, projectId, keyId, keySecret }),
    SINCH_NUMBERS_STATE_DIR: ownFolder(),
  };
}

function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sinch-numbers-test-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

const ajv = new AjvJsonSchemaValidator();
const schemas = new Map<string, JsonSchemaType>();

/**
 * Each output schema is compiled once, not once for each client, and not before there is a result: ajv knows a schema
 * by its object.
 */
export const compiledOnce: jsonSchemaValidator = {
  getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T> {
    const key = JSON.stringify(schema);
    const known = schemas.get(key) ?? schema;
    schemas.set(key, known);
    return (input) => ajv.getValidator<T>(known)(input);
  },
};

/** A question that a person sees in a form. */
export interface Question {
  readonly message: string;
  /** The form's one field, and what stands at it. */
  readonly field: string;
  readonly title: string;
  /** Aborts when the server takes the question back. */
  readonly signal: AbortSignal;
}

/** @throws where it is not a form */
export function questionOf(params: ElicitRequest['params'], signal: AbortSignal): Question {
  if (params.mode === 'url') throw new Error('asked by URL');
  const [[field = '', { title = '' }] = ['', {}]] = Object.entries(params.requestedSchema.properties);
  return { message: params.message, field, title, signal };
}

export type Person = (question: Question) => ElicitResult | Promise<ElicitResult>;

/** A person who types this. */
export function types(text: string): Person {
  return ({ field }) => ({ action: 'accept', content: { [field]: text } });
}

/** A person who types what the form wants. */
export const agreeable: Person = (question) =>
  types(question.title.startsWith('Type ') ? question.title.slice(5) : question.title.slice(-4))(question);

/** Longer than it takes a client to answer a form by itself, in milliseconds: a sooner no is taken for none. */
export const READING_MS = 1_100;

/** A person who reads the question before they answer. */
export function reads(person: Person): Person {
  return async (question) => {
    await sleep(READING_MS);
    return person(question);
  };
}

export interface Answer {
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

const asking = z.object({ confirmation: z.object({ token: z.string() }) });

/** The token of an answer that waits for a yes. */
export function tokenIn({ structured }: Answer): string {
  return asking.parse(structured).confirmation.token;
}

export interface Connection {
  readonly client: Client;
  /** Of the server. */
  readonly pid: number;
  /** Every question the person was asked. */
  readonly questions: readonly Question[];
  /** URIs of notifications/resources/updated, in the order of their arrival. */
  readonly updated: readonly string[];
  call(tool: string, args?: Record<string, unknown>, options?: RequestOptions): Promise<Answer>;
  stderr(): string;
}

export interface ConnectOptions {
  readonly args?: readonly string[];
  readonly env?: Env;
  /** Who answers forms; without one, the client declares no elicitation. */
  readonly person?: Person;
  /** What the client declares instead of what follows from `person`. */
  readonly capabilities?: ClientCapabilities;
}

/**
 * Connects a client to a server, until the test is over, or those that share it. It has listed the tools, so that
 * it holds every result to its tool's output schema.
 */
export async function converse(
  transport: Transport,
  options: ConnectOptions,
): Promise<Omit<Connection, 'pid' | 'stderr'>> {
  const { person } = options;
  const capabilities = options.capabilities ?? (person ? { elicitation: { form: {} } } : {});
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { capabilities, jsonSchemaValidator: compiledOnce },
  );
  const questions: Question[] = [];
  const updated: string[] = [];
  if (person) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }, { signal }) => {
      const question = questionOf(params, signal);
      questions.push(question);
      return person(question);
    });
  }
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    updated.push(params.uri);
  });
  onEnd(() => client.close());
  await client.connect(transport);
  await client.listTools();

  return {
    client,
    questions,
    updated,
    async call(name, toolArgs = {}, requestOptions) {
      const result = CallToolResultSchema.parse(
        await client.callTool({ name, arguments: toolArgs }, CallToolResultSchema, requestOptions),
      );
      const text = result.content.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n');
      return { text, structured: result.structuredContent ?? {}, isError: result.isError ?? false };
    },
  };
}

/** How a client of the SDK reaches a server that was started for it. */
export interface Way {
  readonly transport: Transport;
  /** Of the server, once there is a connection. */
  pid(): number | null;
  stderr(): string;
}

/** The built server, started as a child process by whoever connects to it. */
export function openWay(args: readonly string[] = [], env: Env = {}): Way {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [SERVER_FILE, ...args],
    env: { ...withOwn(env) },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  return { transport, pid: () => transport.pid, stderr: () => stderr };
}

/** Starts the built server as a child process, and connects to it. */
export async function connectServer(options: ConnectOptions = {}, open = openWay): Promise<Connection> {
  const { transport, pid: pidOf, stderr } = open(options.args, options.env);
  const conversation = await converse(transport, options);
  const pid = pidOf();
  if (pid === null) throw new Error(`the server has ended; stderr: ${stderr()}`);
  return { ...conversation, pid, stderr };
}

export interface Setup extends Connection {
  readonly api: WatchedSimulator;
  /** What was asked of the API that is neither a read nor a token, e.g. `PATCH /callbackConfiguration`. */
  writes(): string[];
}

/** A simulator in this process, and a server that uses it, with a state folder of its own. */
export async function start(
  options: ConnectOptions & { readonly simulator?: SimulatorOptions } = {},
  connect = connectServer,
): Promise<Setup> {
  const api = await simulate(options.simulator);
  const env = { ...envFor(api), ...options.env };
  const connection = await connect({ ...options, env });
  const writes = () =>
    api.requests
      .filter((request) => !/^GET |oauth2/.test(request))
      .map((request) => request.replaceAll('%2B', '+'));
  return { ...connection, api, writes };
}

const message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  result: z.looseObject({}).optional(),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});

/** A line of the server's, as any client would read it. */
export type Message = z.output<typeof message>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server whose streams are in the test's hands. */
export interface Served {
  /** Everything on stdout so far. Fails where a whole line is no JSON-RPC message. */
  received(): Message[];
  /** Writes lines to stdin. */
  send(...lines: (string | object)[]): void;
  /** The answer to a request. */
  answer(id: string | number): Promise<Message>;
  /** The first message with this method. */
  message(method: string): Promise<Message>;
  endInput(): void;
  kill(signal: 'SIGTERM'): void;
  readonly exit: Promise<Exit>;
  stdout(): string;
  stderr(): string;
}

export interface Process extends Served {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts the built command as a child process whose streams are in the test's hands, until the test is over, or those that share it.
 * @param through a command that starts it, by default none
 */
export function run(args: readonly string[] = [], env: Env = {}, through: readonly string[] = []): Process {
  const [command = '', ...rest] = [...through, process.execPath, SERVER_FILE, ...args];
  const child = spawn(command, rest, {
    env: { PATH: process.env.PATH, ...withOwn(env) },
    stdio: 'pipe',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  const exit = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  onEnd(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    ...linesOf(child.stdin, child.stdout, () => stderr),
    pid: child.pid ?? Number.NaN,
    kill: (signal) => child.kill(signal),
    exit,
    stderr: () => stderr,
  };
}

/** What is written to a server and read of it, line by line. */
export function linesOf(
  input: Writable,
  output: Readable,
  stderr: () => string,
): Omit<Served, 'kill' | 'exit' | 'stderr'> {
  let stdout = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  const messages: Message[] = [];
  /** Where the first line begins that is not among them. */
  let unread = 0;

  const received = () => {
    for (let end = stdout.indexOf('\n', unread); end !== -1; end = stdout.indexOf('\n', unread)) {
      messages.push(message.parse(JSON.parse(stdout.slice(unread, end))));
      unread = end + 1;
    }
    return [...messages];
  };
  const find = (what: string, matches: (candidate: Message) => boolean) =>
    vi.waitFor(
      () => {
        const found = received().find(matches);
        if (found === undefined) throw new Error(`no ${what} yet; stderr: ${stderr()}`);
        return found;
      },
      { timeout: 10_000, interval: 10 },
    );

  return {
    received,
    send(...lines) {
      for (const line of lines) {
        input.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
      }
    },
    answer: (id) => find(`answer to ${id}`, (candidate) => candidate.id === id && !candidate.method),
    message: (method) => find(method, (candidate) => candidate.method === method),
    endInput: () => input.end(),
    stdout: () => stdout,
  };
}

/** A JSON-RPC request. */
export function request(id: string | number, method: string, params?: object): object {
  return { jsonrpc: '2.0', id, method, ...(params && { params }) };
}

/** Where a server takes callbacks, once it does. */
export function receiverOf({ call }: Pick<Connection, 'call'>): Promise<string> {
  return vi.waitFor(
    async () => receiving.parse((await call('list_callback_events')).structured).receiver.url,
    { timeout: 10_000, interval: 10 },
  );
}

const receiving = z.object({ receiver: z.object({ url: z.string() }) });

/** The lines that open a conversation. */
export function handshake(capabilities: object = {}, protocolVersion = '2025-06-18'): object[] {
  const clientInfo = { name: 'test', version: '1.0.0' };
  return [
    request('initialize', 'initialize', { protocolVersion, capabilities, clientInfo }),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
  ];
}

/** A tools/call request. */
export function toolCall(id: string | number, name: string, args: object = {}): object {
  return request(id, 'tools/call', { name, arguments: args });
}

const answered = z.object({ structuredContent: gateResult });

/** What a gated call was answered. */
export function gatedResult({ result }: Message): GateResult {
  return answered.parse(result).structuredContent;
}

/**
 * Waits until what is read passes the check that follows.
 * @param what is told with a failure
 */
export function eventually<T>(read: () => T, what?: string) {
  return expect.poll(read, { timeout: 10_000, interval: 10, ...(what !== undefined && { message: what }) });
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** A promise that is resolved from outside. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

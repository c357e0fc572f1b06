/** The built server over HTTP as a child process. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { type ClientCapabilities, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { vi } from 'vitest';
import * as z from 'zod';
import { type GateResult, gateResult } from '../../src/approval/outcome.ts';
import { HEADERS } from '../mcp/http-support.ts';
import { onEnd } from '../support/lifetime.ts';
import {
  compiledOnce,
  type Env,
  handshake,
  type Person,
  type Process,
  type Question,
  questionOf,
  run,
} from './harness.ts';

const address = z.strictObject({ url: z.url() });

/** A server over HTTP. */
export interface HttpServed extends Pick<Process, 'stdout' | 'stderr'> {
  /** Where MCP is served. */
  readonly url: string;
}

export interface HttpProcess extends Process {
  readonly url: string;
}

/** Starts `http` on any free port, until the test is over. */
export async function runHttp(args: readonly string[] = [], env: Env = {}): Promise<HttpProcess> {
  const server = run(['http', ...args], env);
  const line = await vi.waitFor(
    () => {
      if (!server.stdout().endsWith('\n')) throw new Error(`no address yet; stderr: ${server.stderr()}`);
      return server.stdout();
    },
    { timeout: 10_000, interval: 10 },
  );
  return { ...server, url: address.parse(JSON.parse(line)).url };
}

/** A session of a client that is nothing but HTTP and JSON. */
export async function openBareSession(url: string, capabilities: object = {}, token?: string) {
  const version = '2025-11-25';
  const [initialize, initialized] = handshake(capabilities, version);
  const own = { ...HEADERS, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const send = (body: object | undefined, headers: object, signal?: AbortSignal) =>
    fetch(url, {
      ...{ method: 'POST', body: JSON.stringify(body), headers: { ...own, ...headers } },
      ...(signal && { signal }),
    });
  const opened = await send(initialize, {});
  /** What each request of the session carries. */
  const headers = {
    ...own,
    'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
    'mcp-protocol-version': version,
  };
  await send(initialized, headers);
  return { headers, post: (body: object, signal?: AbortSignal) => send(body, headers, signal) };
}

/** A client of the SDK, until the test is over; without a person it shows no forms. */
export async function connectOverHttp(
  url: string,
  options: {
    person?: Person;
    token?: string;
    name?: string;
    elicitation?: ClientCapabilities['elicitation'];
  } = {},
) {
  const { person, token, name = 'test' } = options;
  const elicitation = options.elicitation ?? (person ? { form: {} } : undefined);
  const capabilities = elicitation ? { elicitation } : {};
  const client = new Client({ name, version: '1.0.0' }, { capabilities, jsonSchemaValidator: compiledOnce });
  const questions: Question[] = [];
  if (person) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }, { signal }) => {
      const question = questionOf(params, signal);
      questions.push(question);
      return person(question);
    });
  }
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  onEnd(() => client.close());
  // The SDK's own transport does not fit its own type where optional properties are exact.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  await client.listTools();
  /** Calls a gated tool. */
  async function call(tool: string, args: object, requestOptions?: RequestOptions): Promise<GateResult> {
    const params = { name: tool, arguments: { ...args } };
    return gateResult.parse((await client.callTool(params, undefined, requestOptions)).structuredContent);
  }
  return { client, transport, questions, call };
}

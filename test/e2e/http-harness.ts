/** The built server over HTTP as a child process. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import {
  compiledOnce,
  type Env,
  type Person,
  type Process,
  type Question,
  questionOf,
  run,
} from './harness.ts';

const address = z.strictObject({ url: z.url() });

export interface HttpProcess extends Process {
  /** Where MCP is served. */
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

/** A client of the SDK, until the test is over; without a person it shows no forms. */
export async function connectOverHttp(url: string, options: { person?: Person; token?: string } = {}) {
  const { person, token } = options;
  const capabilities = person ? { elicitation: { form: {} } } : {};
  const client = new Client(
    { name: 'test', version: '1.0.0' },
    { capabilities, jsonSchemaValidator: compiledOnce },
  );
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
  onTestFinished(() => client.close());
  // The SDK's own transport does not fit its own type where optional properties are exact.
  await client.connect(transport as Parameters<Client['connect']>[0]);
  await client.listTools();
  return { client, transport, questions };
}

/** What stands around a request's arguments, as clients write it: what means "none", and what is wrong, in words. */
import { PassThrough } from 'node:stream';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import * as schemas from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Conversation } from '../../src/mcp/early-handshake.ts';
import { connect } from '../../src/mcp/sdk-workarounds.ts';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { deferred } from '../e2e/harness.ts';
import { INITIALIZE, openHttp, session } from './http-support.ts';
import { line } from './stdio-support.ts';

const CAPABILITIES = { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {} };

const ECHOED = [
  schemas.ListToolsRequestSchema,
  schemas.ListResourcesRequestSchema,
  schemas.ListResourceTemplatesRequestSchema,
  schemas.ReadResourceRequestSchema,
  schemas.SubscribeRequestSchema,
  schemas.UnsubscribeRequestSchema,
  schemas.ListPromptsRequestSchema,
  schemas.GetPromptRequestSchema,
  schemas.CompleteRequestSchema,
];

/** Answers every request with the params that it came with. */
async function serveEcho(transport: Conversation): Promise<void> {
  const server = new Server({ name: 'test', version: '1' }, { capabilities: CAPABILITIES });
  for (const schema of ECHOED) {
    server.setRequestHandler(schema, ({ params }) => ({ params: params ?? null }));
  }
  server.setRequestHandler(schemas.CallToolRequestSchema, ({ params }) => ({ content: [], params }));
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  await connect(server, transport);
  await closed;
}

/** Sends one message and gives its answer. */
type Ask = (body: object) => Promise<unknown>;

const TRANSPORTS: Readonly<Record<string, () => Promise<Ask>>> = {
  stdio: async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const transport = createStdioTransport(input, output);
    onTestFinished(() => transport.close());
    void serveEcho(transport);
    return async (body) => {
      const answer = deferred<unknown>();
      output.once('data', (chunk) => answer.resolve(JSON.parse(String(chunk))));
      input.write(line(body));
      return answer.promise;
    };
  },
  HTTP: async () => {
    const { open, post } = await openHttp({ serve: serveEcho });
    const id = session(await open());
    return async (body) => {
      const isInitialize = 'method' in body && body.method === 'initialize';
      const answer = await post(body, isInitialize ? {} : id);
      return JSON.parse(answer.body);
    };
  },
};

const LISTS = ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'];
const ref = { type: 'ref/prompt', name: 'p' };
const argument = { name: 'a', value: 'v' };

/** A method, params as a client sends them, and as the server hears them. */
const NONE: readonly [method: string, params: unknown, heard: unknown][] = [
  ...LISTS.flatMap((method): [string, unknown, unknown][] => [
    [method, null, null],
    [method, [], null],
    [method, { cursor: null }, {}],
    [method, { _meta: null }, {}],
    [method, { _meta: { progressToken: null } }, { _meta: {} }],
  ]),
  ...[null, [], '{}', ' { } '].flatMap((none): [string, unknown, unknown][] => [
    ['tools/call', { name: 't', arguments: none }, { name: 't', ...(isText(none) && { arguments: {} }) }],
    ['prompts/get', { name: 'p', arguments: none }, { name: 'p', ...(isText(none) && { arguments: {} }) }],
  ]),
  [
    'tools/call',
    { name: 't', arguments: '{"phoneNumber":"+12025550134"}' },
    { name: 't', arguments: { phoneNumber: '+12025550134' } },
  ],
  ['tools/call', { name: 't', task: null, arguments: { a: null } }, { name: 't', arguments: { a: null } }],
  [
    'tools/call',
    { name: 't', _meta: { progressToken: 0, a: null } },
    { name: 't', _meta: { progressToken: 0 } },
  ],
  ['resources/read', { uri: 'u', _meta: null }, { uri: 'u' }],
  ['completion/complete', { ref, argument, context: null }, { ref, argument }],
];

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

const WRONG: readonly [method: string, params: unknown, problem: string][] = [
  ...[5, 'x', true, [1], '{}'].map((params): [string, unknown, string] => [
    'tools/list',
    params,
    'params must be an object',
  ]),
  ...LISTS.map((method): [string, unknown, string] => [method, { cursor: 5 }, 'cursor must be a text']),
  ...[5, 'x', true, [1], '[]', '"{}"'].map((args): [string, unknown, string] => [
    'tools/call',
    { name: 't', arguments: args },
    'arguments must be an object',
  ]),
  ['tools/call', null, 'name must be the name of a tool'],
  ['tools/call', { name: null }, 'name must be the name of a tool'],
  ['tools/call', { name: 't', task: 5 }, 'task must be an object'],
  ['tools/call', { name: 't', task: { ttl: 'x' } }, 'task.ttl must be a number'],
  ['tools/call', { name: 't', arguments: '{"__proto__":{}}' }, 'unknown: __proto__'],
  ...['tools/list', 'ping', 'nonsense'].flatMap((method): [string, unknown, string][] => [
    ...[5, 'x', []].map((meta): [string, unknown, string] => [
      method,
      { _meta: meta },
      '_meta must be an object',
    ]),
    ...[{}, 1.5, true].map((progressToken): [string, unknown, string] => [
      method,
      { _meta: { progressToken } },
      '_meta.progressToken must be a text or a whole number',
    ]),
  ]),
  ['resources/read', {}, 'uri must be a text'],
  ['resources/subscribe', { uri: 5 }, 'uri must be a text'],
  ['resources/unsubscribe', [], 'uri must be a text'],
  ['prompts/get', {}, 'name must be a text'],
  ['prompts/get', { name: 'p', arguments: [1] }, 'arguments must be an object'],
  ['prompts/get', { name: 'p', arguments: { a: 5 } }, 'arguments.a must be a text'],
  ['completion/complete', {}, 'ref must be an object'],
  [
    'completion/complete',
    { ref: { type: 'ref/tool' }, argument },
    'ref.type must be ref/prompt or ref/resource',
  ],
  ['completion/complete', { ref: { type: 'ref/resource' }, argument }, 'ref.uri must be a text'],
  ['completion/complete', { ref, argument: { name: 'a' } }, 'argument.value must be a text'],
  [
    'completion/complete',
    { ref, argument, context: { arguments: { a: 1 } } },
    'context.arguments.a must be a text',
  ],
  ['initialize', {}, 'protocolVersion must be a text'],
  ['initialize', { ...paramsOf(INITIALIZE), capabilities: null }, 'capabilities must be an object'],
  [
    'initialize',
    { ...paramsOf(INITIALIZE), capabilities: { roots: true } },
    'capabilities.roots must be an object',
  ],
  [
    'initialize',
    { ...paramsOf(INITIALIZE), capabilities: { elicitation: { form: 5 } } },
    'capabilities.elicitation.form must be an object',
  ],
  ['initialize', { ...paramsOf(INITIALIZE), clientInfo: { name: 'x' } }, 'clientInfo.version must be a text'],
];

function paramsOf(message: object): object {
  return 'params' in message ? Object(message.params) : {};
}

const shown = ([method, params, ...rest]: readonly [string, unknown, unknown]) =>
  [`${method} ${JSON.stringify(params)}`, method, params, ...rest] as const;

describe.each(Object.entries(TRANSPORTS))('over %s', (_, open) => {
  test.each(NONE.map(shown))('%s means none', async (_, method, params, heard) => {
    const ask = await open();
    const answer = await ask({ jsonrpc: '2.0', id: 0, method, params });
    expect(answer).toMatchObject({ id: 0, result: { params: heard } });
    expect(answer).toHaveProperty('result.params', heard);
  });

  test.each([null, []])('ping with params %j is answered', async (params) => {
    const ask = await open();
    expect(await ask({ jsonrpc: '2.0', id: '', method: 'ping', params })).toMatchObject({
      id: '',
      result: {},
    });
  });

  test.each(WRONG.map(shown))('%s is refused in words', async (_, method, params, problem) => {
    const ask = await open();
    expect(await ask({ jsonrpc: '2.0', id: 0, method, params })).toEqual({
      jsonrpc: '2.0',
      id: 0,
      error: { code: -32602, message: `Invalid params: ${problem}` },
    });
  });
});

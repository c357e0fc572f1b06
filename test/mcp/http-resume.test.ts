/** The SDK's clients, as they come, on a network that fails: they resume by themselves. */
import {
  Client as NextClient,
  StreamableHTTPClientTransport as NextTransport,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Deferred, deferred, eventually } from '../e2e/harness.ts';
import { type Network, openProxy } from '../support/network.ts';
import { openHttp, serveAsking } from './http-support.ts';

const CAPABILITIES = { capabilities: { elicitation: { form: {} } } };
const INFO = { name: 'test', version: '1.0.0' };
const QUICKLY = {
  reconnectionOptions: {
    initialReconnectionDelay: 20,
    maxReconnectionDelay: 20,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 100,
  },
};

/** Calls the tool that asks. `onId` is told of each event ID that arrives. */
type Call = (onId: () => void) => Promise<unknown>;

type Person = () => Promise<string>;

/** The clients of both generations. */
const CLIENTS: Readonly<Record<string, (url: URL, person: Person) => Promise<Call>>> = {
  'of the first generation': async (url, person) => {
    const client = new Client(INFO, CAPABILITIES);
    client.setRequestHandler(ElicitRequestSchema, async () => ({
      action: 'accept',
      content: { word: await person() },
    }));
    onTestFinished(() => client.close());
    const transport = new StreamableHTTPClientTransport(url, QUICKLY);
    // The SDK's own transport does not fit its own type where optional properties are exact.
    await client.connect(transport as Parameters<Client['connect']>[0]);
    return (onId) => client.callTool({ name: 'ask' }, undefined, { onresumptiontoken: onId });
  },
  'of the next generation': async (url, person) => {
    const client = new NextClient(INFO, CAPABILITIES);
    client.setRequestHandler('elicitation/create', async () => ({
      action: 'accept',
      content: { word: await person() },
    }));
    onTestFinished(() => client.close());
    await client.connect(new NextTransport(url, QUICKLY));
    return (onId) => client.callTool({ name: 'ask' }, { onresumptiontoken: onId });
  },
};

interface Held {
  readonly proxy: Network;
  /** Stops the tool before its form and after its answer. */
  readonly beforeForm: Deferred<void>;
  readonly afterAnswer: Deferred<void>;
  /** The person at the form. */
  readonly answer: Deferred<string>;
  /** Resolve when the client has an ID to come back with, shows the form, and the server has the answer. */
  readonly primed: Promise<void>;
  readonly shown: Promise<void>;
  readonly answered: Promise<void>;
}

/** Where the network is cut in a call that asks. */
const CUTS: Readonly<Record<string, (held: Held) => Promise<void>>> = {
  'before the form': async ({ proxy, beforeForm, answer, afterAnswer, primed }) => {
    await primed;
    proxy.cut();
    beforeForm.resolve();
    proxy.mend();
    answer.resolve('yes');
    afterAnswer.resolve();
  },
  'while the form is open': async ({ proxy, beforeForm, answer, afterAnswer, shown }) => {
    beforeForm.resolve();
    await shown;
    const before = proxy.connections();
    proxy.cut();
    proxy.mend();
    // It must have noticed: what it sends on a dead connection is lost.
    await eventually(() => proxy.connections()).toBeGreaterThan(before);
    answer.resolve('yes');
    afterAnswer.resolve();
  },
  'after the answer': async ({ proxy, beforeForm, answer, afterAnswer, answered }) => {
    beforeForm.resolve();
    answer.resolve('yes');
    await answered;
    proxy.cut();
    proxy.mend();
    afterAnswer.resolve();
  },
  'before the result, which comes while the network is away': async (held) => {
    const { proxy, beforeForm, answer, afterAnswer, answered } = held;
    beforeForm.resolve();
    answer.resolve('yes');
    await answered;
    proxy.cut();
    afterAnswer.resolve();
    await new Promise(setImmediate);
    proxy.mend();
  },
};

describe.each(Object.entries(CLIENTS))('a client %s', (_, connectClient) => {
  test.each(Object.entries(CUTS))('whose network is cut %s gets its result', async (_, cut) => {
    const [beforeForm, afterAnswer, answer] = [deferred<void>(), deferred<void>(), deferred<string>()];
    const [primed, shown, answered] = [deferred<void>(), deferred<void>(), deferred<void>()];
    const cancelled: unknown[] = [];
    const { endpoint } = await openHttp({
      soonMs: 1,
      serve: serveAsking({
        beforeForm: () => beforeForm.promise,
        afterAnswer: () => {
          answered.resolve();
          return afterAnswer.promise;
        },
        onCancelled: (id) => cancelled.push(id),
      }),
    });
    const proxy = await openProxy(endpoint.port);
    const call = await connectClient(new URL(`${proxy.origin}/mcp`), () => {
      shown.resolve();
      return answer.promise;
    });
    const before = proxy.connections();
    const result = call(() => primed.resolve());
    await cut({
      proxy,
      beforeForm,
      afterAnswer,
      answer,
      primed: primed.promise,
      shown: shown.promise,
      answered: answered.promise,
    });
    expect(await result).toMatchObject({ content: [{ text: 'the word is yes' }] });
    expect(proxy.connections()).toBeGreaterThan(before + 1);
    expect(cancelled).toEqual([]);
  });
});

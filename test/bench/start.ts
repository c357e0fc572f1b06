/** From the start of the process to its answers, beside a Node process that knows the answers by heart. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initialize, openClient } from './client.ts';
import type { Row } from './figures.ts';
import type { LineProcess } from './processes.ts';
import type { Stage } from './stage.ts';

const WARM_UP = 3;

interface Start {
  /** Milliseconds until the answers to initialize and to tools/list. */
  readonly initializedMs: number;
  readonly listedMs: number;
  readonly peakMiB: number;
  /** The answers themselves. */
  readonly answers: readonly object[];
}

export async function measureStart(stage: Stage, rounds: number): Promise<Row[]> {
  const { address } = await stage.api({ active: 12, delayMs: 0 });
  const cannedFile = join(stage.folder, 'canned.jsonl');
  const server = () => startOnce(() => stage.server(address));
  const echo = () => startOnce(() => stage.script('echo', cannedFile));

  const { answers } = await server();
  const lines = answers.map((result, index) => JSON.stringify({ jsonrpc: '2.0', id: index + 1, result }));
  writeFileSync(cannedFile, `${lines.join('\n')}\n`);

  const pairs: { readonly server: Start; readonly limit: Start }[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    const pair = { server: await server(), limit: await echo() };
    if (round >= 0) pairs.push(pair);
  }
  const row = (name: string, unit: string, figure: (start: Start) => number): Row => ({
    name,
    unit,
    limitName: 'bare Node, canned answers',
    better: 'less',
    measured: pairs.map((pair) => figure(pair.server)),
    limit: pairs.map((pair) => figure(pair.limit)),
  });
  return [
    row('start until initialize is answered', 'ms', ({ initializedMs }) => initializedMs),
    row('start until tools/list is answered', 'ms', ({ listedMs }) => listedMs),
    row('peak memory after the start', 'MiB', ({ peakMiB }) => peakMiB),
  ];
}

async function startOnce(start: () => LineProcess): Promise<Start> {
  const startedAt = performance.now();
  const process = start();
  const client = openClient(process);
  const initialized = await initialize(client);
  const initializedMs = performance.now() - startedAt;
  client.notify('notifications/initialized');
  const tools = await client.request('tools/list');
  const listedMs = performance.now() - startedAt;
  const peakMiB = await process.peakMemory();
  await process.end();
  return { initializedMs, listedMs, peakMiB, answers: [initialized, tools] };
}

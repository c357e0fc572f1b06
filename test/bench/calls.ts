/** One read, over and over: through the server, through a bare relay, and straight to the API. */
import { type Block, IN_FLIGHT, measureBlock } from './block.ts';
import { connect, openClient } from './client.ts';
import { activeNumbersPath, firstNumber, openDirect } from './direct.ts';
import type { Row } from './figures.ts';
import { measureLists } from './lists.ts';
import type { Stage } from './stage.ts';

const WARM_UP = 2;

const ONE_BY_ONE = 'one after the other';
const IN_PARALLEL = `${IN_FLIGHT} in flight`;

export async function measureCalls(stage: Stage, rounds: number): Promise<Row[]> {
  const api = await stage.api({ active: 12, delayMs: 0 });
  const direct = await openDirect(api.address);
  // From the same seed come the same numbers, at the same paths.
  const simulator = await openDirect(await stage.simulator());
  const phoneNumber = await firstNumber(direct, api.address);
  const target = `${activeNumbersPath(api.address)}/${encodeURIComponent(phoneNumber)}`;
  const server = stage.server(api.address);
  const relay = stage.script('relay', JSON.stringify(api.address), target);
  const client = await connect(server);
  const relayClient = openClient(relay);

  const subjects = {
    server: () => client.callTool('get_active_number', { phoneNumber }),
    relay: () => relayClient.callTool('get_active_number', { phoneNumber }),
    direct: () => direct.get(target),
    simulator: () => simulator.get(target),
  };
  type Subject = keyof typeof subjects;

  const warmUp: Record<Subject, Block>[] = [];
  const blocks: Record<Subject, Block>[] = [];
  await api.counts();
  for (let round = -WARM_UP; round < rounds; round++) {
    const measured = {
      server: await measureBlock(subjects.server, api),
      relay: await measureBlock(subjects.relay, api),
      direct: await measureBlock(subjects.direct, api),
      simulator: await measureBlock(subjects.simulator, api),
    };
    (round < 0 ? warmUp : blocks).push(measured);
  }
  const peaks = { server: await server.peakMemory(), relay: await relay.peakMemory() };
  const connections = [...warmUp, ...blocks].reduce((sum, block) => sum + block.server.connections, 0);
  // A round of these starts two processes.
  const lists = await measureLists(stage, api, Math.ceil(rounds / 4));
  stage.close();

  const figures = (subject: Subject, figure: keyof Block) => blocks.map((block) => block[subject][figure]);
  const against = (limit: 'relay' | 'direct', limitName: string): Row[] => {
    const row = (name: string, unit: string, better: Row['better'], figure: keyof Block): Row => ({
      name,
      unit,
      limitName,
      better,
      measured: figures('server', figure),
      limit: figures(limit, figure),
    });
    return [
      row(`a call, ${ONE_BY_ONE}, p50`, 'ms', 'less', 'p50'),
      row(`a call, ${ONE_BY_ONE}, p99`, 'ms', 'less', 'p99'),
      row(`calls, ${IN_PARALLEL}`, '1/s', 'more', 'perSecond'),
    ];
  };
  return [
    ...against('relay', 'bare Node, one undici request a call'),
    ...against('direct', 'undici alone'),
    {
      name: 'peak memory over the calls',
      unit: 'MiB',
      limitName: 'bare Node, one undici request a call',
      better: 'less',
      measured: [peaks.server],
      limit: [peaks.relay],
    },
    {
      name: 'API requests a call',
      unit: '',
      limitName: 'one',
      better: 'less',
      measured: figures('server', 'requestsPerCall'),
      limit: blocks.map(() => 1),
    },
    {
      name: 'connections opened over all calls',
      unit: '',
      limitName: 'as many as calls in flight',
      better: 'less',
      measured: [connections],
      limit: [IN_FLIGHT],
    },
    {
      name: 'the simulator, asked by undici, p50',
      unit: 'ms',
      limitName: 'the API that stands behind the calls above',
      better: 'less',
      measured: figures('simulator', 'p50'),
      limit: figures('direct', 'p50'),
    },
    ...lists,
  ];
}

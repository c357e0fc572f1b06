/** Calls that answer with ten rows, as many in flight as an agent may have: from a cold process on, and warm. */
import { IN_FLIGHT, type Load, measureLoad } from './block.ts';
import { type Client, connect, openClient } from './client.ts';
import { type ApiAddress, activeNumbersPath } from './direct.ts';
import type { Row } from './figures.ts';
import type { Api, Stage } from './stage.ts';

/** What a process has before it is warm. */
const COLD_CALLS = 1_000;
const WARMING_CALLS = 4_000;
const WARM_CALLS = 2_000;

interface Kind {
  readonly name: string;
  readonly tool: string;
  readonly args: object;
  /** The request of the API that it comes down to. */
  readonly target: (address: ApiAddress) => string;
}

const KINDS: readonly Kind[] = [
  {
    name: 'a list of ten rented numbers',
    tool: 'list_active_numbers',
    args: { pageSize: 10 },
    target: (address) => `${activeNumbersPath(address)}?pageSize=10`,
  },
  {
    name: 'a search of ten',
    tool: 'search_available_numbers',
    args: { regionCode: 'US', type: 'LOCAL', size: 10 },
    target: ({ projectId }) => `/v1/projects/${projectId}/availableNumbers?regionCode=US&type=LOCAL&size=10`,
  },
];

/** What one process was measured at, in order. */
interface Loads {
  /** The first call waits for what is not loaded yet; in milliseconds. */
  readonly first: number;
  readonly cold: Load;
  readonly warm: Load;
}

/** @param api answers without delay */
export async function measureLists(stage: Stage, api: Api, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of KINDS) {
    const blocks: { readonly server: Loads; readonly relay: Loads }[] = [];
    for (let round = 0; round < rounds; round++) blocks.push(await measureRound(stage, api, kind));
    const row = (
      what: string,
      unit: string,
      better: Row['better'],
      figure: (loads: Loads) => number,
    ): Row => ({
      name: `${kind.name}, ${what}`,
      unit,
      limitName: 'bare Node, one undici request a call',
      better,
      measured: blocks.map(({ server }) => figure(server)),
      limit: blocks.map(({ relay }) => figure(relay)),
    });
    rows.push(row('first call', 'ms', 'less', ({ first }) => first));
    for (const [phase, name] of [
      ['cold', `next ${COLD_CALLS}`],
      ['warm', 'warm'],
    ] as const) {
      const where = `${name}, ${IN_FLIGHT} in flight`;
      rows.push(row(`${where}, calls`, '1/s', 'more', (loads) => loads[phase].perSecond));
      rows.push(row(`${where}, p50`, 'ms', 'less', (loads) => loads[phase].p50));
    }
  }
  return rows;
}

/** Both processes are new, and take turns. */
async function measureRound(stage: Stage, api: Api, { tool, args, target }: Kind) {
  const server = stage.server(api.address);
  const relay = stage.script('relay', JSON.stringify(api.address), target(api.address));
  const callOf = (client: Client) => () => client.callTool(tool, args);
  const calls = [callOf(await connect(server)), callOf(openClient(relay))] as const;
  const inTurn = async <T>(measure: (call: () => Promise<unknown>) => Promise<T>) => ({
    server: await measure(calls[0]),
    relay: await measure(calls[1]),
  });
  const first = await inTurn(async (call) => (await measureLoad(call, 1)).p50);
  const cold = await inTurn((call) => measureLoad(call, COLD_CALLS));
  await inTurn((call) => measureLoad(call, WARMING_CALLS));
  const warm = await inTurn((call) => measureLoad(call, WARM_CALLS));
  await Promise.all([server.end(), relay.end()]);
  return {
    server: { first: first.server, cold: cold.server, warm: warm.server },
    relay: { first: first.relay, cold: cold.relay, warm: warm.relay },
  };
}

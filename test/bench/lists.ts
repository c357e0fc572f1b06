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

/** One process's loads, in the order in which they came. */
interface Loads {
  readonly cold: Load;
  readonly warm: Load;
}

/** @param api answers without delay */
export async function measureLists(stage: Stage, api: Api, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of KINDS) {
    const blocks: { readonly server: Loads; readonly relay: Loads }[] = [];
    for (let round = 0; round < rounds; round++) blocks.push(await measureRound(stage, api, kind));
    for (const phase of ['cold', 'warm'] as const) {
      const row = (what: string, unit: string, better: Row['better'], figure: keyof Load): Row => ({
        name: `${kind.name}, ${IN_FLIGHT} in flight, ${phase === 'cold' ? `first ${COLD_CALLS}` : 'warm'}, ${what}`,
        unit,
        limitName: 'bare Node, one undici request a call',
        better,
        measured: blocks.map(({ server }) => server[phase][figure]),
        limit: blocks.map(({ relay }) => relay[phase][figure]),
      });
      rows.push(row('calls', '1/s', 'more', 'perSecond'), row('p50', 'ms', 'less', 'p50'));
    }
  }
  return rows;
}

/** Both processes are new, and take turns. */
async function measureRound(stage: Stage, api: Api, { tool, args, target }: Kind) {
  const server = stage.server(api.address);
  const relay = stage.script('relay', JSON.stringify(api.address), target(api.address));
  const call = (client: Client) => () => client.callTool(tool, args);
  const subjects = { server: call(await connect(server)), relay: call(openClient(relay)) };
  const cold = {
    server: await measureLoad(subjects.server, COLD_CALLS),
    relay: await measureLoad(subjects.relay, COLD_CALLS),
  };
  await measureLoad(subjects.server, WARMING_CALLS);
  await measureLoad(subjects.relay, WARMING_CALLS);
  const warm = {
    server: await measureLoad(subjects.server, WARM_CALLS),
    relay: await measureLoad(subjects.relay, WARM_CALLS),
  };
  await Promise.all([server.end(), relay.end()]);
  return {
    server: { cold: cold.server, warm: warm.server },
    relay: { cold: cold.relay, warm: warm.relay },
  };
}

/** Calls that answer with ten rows, as many in flight as an agent may have: from a cold process on, and warm. */
import { IN_FLIGHT, type Load, measureLoad } from './block.ts';
import { connect, openClient } from './client.ts';
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

type Subject = 'server' | 'relay' | 'reader';

const LIMITS = {
  relay: 'bare Node, one undici request a call',
  reader: 'the same, read and written again',
};

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
    const blocks: Record<Subject, Loads>[] = [];
    for (let round = 0; round < rounds; round++) blocks.push(await measureRound(stage, api, kind));
    const row = (
      what: string,
      unit: string,
      better: Row['better'],
      figure: (loads: Loads) => number,
      limit: 'relay' | 'reader' = 'relay',
    ): Row => ({
      name: `${kind.name}, ${what}`,
      unit,
      limitName: LIMITS[limit],
      better,
      measured: blocks.map(({ server }) => figure(server)),
      limit: blocks.map((block) => figure(block[limit])),
    });
    rows.push(row('first call', 'ms', 'less', ({ first }) => first));
    for (const [phase, name] of [
      ['cold', `next ${COLD_CALLS}`],
      ['warm', 'warm'],
    ] as const) {
      const where = `${name}, ${IN_FLIGHT} in flight`;
      rows.push(row(`${where}, calls`, '1/s', 'more', (loads) => loads[phase].perSecond));
      rows.push(row(`${where}, calls`, '1/s', 'more', (loads) => loads[phase].perSecond, 'reader'));
      rows.push(row(`${where}, p50`, 'ms', 'less', (loads) => loads[phase].p50));
    }
  }
  return rows;
}

/** The processes are new, and take turns. */
async function measureRound(
  stage: Stage,
  api: Api,
  { tool, args, target }: Kind,
): Promise<Record<Subject, Loads>> {
  const script = (name: 'relay' | 'reader') =>
    stage.script(name, JSON.stringify(api.address), target(api.address));
  const processes = { server: stage.server(api.address), relay: script('relay'), reader: script('reader') };
  const clients = {
    server: await connect(processes.server),
    relay: openClient(processes.relay),
    reader: openClient(processes.reader),
  };
  const inTurn = async <T>(
    measure: (call: () => Promise<unknown>) => Promise<T>,
  ): Promise<Record<Subject, T>> => {
    const of = (subject: Subject) => measure(() => clients[subject].callTool(tool, args));
    return { server: await of('server'), relay: await of('relay'), reader: await of('reader') };
  };
  const first = await inTurn(async (call) => (await measureLoad(call, 1)).p50);
  const cold = await inTurn((call) => measureLoad(call, COLD_CALLS));
  await inTurn((call) => measureLoad(call, WARMING_CALLS));
  const warm = await inTurn((call) => measureLoad(call, WARM_CALLS));
  await Promise.all(Object.values(processes).map((process) => process.end()));
  const loads = (subject: Subject) => ({ first: first[subject], cold: cold[subject], warm: warm[subject] });
  return { server: loads('server'), relay: loads('relay'), reader: loads('reader') };
}

/** A whole inventory read and judged, with an API that is far away, beside a plain walk of its pages. */
import { z } from 'zod';
import { connect } from './client.ts';
import { activeNumbersPath, type DirectClient, openDirect } from './direct.ts';
import type { Row } from './figures.ts';
import type { Api, Stage } from './stage.ts';

/** How many numbers are read: many, and twice as many in the same memory. */
const SMALL = 50_000;
const LARGE = 100_000;
/** How far away the API is, in milliseconds. */
const DELAY_MS = 40;
const PAGE_SIZE = 1_000;

interface Reading {
  readonly seconds: number;
  readonly requests: number;
}

interface AuditReading extends Reading {
  readonly peakMiB: number;
}

interface Page {
  readonly activeNumbers: readonly unknown[];
  readonly nextPageToken: string;
}

interface Round {
  readonly audit: AuditReading;
  readonly walk: Reading;
}

const auditResult = z.object({
  structuredContent: z.object({ scanned: z.int(), complete: z.literal(true) }),
});

export async function measureAudit(stage: Stage, rounds: number): Promise<Row[]> {
  const small = await openInventory(stage, SMALL);
  const large = await openInventory(stage, LARGE);
  const smallRounds: Round[] = [];
  const largeRounds: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    smallRounds.push(await small());
    largeRounds.push(await large());
  }
  stage.close();

  const againstWalk = (size: number, from: readonly Round[]): Row[] => {
    const name = `audit of ${count(size)} numbers, API ${DELAY_MS} ms away`;
    const row = (unit: string, figure: keyof Reading): Row => ({
      name,
      unit,
      limitName: 'the same pages in turn, undici',
      better: 'less',
      measured: from.map((round) => round.audit[figure]),
      limit: from.map((round) => round.walk[figure]),
    });
    return [row('s', 'seconds'), row('requests', 'requests')];
  };
  return [
    ...againstWalk(SMALL, smallRounds),
    ...againstWalk(LARGE, largeRounds),
    {
      name: `peak memory, audit of ${count(LARGE)} numbers`,
      unit: 'MiB',
      limitName: `audit of ${count(SMALL)}`,
      better: 'less',
      measured: largeRounds.map((round) => round.audit.peakMiB),
      limit: smallRounds.map((round) => round.audit.peakMiB),
    },
  ];
}

/** An API of this size that remembers all its pages. @returns what measures one round */
async function openInventory(stage: Stage, size: number): Promise<() => Promise<Round>> {
  const api = await stage.api({ active: size, delayMs: DELAY_MS });
  const direct = await openDirect(api.address);
  const measureRound = async () => ({
    audit: await audit(stage, api, size),
    walk: await walk(direct, api, size),
  });
  await measureRound();
  return measureRound;
}

/** One audit by a server that has just been started, and has signed in as the walk has. */
async function audit(stage: Stage, api: Api, size: number): Promise<AuditReading> {
  const server = stage.server(api.address);
  const client = await connect(server);
  await client.callTool('list_active_numbers', { pageSize: 1 });
  const reading = await measure(api, size, async () => {
    const result = await client.callTool('audit_provisioning', {}, { progressToken: 'audit' });
    return auditResult.parse(result).structuredContent.scanned;
  });
  const peakMiB = await server.peakMemory();
  await server.end();
  return { ...reading, peakMiB };
}

/** Page by page, each counted and forgotten. */
function walk(direct: DirectClient, api: Api, size: number): Promise<Reading> {
  return measure(api, size, async () => {
    let read = 0;
    let pageToken = '';
    do {
      const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), ...(pageToken && { pageToken }) });
      const page: Page = JSON.parse(await direct.get(`${activeNumbersPath(api.address)}?${query}`));
      read += page.activeNumbers.length;
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return read;
  });
}

/** @param read gives how many numbers it has read */
async function measure(api: Api, size: number, read: () => Promise<number>): Promise<Reading> {
  await api.counts();
  const startedAt = performance.now();
  const numbers = await read();
  const seconds = (performance.now() - startedAt) / 1000;
  if (numbers !== size) throw new Error(`${numbers} of ${size} numbers were read`);
  const { requests } = await api.counts();
  return { seconds, requests };
}

const count = (numbers: number) => numbers.toLocaleString('en');

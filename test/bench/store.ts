/** A journal of many years beside an empty one. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewIntent } from '../../src/storage/store.ts';
import { quantile, type Row } from './figures.ts';
import type { Stage } from './stage.ts';

export const PROJECT = 'project-a';
export const ENTRIES = 200_000;
const PER_SEGMENT = 1_000;
const ENTRY_EVERY_MS = 10 * 60_000;
const QUESTIONS = 20;

export function intentOf(n: number): NewIntent {
  const phoneNumber = `+1202${String(5_550_000 + n).padStart(7, '0')}`;
  return {
    projectId: PROJECT,
    caller: randomUUID(),
    client: 'bench',
    tool: 'rent_number',
    operationId: 'NumberService_RentNumber',
    arguments: { phoneNumber },
    terms: { monthlyPrice: { amount: '0.80', currencyCode: 'EUR' } },
    confirmedBy: 'page',
    approval: randomUUID(),
    phoneNumber,
    rents: 1,
  };
}

interface Figures {
  readonly openMs: number;
  readonly questionMs: number;
  readonly historyMs: number;
  readonly peakMiB: number;
}

export async function measureStore(stage: Stage, rounds: number): Promise<Row[]> {
  const [full, empty] = [join(stage.folder, 'full'), join(stage.folder, 'empty')];
  writeJournal(full);
  const pairs: { readonly full: Figures; readonly empty: Figures }[] = [];
  for (let round = -1; round < rounds; round++) {
    const pair = { full: await measureOnce(stage, full), empty: await measureOnce(stage, empty) };
    if (round >= 0) pairs.push(pair);
  }
  const row = (name: string, unit: string, figure: keyof Figures): Row => ({
    name: `${name}, ${ENTRIES} entries`,
    unit,
    limitName: 'an empty journal',
    better: 'less',
    measured: pairs.map((pair) => pair.full[figure]),
    limit: pairs.map((pair) => pair.empty[figure]),
  });
  return [
    row('opening the journal', 'ms', 'openMs'),
    row('begin, countRents, recent, end', 'ms', 'questionMs'),
    row('history of 50', 'ms', 'historyMs'),
    row('peak memory of a store', 'MiB', 'peakMiB'),
  ];
}

async function measureOnce(stage: Stage, folder: string): Promise<Figures> {
  const store = stage.script('store-process', folder);
  const openMs = Number(await store.nextLine());
  const ask = async (task: string) => {
    store.send(task);
    return Number(await store.nextLine());
  };
  const questions: number[] = [];
  for (let n = 0; n < QUESTIONS; n++) questions.push(await ask('question'));
  const historyMs = await ask('history');
  const peakMiB = await store.peakMemory();
  await store.end();
  return { openMs, questionMs: quantile(questions, 0.5), historyMs, peakMiB };
}

/** Segments as the store leaves them, the newest entry some hours old. */
export function writeJournal(folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  const newest = Date.now() - 48 * 60 * 60_000;
  for (let segment = 0; segment * PER_SEGMENT < ENTRIES; segment++) {
    const began = newest - (ENTRIES - segment * PER_SEGMENT) * ENTRY_EVERY_MS;
    const lines = Array.from({ length: PER_SEGMENT }, (_, n) =>
      entryLines(segment * PER_SEGMENT + n, began + n * ENTRY_EVERY_MS),
    ).flat();
    const isLast = (segment + 1) * PER_SEGMENT >= ENTRIES;
    const marks = [
      { step: 'segment', at: began },
      ...lines,
      ...(isLast ? [] : [{ step: 'sealed', at: began }]),
    ];
    const name = segment === 0 ? 'journal.jsonl' : `journal.${String(segment).padStart(6, '0')}.jsonl`;
    const text = marks.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
}

function entryLines(n: number, ms: number): object[] {
  const [id, at, server] = [randomUUID(), new Date(ms).toISOString(), randomUUID()];
  const intent = { ...intentOf(n), server, leaseUntil: at };
  const { phoneNumber } = intent;
  return [
    { step: 'intent', id, at, line: randomUUID(), ...intent },
    { step: 'outcome', id, at, line: randomUUID(), server, outcome: 'completed', phoneNumber },
  ];
}

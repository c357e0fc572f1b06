/** What the long tests share: a simulator that is told what to do with each request, figures. */
import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import type { Fault } from '../../src/simulator/faults.ts';
import type { ActiveRecord } from '../../src/simulator/model.ts';
import type { Project } from '../../src/simulator/project.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { either, isLong } from '../support/length.ts';

/** What chance is drawn from. A long run draws anew each time, and tells what from. */
export const SEED = isLong ? Date.now() : 20_260_115;

/** Long enough for any run, in milliseconds. */
export const TIMEOUT_MS = either(30 * 60_000, 60_000);

/** Prints the figures of a long run. */
export function tell(what: string, figures: Readonly<Record<string, unknown>>): void {
  const told = Object.entries({ ...figures, seed: SEED }).map(([name, value]) => `${name} ${String(value)}`);
  if (isLong) process.stdout.write(`${what}: ${told.join(', ')}\n`);
}

/** How often each value comes. */
export function countEach(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Something that goes wrong with one request. */
export type Mishap = Pick<Fault, 'delayMs' | 'answer' | 'drop'>;

export interface PlannedSimulator extends Simulator {
  /** Every request that arrived, e.g. `POST /availableNumbers/+12025550134:rent`. */
  readonly requests: readonly string[];
}

/**
 * A simulator that is told request by request what goes wrong, until the test is over.
 * @param plan is asked when a request arrives, before anything is done with it
 */
export async function simulatePlan(
  options: Omit<SimulatorOptions, 'onRequest'>,
  plan: (request: string, project: Project) => Mishap | undefined,
): Promise<PlannedSimulator> {
  const requests: string[] = [];
  const simulator = await startSimulator({
    ...options,
    onRequest: (method, path) => {
      const request = `${method} ${path.replace(/^\/v1\/projects\/[^/]+/, '').replaceAll('%2B', '+')}`;
      requests.push(request);
      // A request is matched with faults right after it is told here: what is armed now hits this one.
      simulator.faults.clear();
      const mishap = plan(request, simulator.project);
      if (mishap !== undefined) simulator.faults.add(mishap);
    },
  });
  onTestFinished(() => simulator.close());
  return { ...simulator, requests };
}

/** All rented numbers of a simulator. */
export function rentedNumbers(project: Project): ReadonlyMap<string, ActiveRecord> {
  const filter = { capabilities: [], pattern: '', searchPattern: '' };
  const { records } = project.list(filter, 'phoneNumber', 100_000, undefined);
  return new Map(records.map((record) => [record.phoneNumber, record]));
}

/** What a gated call came to. */
export const gatedAnswer = z.object({
  outcome: z.enum(['completed', 'not_executed', 'unknown', 'declined']),
  message: z.string().optional(),
  number: z.object({ phoneNumber: z.string() }).optional(),
});
export type Result = z.output<typeof gatedAnswer>['outcome'];

/** A gated call's answer where it asks for a token. */
export const openQuestion = z.object({
  outcome: z.literal('confirmation_required'),
  confirmation: z.object({ token: z.string() }),
});

/** A US LOCAL number on offer in the area with this code; there are 100. */
export function numberIn(area: number, index: number): string {
  return `+1${area}555${String(100 + index).padStart(4, '0')}`;
}

/** Runs a task for each item, so many at once, in order. */
export async function inLanes<T>(
  lanes: number,
  items: readonly T[],
  task: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async (lane: number) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item, lane);
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
}

/** What a file holds; nothing where there is none. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const PAGE_KB = 4;

/** Resident memory of a process in MB; undefined where the system does not tell. */
export function memoryOf(pid: number): number | undefined {
  const [, pages] = readText(`/proc/${pid}/statm`).split(' ');
  return pages === undefined ? undefined : Math.round((Number(pages) * PAGE_KB) / 1024);
}

/** How many files and sockets a process has open; undefined where the system does not tell. */
export function openFilesOf(pid: number): number | undefined {
  return process.platform === 'linux' ? readdirSync(`/proc/${pid}/fd`).length : undefined;
}

/**
 * Measures the built server beside what nobody can be quicker than, and prints how far it is from that.
 * Flags: --rounds N, --only start|calls|http|audit|store, --json FILE.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAudit } from './audit.ts';
import { measureCalls } from './calls.ts';
import type { Row } from './figures.ts';
import { measureHttp } from './http.ts';
import { reportOf, table } from './report.ts';
import { openStage, type Stage } from './stage.ts';
import { measureStart } from './start.ts';
import { measureStore } from './store.ts';

const DEFAULT_ROUNDS = '20';

/** An audit, and twenty questions to a journal, take seconds where the others take milliseconds. */
const LONG_SHARE = 1 / 5;

const PARTS: Readonly<Record<string, (stage: Stage, rounds: number) => Promise<Row[]>>> = {
  start: measureStart,
  calls: measureCalls,
  http: measureHttp,
  audit: (stage, rounds) => measureAudit(stage, Math.ceil(rounds * LONG_SHARE)),
  store: (stage, rounds) => measureStore(stage, Math.ceil(rounds * LONG_SHARE)),
};

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      rounds: { type: 'string', default: DEFAULT_ROUNDS },
      only: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const rounds = Number(flags.rounds);
  const names = flags.only === undefined ? Object.keys(PARTS) : [flags.only];
  const isKnown = names.every((name) => Object.hasOwn(PARTS, name));
  if (!Number.isInteger(rounds) || rounds < 1 || !isKnown) {
    throw new Error(`--rounds takes a whole number, --only one of ${Object.keys(PARTS).join(', ')}`);
  }

  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const stage = openStage(folder, dirname(process.argv[1] ?? ''));
  process.once('exit', () => {
    stage.close();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

  const rows: Row[] = [];
  for (const name of names) {
    process.stderr.write(`measuring: ${name}\n`);
    rows.push(...((await PARTS[name]?.(stage, rounds)) ?? []));
  }
  stage.close();
  const report = reportOf(rows);
  process.stdout.write(table(report));
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

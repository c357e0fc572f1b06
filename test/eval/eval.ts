/**
 * Scores the built server on everyday tasks and attacks. Flags: --only ID, --json FILE (`-` for stdout). Without
 * a model it plays the best path known; EVAL_MODEL_URL and the variables beside it name a model: see README.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluate, SCENARIOS } from './evaluate.ts';
import { modelDriver, modelSettings } from './models/driver.ts';
import { scripted } from './play.ts';
import { table } from './report.ts';

async function main(): Promise<void> {
  const { values: flags } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
  const scenarios = SCENARIOS.filter(({ id }) => flags.only === undefined || id === flags.only);
  if (scenarios.length === 0)
    throw new Error(`--only takes one of ${SCENARIOS.map(({ id }) => id).join(', ')}`);
  const model = modelSettings(process.env);
  const report = await evaluate({
    scenarios,
    ...(model === undefined
      ? { name: 'script', drive: scripted, sharesStages: true }
      : { name: model.model, drive: modelDriver(model) }),
    onScore: ({ id }) => process.stderr.write(`played: ${id}\n`),
  });
  const json = `${JSON.stringify(report, null, 2)}\n`;
  if (flags.json !== undefined && flags.json !== '-') writeFileSync(flags.json, json);
  process.stdout.write(flags.json === '-' ? json : table(report));
  if (report.scores.some(({ solved }) => !solved)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

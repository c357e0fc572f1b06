/** What tests of the checks share. */
import type { Check, Checked } from '../../src/commands/doctor/check.ts';
import { createChecks } from '../../src/commands/doctor/checks.ts';
import { type Environment, readConfig } from '../../src/config.ts';
import { simulate } from '../api/support.ts';
import { keyOf } from '../support/environment.ts';
import { temporaryFolder } from '../support/stage.ts';

/** All checks of this environment, those of a machine in order where it says nothing else. */
export async function checksOf(env: Environment, checked: Partial<Checked> = {}): Promise<Check[]> {
  const config = readConfig({
    SINCH_NUMBERS_OPEN_BROWSER: 'node',
    SINCH_NUMBERS_STATE_DIR: await temporaryFolder(),
    ...env,
  });
  const product = { name: 'sinch-numbers-mcp', version: '1.2.3' };
  const checks: Check[] = [];
  const all = { product, oldestNode: '20.18.1', config, problems: [], ...checked };
  for await (const check of createChecks(all)) checks.push(check);
  return checks;
}

export const KEY: Environment = {
  SINCH_PROJECT_ID: 'project',
  SINCH_KEY_ID: 'key-id',
  SINCH_KEY_SECRET: 'key-secret',
  SINCH_NUMBERS_AUTH: 'basic',
};

export function named(checks: readonly Check[], name: string): Check | undefined {
  return checks.find((check) => check.name === name);
}

/** The one check of this name, of an environment that reaches a simulator. */
export async function checkOf(name: string, env: Environment = {}): Promise<Check | undefined> {
  return named(await checksOf({ ...keyOf(await simulate({ active: 3 })), ...env }), name);
}

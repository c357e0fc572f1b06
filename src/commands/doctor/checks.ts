import { checkApi } from './api-checks.ts';
import type { Check, Checked } from './check.ts';
import { checkDatabase } from './database-check.ts';
import { checkIssuer } from './issuer-checks.ts';
import { checkCertificates, checkConfirmation, checkNode, checkProxy, checkState } from './machine-checks.ts';

/** The checks, one after the other; what cannot be checked without an earlier one is left out. */
export async function* createChecks(checked: Checked): AsyncGenerator<Check> {
  const { config, problems } = checked;
  yield checkNode(checked.oldestNode);
  if (config === undefined) {
    for (const problem of problems) yield { name: 'configuration', status: 'fail', message: problem };
    return;
  }
  for (const warning of config.warnings) {
    yield { name: 'configuration', status: 'warn', message: `${warning}.`, mend: 'Is it misspelt?' };
  }
  if (config.warnings.length === 0) yield { name: 'configuration', status: 'ok', message: 'well-formed' };
  yield checkProxy(config.network);
  yield await checkCertificates(config.network);
  yield* checkApi(checked, config);
  const { databaseUrl, stateDir = config.defaultStateDir } = config;
  yield databaseUrl === undefined ? await checkState(stateDir) : await checkDatabase(databaseUrl);
  yield* checkIssuer(config);
  yield await checkConfirmation(config);
}

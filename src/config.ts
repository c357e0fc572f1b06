/** Environment to configuration: reads every variable of environment.ts. */
import envPaths from 'env-paths';
import product from '../package.json' with { type: 'json' };
import type { HttpCommandOptions } from './commands/http.ts';
import { API_URL, AUTH_URL, MAX_RENTS_PER_DAY, VARIABLES, type Variable } from './environment.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Config = Readonly<Omit<HttpCommandOptions, 'product' | 'simulator' | 'host' | 'port'>>;

/** One or more variables are malformed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Reads the configuration. An empty variable counts as unset.
 * @throws {ConfigError} with everything that is malformed
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];

  function read<T>({ name, isSecret, parse }: Variable<T>): T | undefined {
    const value = env[name]?.trim();
    if (value === undefined || value === '') return undefined;
    const placeholder = /\$\{[\w:.-]*\}|^__encrypted__:/.exec(value)?.[0];
    try {
      if (placeholder === undefined) return parse(value);
      problems.push(
        `${name} holds ${isSecret && placeholder !== value ? 'a placeholder' : placeholder} literally: ${
          placeholder.startsWith('$')
            ? 'the client did not expand it. Set the variable where the client runs, or write the value into its configuration.'
            : 'the client did not decrypt it. Enter the value again in the settings of the client.'
        }`,
      );
    } catch (error) {
      const given = isSecret || value.includes('@') ? '' : `, not ${JSON.stringify(value)}`;
      problems.push(`${name} must be ${error instanceof Error ? error.message : String(error)}${given}`);
    }
    return undefined;
  }

  const maxMonthlyPrice = read(VARIABLES.maxMonthlyPrice);
  const regions = read(VARIABLES.regions);
  const names = read(VARIABLES.tools);
  const toolsets = read(VARIABLES.toolsets);
  const keySecret = read(VARIABLES.keySecret);
  const keySecretFromFile = read(VARIABLES.keySecretFile);
  const keySecretCommand = read(VARIABLES.keySecretCommand);
  const secretVariables = [VARIABLES.keySecret, VARIABLES.keySecretFile, VARIABLES.keySecretCommand]
    .map(({ name }) => name)
    .filter((name) => env[name]?.trim());
  if (secretVariables.length > 1) problems.push(`${secretVariables.join(' and ')} are set: keep one of them`);
  const credentials = {
    projectId: read(VARIABLES.projectId),
    keyId: read(VARIABLES.keyId),
    keySecret: keySecret ?? keySecretFromFile,
  };
  const config: Config = {
    credentials,
    keySecretCommand,
    credentialVariables: {
      projectId: VARIABLES.projectId.name,
      keyId: VARIABLES.keyId.name,
      keySecret: VARIABLES.keySecret.name,
      keySecretCommand: VARIABLES.keySecretCommand.name,
    },
    api: {
      url: read(VARIABLES.url) ?? API_URL,
      authUrl: read(VARIABLES.authUrl) ?? AUTH_URL,
      auth: read(VARIABLES.auth) ?? 'oauth2',
    },
    offer: {
      readOnly: read(VARIABLES.readOnly) ?? false,
      ...(toolsets && { toolsets }),
      ...(names && { names }),
    },
    confirm: read(VARIABLES.confirm) ?? 'auto',
    confirmVariable: VARIABLES.confirm.name,
    limits: {
      ...(maxMonthlyPrice && { maxMonthlyPrice }),
      ...(regions && { regions }),
      maxRentsPerDay: read(VARIABLES.maxRentsPerDay) ?? MAX_RENTS_PER_DAY,
      variables: {
        price: VARIABLES.maxMonthlyPrice.name,
        rents: VARIABLES.maxRentsPerDay.name,
        regions: VARIABLES.regions.name,
      },
    },
    callbacks: { port: read(VARIABLES.callbackPort), secret: read(VARIABLES.callbackSecret) },
    openBrowser: read(VARIABLES.openBrowser),
    httpToken: read(VARIABLES.httpToken),
    stateDir: read(VARIABLES.stateDir),
    defaultStateDir: defaultStateDir(),
    log: read(VARIABLES.log) ?? 'warn',
    warnings: unknownVariables(env).map((name) => `${name} is set and is no variable of this server`),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** Where this platform keeps what a program has to remember between its runs. */
function defaultStateDir(): string {
  const { data, log } = envPaths(product.name, { suffix: '' });
  return process.platform === 'darwin' || process.platform === 'win32' ? data : log;
}

/** Names that look like this server's and are none: misspelt, most likely. */
function unknownVariables(env: Environment): string[] {
  const known = Object.values<Variable<unknown>>(VARIABLES).map(({ name }) => name);
  return Object.keys(env).filter((name) => /^SINCH_(NUMBERS|KEY)_/.test(name) && !known.includes(name));
}

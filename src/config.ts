/** Environment to configuration: reads every variable of environment.ts. */
import envPaths from 'env-paths';
import product from '../package.json' with { type: 'json' };
import type { HttpCommandOptions } from './commands/http.ts';
import { API_URL, AUTH_URL, MAX_RENTS_PER_DAY, VARIABLES, type Variable } from './environment.ts';
import { isConfidential } from './lib/loopback.ts';

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

  function read<T>({ name, alias, isSecret, parse }: Variable<T>): T | undefined {
    const value = (alias && env[alias]?.trim()) || env[name]?.trim();
    if (value === undefined || value === '') return undefined;
    const placeholder = findPlaceholder(value);
    try {
      if (placeholder === undefined) return parse(value);
      const { text, why } = placeholder;
      problems.push(`${name} holds ${isSecret && text !== value ? 'a placeholder' : text} literally: ${why}`);
    } catch (error) {
      const given = isSecret || value.includes('@') ? '' : `, not ${JSON.stringify(value)}`;
      problems.push(`${name} must be ${error instanceof Error ? error.message : String(error)}${given}`);
    }
    return undefined;
  }

  const maxMonthlyPrice = read(VARIABLES.maxMonthlyPrice);
  const maxSetupPrice = read(VARIABLES.maxSetupPrice);
  const regions = read(VARIABLES.regions);
  const names = read(VARIABLES.tools);
  const toolsets = read(VARIABLES.toolsets);
  const keySecret = read(VARIABLES.keySecret);
  const keySecretFile = read(VARIABLES.keySecretFile);
  const keySecretCommand = read(VARIABLES.keySecretCommand);
  const databaseUrl = read(VARIABLES.databaseUrl);
  const databaseUrlFile = read(VARIABLES.databaseUrlFile);
  for (const alternatives of [
    [VARIABLES.keySecret, VARIABLES.keySecretFile, VARIABLES.keySecretCommand],
    [VARIABLES.databaseUrl, VARIABLES.databaseUrlFile],
  ]) {
    const set = alternatives.map(({ name }) => name).filter((name) => env[name]?.trim());
    if (set.length > 1) problems.push(`${set.join(' and ')} are set: keep one of them`);
  }
  const config: Config = {
    credentials: { projectId: read(VARIABLES.projectId), keyId: read(VARIABLES.keyId), keySecret },
    keySecretFile,
    keySecretCommand,
    credentialVariables: {
      projectId: VARIABLES.projectId.name,
      keyId: VARIABLES.keyId.name,
      keySecret: VARIABLES.keySecret.name,
      keySecretFile: VARIABLES.keySecretFile.name,
      keySecretCommand: VARIABLES.keySecretCommand.name,
    },
    network: {
      proxy: {
        httpsProxy: read(VARIABLES.httpsProxy),
        httpProxy: read(VARIABLES.httpProxy),
        noProxy: read(VARIABLES.noProxy),
      },
      extraCaCerts: read(VARIABLES.extraCaCerts),
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
    results: read(VARIABLES.results) ?? 'auto',
    confirm: read(VARIABLES.confirm) ?? 'auto',
    confirmUpdates: read(VARIABLES.confirmUpdates) ?? true,
    limits: {
      ...(maxMonthlyPrice && { maxMonthlyPrice }),
      ...(maxSetupPrice && { maxSetupPrice }),
      ...(regions && { regions }),
      maxRentsPerDay: read(VARIABLES.maxRentsPerDay) ?? MAX_RENTS_PER_DAY,
      variables: {
        price: VARIABLES.maxMonthlyPrice.name,
        setup: VARIABLES.maxSetupPrice.name,
        rents: VARIABLES.maxRentsPerDay.name,
        regions: VARIABLES.regions.name,
      },
    },
    callbacks: { port: read(VARIABLES.callbackPort), secret: read(VARIABLES.callbackSecret) },
    openBrowser: read(VARIABLES.openBrowser),
    httpPublicUrl: read(VARIABLES.httpPublicUrl),
    httpToken: read(VARIABLES.httpToken),
    httpIssuer: read(VARIABLES.httpIssuer),
    httpAudience: read(VARIABLES.httpAudience),
    stateDir: read(VARIABLES.stateDir),
    defaultStateDir: defaultStateDir(),
    databaseUrl: withPassword(databaseUrl ?? databaseUrlFile, env.PGPASSWORD),
    attachmentsDir: read(VARIABLES.attachmentsDir),
    log: read(VARIABLES.log) ?? 'warn',
    logFormat: read(VARIABLES.logFormat) ?? 'text',
    warnings: unknownVariables(env).map((name) => `${name} is set and is no variable of this server`),
  };
  problems.push(...signInProblems(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** What is set of sign-in and does not go together. */
function signInProblems({ httpIssuer, httpToken, httpPublicUrl }: Config): readonly string[] {
  const [issuer, token, publicUrl] = [VARIABLES.httpIssuer, VARIABLES.httpToken, VARIABLES.httpPublicUrl].map(
    ({ name }) => name,
  );
  if (httpIssuer === undefined) return [];
  const isClear = httpPublicUrl !== undefined && !isConfidential(httpPublicUrl);
  return [
    ...(httpToken === undefined ? [] : [`${token} and ${issuer} are set: keep one of them`]),
    ...(isClear ? [`${publicUrl} must be https where ${issuer} is set (http only to loopback)`] : []),
  ];
}

/** As libpq has it: the password may stand in a variable of its own. */
function withPassword(databaseUrl: string | undefined, password = ''): string | undefined {
  if (databaseUrl === undefined || password === '') return databaseUrl;
  const url = new URL(databaseUrl);
  return url.password === '' ? Object.assign(url, { password }).href : databaseUrl;
}

/** What a client or a person should have replaced: how it begins, and what to do about it. */
const PLACEHOLDERS = [
  {
    pattern: /\$\{[\w:.-]*\}/,
    why: 'the client did not expand it. Set the variable where the client runs, or write the value into its configuration.',
  },
  {
    pattern: /^__encrypted__:/,
    why: 'the client did not decrypt it. Enter the value again in the settings of the client.',
  },
  {
    pattern: /^(YOUR_[A-Z_]+|\/path\/to\/key-secret|…)$/,
    why: 'it comes from an example. Put your own value in its place.',
  },
];

function findPlaceholder(value: string): { readonly text: string; readonly why: string } | undefined {
  for (const { pattern, why } of PLACEHOLDERS) {
    const [text] = pattern.exec(value) ?? [];
    if (text !== undefined) return { text, why };
  }
  return undefined;
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

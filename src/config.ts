/** Environment to configuration. Every variable, its default and its form stand here, once. */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import envPaths from 'env-paths';
import product from '../package.json' with { type: 'json' };
import type { HttpCommandOptions } from './commands/http.ts';
import { CONFIRM_MODES } from './confirmation/mode.ts';
import { DECIMAL, isLoopback, REGION_CODE, toRegionCode } from './numbers/formats.ts';
import { LOG_LEVELS } from './numbers/log.ts';
import { isOpenToOthers } from './numbers/permissions.ts';
import { definitions } from './tools/definitions.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Config = Readonly<Omit<HttpCommandOptions, 'product' | 'simulator' | 'host' | 'port'>>;

/** One or more variables are malformed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

interface Variable<T> {
  readonly name: string;
  readonly meaning: string;
  /** The default, as documentation words it. */
  readonly byDefault: string;
  readonly isSecret?: boolean;
  /** @throws {Error} with what the value must be */
  readonly parse: (value: string) => T;
}

const variable = <T>(definition: Variable<T>): Variable<T> => definition;

const API_URL = 'https://numbers.api.sinch.com';
const AUTH_URL = 'https://auth.sinch.com';
const MAX_RENTS_PER_DAY = 20;

const VARIABLES = {
  projectId: variable({
    name: 'SINCH_PROJECT_ID',
    meaning: 'project ID, from the Sinch dashboard',
    byDefault: 'none',
    parse: matching(/^[A-Za-z0-9._~-]+$/, 'a project ID'),
  }),
  keyId: variable({
    name: 'SINCH_KEY_ID',
    meaning: 'access key ID of that project',
    byDefault: 'none',
    isSecret: true,
    parse: matching(/^[^\s:]+$/, 'an access key ID alone, without spaces or a colon'),
  }),
  keySecret: variable({
    name: 'SINCH_KEY_SECRET',
    meaning: 'access key secret',
    byDefault: 'none',
    isSecret: true,
    parse: matching(/^\S+$/, 'an access key secret, without spaces'),
  }),
  keySecretFile: variable({
    name: 'SINCH_KEY_SECRET_FILE',
    meaning: 'instead of the secret: a file that holds it and that only its owner can read',
    byDefault: 'none',
    isSecret: true,
    parse: secretFile,
  }),
  keySecretCommand: variable({
    name: 'SINCH_KEY_SECRET_COMMAND',
    meaning: 'instead of the secret: a command that prints it, run without a shell at the first call',
    byDefault: 'none',
    isSecret: true,
    parse: words,
  }),
  auth: variable({
    name: 'SINCH_NUMBERS_AUTH',
    meaning: '`oauth2`, or `basic` (rate limited, for trying out)',
    byDefault: '`oauth2`',
    parse: oneOf(['oauth2', 'basic']),
  }),
  url: variable({
    name: 'SINCH_NUMBERS_URL',
    meaning: 'origin of the API; plain http only to loopback',
    byDefault: `\`${API_URL}\``,
    parse: origin,
  }),
  authUrl: variable({
    name: 'SINCH_AUTH_URL',
    meaning: 'origin of the token endpoint; `/oauth2/token` is appended',
    byDefault: `\`${AUTH_URL}\``,
    parse: origin,
  }),
  readOnly: variable({
    name: 'SINCH_NUMBERS_READ_ONLY',
    meaning: '`1`: offer only tools that change nothing',
    byDefault: 'off',
    parse: (value) => oneOf(['1', '0', 'true', 'false'])(value) === '1' || value === 'true',
  }),
  tools: variable({
    name: 'SINCH_NUMBERS_TOOLS',
    meaning: 'offer only these tools, comma-separated',
    byDefault: 'all',
    parse: listOf(oneOf(definitions.map(({ name }) => name))),
  }),
  confirm: variable({
    name: 'SINCH_NUMBERS_CONFIRM',
    meaning: 'how renting and releasing are confirmed: `auto`, `human`, `token`',
    byDefault: '`auto`',
    parse: oneOf(CONFIRM_MODES),
  }),
  maxMonthlyPrice: variable({
    name: 'SINCH_NUMBERS_MAX_MONTHLY_PRICE',
    meaning: 'refuse to rent a number that costs more a month: `5.00`, or `5.00 EUR`',
    byDefault: 'no limit',
    parse: price,
  }),
  maxRentsPerDay: variable({
    name: 'SINCH_NUMBERS_MAX_RENTS_PER_DAY',
    meaning: 'refuse to rent after that many rents in 24 hours',
    byDefault: `\`${MAX_RENTS_PER_DAY}\``,
    parse: (value) => Number(matching(/^\d{1,6}$/, 'a whole number')(value)),
  }),
  regions: variable({
    name: 'SINCH_NUMBERS_REGIONS',
    meaning: 'regions in which numbers may be rented, comma-separated',
    byDefault: 'all',
    parse: listOf((value) => toRegionCode(matching(REGION_CODE, 'a two-letter region code')(value))),
  }),
  openBrowser: variable({
    name: 'SINCH_NUMBERS_OPEN_BROWSER',
    meaning: 'command that opens the approval page; its address is appended',
    byDefault: "the platform's opener",
    parse: words,
  }),
  stateDir: variable({
    name: 'SINCH_NUMBERS_STATE_DIR',
    meaning: 'folder for the journal and received events',
    byDefault: "the platform's state folder",
    parse: path,
  }),
  callbackPort: variable({
    name: 'SINCH_NUMBERS_CALLBACK_PORT',
    meaning: 'receive callbacks on 127.0.0.1 at this port; `0` takes any',
    byDefault: 'off',
    parse: port,
  }),
  callbackSecret: variable({
    name: 'SINCH_NUMBERS_CALLBACK_SECRET',
    meaning: 'the secret that callbacks are signed with',
    byDefault: "read from the project's callback configuration",
    isSecret: true,
    parse: matching(/\S/, 'a secret'),
  }),
  httpToken: variable({
    name: 'SINCH_NUMBERS_HTTP_TOKEN',
    meaning: 'the bearer token that clients of the `http` command must send, 16 characters or more',
    byDefault: 'none: loopback only',
    isSecret: true,
    parse: matching(/^[\w.~+/=-]{16,}$/, '16 or more letters, digits or any of . _ ~ + / = -'),
  }),
  log: variable({
    name: 'SINCH_NUMBERS_LOG',
    meaning: '`error`, `warn`, `info` or `debug`; written to stderr',
    byDefault: '`warn`',
    parse: oneOf(LOG_LEVELS),
  }),
};

/** The variables, for documentation. */
export const documentedVariables: readonly Pick<Variable<unknown>, 'name' | 'meaning' | 'byDefault'>[] =
  Object.values(VARIABLES);

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
    offer: { readOnly: read(VARIABLES.readOnly) ?? false, ...(names && { names }) },
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

function matching(pattern: RegExp, what: string): (value: string) => string {
  return (value) => {
    if (!pattern.test(value)) throw new Error(what);
    return value;
  };
}

function oneOf<const T extends string>(values: readonly T[]): (value: string) => T {
  return (value) => {
    const known = values.find((candidate) => candidate === value);
    if (known === undefined) throw new Error(`one of ${values.join(', ')}`);
    return known;
  };
}

function listOf<T>(parse: (value: string) => T): (value: string) => T[] {
  return (value) => value.split(',').map((item) => parse(item.trim()));
}

/** A program and its arguments; what holds spaces stands in quotes. There is no shell that would read anything else. */
function words(value: string): string[] {
  const word = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;
  if (/\S/.test(value.replace(word, ''))) throw new Error('a command, with quotes that close');
  return (value.match(word) ?? []).map((quoted) => quoted.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

function path(value: string): string {
  return resolve(value.replace(/^~(?=[\\/]|$)/, homedir()));
}

/** More than a secret has. */
const MAX_SECRET_FILE_BYTES = 4_096;

function secretFile(value: string): string {
  const file = path(value);
  const { mode, text } = readSmallFile(file);
  if (isOpenToOthers(mode)) throw new Error(`a file that nobody else can read: run chmod 600 "${file}"`);
  return matching(/^\S+$/, 'a file that holds an access key secret and nothing else')(text.trim());
}

/** A file's permissions and text; what is too large, or no ordinary file, has none. */
function readSmallFile(file: string): { readonly mode: number; readonly text: string } {
  try {
    const stat = statSync(file);
    const isFit = stat.isFile() && stat.size <= MAX_SECRET_FILE_BYTES;
    return { mode: stat.mode, text: isFit ? readFileSync(file, 'utf8') : '' };
  } catch {
    throw new Error('the path of a file that this user can read');
  }
}

function origin(value: string): string {
  const form = 'an origin such as https://numbers.api.sinch.com (http only to 127.0.0.1, ::1 or localhost)';
  if (!URL.canParse(value)) throw new Error(form);
  const url = new URL(value);
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  if (!isSafe || url.href !== `${url.origin}/`) throw new Error(form);
  return url.origin;
}

function price(value: string): { amount: string; currencyCode?: string } {
  const [amount = '', currencyCode, ...rest] = value.split(/\s+/);
  const isCurrency = currencyCode === undefined || /^[A-Z]{3}$/.test(currencyCode);
  if (!DECIMAL.test(amount) || !isCurrency || rest.length > 0)
    throw new Error('an amount such as 5.00 or 5.00 EUR');
  return { amount, ...(currencyCode && { currencyCode }) };
}

function port(value: string): number {
  const number = Number(matching(/^\d{1,5}$/, 'a port from 0 to 65535')(value));
  if (number > 65_535) throw new Error('a port from 0 to 65535');
  return number;
}

/** Every environment variable, its form and its default, once. */
import { DECIMAL, REGION_CODE, toRegionCode } from './api/formats.ts';
import { CONFIRM_MODES } from './approval/mode.ts';
import { LOG_FORMATS, LOG_LEVELS } from './lib/log.ts';
import {
  issuer,
  listOf,
  matching,
  oneOf,
  origin,
  path,
  port,
  postgresUrl,
  publicOrigin,
  words,
} from './lib/parse-value.ts';
import { readSecretFile } from './lib/secret-file.ts';
import { RESULTS_MODES } from './mcp/results.ts';
import { definitions, toolsetNames } from './tools/definitions.ts';
import { DEFAULT_TOOLSETS } from './tools/enabled-tools.ts';

export interface Variable<T> {
  readonly name: string;
  /** A name that counts before that. */
  readonly alias?: string;
  readonly meaning: string;
  /** The default, as documentation words it. */
  readonly byDefault: string;
  readonly isSecret?: boolean;
  /** @throws {Error} with what the value must be */
  readonly parse: (value: string) => T;
}

const variable = <T>(definition: Variable<T>): Variable<T> => definition;

export const API_URL = 'https://numbers.api.sinch.com';
export const AUTH_URL = 'https://auth.sinch.com';
export const MAX_RENTS_PER_DAY = 20;

const TOOLSETS = Object.keys(toolsetNames);

export const VARIABLES = {
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
  toolsets: variable({
    name: 'SINCH_NUMBERS_TOOLSETS',
    meaning: `the groups of tools to offer, comma-separated: ${TOOLSETS.map((name) => `\`${name}\``).join(', ')}, or \`all\``,
    byDefault: `\`${DEFAULT_TOOLSETS.join(',')}\``,
    parse: (value) =>
      listOf(oneOf([...TOOLSETS, 'all']))(value).flatMap((name) => (name === 'all' ? TOOLSETS : [name])),
  }),
  tools: variable({
    name: 'SINCH_NUMBERS_TOOLS',
    meaning: 'offer only these tools, comma-separated, of whatever group',
    byDefault: 'all',
    parse: listOf(oneOf(definitions.map(({ name }) => name))),
  }),
  results: variable({
    name: 'SINCH_NUMBERS_RESULTS',
    meaning:
      'what a result holds: `text`; `both`, text and structured content; `auto`, text alone for clients whose model would read the structured content in its place',
    byDefault: '`auto`',
    parse: oneOf(RESULTS_MODES),
  }),
  confirm: variable({
    name: 'SINCH_NUMBERS_CONFIRM',
    meaning: 'how a person is asked: `auto`, `human`, `token`',
    byDefault: '`auto`',
    parse: oneOf(CONFIRM_MODES),
  }),
  confirmUpdates: variable({
    name: 'SINCH_NUMBERS_CONFIRM_UPDATES',
    meaning: '`off`: updates that cut off a working link or replace the callback secret do not ask',
    byDefault: '`on`',
    parse: (value) => oneOf(['on', 'off'])(value) === 'on',
  }),
  maxMonthlyPrice: variable({
    name: 'SINCH_NUMBERS_MAX_MONTHLY_PRICE',
    meaning: 'refuse to rent a number that costs more a month: `5.00`, or `5.00 EUR`',
    byDefault: 'no limit',
    parse: price,
  }),
  maxSetupPrice: variable({
    name: 'SINCH_NUMBERS_MAX_SETUP_PRICE',
    meaning:
      'refuse to rent a number for which more is due at once (setup and first interval): `5.00`, or `5.00 EUR`',
    byDefault: 'the monthly limit, doubled',
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
  databaseUrl: variable({
    name: 'SINCH_NUMBERS_DATABASE_URL',
    meaning:
      'instead of that folder: a PostgreSQL database (14 or newer) for any number of servers, `postgres://user:password@host/database`',
    byDefault: 'none: files',
    isSecret: true,
    parse: postgresUrl,
  }),
  databaseUrlFile: variable({
    name: 'SINCH_NUMBERS_DATABASE_URL_FILE',
    meaning: 'a file that holds that URL, and that only its owner can read',
    byDefault: 'none',
    isSecret: true,
    parse: databaseUrlFile,
  }),
  attachmentsDir: variable({
    name: 'SINCH_NUMBERS_ATTACHMENTS_DIR',
    meaning: 'folder of the files that orders may upload; nothing outside it is read',
    byDefault: 'none: no uploads',
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
  httpPublicUrl: variable({
    name: 'SINCH_NUMBERS_HTTP_PUBLIC_URL',
    meaning: 'where clients reach the `http` command through a proxy, e.g. `https://numbers.example.com`',
    byDefault: 'none',
    parse: publicOrigin,
  }),
  httpToken: variable({
    name: 'SINCH_NUMBERS_HTTP_TOKEN',
    meaning: 'the bearer token that clients of the `http` command must send, 16 characters or more',
    byDefault: 'none: loopback only',
    isSecret: true,
    parse: matching(/^[\w.~+/=-]{16,}$/, '16 or more letters, digits or any of . _ ~ + / = -'),
  }),
  httpIssuer: variable({
    name: 'SINCH_NUMBERS_HTTP_ISSUER',
    meaning:
      'people sign in to the `http` command at this OAuth 2.1 or OpenID Connect authorization server, e.g. `https://login.example.com`; in place of the token',
    byDefault: 'none',
    parse: issuer,
  }),
  httpAudience: variable({
    name: 'SINCH_NUMBERS_HTTP_AUDIENCE',
    meaning: 'the audience that its access tokens must be for',
    byDefault: 'the public URL, with or without `/mcp`',
    parse: matching(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'an audience, without spaces or quotes'),
  }),
  httpsProxy: variable({
    name: 'HTTPS_PROXY',
    alias: 'https_proxy',
    meaning: 'proxy on the way to the API and the token endpoint: `http://user:password@host:port`',
    byDefault: 'none',
    isSecret: true,
    parse: proxyUrl,
  }),
  httpProxy: variable({
    name: 'HTTP_PROXY',
    alias: 'http_proxy',
    meaning: 'the same, where `HTTPS_PROXY` is not set',
    byDefault: 'none',
    isSecret: true,
    parse: proxyUrl,
  }),
  noProxy: variable({
    name: 'NO_PROXY',
    alias: 'no_proxy',
    meaning: 'hosts that are reached without a proxy, comma-separated; `*` for all',
    byDefault: 'none',
    parse: (value) => value,
  }),
  extraCaCerts: variable({
    name: 'NODE_EXTRA_CA_CERTS',
    meaning: 'PEM file of CA certificates to trust besides those that Node.js knows; Node.js reads it',
    byDefault: 'none',
    parse: (value) => value,
  }),
  logFormat: variable({
    name: 'SINCH_NUMBERS_LOG_FORMAT',
    meaning: '`text`, or `json`: one object a line, with request and session ID where there is one',
    byDefault: '`text`',
    parse: oneOf(LOG_FORMATS),
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

/** The path of a file with a secret. One that is missing may come later; any other must be in order now. */
function secretFile(value: string): string {
  const file = path(value);
  readSecretFile(file);
  return file;
}

/** The URL in a file. */
function databaseUrlFile(value: string): string {
  const url = readSecretFile(path(value), 'the URL of a database');
  if (url === undefined) throw new Error('the path of a file with the URL of a database: there is none');
  try {
    return postgresUrl(url);
  } catch (error) {
    throw new Error(`a file with ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** As everywhere: a host and port alone mean http. */
function proxyUrl(value: string): string {
  const form = 'the URL of an http or https proxy, such as http://user:password@proxy.example.com:3128';
  const text = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(text)) throw new Error(form);
  const { protocol, pathname, search, hash, username, password } = new URL(text);
  const isProxy = /^https?:$/.test(protocol) && pathname === '/' && search === '' && hash === '';
  if (!isProxy || !isDecodable(username) || !isDecodable(password)) throw new Error(form);
  return text;
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

function price(value: string): { amount: string; currencyCode?: string } {
  const [amount = '', currencyCode, ...rest] = value.split(/\s+/);
  const isCurrency = currencyCode === undefined || /^[A-Z]{3}$/.test(currencyCode);
  if (!DECIMAL.test(amount) || !isCurrency || rest.length > 0)
    throw new Error('an amount such as 5.00 or 5.00 EUR');
  return { amount, ...(currencyCode && { currencyCode }) };
}

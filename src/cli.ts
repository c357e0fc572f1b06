#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import product from '../package.json' with { type: 'json' };
import { serve } from './commands/serve.ts';
import { ConfigError, readConfig } from './config.ts';
import { documentedVariables } from './environment.ts';
import { isLoopback } from './lib/loopback.ts';
import { postgresUrl } from './lib/parse-value.ts';
import { sanitizeText } from './lib/sanitize.ts';
import { StoreError } from './storage/store.ts';

/** The simulator has no more phone numbers than a few above that. */
const MAX_ACTIVE = 200_000;

/** What each flag goes with. */
const COMMANDS_OF: Readonly<Record<string, readonly string[]>> = {
  simulator: ['serve', 'http'],
  'rent-us-local': ['serve', 'http', 'simulator'],
  host: ['http'],
  port: ['http', 'simulator'],
  active: ['simulator'],
  seed: ['simulator'],
  json: ['doctor'],
  from: ['migrate'],
  to: ['migrate'],
};

/** The command line cannot be understood. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function main(argv: string[]): Promise<void> {
  const { values: flags, positionals } = parse(argv);
  const [command = 'serve', ...rest] = positionals;
  const identity = { name: product.name, version: product.version };
  if (flags.help) {
    const { help } = await import('./commands/help.ts');
    return print(help({ product, maxActive: MAX_ACTIVE, variables: documentedVariables }));
  }
  if (flags.version) return print(product.version);
  for (const [flag, commands] of Object.entries(COMMANDS_OF)) {
    if (Object.hasOwn(flags, flag) && !commands.includes(command)) {
      throw new UsageError(`--${flag} goes with ${commands.join(' and ')}, not with ${command}`);
    }
  }
  const isSimulated = flags.simulator ?? false;
  const rentUsLocal = flags['rent-us-local'] ?? false;
  if (rentUsLocal && !isSimulated && command !== 'simulator') {
    throw new UsageError('--rent-us-local is about the simulator: it goes with --simulator');
  }
  if (rest.length > 0) throw new UsageError(`unexpected argument: ${rest.join(' ')}`);

  switch (command) {
    case 'serve': {
      const config = readConfig(process.env);
      forgetCredentials(process.env);
      await serve({ ...config, product: identity, simulator: isSimulated, rentUsLocal });
      // Whatever is still under way has nobody left to answer to.
      return process.exit();
    }
    case 'http': {
      const { runHttp } = await import('./commands/http.ts');
      const { host = '127.0.0.1' } = flags;
      const config = readConfig(process.env);
      if (!isLoopback(host) && config.httpToken === undefined && config.httpIssuer === undefined) {
        throw new UsageError(
          `--host ${host} lets others in: set SINCH_NUMBERS_HTTP_TOKEN to a token that they must bring, or SINCH_NUMBERS_HTTP_ISSUER to where they sign in`,
        );
      }
      const { httpIssuer, httpAudience, httpPublicUrl } = config;
      if (httpIssuer !== undefined && httpAudience === undefined && httpPublicUrl === undefined) {
        throw new UsageError(
          'SINCH_NUMBERS_HTTP_ISSUER needs SINCH_NUMBERS_HTTP_PUBLIC_URL, or SINCH_NUMBERS_HTTP_AUDIENCE: what access tokens are for',
        );
      }
      forgetCredentials(process.env);
      const port = wholeNumber('port', flags.port, 65_535) ?? 0;
      await runHttp({ ...config, product: identity, simulator: isSimulated, rentUsLocal, host, port });
      return process.exit();
    }
    case 'doctor': {
      const { doctor } = await import('./commands/doctor/doctor.ts');
      const configuration = configurationOf(process.env);
      forgetCredentials(process.env);
      const oldestNode = product.engines.node.replace('>=', '');
      const json = flags.json ?? false;
      const ok = await doctor({ product: identity, oldestNode, ...configuration, json });
      if (!ok) process.exitCode = 1;
      return;
    }
    case 'migrate': {
      const { migrate } = await import('./commands/migrate.ts');
      const config = readConfig(process.env);
      const to = flags.to === undefined ? config.databaseUrl : databaseUrl(flags.to);
      if (to === undefined) throw new UsageError('migrate needs --to URL, or SINCH_NUMBERS_DATABASE_URL');
      const { from = config.stateDir ?? config.defaultStateDir } = flags;
      return migrate({ from, to });
    }
    case 'simulator': {
      const { runSimulator } = await import('./commands/simulator.ts');
      return runSimulator({
        port: wholeNumber('port', flags.port, 65_535),
        active: wholeNumber('active', flags.active, MAX_ACTIVE),
        seed: flags.seed,
        rentUsLocal,
      });
    }
    case 'demo': {
      const { demo } = await import('./commands/demo.ts');
      return demo({ version: product.version, serverFile: fileURLToPath(import.meta.url) });
    }
    default:
      throw new UsageError(`unknown command: ${command}`);
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        simulator: { type: 'boolean' },
        'rent-us-local': { type: 'boolean' },
        host: { type: 'string' },
        json: { type: 'boolean' },
        from: { type: 'string' },
        to: { type: 'string' },
        port: { type: 'string' },
        active: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(flag: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value) || Number(value) > max) {
    throw new UsageError(`--${flag} must be a whole number from 0 to ${max}, not ${JSON.stringify(value)}`);
  }
  return Number(value);
}

/** A URL from the command line: it may hold a password, and is not shown. */
function databaseUrl(value: string): string {
  try {
    return postgresUrl(value);
  } catch (error) {
    throw new UsageError(`--to must be ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The configuration, or what is malformed of it. */
function configurationOf(env: NodeJS.ProcessEnv) {
  try {
    return { config: readConfig(env), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: undefined, problems: error.problems };
  }
}

/** What this process starts, such as a browser, has no use for an access key. */
function forgetCredentials(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) {
    if (name.startsWith('SINCH_') || name === 'PGPASSWORD') delete env[name];
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes to stderr, line by line, without what a terminal would obey. */
function complain(text: string): void {
  for (const line of text.split('\n')) {
    const [indent = ''] = /^ */.exec(line) ?? [];
    process.stderr.write(`${indent}${sanitizeText(line, 2_000)}\n`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof ConfigError) {
    complain([`${product.name}: the configuration is malformed:`, ...error.problems].join('\n  '));
  } else if (error instanceof UsageError) {
    complain(`${product.name}: ${error.message}\nTry ${product.name} --help`);
  } else if (error instanceof StoreError || (error instanceof Error && 'syscall' in error)) {
    complain(`${product.name}: ${error.message}`);
  } else {
    complain(`${product.name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  process.exitCode = 1;
}

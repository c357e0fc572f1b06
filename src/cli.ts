#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import product from '../package.json' with { type: 'json' };
import { ConfigError, documentedVariables, readConfig } from './config.ts';
import { SMS_ERROR_CODES } from './numbers/schemas.ts';
import { DEFAULT_ACTIVE_NUMBERS, DEFAULT_SEED } from './simulator/invented.ts';

/** The simulator has no more phone numbers than a few above that. */
const MAX_ACTIVE = 200_000;

/** The command line cannot be understood. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function main(argv: string[]): Promise<void> {
  const { values: flags, positionals } = parse(argv);
  const [command = 'serve', ...rest] = positionals;
  if (flags.help) return print(help());
  if (flags.version) return print(product.version);
  if (command !== 'simulator' && (flags.port ?? flags.active ?? flags.seed) !== undefined) {
    throw new UsageError('--port, --active and --seed go with the simulator command');
  }
  if (rest.length > 0) throw new UsageError(`unexpected argument: ${rest.join(' ')}`);

  switch (command) {
    case 'serve': {
      const { serve } = await import('./commands/serve.ts');
      const { name, version } = product;
      const config = readConfig(process.env);
      forgetCredentials(process.env);
      await serve({ ...config, product: { name, version }, simulator: flags.simulator });
      // Whatever is still under way has nobody left to answer to.
      return process.exit();
    }
    case 'simulator': {
      const { runSimulator } = await import('./commands/simulator.ts');
      return runSimulator({
        port: wholeNumber('port', flags.port, 65_535) ?? 0,
        active: wholeNumber('active', flags.active, MAX_ACTIVE) ?? DEFAULT_ACTIVE_NUMBERS,
        seed: flags.seed ?? DEFAULT_SEED,
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
        simulator: { type: 'boolean', default: false },
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

/** What this process starts, such as a browser, has no use for an access key. */
function forgetCredentials(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (name.startsWith('SINCH_')) delete env[name];
}

function help(): string {
  const width = Math.max(...documentedVariables.map(({ name }) => name.length));
  const variables = documentedVariables.map(
    ({ name, meaning, byDefault }) =>
      `  ${name.padEnd(width)}  ${meaning.replaceAll('`', '')} (default: ${byDefault.replaceAll('`', '')})`,
  );
  return `${product.name} ${product.version}
${product.description}

Usage:
  ${product.name}              serve MCP over stdio
  ${product.name} --simulator  the same against a simulated Numbers API: no account, no money, no network
  ${product.name} simulator    run the simulator alone; prints its address and key as one line of JSON
                                 --port N    port on 127.0.0.1, 0 for any (default: 0)
                                 --active N  rented numbers to start with (default: ${DEFAULT_ACTIVE_NUMBERS}, at most ${MAX_ACTIVE})
                                 --seed S    decides credentials and numbers (default: ${DEFAULT_SEED})
  ${product.name} demo         a conversation with the server on its simulator
  ${product.name} --version | --help

Failures in the simulator:
  A link fails when its servicePlanId or campaignId contains one of the API's error codes, in any case, with
  - or _: campaignId FAIL-CAMPAIGN_EXPIRED ends in CAMPAIGN_EXPIRED. A voice ID that contains
  PROVISIONING_TO_VOICE_PLATFORM_FAILED fails. An ID that contains STUCK stays IN_PROGRESS. A campaign on a
  toll-free number ends in TFN_NOT_ALLOWED. A number without SMS or VOICE cannot be linked to it. All other
  IDs succeed. The codes: ${SMS_ERROR_CODES.join(', ').replace(/(.{60,90}), /g, '$1,\n  ')}.

Environment:
${variables.join('\n')}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof ConfigError) {
    process.stderr.write(`${product.name}: the configuration is malformed:\n`);
    for (const problem of error.problems) process.stderr.write(`  ${problem}\n`);
  } else if (error instanceof UsageError) {
    process.stderr.write(`${product.name}: ${error.message}\nTry ${product.name} --help\n`);
  } else if (error instanceof Error && 'syscall' in error) {
    process.stderr.write(`${product.name}: ${error.message}\n`);
  } else {
    process.stderr.write(`${product.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
  process.exitCode = 1;
}

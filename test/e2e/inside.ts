/**
 * The server inside of this process, for what is no matter of processes. It is composed as `serve` does it, and
 * spares the 0.4 s of processor time in which a process starts and loads. In the long form of these tests it is
 * the built one, in a process of its own.
 */
import { PassThrough } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import product from '../../package.json' with { type: 'json' };
import { composeServer } from '../../src/commands/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/lib/log.ts';
import { openConversation } from '../../src/mcp/early-handshake.ts';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { offeredTools } from '../../src/tools/enabled-tools.ts';
import { isLong } from '../support/length.ts';
import { onEnd } from '../support/lifetime.ts';
import {
  type Connection,
  type ConnectOptions,
  connectServer as connectBuilt,
  converse,
  ownEnv,
  start as startOver,
} from './harness.ts';

/** Starts a server and connects to it, until the test is over, or those that share it. */
export const connectServer: typeof connectBuilt = isLong ? connectBuilt : connectInside;

/** A simulator, and a server that uses it, with a state folder of its own. */
export const start: typeof startOver = (options) => startOver(options, connectServer);

async function connectInside(options: ConnectOptions = {}): Promise<Connection> {
  const { args = [], env = {} } = options;
  let stderr = '';
  const write = (line: string) => {
    stderr += line;
  };
  const [input, output] = [new PassThrough(), new PassThrough()];
  const over = serve({ ...ownEnv(), ...env }, args.includes('--simulator'), input, output, write);
  onEnd(() => {
    input.end();
    return over;
  });
  const conversation = await converse(new StdioServerTransport(output, input), options);
  return { ...conversation, pid: process.pid, stderr: () => stderr };
}

async function serve(
  env: NodeJS.ProcessEnv,
  simulator: boolean,
  input: PassThrough,
  output: PassThrough,
  write: (line: string) => void,
): Promise<void> {
  const { name, version } = product;
  const config = readConfig(env);
  const log = createLogger(config.log, write);
  for (const warning of config.warnings) log.warn(warning);
  const stdio = createStdioTransport(input, output);
  // A client that is gone is waited for no longer.
  input.once('end', () => void stdio.close());
  const tools = offeredTools(config.offer);
  const identity = { name, version, simulator, results: config.results, tools };
  const conversation = await openConversation(stdio, identity, log);
  if (conversation === undefined) return;
  const options = { ...config, product: { name, version }, simulator, tools, reach: 'this machine' as const };
  const server = await composeServer(options, log);
  input.once('end', () => void server.forgetQuestions());
  const served = server.serve(conversation);
  await server.start();
  await served;
  await server.close();
}

/**
 * The server inside of this process, for what is no matter of processes. It is composed as `serve` and `http` do it,
 * and spares the 0.4 s of processor time in which a process starts and loads. In the long form of these tests it is
 * the built one, in a process of its own.
 */
import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import product from '../../package.json' with { type: 'json' };
import { composeServer } from '../../src/commands/app.ts';
import { createMetrics } from '../../src/commands/metrics.ts';
import { openIdentity } from '../../src/commands/sign-in.ts';
import { readConfig } from '../../src/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { listenerOf } from '../../src/lib/listen.ts';
import { createLogger } from '../../src/lib/log.ts';
import { openConversation } from '../../src/mcp/early-handshake.ts';
import { serveHttp } from '../../src/mcp/http/endpoint.ts';
import { createStdioTransport } from '../../src/mcp/stdio.ts';
import { offeredTools } from '../../src/tools/enabled-tools.ts';
import { isLong } from '../support/length.ts';
import { onEnd } from '../support/lifetime.ts';
import {
  connectServer as connectBuilt,
  type Env,
  type Exit,
  linesOf,
  openWay as openBuiltWay,
  run as runBuilt,
  type Served,
  start as startOver,
  type Way,
  withOwn,
} from './harness.ts';
import { type HttpServed, runHttp as runBuiltHttp } from './http-harness.ts';

/** A server, and how a client of the SDK reaches it, until the test is over, or those that share it. */
export const openWay: typeof openBuiltWay = isLong ? openBuiltWay : openWayInside;

/** Starts a server and connects to it, until the test is over, or those that share it. */
export const connectServer: typeof connectBuilt = (options) => connectBuilt(options, openWay);

/** A simulator, and a server that uses it, with a state folder of its own. */
export const start: typeof startOver = (options) => startOver(options, connectServer);

/** Starts a server whose streams are in the test's hands, until the test is over, or those that share it. */
export const run: (args?: readonly string[], env?: Env) => Served = isLong ? runBuilt : runInside;

/** Serves HTTP, on any free port unless one is given, until the test is over, or those that share it. */
export const runHttp: (args?: readonly string[], env?: Env) => Promise<HttpServed> = isLong
  ? runBuiltHttp
  : runHttpInside;

function openWayInside(args: readonly string[] = [], env: Env = {}): Way {
  const { input, output, stderr, end } = serveInside(args, env);
  const transport = new StdioServerTransport(output, input);
  const close = transport.close.bind(transport);
  // As the transport that starts a process waits for its end.
  transport.close = async () => {
    await close();
    await end();
  };
  return { transport, pid: () => process.pid, stderr };
}

function runInside(args: readonly string[] = [], env: Env = {}): Served {
  const { input, output, stderr, stop, over } = serveInside(args, env);
  const exit = over.then((): Exit => ({ code: 0, signal: null }));
  return { ...linesOf(input, output, stderr), kill: stop, exit, stderr };
}

function serveInside(args: readonly string[], env: Env) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const stdio = createStdioTransport(input, output);
  const stop = () => void stdio.close();
  const { options, log, stderr } = read(args, env);

  async function serve(): Promise<void> {
    const { product, simulator, results, tools } = options;
    const conversation = await openConversation(stdio, { ...product, simulator, results, tools }, log);
    if (conversation === undefined) return;
    const server = await compose({ ...options, reach: 'this machine' }, log);
    if (input.readableEnded) void server.forgetQuestions();
    else input.once('end', () => void server.forgetQuestions());
    // What earlier processes left behind is being settled before the first call is heard, which waits for it.
    const started = server.start();
    const served = server.serve(conversation);
    await started;
    await served;
    await server.close();
  }

  const over = serve();
  const end = () => {
    input.end();
    // A client that is gone is waited for no longer.
    stop();
    return over;
  };
  onEnd(end);
  return { input, output, stderr, stop, end, over };
}

async function runHttpInside(args: readonly string[] = [], env: Env = {}): Promise<HttpServed> {
  const { options, log, stderr } = read(args, env);
  const port = args.includes('--port') ? Number(args[args.indexOf('--port') + 1]) : 0;
  const { httpToken: token, httpPublicUrl: publicUrl } = options;
  const identity = openIdentity(options, options.tools, log);
  const metrics = createMetrics(() => http.sessions());
  const isHere = publicUrl === undefined && identity === undefined;
  const reach = isHere ? 'this machine' : publicUrl === undefined ? 'nowhere' : { origin: publicUrl };
  const server = await compose({ ...options, reach, login: identity?.login, metrics }, log);
  const http = await serveHttp({
    ...{ host: '127.0.0.1', port, token, publicUrl, signIn: identity?.signIn, serve: server.serve },
    page: publicUrl === undefined ? undefined : listenerOf(server.page),
    ...{ metrics, missing: server.missing, clock: systemClock, log },
  });
  onEnd(async () => {
    await http.close();
    await server.close();
    await identity?.close();
  });
  await server.start();
  return { url: `http://127.0.0.1:${http.port}/mcp`, stdout: () => '', stderr };
}

/** What a command line and an environment say, and a log as it would be on stderr. */
function read(args: readonly string[], env: Env) {
  let stderr = '';
  const config = readConfig(withOwn(env));
  const log = createLogger(
    config.log,
    (line) => {
      stderr += line;
    },
    config.logFormat,
  );
  for (const warning of config.warnings) log.warn(warning);
  const { name, version } = product;
  const [simulator, rentUsLocal] = [args.includes('--simulator'), args.includes('--rent-us-local')];
  const tools = offeredTools(config.offer);
  const options = { ...config, product: { name, version }, simulator, rentUsLocal, tools };
  return { options, log, stderr: () => stderr };
}

/** A server that leaves this process the heap that it has: it would keep it small, as befits one of its own. */
function compose(...options: Parameters<typeof composeServer>): ReturnType<typeof composeServer> {
  const composed = composeServer(...options);
  setFlagsFromString('--semi-space-growth-factor=2');
  setFlagsFromString('--heap-growing-percent=0');
  return composed;
}

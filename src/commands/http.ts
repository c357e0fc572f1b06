import type { PageReach } from '../approval/channels/pages.ts';
import { systemClock } from '../lib/clock.ts';
import { listenerOf } from '../lib/listen.ts';
import { isLoopback } from '../lib/loopback.ts';
import { type HttpEndpoint, serveHttp } from '../mcp/http/endpoint.ts';
import { MCP_PATH } from '../mcp/http/headers.ts';
import { offeredTools } from '../tools/enabled-tools.ts';
import { composeServer, type ServerOptions } from './app.ts';
import { createCollector, letHeapGrow } from './heap.ts';
import { openLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { type Identity, openIdentity, type SignInSettings } from './sign-in.ts';

export interface HttpCommandOptions extends ServerOptions, SignInSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whoever asks must bring it. */
  readonly httpToken: string | undefined;
}

/** Serves MCP over HTTP until a stop signal. Its address goes to stdout as one line of JSON. */
export async function runHttp(options: HttpCommandOptions): Promise<void> {
  const { host, port, httpToken: token, httpPublicUrl: publicUrl } = options;
  const log = openLog(options);
  const tools = offeredTools(options.offer);
  const identity = openIdentity(options, tools, log);
  const reach = reachOf(host, publicUrl, identity);
  let http: HttpEndpoint | undefined;
  const sessions = () => http?.sessions() ?? 0;
  const metrics = createMetrics(sessions);
  const server = await composeServer({ ...options, tools, reach, login: identity?.login, metrics }, log);
  letHeapGrow();
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const page = publicUrl === undefined ? undefined : listenerOf(server.page);
  // Settling what earlier processes left behind begins before a call is heard: those that need a yes wait for it.
  const started = Promise.all([
    server.start(),
    serveHttp({
      ...{ host, port, token, publicUrl, signIn: identity?.signIn, page, serve: server.serve },
      ...{ metrics, missing: server.missing, onEmpty: createCollector(sessions) },
      clock: systemClock,
      log,
    }),
  ]);
  [, http] = await started.catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const name = host.includes(':') ? `[${host}]` : host;
  process.stdout.write(`${JSON.stringify({ url: `http://${name}:${http.port}${MCP_PATH}` })}\n`);
  await stopped;
  await http.close();
  await server.close();
  await identity?.close();
}

/**
 * Behind a proxy, whoever asks may be anywhere, and sees what the proxy serves. Where people sign in, a page must
 * have an address that they come back to.
 */
function reachOf(host: string, publicUrl: string | undefined, identity: Identity | undefined): PageReach {
  if (publicUrl !== undefined) return { origin: publicUrl };
  return isLoopback(host) && identity === undefined ? 'this machine' : 'nowhere';
}

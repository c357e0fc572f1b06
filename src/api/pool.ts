/** Apart from http.ts, so that undici is loaded when the first request is made and not before. */
import type { Dispatcher } from 'undici';
// The package as a whole brings fetch, caches and web sockets along: twice the size, twice the time.
import Agent from 'undici/lib/dispatcher/agent.js';
import type { ProxySettings } from './http.ts';

/** Connections that are kept alive between calls. */
export async function openPool(proxy: ProxySettings = {}): Promise<Dispatcher> {
  const options = { connections: 32, keepAliveTimeout: 30_000, connect: { timeout: 10_000 } };
  if (!proxy.httpProxy && !proxy.httpsProxy) return new Agent(options);
  const { openProxyPool } = await import('./proxy.ts');
  return openProxyPool(proxy, options);
}

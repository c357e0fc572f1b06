/** Apart from pool.ts, so that what only proxies need is loaded where there is one. */
import type { Agent, Dispatcher } from 'undici';
import connect from 'undici/lib/api/api-connect.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { ProxyError } from './errors.ts';
import type { ProxySettings } from './http.ts';

/** Connections through the proxy that the settings name for their origin, or direct ones. */
export function openProxyPool(proxy: ProxySettings, options: Agent.Options): Dispatcher {
  return new EnvHttpProxyAgent({
    ...options,
    // What is not set must not come from process.env.
    httpProxy: proxy.httpProxy ?? '',
    httpsProxy: proxy.httpsProxy ?? '',
    noProxy: proxy.noProxy ?? '',
    clientFactory: openTunnels,
  });
}

/**
 * Connections to a proxy that open tunnels. undici tells a refused tunnel in words alone, and puts the method
 * `connect` in place only where the package is loaded as a whole.
 */
function openTunnels(proxy: URL, options: object): Dispatcher {
  const pool = new Pool(proxy, options);
  async function openTunnel(request: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const tunnel = await connect.call(pool, request).catch((cause: unknown) => {
      throw new ProxyError(proxy.origin, { cause });
    });
    if (tunnel.statusCode === 200) return tunnel;
    tunnel.socket.on('error', () => {}).destroy();
    throw new ProxyError(proxy.origin, { status: tunnel.statusCode });
  }
  return Object.assign(pool, { connect: openTunnel });
}

/** Apart from http.ts, so that undici is loaded when the first request is made and not before. */
import type { Dispatcher } from 'undici';
// The package as a whole brings fetch, caches and web sockets along: twice the size, twice the time.
import Agent from 'undici/lib/dispatcher/agent.js';

/** Connections that are kept alive between calls. */
export function openPool(): Dispatcher {
  return new Agent({ connections: 32, keepAliveTimeout: 30_000, connect: { timeout: 10_000 } });
}

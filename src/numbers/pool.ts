/** Apart from http.ts, so that undici is loaded when the first request is made and not before. */
import { Agent, type Dispatcher } from 'undici';

/** Connections that are kept alive between calls. */
export function openPool(): Dispatcher {
  return new Agent({ connections: 32, keepAliveTimeout: 30_000, connect: { timeout: 10_000 } });
}

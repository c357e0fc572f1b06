/** Several servers behind one address. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { onEnd } from './lifetime.ts';

export interface SessionProxy {
  readonly origin: string;
  /** The addresses of the servers, which take new sessions in turn. */
  targets: readonly string[];
}

/**
 * Stands before servers until the test is over, or those that share it. A request goes to the server that gave its
 * session an ID, as long as there is that server; any other goes to the next one.
 */
export async function openSessionProxy(): Promise<SessionProxy> {
  const sessions = new Map<string, string>();
  let next = 0;

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const known = sessions.get(String(incoming.headers['mcp-session-id']));
    const isThere = known !== undefined && proxy.targets.includes(known);
    const target = isThere ? known : (proxy.targets[next++ % proxy.targets.length] ?? '');
    const { method, headers, url = '' } = incoming;
    const further = request(new URL(url, target), { method, headers }, (answer) => {
      const id = answer.headers['mcp-session-id'];
      if (typeof id === 'string') sessions.set(id, target);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      pipeline(answer, outgoing, () => {});
    });
    further.on('error', () => outgoing.headersSent || outgoing.writeHead(502).end());
    outgoing.on('close', () => further.destroy());
    pipeline(incoming, further, () => {});
  }

  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy: SessionProxy = { origin: `http://127.0.0.1:${port}`, targets: [] };
  return proxy;
}

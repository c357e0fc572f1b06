/** Several servers behind one address. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { onEnd } from './lifetime.ts';

export interface SessionProxy {
  readonly origin: string;
  /** The addresses of the servers, which take new sessions in turn. */
  targets: readonly string[];
}

/**
 * Stands before servers until the test is over, or those that share it. A request goes to the server that gave its
 * session an ID, as long as there is that server; any other goes to the next one. A page is known to the server that
 * asked: where one answers 404, the next is tried.
 */
export async function openSessionProxy(): Promise<SessionProxy> {
  const sessions = new Map<string, string>();
  let next = 0;

  function send(incoming: IncomingMessage, target: string, body: Buffer): Promise<IncomingMessage> {
    const { method, headers, url = '' } = incoming;
    return new Promise((resolve, reject) => {
      const further = request(new URL(url, target), { method, headers }, resolve)
        .on('error', reject)
        .end(body);
      incoming.socket.once('close', () => further.destroy());
    });
  }

  async function forward(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { targets } = proxy;
    const known = sessions.get(String(incoming.headers['mcp-session-id'])) ?? '';
    const turned = targets.map((_, index) => targets[(next + index) % targets.length] ?? '');
    next++;
    const body = await buffer(incoming);
    for (const target of targets.includes(known) ? [known] : turned) {
      const answer = await send(incoming, target, body);
      if (answer.statusCode === 404 && incoming.url?.startsWith('/approve/') && target !== turned.at(-1)) {
        answer.resume();
        continue;
      }
      const id = answer.headers['mcp-session-id'];
      if (typeof id === 'string') sessions.set(id, target);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      pipeline(answer, outgoing, () => {});
      return;
    }
  }

  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing).catch(() => outgoing.destroy());
  });
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

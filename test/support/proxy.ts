/** A proxy that opens tunnels (CONNECT), on loopback. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Tunnel {
  /** host:port */
  readonly to: string;
  readonly authorization: string | undefined;
}

/** @param status what it answers to CONNECT; only with 200 is there a tunnel */
export async function startProxy(status: (tunnel: Tunnel) => number = () => 200) {
  const tunnels: Tunnel[] = [];
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.writeHead(400).end();
  });
  server.on('connect', (request, socket, head) => {
    const to = request.url ?? '';
    const tunnel = { to, authorization: request.headers['proxy-authorization'] };
    tunnels.push(tunnel);
    socket.on('error', () => {});
    const answer = status(tunnel);
    if (answer !== 200) return socket.end(`HTTP/1.1 ${answer} No\r\ncontent-length: 0\r\n\r\n`);
    const [host = '', port] = to.split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, port, tunnels, requests: () => requests };
}

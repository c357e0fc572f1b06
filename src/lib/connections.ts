/** What keeps an HTTP server reachable, and its answers from getting lost, whatever clients do with their connections. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long what is left of a body is read away, in milliseconds, once its request was answered. */
const LINGER_MS = 1_000;

/**
 * Limits a server's connections. One too many makes the one go that has been idle longest, with no request or with
 * half of one; only where none is idle, the new one is dropped.
 * @returns what closes those that wait for a request, now and from now on. Node's own leaves those open on which
 *   nothing came yet.
 */
export function limitConnections(server: Server, max: number): () => void {
  const open = new Set<Socket>();
  /** In the order in which they became idle. */
  const idle = new Set<Socket>();
  let isClosing = false;

  function forget(socket: Socket): void {
    open.delete(socket);
    idle.delete(socket);
  }

  function closeIdle(): void {
    isClosing = true;
    server.closeIdleConnections();
    for (const socket of idle) if (socket.bytesRead === 0) socket.destroy();
  }

  server.on('connection', (socket: Socket) => {
    open.add(socket);
    idle.add(socket);
    socket.once('close', () => forget(socket));
    const [longest] = idle;
    if (open.size <= max || longest === undefined) return;
    forget(longest);
    longest.destroy();
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) idle.add(socket);
      if (isClosing) setImmediate(closeIdle);
    });
  });
  return closeIdle;
}

/**
 * Closes the connection after an answer that leaves some of its request unread: the client is told so, and sends
 * its next request on another one. What still arrives is read away, since closing on unread data would take the
 * answer from the client.
 */
export function closeWhereUnread(server: Server): void {
  const unread = new WeakMap<Socket, IncomingMessage>();
  server.on('connection', (socket: Socket) => {
    const destroySoon = socket.destroySoon.bind(socket);
    // Node calls this after the last answer on a connection.
    socket.destroySoon = () => {
      const request = unread.get(socket);
      if (request === undefined) return destroySoon();
      socket.end();
      // Whoever was reading has stopped, and would hold up the rest.
      request.removeAllListeners('data').resume();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    };
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { headers, socket } = request;
    if (headers['transfer-encoding'] === undefined && !Number(headers['content-length'])) return;
    const { shouldKeepAlive } = response;
    unread.set(socket, request);
    response.shouldKeepAlive = false;
    request.once('end', () => {
      unread.delete(socket);
      response.shouldKeepAlive = shouldKeepAlive;
    });
  });
}

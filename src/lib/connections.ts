/** What keeps an HTTP server reachable, and its answers from getting lost, whatever clients do with their connections. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long what is left of a body is read away, in milliseconds, once its request was answered. */
const LINGER_MS = 1_000;

interface Connection {
  readonly socket: Socket;
  /** Grows with each connection that becomes idle; undefined while a request is under way. */
  idleSince: number | undefined;
  /** A request that has not been read to its end. */
  unread: IncomingMessage | undefined;
}

/**
 * Looks after the connections of a server.
 *
 * One too many makes the one go that has been idle longest, with no request or with half of one; only where none is
 * idle, the new one is dropped.
 *
 * After an answer that leaves some of its request unread, the connection closes: the client is told so, and sends its
 * next request on another one. What still arrives is read away, since closing on unread data would take the answer
 * from the client.
 * @returns what closes the idle ones, now and from now on
 */
export function lookAfterConnections(server: Server, max: number): () => void {
  // Nothing is put in or taken out per request: a Map that churns keeps what was in it until a full collection.
  const connections = new Map<Socket, Connection>();
  let idled = 0;
  let isClosing = false;

  /** Node's own leaves those open on which nothing came yet. */
  function closeIdle(): void {
    isClosing = true;
    server.closeIdleConnections();
    for (const { socket, idleSince } of connections.values()) {
      if (idleSince !== undefined && socket.bytesRead === 0) socket.destroy();
    }
  }

  function dropLongestIdle(): void {
    let longest: Connection | undefined;
    for (const connection of connections.values()) {
      if ((connection.idleSince ?? Infinity) < (longest?.idleSince ?? Infinity)) longest = connection;
    }
    if (longest === undefined) return;
    connections.delete(longest.socket);
    longest.socket.destroy();
  }

  server.on('connection', (socket: Socket) => {
    const connection: Connection = { socket, idleSince: idled++, unread: undefined };
    connections.set(socket, connection);
    socket.once('close', () => connections.delete(socket));
    closeWhereUnread(connection);
    if (connections.size > max) dropLongestIdle();
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket);
    if (connection === undefined) return;
    connection.idleSince = undefined;
    response.once('close', () => {
      connection.idleSince = idled++;
      if (isClosing) setImmediate(closeIdle);
    });
    if (!hasBody(request)) return;
    const { shouldKeepAlive } = response;
    connection.unread = request;
    response.shouldKeepAlive = false;
    request.once('end', () => {
      connection.unread = undefined;
      response.shouldKeepAlive = shouldKeepAlive;
    });
  });
  return closeIdle;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
}

/** Node closes a connection by this after its last answer. */
function closeWhereUnread(connection: Connection): void {
  const { socket } = connection;
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (connection.unread === undefined) return destroySoon();
    socket.end();
    // Whoever was reading has stopped, and would hold up the rest.
    connection.unread.removeAllListeners('data').resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}

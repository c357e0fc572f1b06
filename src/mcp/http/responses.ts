/** Answers over HTTP, and whether they arrive. */
import type { ServerResponse } from 'node:http';

export function answerJson(
  response: ServerResponse,
  body: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/**
 * Calls back once a response was written to a client that is still there. HTTP knows no receipt: a client that
 * leaves later than the moment after is taken for there.
 */
export function whenReceived(response: ServerResponse, callback: () => void): void {
  const { socket } = response;
  response.once('finish', () => {
    // By then the socket has reported a client that has gone.
    setImmediate(() => {
      const isGone = socket?.errored || (socket?.destroyed && response.shouldKeepAlive);
      if (!isGone) callback();
    });
  });
}

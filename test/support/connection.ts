/** One connection for several requests, as clients that keep theirs have it. */
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Sending {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
  /** It came on the connection of the request before. */
  readonly isReused: boolean;
}

/** A client that keeps its connection, and sends again on another where the server lets go of it in time. */
export function keepConnection(origin: string): (path: string, sending?: Sending) => Promise<Answered> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return (path, { method = 'POST', headers = {}, body = '' } = {}) =>
    new Promise((resolve, reject) => {
      const length = { 'content-length': Buffer.byteLength(body) };
      const sent = request(`${origin}${path}`, { method, agent, headers: { ...length, ...headers } });
      sent.once('error', reject);
      sent.once('response', async (response) => {
        sent.removeAllListeners('error').on('error', () => {});
        const { statusCode: status = 0 } = response;
        const answered = await text(response).catch(() => '');
        resolve({ status, headers: response.headers, body: answered, isReused: sent.reusedSocket });
      });
      sent.end(body);
    });
}

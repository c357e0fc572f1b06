/** As little of an MCP client as can be, so that what is measured is the server. */
import type { LineProcess } from './processes.ts';

interface Answer {
  readonly id?: number;
  readonly result?: object;
}

export interface Client {
  /** @returns the result; an error, the protocol's or a tool's, is thrown */
  request(method: string, params?: object): Promise<object>;
  notify(method: string): void;
  callTool(name: string, args: object, meta?: object): Promise<object>;
}

export function openClient(server: LineProcess): Client {
  const waiting = new Map<number, (answer: Answer, line: string) => void>();
  let lastId = 0;

  server.onLine((line) => {
    const answer: Answer = JSON.parse(line);
    // Notifications of progress go unheard.
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.(answer, line);
    waiting.delete(answer.id);
  });

  function request(method: string, params: object = {}): Promise<object> {
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ result }, line) => {
        if (result === undefined || ('isError' in result && result.isError)) reject(new Error(line));
        else resolve(result);
      });
      server.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  return {
    request,
    notify: (method) => server.send(JSON.stringify({ jsonrpc: '2.0', method })),
    callTool: (name, args, meta) =>
      request('tools/call', { name, arguments: args, ...(meta && { _meta: meta }) }),
  };
}

/** What a client says first. */
export function initialize(client: Client): Promise<object> {
  return client.request('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1.0.0' },
  });
}

/** Opens a conversation with a server that has just been started. */
export async function connect(server: LineProcess): Promise<Client> {
  const client = openClient(server);
  await initialize(client);
  client.notify('notifications/initialized');
  return client;
}

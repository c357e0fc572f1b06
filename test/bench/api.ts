/**
 * The simulated API behind a memory, in a process of its own: the simulator is asked once for each request, and
 * what it answered is said again by plain HTTP, each time after the same delay. So the API costs next to nothing.
 *
 * Arguments: how many numbers are rented, and the delay in milliseconds. Prints its address as a line of JSON,
 * then, for each line on stdin, what was counted since the last.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { request } from 'undici';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { eachLine } from './lines.ts';

/** What arrived at the API. */
export interface Counts {
  /** Requests, those for a token left out. */
  readonly requests: number;
  /** Connections that were opened. */
  readonly connections: number;
}

const [active = 0, delayMs = 0] = process.argv.slice(2).map(Number);
const memory = new Map<string, Buffer>();
const NOTHING: Counts = { requests: 0, connections: 0 };
let counts = NOTHING;

async function main(): Promise<void> {
  const simulator = await startSimulator({ active });

  async function remember(incoming: IncomingMessage): Promise<Buffer> {
    const { authorization = '', 'content-type': type = '' } = incoming.headers;
    const { statusCode, body } = await request(`${simulator.url}${incoming.url}`, {
      method: incoming.method === 'POST' ? 'POST' : 'GET',
      headers: { authorization, 'content-type': type },
      body: incoming.method === 'POST' ? await text(incoming) : null,
    });
    const answer = Buffer.from(await body.arrayBuffer());
    if (statusCode !== 200) throw new Error(`${incoming.method} ${incoming.url}: ${statusCode} ${answer}`);
    memory.set(`${incoming.method} ${incoming.url}`, answer);
    return answer;
  }

  const server = createServer((incoming, response) => {
    if (incoming.method === 'GET') counts = { ...counts, requests: counts.requests + 1 };
    const known = memory.get(`${incoming.method} ${incoming.url}`);
    if (known !== undefined) answerLater(response, known);
    else void remember(incoming).then((answer) => answerLater(response, answer));
  });
  // A connection outlives the turns of the others.
  server.keepAliveTimeout = 120_000;
  server.on('connection', () => {
    counts = { ...counts, connections: counts.connections + 1 };
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { projectId, keyId, keySecret } = simulator;
    print({ url: `http://127.0.0.1:${port}`, projectId, keyId, keySecret });
  });

  eachLine(process.stdin, () => {
    print(counts);
    counts = NOTHING;
  });
  // It goes with whoever started it.
  process.stdin.once('end', () => process.exit());
}

function answerLater(response: ServerResponse, body: Buffer): void {
  if (delayMs === 0) answer(response, body);
  else setTimeout(answer, delayMs, response, body);
}

function answer(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

void main();

/** The limit of a call over HTTP: whatever is posted, one request of the API, and its answer as a tool's result. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { openDirect } from './direct.ts';

const [, , address = '', target = ''] = process.argv;
const opening = openDirect(JSON.parse(address));

const server = createServer(async (request, response) => {
  const { id }: { readonly id?: number } = JSON.parse(await text(request));
  const body = await (await opening).get(target);
  const content = JSON.stringify([{ type: 'text', text: body }]);
  const answer = `{"jsonrpc":"2.0","id":${id},"result":{"content":${content},"structuredContent":${body}}}`;
  const length = Buffer.byteLength(answer);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length }).end(answer);
});
server.listen(0, '127.0.0.1', () => {
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/mcp` })}\n`);
});
// It goes with whoever started it.
process.stdin.once('end', () => process.exit()).resume();

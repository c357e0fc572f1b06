/** The limit of a call: whatever is asked on stdin, one request of the API, and its answer as a tool's result. */
import { openDirect } from './direct.ts';
import { eachLine } from './lines.ts';

const [, , address = '', target = ''] = process.argv;
const opening = openDirect(JSON.parse(address));

eachLine(process.stdin, async (line) => {
  const { id }: { readonly id?: number } = JSON.parse(line);
  if (id === undefined) return;
  const body = await (await opening).get(target);
  const content = JSON.stringify([{ type: 'text', text: body }]);
  process.stdout.write(
    `{"jsonrpc":"2.0","id":${id},"result":{"content":${content},"structuredContent":${body}}}\n`,
  );
});

/**
 * What a list costs at least: one request of the API, and its answer read, told as a line a number, and written again. It
 * checks nothing, and knows no number's links or failures.
 */
import { openDirect } from './direct.ts';
import { eachLine } from './lines.ts';

interface Numbers {
  readonly activeNumbers?: readonly object[];
  readonly availableNumbers?: readonly object[];
}

const [, , address = '', target = ''] = process.argv;
const opening = openDirect(JSON.parse(address));

eachLine(process.stdin, async (line) => {
  const { id }: { readonly id?: number } = JSON.parse(line);
  if (id === undefined) return;
  const page: Numbers = JSON.parse(await (await opening).get(target));
  const numbers = page.activeNumbers ?? page.availableNumbers ?? [];
  const text = numbers.map((number) => Object.values(number).filter(isText).join(' | ')).join('\n');
  const result = { content: [{ type: 'text', text }], structuredContent: page };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
});

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

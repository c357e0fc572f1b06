import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { explainProvisioningError } from '../../src/audit/catalogue.ts';
import { documentedVariables } from '../../src/environment.ts';
import { tools } from '../../src/tools/index.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));

const EFFECTS = {
  read: 'reads',
  write: 'changes configuration',
  billing: '**costs money**, asks first',
  destructive: '**ends a subscription**, asks first',
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** What stands between the markers, from the code that it documents. */
const SECTIONS = {
  tools: table(
    ['tool', 'operation', 'effect'],
    tools.map(({ name, operationId, effect }) => [`\`${name}\``, operationId ?? '', EFFECTS[effect]]),
  ),
  environment: table(
    ['variable', 'meaning', 'default'],
    documentedVariables.map(({ name, meaning, byDefault }) => [`\`${name}\``, meaning, byDefault]),
  ),
  codes: table(
    ['code', 'meaning'],
    SMS_ERROR_CODES.map((code) => [`\`${code}\``, explainProvisioningError(code).meaning]),
  ),
};

test('the tables of the README say what the code says', async () => {
  let readme = readFileSync(README, 'utf8');
  for (const [name, section] of Object.entries(SECTIONS)) {
    const between = new RegExp(`(<!-- ${name}:begin -->\\n)(?:\\|.*\\n)*(<!-- ${name}:end -->)`);
    expect(readme).toMatch(between);
    readme = readme.replace(between, (_, begin, end) => `${begin}${section}\n${end}`);
  }
  await expect(readme).toMatchFileSnapshot(README);
});

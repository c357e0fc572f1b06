import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SMS_ERROR_CODES } from '../../src/api/schemas/numbers.ts';
import { explainProvisioningError } from '../../src/audit/catalogue.ts';
import { documentedVariables } from '../../src/environment.ts';
import { FORMS_UNSHOWN, STRUCTURED_TO_MODEL } from '../../src/mcp/known-clients.ts';
import { toolsetNames } from '../../src/tools/definitions.ts';
import { tools } from '../../src/tools/index.ts';
import type { Tool } from '../../src/tools/tool.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Every page that people read here. */
const PAGES = ['.', 'docs', 'docs/deploy', 'clients']
  .filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.md'));

const EFFECTS = {
  read: 'reads',
  write: 'changes configuration',
  billing: '**costs money**, asks first',
  destructive: '**ends a subscription**, asks first',
};

const effectOf = ({ effect, isGated }: Tool) =>
  effect === 'write' && isGated ? `${EFFECTS.write}; asks before it cuts off what works` : EFFECTS[effect];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function toolsIn(names: readonly string[], effects: readonly Tool['effect'][]): string {
  return tools
    .filter(({ name, effect }) => names.includes(name) && effects.includes(effect))
    .map(({ name }) => `\`${name}\``)
    .join(' ');
}

/** What stands between the markers of a page, from the code that it documents. */
const SECTIONS = {
  'README.md': {
    toolsets: table(
      ['', 'reads', 'changes', 'costs or ends: asks first'],
      Object.entries(toolsetNames).map(([toolset, names]) => [
        `\`${toolset}\``,
        toolsIn(names, ['read']),
        toolsIn(names, ['write']),
        toolsIn(names, ['billing', 'destructive']),
      ]),
    ),
  },
  'docs/tools.md': {
    operations: table(
      ['tool', 'operation', 'effect'],
      tools.map((tool) => [`\`${tool.name}\``, tool.operationId ?? '', effectOf(tool)]),
    ),
  },
  'docs/environment.md': {
    environment: table(
      ['variable', 'meaning', 'default'],
      documentedVariables.map(({ name, meaning, byDefault }) => [`\`${name}\``, meaning, byDefault]),
    ),
  },
  'clients/README.md': {
    'known-clients': table(
      ['name', 'what is known of it', 'known from'],
      [
        ...FORMS_UNSHOWN.map((client) => ({
          ...client,
          fact: 'declares forms and shows none: asked by page',
        })),
        ...STRUCTURED_TO_MODEL.map((client) => ({
          ...client,
          fact: 'its model reads structured content: gets the text alone',
        })),
      ].map(({ name, fact, source }) => [`\`${name}\``, fact, `<${source}>`]),
    ),
  },
  'docs/simulator.md': {
    codes: table(
      ['code', 'meaning'],
      SMS_ERROR_CODES.map((code) => [`\`${code}\``, explainProvisioningError(code).meaning]),
    ),
  },
};

test.each(Object.entries(SECTIONS))('the tables of %s say what the code says', async (page, sections) => {
  let text = textOf(page);
  for (const [name, section] of Object.entries(sections)) {
    const between = new RegExp(`(<!-- ${name}:begin -->\\n)(?:\\|.*\\n)*(<!-- ${name}:end -->)`);
    expect(text).toMatch(between);
    text = text.replace(between, (_, begin, end) => `${begin}${section}\n${end}`);
  }
  await expect(text).toMatchFileSnapshot(join(ROOT, page));
});

test('the README can be read in one sitting: at most 8 KB', () => {
  expect(statSync(join(ROOT, 'README.md')).size).toBeLessThanOrEqual(8 * 1024);
});

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return Array.from(page.matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

test.each(PAGES)('every link of %s leads to something in this repository', (page) => {
  const links = Array.from(
    textOf(page).matchAll(/(?:\]\(|(?:src|srcset)=")([^)"\s]+)/g),
    ([, link = '']) => link,
  );
  const dead = links.filter((link) => {
    if (/^https?:|^mailto:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), decodeURI(path));
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(textOf(target)).includes(anchor);
  });
  expect(dead).toEqual([]);
});

test('every file that the architecture names is there', () => {
  const named = Array.from(
    textOf('docs/architecture.md').matchAll(/`([\w-]+\/[\w/-]+(?:\.ts|\/))`/g),
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, 'src', path)))).toEqual([]);
});

test.each(['CONTRIBUTING.md', 'AGENTS.md'])('every file that %s names is there', (page) => {
  const named = Array.from(
    textOf(page).matchAll(/`((?:src|test|docs|clients)\/[\w./-]*)`/g),
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

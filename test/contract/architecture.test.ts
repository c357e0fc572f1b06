import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** From the way in to the way down: a file imports from its own folder and from folders further down only. */
const FOLDERS = [
  'commands',
  'mcp',
  'tools',
  'views',
  'resources',
  'prompts',
  'approval',
  'audit',
  'callbacks',
  'storage',
  'identity',
  'api',
  'simulator',
  'lib',
];

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(`${SRC}${path}`, 'utf8');
    const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
    return { path, text, imports: Array.from(specifiers, ([, specifier = '']) => specifier) };
  });

const folderOf = (path: string) => (path.includes('/') ? (path.split('/')[0] ?? '') : '');

const inFolders = sources.filter(({ path }) => folderOf(path) !== '');

test('a file imports from its own folder and from folders below it', () => {
  for (const { path, imports } of inFolders) {
    const folder = folderOf(path);
    expect.soft(FOLDERS, path).toContain(folder);
    for (const specifier of imports.filter((it) => it.startsWith('.'))) {
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      if (folder === 'simulator' && target.startsWith('api/schemas/')) continue;
      expect
        .soft(FOLDERS.indexOf(folderOf(target)), `${path} imports ${target}`)
        .toBeGreaterThanOrEqual(FOLDERS.indexOf(folder));
    }
  }
});

test('only mcp/ knows the MCP SDK', () => {
  const users = inFolders.filter(({ imports }) =>
    imports.some((it) => it.startsWith('@modelcontextprotocol/')),
  );
  const others = users.filter(({ path }) => folderOf(path) !== 'mcp');
  // Pages speak with hosts in the types of the extension, and bring nothing of it along.
  const isPage = ({ path, text }: Source) =>
    path.startsWith('views/browser/') && !/^import (?!type ).*@modelcontextprotocol/m.test(text);
  expect(others.filter((it) => !isPage(it)).map(({ path }) => path)).toEqual([]);
});

test('only commands and the command line write to stdout', () => {
  const writers = sources.filter(({ text }) => text.includes('process.stdout')).map(({ path }) => path);
  expect(writers.filter((path) => path !== 'cli.ts' && folderOf(path) !== 'commands')).toEqual([]);
});

test('the version stands in package.json alone', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(sources.filter(({ text }) => text.includes(version)).map(({ path }) => path)).toEqual([]);
});

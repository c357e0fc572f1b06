import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** From the way in to the way down: a file imports from its own folder and from folders further down only. */
const FOLDERS = [
  'commands',
  'mcp',
  'tools',
  'resources',
  'prompts',
  'approval',
  'audit',
  'callbacks',
  'storage',
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

describe.each(sources.filter(({ path }) => folderOf(path) !== ''))('src/$path', ({ path, imports }) => {
  const folder = folderOf(path);

  test('imports from its own folder and from folders below it', () => {
    expect(FOLDERS).toContain(folder);
    for (const specifier of imports.filter((it) => it.startsWith('.'))) {
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      if (folder === 'simulator' && target.startsWith('api/schemas/')) continue;
      expect(FOLDERS.indexOf(folderOf(target)), `${path} imports ${target}`).toBeGreaterThanOrEqual(
        FOLDERS.indexOf(folder),
      );
    }
  });

  test('leaves the MCP SDK to mcp/', () => {
    const fromSdk = imports.filter((it) => it.startsWith('@modelcontextprotocol/'));
    if (folder !== 'mcp') expect(fromSdk).toEqual([]);
  });
});

test('only commands and the command line write to stdout', () => {
  const writers = sources.filter(({ text }) => text.includes('process.stdout')).map(({ path }) => path);
  expect(writers.filter((path) => path !== 'cli.ts' && folderOf(path) !== 'commands')).toEqual([]);
});

test('the version stands in package.json alone', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(sources.filter(({ text }) => text.includes(version)).map(({ path }) => path)).toEqual([]);
});

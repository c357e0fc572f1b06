import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const { mcpServers }: { mcpServers: Record<string, Entry> } = JSON.parse(
  readFileSync(new URL('../../mcp.json', import.meta.url), 'utf8'),
);

test('mcp.json offers the real API alone: it cannot hold an entry that is switched off', () => {
  expect(Object.keys(mcpServers)).toEqual(['sinch-numbers']);
  for (const { command, args } of Object.values(mcpServers)) {
    expect([command, ...args].join(' ')).toBe('node dist/cli.js');
  }
});

test('mcp.json names each credential once, as a variable for the client to expand', () => {
  const { env = {} } = mcpServers['sinch-numbers'] ?? {};
  const expanded = Object.fromEntries(Object.keys(env).map((name) => [name, 'value']));
  expect(readConfig(expanded).credentials).toEqual({
    projectId: 'value',
    keyId: 'value',
    keySecret: 'value',
  });
  for (const [name, value] of Object.entries(env)) expect(value).toBe(`\${${name}}`);
});

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const BUILT = '/path/to/sinch-numbers-mcp/dist/cli.js';

test('the JSON snippets of the README parse, and name the built server', () => {
  const snippets = Array.from(README.matchAll(/```json\n([\s\S]*?)```/g), ([, json = '']) =>
    JSON.parse(json),
  );
  expect(snippets).toHaveLength(1);
  for (const snippet of snippets) {
    const entries: Entry[] = Object.values(snippet.mcpServers ?? snippet.servers);
    for (const { command, args } of entries) {
      expect([command, args[0]]).toEqual(['node', BUILT]);
    }
  }
});

/** The first thing that a pattern captures in the README. */
function inReadme(pattern: RegExp): string {
  const [, found] = README.match(pattern) ?? [];
  if (found === undefined) throw new Error(`the README has nothing like ${pattern}`);
  return found;
}

/** What each way to install adds: the parts of its link or command, as the client reads them. */
const INSTALLS: [client: string, read: () => Entry, script: string][] = [
  [
    'VS Code',
    () => {
      const link = new URL(inReadme(/\((https:\/\/insiders\.vscode\.dev\/redirect\/mcp\/install\?[^)]*)\)/));
      const [{ id }] = JSON.parse(link.searchParams.get('inputs') ?? '[]');
      expect(id).toBe('clone');
      return JSON.parse(link.searchParams.get('config') ?? '');
    },
    `\${input:clone}/dist/cli.js`,
  ],
  [
    'Cursor',
    () => {
      const link = new URL(inReadme(/\((https:\/\/cursor\.com\/en\/install-mcp\?[^)]*)\)/));
      return JSON.parse(Buffer.from(link.searchParams.get('config') ?? '', 'base64').toString());
    },
    BUILT,
  ],
  ['Claude Code', () => JSON.parse(inReadme(/^claude mcp add-json [\w-]+ '(.*)'$/m)), BUILT],
  [
    'Codex',
    () => {
      const [command = '', ...args] = inReadme(/^codex mcp add [\w-]+ -- (.*)$/m).split(' ');
      return { command, args };
    },
    BUILT,
  ],
];

test.each(INSTALLS)('%s installs the built server on its simulator', (_, read, script) => {
  const { command, args } = read();
  expect({ command, args }).toEqual({ command: 'node', args: [script, '--simulator'] });
});

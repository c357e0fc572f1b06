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

test('the JSON snippets of the README parse, and name the built server', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const snippets = Array.from(readme.matchAll(/```json\n([\s\S]*?)```/g), ([, json = '']) =>
    JSON.parse(json),
  );
  expect(snippets).toHaveLength(1);
  for (const snippet of snippets) {
    const entries: Entry[] = Object.values(snippet.mcpServers ?? snippet.servers);
    for (const { command, args } of entries) {
      expect([command, args[0]]).toEqual(['node', '/path/to/sinch-numbers-mcp/dist/cli.js']);
    }
  }
});

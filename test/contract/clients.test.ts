import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { readConfig } from '../../src/config.ts';
import { documentedVariables } from '../../src/environment.ts';
import { problemsOf } from '../support/environment.ts';

const FOLDER = fileURLToPath(new URL('../../clients/', import.meta.url));
const SERVER = '/path/to/sinch-numbers-mcp/dist/cli.js';

/** The longest that a call may take, in seconds: an audit that tells its progress. A person is waited for 300. */
const LONGEST_CALL = 600;

const variables = z.record(z.string(), z.string()).default({});
const words = z.array(z.string());

/** Strict, as a misspelt field would go unseen in most clients. */
const stdio = z.strictObject({ command: z.string(), args: words, env: variables });
const servers = <T extends z.ZodType>(entry: T) =>
  z.strictObject({ mcpServers: z.record(z.string(), entry) });

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variables that the client hands on, by name. */
  readonly handedOn?: readonly string[];
  readonly enabled?: boolean;
  /** In seconds. */
  readonly timeout?: number;
}

/** What each client reads, by the name of its file here. */
const CLIENTS: Readonly<Record<string, (text: string) => Record<string, Entry>>> = {
  'claude_desktop_config.json': (text) => servers(stdio).parse(JSON.parse(text)).mcpServers,
  'claude-code.sh': (text) => Object.fromEntries(commandsOf(text).map(readClaudeCommand)),
  'vscode.mcp.json': (text) =>
    z
      .strictObject({
        inputs: z.array(z.looseObject({})),
        servers: z.record(z.string(), stdio.extend({ type: z.literal('stdio') })),
      })
      .parse(JSON.parse(text)).servers,
  'cursor.mcp.json': (text) => servers(stdio).parse(JSON.parse(text)).mcpServers,
  'windsurf.mcp_config.json': (text) => servers(stdio).parse(JSON.parse(text)).mcpServers,
  'zed.settings.json': (text) =>
    z
      .strictObject({
        context_servers: z.record(
          z.string(),
          stdio.extend({ timeout: z.number(), enabled: z.boolean().default(true) }),
        ),
      })
      .parse(JSON.parse(text)).context_servers,
  'codex.config.toml': (text) =>
    z
      .strictObject({
        mcp_servers: z.record(
          z.string(),
          stdio
            .extend({
              env_vars: words.default([]),
              tool_timeout_sec: z.number(),
              enabled: z.boolean().default(true),
            })
            .transform(({ env_vars: handedOn, tool_timeout_sec: timeout, ...entry }) => ({
              ...entry,
              handedOn,
              timeout,
            })),
        ),
      })
      .parse(parseToml(text)).mcp_servers,
  'gemini.settings.json': (text) => {
    const entry = stdio
      .extend({ timeout: z.number() })
      .transform(({ timeout, ...rest }) => ({ ...rest, timeout: timeout / 1000 }));
    const { mcpServers, mcp } = servers(entry)
      .extend({ mcp: z.strictObject({ excluded: words }) })
      .parse(JSON.parse(text));
    const isEnabled = (name: string) => ({ enabled: !mcp.excluded.includes(name) });
    return Object.fromEntries(
      Object.entries(mcpServers).map(([name, server]) => [name, { ...server, ...isEnabled(name) }]),
    );
  },
  'goose.config.yaml': (text) =>
    z
      .strictObject({
        extensions: z.record(
          z.string(),
          z
            .strictObject({
              enabled: z.boolean(),
              type: z.literal('stdio'),
              name: z.string(),
              description: z.string(),
              cmd: z.string(),
              args: words,
              envs: variables,
              env_keys: words.default([]),
              timeout: z.number(),
            })
            .transform(({ cmd: command, envs: env, env_keys: handedOn, ...entry }) => ({
              ...entry,
              command,
              env,
              handedOn,
            })),
        ),
      })
      .parse(parseYaml(text)).extensions,
};

/** The commands of a shell script that uses no quotes, in words. */
function commandsOf(script: string): string[][] {
  return script
    .replace(/^#.*$/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.split(/\s+/).filter((word) => word !== ''))
    .filter((command) => command.length > 0);
}

/** `claude mcp add --scope user NAME [--env NAME=VALUE]… -- COMMAND ARG…` */
function readClaudeCommand(command: readonly string[]): [string, Entry] {
  const end = command.indexOf('--');
  const [claude, mcp, add, scope, user, name = '', ...options] = command.slice(0, end);
  expect([claude, mcp, add, scope, user]).toEqual(['claude', 'mcp', 'add', '--scope', 'user']);
  const env: Record<string, string> = {};
  for (let i = 0; i < options.length; i += 2) {
    expect(options[i]).toBe('--env');
    const [variable = '', value = ''] = options[i + 1]?.split('=') ?? [];
    env[variable] = value;
  }
  const [program = '', ...args] = command.slice(end + 1);
  return [name, { command: program, args, env }];
}

/** The files whose form knows entries that are switched off. */
const WITH_SIMULATOR = [
  'zed.settings.json',
  'codex.config.toml',
  'gemini.settings.json',
  'goose.config.yaml',
];

/** What a browser needs on Linux. */
const DISPLAY = ['DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR'];

const textOf = (file: string) => readFileSync(`${FOLDER}${file}`, 'utf8');

test('there is one file for each client, and the README of the clients names each', () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'README.md');
  expect(files.sort()).toEqual(Object.keys(CLIENTS).sort());
  for (const file of files) expect(textOf('README.md')).toContain(`](${file})`);
});

describe.each(Object.entries(CLIENTS))('clients/%s', (file, read) => {
  const text = textOf(file);
  const entries = read(text);
  const api = entries['sinch-numbers'];
  const simulator = entries['sinch-numbers-simulator'];

  test('has an entry for the real API, which runs the built server', () => {
    expect([api?.command, ...(api?.args ?? [])]).toEqual(['node', SERVER]);
  });

  test('has the simulator switched off beside it where its form can, and else not at all', () => {
    const on = Object.entries(entries).filter(([, { enabled = true }]) => enabled);
    expect(on.map(([name]) => name)).toEqual(['sinch-numbers']);
    const off = WITH_SIMULATOR.includes(file) ? ['sinch-numbers-simulator'] : [];
    expect(Object.keys(entries)).toEqual(['sinch-numbers', ...off]);
    if (simulator === undefined) return;
    expect([simulator.command, ...simulator.args]).toEqual(['node', SERVER, '--simulator']);
    expect(simulator.env).toEqual({});
  });

  test('gives each credential once, by variables that the server knows', () => {
    const handedOn = api?.handedOn?.filter((name) => !DISPLAY.includes(name)) ?? [];
    const names = [...Object.keys(api?.env ?? {}), ...handedOn];
    const known = documentedVariables.map(({ name }) => name);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    expect(names.slice(0, 2)).toEqual(['SINCH_PROJECT_ID', 'SINCH_KEY_ID']);
    expect(names.slice(2)).toEqual([expect.stringMatching(/^SINCH_KEY_SECRET(_FILE)?$/)]);
  });

  test('holds no secret: the client asks for it, hands it on, or names a file', () => {
    const { SINCH_PROJECT_ID, SINCH_KEY_ID, ...rest } = api?.env ?? {};
    expect([SINCH_PROJECT_ID, SINCH_KEY_ID]).toEqual(['YOUR_PROJECT_ID', 'YOUR_KEY_ID']);
    const ways = [
      { SINCH_KEY_SECRET_FILE: '/path/to/key-secret' },
      { SINCH_KEY_SECRET: expect.stringMatching(/^(\$\{env:SINCH_KEY_SECRET\}|\$SINCH_KEY_SECRET)$/) },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code fills it in.
      { SINCH_KEY_SECRET: '${input:sinch-key-secret}' },
      {},
    ];
    expect(ways).toContainEqual(rest);
    if (Object.keys(rest).length === 0) expect(api?.handedOn).toContain('SINCH_KEY_SECRET');
  });

  test('leaves time for a person and for an audit, where a limit can be set', () => {
    for (const { timeout = LONGEST_CALL } of Object.values(entries)) expect(timeout).toBe(LONGEST_CALL);
  });

  test('left as it is, ends the server at its start with the placeholders that were not replaced', () => {
    const { SINCH_KEY_SECRET: _, ...env } = api?.env ?? {};
    const problems = problemsOf(env);
    expect(problems).toHaveLength(Object.keys(env).length);
    for (const [name, value] of Object.entries(env)) {
      expect(problems).toContain(
        `${name} holds ${value} literally: it comes from an example. Put your own value in its place.`,
      );
    }
  });
});

test('Codex, which filters the environment, hands on what a browser needs', () => {
  const file = 'codex.config.toml';
  const { handedOn } = CLIENTS[file]?.(textOf(file))['sinch-numbers'] ?? {};
  expect(handedOn).toEqual(['SINCH_KEY_SECRET', ...DISPLAY]);
});

test('the README of the clients tells where a browser needs variables, and of untrusted folders', () => {
  for (const name of DISPLAY) expect(textOf('README.md')).toContain(`\`${name}\``);
  expect(textOf('README.md')).toMatch(/## Gemini CLI in a folder that it does not trust/);
});

test('VS Code asks for the secret, and hides it while it is typed', () => {
  const { inputs } = JSON.parse(textOf('vscode.mcp.json'));
  expect(inputs).toEqual([
    { type: 'promptString', id: 'sinch-key-secret', description: expect.any(String), password: true },
  ]);
});

test('a placeholder that Cursor or VS Code did not fill in is named by the server', () => {
  for (const file of ['cursor.mcp.json', 'vscode.mcp.json']) {
    const env = CLIENTS[file]?.(textOf(file))['sinch-numbers']?.env ?? {};
    expect(() => readConfig(env)).toThrow(`SINCH_KEY_SECRET holds ${env.SINCH_KEY_SECRET}`);
  }
});

test('one table tells of all nine clients what they do, and names a source that is listed', () => {
  const readme = textOf('README.md');
  const [, table = ''] = /\n(\| client \| elicitation [\s\S]*?)\n\n/.exec(readme) ?? [];
  const rows = table.split('\n').slice(2);
  const cells = rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
  expect(cells.map(([client]) => client)).toEqual([
    'Claude Desktop',
    'Claude Code',
    'VS Code',
    'Cursor',
    'Windsurf',
    'Zed',
    'Codex CLI',
    'Gemini CLI',
    'Goose',
  ]);
  for (const row of cells) expect(row.map((cell) => cell !== '')).toEqual(Array(5).fill(true));
  const cited = Array.from(readme.matchAll(/\[(\d+)\](?!:)/g), ([, number]) => number);
  const listed = Array.from(readme.matchAll(/^\[(\d+)\]: https:/gm), ([, number]) => number);
  expect([...new Set(cited)].sort()).toEqual([...listed].sort());
});

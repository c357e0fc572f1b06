import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  getMcpConfigForManifest,
  MANIFEST_SCHEMAS,
  unpackExtension,
  validateManifest,
} from '@anthropic-ai/mcpb';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import product from '../../package.json' with { type: 'json' };
import { documentedVariables } from '../../src/environment.ts';
import { definitions } from '../../src/tools/definitions.ts';
import { temporaryFolder } from '../support/stage.ts';
import { OFFERED_TOOLS } from './harness.ts';

const BUNDLE = fileURLToPath(new URL('../../bundle.js', import.meta.url));

const ANSWERS = { project_id: 'project', key_id: 'key-id', key_secret: 'key-secret' };

let folder: string;
let unpacked: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sinch-numbers-mcpb-'));
  const file = join(folder, 'bundle.mcpb');
  unpacked = join(folder, 'with a space');
  // As in a workflow, which knows the address of its repository.
  const env = {
    ...process.env,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'example/example',
  };
  await promisify(execFile)(process.execPath, [BUNDLE, file], { env });
  await unpackExtension({ mcpbPath: file, outputDir: unpacked, silent: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function readManifest() {
  return MANIFEST_SCHEMAS['0.3'].parse(JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8')));
}

/** Starts the server as Claude Desktop would with these answers. */
async function startAsInstalled(userConfig: Record<string, string>): Promise<Client> {
  const config = await getMcpConfigForManifest({
    manifest: await readManifest(),
    extensionPath: unpacked,
    systemDirs: {},
    userConfig,
    pathSeparator: '/',
  });
  if (config === undefined) throw new Error('an answer that is required is missing');
  const client = new Client({ name: 'test', version: '1.0.0' });
  onTestFinished(() => client.close());
  const env = {
    ...getDefaultEnvironment(),
    ...config.env,
    SINCH_NUMBERS_STATE_DIR: await temporaryFolder(),
    SINCH_NUMBERS_OPEN_BROWSER: 'false',
  };
  const { command, args = [] } = config;
  await client.connect(new StdioClientTransport({ command, args, env }));
  return client;
}

test("the bundle's manifest satisfies the tool that Claude Desktop's bundles are made with", () => {
  expect(validateManifest(join(unpacked, 'manifest.json'))).toBe(true);
});

test('the bundle starts with every optional answer left empty, and offers the groups of tools that are asked for', async () => {
  const { version } = await readManifest();
  const client = await startAsInstalled(ANSWERS);
  expect((await client.listTools()).tools).toHaveLength(OFFERED_TOOLS);
  expect([client.getServerVersion()?.version, version]).toEqual([product.version, product.version]);
});

test('the manifest names all tools that can be had', async () => {
  const { tools = [] } = await readManifest();
  expect(tools.map(({ name }) => name)).toEqual(definitions.map(({ name }) => name));
});

test('the answers reach the server: read only leaves the tools that change nothing', async () => {
  const { tools = [] } = await readManifest();
  const client = await startAsInstalled({ ...ANSWERS, read_only: 'true', max_monthly_price: '5.00 EUR' });
  const listed = await client.listTools();
  expect(listed.tools.length).toBeLessThan(tools.length);
  expect(listed.tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true);
});

test('the secret alone is sensitive, the credentials alone are required, and what is optional has a default', async () => {
  const { user_config: options = {} } = await readManifest();
  const having = (matches: (option: (typeof options)[string]) => unknown) =>
    Object.keys(options).filter((key) => options[key] && matches(options[key]));
  expect(having(({ sensitive }) => sensitive)).toEqual(['key_secret']);
  expect(having(({ required }) => required)).toEqual(Object.keys(ANSWERS));
  expect(having((option) => option.required || option.default !== undefined)).toEqual(Object.keys(options));
});

test('the privacy statement is in the bundle, and its address is that of the version', async () => {
  const { privacy_policies: policies, long_description: description } = await readManifest();
  expect(policies).toEqual([`https://github.com/example/example/blob/v${product.version}/docs/privacy.md`]);
  expect(description).toContain('PRIVACY.md');
  expect(await readFile(join(unpacked, 'PRIVACY.md'), 'utf8')).toMatch(/^# Privacy\n/);
});

test('each answer becomes one documented variable', async () => {
  const { server, user_config: options = {} } = await readManifest();
  const env = server.mcp_config.env ?? {};
  const names = documentedVariables.map(({ name }) => name);
  expect(Object.keys(env).filter((name) => !names.includes(name))).toEqual([]);
  expect(Object.values(env)).toEqual(Object.keys(options).map((key) => `\${user_config.${key}}`));
});

test('the icon is a PNG of 512 by 512 pixels, and small', async () => {
  const { icon = '' } = await readManifest();
  const image = await readFile(join(unpacked, icon));
  expect(image.subarray(1, 4).toString()).toBe('PNG');
  expect([image.readUInt32BE(16), image.readUInt32BE(20)]).toEqual([512, 512]);
  expect(image.length).toBeLessThan(20_000);
});

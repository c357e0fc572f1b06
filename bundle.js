/** Packs the built server for Claude Desktop: `node bundle.js [file]`, the manifest from package.json and what the server lists. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packExtension } from '@anthropic-ai/mcpb';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const root = import.meta.dirname;
const [output = join(root, 'sinch-numbers-mcp.mcpb')] = process.argv.slice(2);
const product = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** What Claude Desktop asks its user, by the variable that holds the answer. */
const questions = {
  SINCH_PROJECT_ID: {
    type: 'string',
    title: 'Project ID',
    description: 'From the Sinch dashboard.',
    required: true,
  },
  SINCH_KEY_ID: {
    type: 'string',
    title: 'Access key ID',
    description: 'An access key of that project, best one of its own for this server.',
    required: true,
  },
  SINCH_KEY_SECRET: {
    type: 'string',
    title: 'Access key secret',
    description: 'Shown once, when the access key is made.',
    required: true,
    sensitive: true,
  },
  // Without a default, an answer left empty would arrive as the placeholder itself.
  SINCH_NUMBERS_MAX_MONTHLY_PRICE: {
    type: 'string',
    title: 'Highest monthly price',
    description: 'Refuse to rent a number that costs more a month: 5.00, or 5.00 EUR. Empty: no limit.',
    default: '',
  },
  SINCH_NUMBERS_CONFIRM: {
    type: 'string',
    title: 'How to ask before renting and releasing',
    description: 'auto, human (a form or a page in the browser, never a token) or token.',
    default: 'auto',
  },
  SINCH_NUMBERS_READ_ONLY: {
    type: 'boolean',
    title: 'Read only',
    description: 'Offer only the tools that change nothing.',
    default: false,
  },
};

const keyOf = (variable) => variable.replace(/^SINCH_(NUMBERS_)?/, '').toLowerCase();
const variables = Object.keys(questions);

/** The tools as a client sees them. The simulator keeps the start away from the user's state. */
async function listTools() {
  const client = new Client({ name: 'bundle', version: product.version });
  const args = [join(root, 'dist', 'cli.js'), '--simulator'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));
  const { tools } = await client.listTools();
  await client.close();
  return tools.map(({ name, description }) => ({ name, description }));
}

const manifest = {
  manifest_version: '0.3',
  name: product.name,
  display_name: 'Sinch Numbers',
  version: product.version,
  description: product.description,
  author: { name: `The ${product.name} authors` },
  icon: 'icon.png',
  server: {
    type: 'node',
    entry_point: 'dist/cli.js',
    mcp_config: {
      command: 'node',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Desktop fills it in.
      args: ['${__dirname}/dist/cli.js'],
      env: Object.fromEntries(variables.map((name) => [name, `\${user_config.${keyOf(name)}}`])),
    },
  },
  tools: await listTools(),
  prompts_generated: true,
  keywords: product.keywords,
  license: product.license,
  compatibility: { platforms: ['darwin', 'win32', 'linux'], runtimes: { node: product.engines.node } },
  user_config: Object.fromEntries(variables.map((name) => [keyOf(name), questions[name]])),
};

const stage = await mkdtemp(join(tmpdir(), 'sinch-numbers-bundle-'));
try {
  await writeFile(join(stage, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  // By this Node takes the bundled files for modules.
  await writeFile(join(stage, 'package.json'), `${JSON.stringify({ type: product.type })}\n`);
  for (const entry of ['dist', 'icon.png', 'LICENSE']) {
    await cp(join(root, entry), join(stage, entry), { recursive: true });
  }
  if (!(await packExtension({ extensionPath: stage, outputPath: output }))) process.exitCode = 1;
} finally {
  await rm(stage, { recursive: true, force: true });
}

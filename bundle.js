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
  SINCH_NUMBERS_MAX_SETUP_PRICE: {
    type: 'string',
    title: 'Highest price due at once',
    description: 'The same for setup and first interval together. Empty: twice the monthly price.',
    default: '',
  },
  SINCH_NUMBERS_MAX_RENTS_PER_DAY: {
    type: 'string',
    title: 'Rents a day',
    description: 'Refuse to rent after that many rents in 24 hours.',
    default: '20',
  },
  SINCH_NUMBERS_REGIONS: {
    type: 'string',
    title: 'Regions',
    description: 'Where numbers may be rented, as two-letter codes with commas: US,SE. Empty: everywhere.',
    default: '',
  },
  SINCH_NUMBERS_TOOLSETS: {
    type: 'string',
    title: 'Groups of tools',
    description: 'core, insight, bulk, orders, emergency, with commas, or all.',
    default: 'core,insight,bulk,orders',
  },
  SINCH_NUMBERS_ATTACHMENTS_DIR: {
    type: 'directory',
    title: 'Folder for uploads',
    description: 'Files of this folder, and no others, may be uploaded to an order. Empty: no uploads.',
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

/** GitHub's own variables, in a workflow. Elsewhere no address is known, and none is written. */
const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env;
const repository = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;

const keyOf = (variable) => variable.replace(/^SINCH_(NUMBERS_)?/, '').toLowerCase();
const variables = Object.keys(questions);

/** All tools that can be had, as a client sees them. The simulator keeps the start away from the user's state. */
async function listTools() {
  const client = new Client({ name: 'bundle', version: product.version });
  const args = [join(root, 'dist', 'cli.js'), '--simulator'];
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, env: { SINCH_NUMBERS_TOOLSETS: 'all' } }),
  );
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
  long_description: `${product.description} It runs on this machine, and its authors receive nothing of what it does: see PRIVACY.md.`,
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
  // Which of them there are is among the questions.
  tools_generated: true,
  prompts_generated: true,
  keywords: product.keywords,
  license: product.license,
  ...(repository && {
    repository: { type: 'git', url: repository },
    documentation: `${repository}#readme`,
    support: `${repository}/issues`,
    // Anthropic's directory takes no bundle without one.
    privacy_policies: [`${repository}/blob/v${product.version}/docs/privacy.md`],
  }),
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
  await cp(join(root, 'docs', 'privacy.md'), join(stage, 'PRIVACY.md'));
  if (!(await packExtension({ extensionPath: stage, outputPath: output }))) process.exitCode = 1;
} finally {
  await rm(stage, { recursive: true, force: true });
}

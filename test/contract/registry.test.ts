/** The entries of registries and directories: server.json, and what docker-catalog.js writes. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import product from '../../package.json' with { type: 'json' };
import { CONFIRM_MODES } from '../../src/approval/mode.ts';
import { readConfig } from '../../src/config.ts';
import { VARIABLES, type Variable } from '../../src/environment.ts';
import { LOG_LEVELS } from '../../src/lib/log.ts';
import { RESULTS_MODES } from '../../src/mcp/results.ts';

const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SERVER_JSON = fileOf('server.json');

/** The rules of static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json for what may stand in ours. */
const environmentVariable = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  choices: z.array(z.string()).optional(),
});
const serverJson = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z.string().max(255),
  packages: z.tuple([
    z.strictObject({
      registryType: z.literal('npm'),
      identifier: z.string(),
      version: z
        .string()
        .min(1)
        .regex(/^(?!latest$)/),
      transport: z.strictObject({ type: z.literal('stdio') }),
      environmentVariables: z.array(environmentVariable),
    }),
  ]),
});

const server = JSON.parse(readFileSync(SERVER_JSON, 'utf8'));
const REQUIRED = ['SINCH_PROJECT_ID', 'SINCH_KEY_ID', 'SINCH_KEY_SECRET'];

/** What a form can know of a variable beyond its meaning. */
const HINTS: Readonly<Record<string, object>> = {
  SINCH_NUMBERS_AUTH: { choices: ['oauth2', 'basic'] },
  SINCH_NUMBERS_READ_ONLY: { format: 'boolean', default: 'false' },
  SINCH_NUMBERS_RESULTS: { choices: RESULTS_MODES },
  SINCH_NUMBERS_CONFIRM: { choices: CONFIRM_MODES },
  SINCH_NUMBERS_CONFIRM_UPDATES: { choices: ['on', 'off'] },
  SINCH_NUMBERS_MAX_MONTHLY_PRICE: { placeholder: '5.00 EUR' },
  SINCH_NUMBERS_MAX_SETUP_PRICE: { placeholder: '10.00 EUR' },
  SINCH_NUMBERS_MAX_RENTS_PER_DAY: { format: 'number' },
  SINCH_NUMBERS_REGIONS: { placeholder: 'US,SE' },
  SINCH_NUMBERS_LOG: { choices: LOG_LEVELS },
  SINCH_KEY_SECRET_FILE: { format: 'filepath' },
  SINCH_NUMBERS_STATE_DIR: { format: 'filepath' },
  SINCH_NUMBERS_ATTACHMENTS_DIR: { format: 'filepath' },
  NODE_EXTRA_CA_CERTS: { format: 'filepath' },
};

/** Every variable that a server on stdio reads, as the table of variables has it. */
const VARIABLES_OF_STDIO = Object.values<Variable<unknown>>(VARIABLES)
  .filter(({ name }) => !name.startsWith('SINCH_NUMBERS_HTTP_'))
  .map(({ name, meaning, byDefault, isSecret }) => {
    const [, literal] = /^`(.*)`$/.exec(byDefault) ?? [];
    return {
      name,
      description: meaning.replace(/^[a-z]/, (first) => first.toUpperCase()).replaceAll('`', ''),
      ...(REQUIRED.includes(name) && { isRequired: true }),
      ...(isSecret && { isSecret }),
      ...(literal !== undefined && { default: literal }),
      ...HINTS[name],
    };
  });

test('server.json lists every variable of a server on stdio, as the server describes it', async () => {
  const [npm] = server.packages;
  const packages = [{ ...npm, environmentVariables: VARIABLES_OF_STDIO }];
  const expected = `${JSON.stringify({ ...server, packages }, undefined, 2)}\n`;
  await expect(expected).toMatchFileSnapshot(SERVER_JSON);
});

test("server.json satisfies the registry's rules, and agrees with package.json on name, package and version", () => {
  const { name, version, packages } = serverJson.parse(server);
  const [npm] = packages;
  expect([name, npm.identifier]).toEqual([product.mcpName, product.name]);
  expect([version, npm.version]).toEqual([product.version, product.version]);
});

test("every default, choice and example is a value that the server takes, and defaults are the server's", () => {
  const variables = z.array(environmentVariable).parse(server.packages[0].environmentVariables);
  for (const { name, default: byDefault = [], placeholder = [], choices = [] } of variables) {
    for (const value of [byDefault, placeholder, choices].flat()) {
      expect(() => readConfig({ [name]: value }), `${name}=${value}`).not.toThrow();
    }
  }
  const defaults = Object.fromEntries(variables.map(({ name, default: byDefault }) => [name, byDefault]));
  const { offer, ...config } = readConfig(defaults);
  const { offer: _, ...unset } = readConfig({});
  expect(config).toEqual(unset);
  expect(offer).toMatchObject({ readOnly: false });
});

/**
 * The rules of docker/mcp-registry for a server in a container (MIT): the fields of pkg/servers/types.go that may stand in ours, and
 * what cmd/validate/main.go asks of them.
 */
const NAME = /^[a-z0-9-]+$/;
const dockerEntry = z
  .strictObject({
    name: z.string().regex(NAME),
    image: z.string().startsWith('mcp/'),
    type: z.literal('server'),
    meta: z.strictObject({ category: z.string(), tags: z.array(z.string()) }),
    about: z.strictObject({
      title: z
        .string()
        .refine(
          (title) =>
            !/MCP|Server/.test(title) && title.split(' ').every((word) => /^[A-Z]|^(and|for)$/.test(word)),
        ),
      description: z.string().min(1),
      icon: z.url(),
    }),
    source: z.strictObject({
      project: z.url(),
      commit: z.string().regex(/^[a-f0-9]{40}$/),
      dockerfile: z.string(),
    }),
    run: z.strictObject({ volumes: z.array(z.string()), env: z.record(z.string(), z.string()) }),
    config: z.strictObject({
      description: z.string().min(1),
      secrets: z.array(
        z.strictObject({
          name: z.string().regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9._-]+$/),
          env: z.string(),
          example: z.string(),
          description: z.string(),
          required: z.boolean(),
        }),
      ),
      env: z.array(z.strictObject({ name: z.string(), example: z.string(), value: z.string() })),
      parameters: z.strictObject({
        type: z.literal('object'),
        properties: z.record(
          z.string(),
          z.strictObject({
            type: z.literal('string'),
            description: z.string(),
            default: z.string().optional(),
          }),
        ),
        required: z.array(z.string()),
      }),
    }),
  })
  .refine(({ name, config }) => {
    const parameters = Object.keys(config.parameters.properties).map((key) => `{{${name}.${key}}}`);
    return config.env.map(({ value }) => value).join() === parameters.join();
  }, 'each variable takes the parameter of its own');

test("the entry for Docker's catalog satisfies its rules, and asks for what the server reads in a container", async () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const env = { ...process.env, GITHUB_REPOSITORY: 'example/example', GITHUB_SHA: commit };
  const { stdout } = await promisify(execFile)(process.execPath, [fileOf('docker-catalog.js')], { env });
  const { config, source, run } = dockerEntry.parse(parse(stdout));
  expect(source).toMatchObject({ project: 'https://github.com/example/example', commit });
  const secrets = config.secrets.filter(({ required }) => required).map((secret) => secret.env);
  expect(secrets).toEqual(['SINCH_KEY_ID', 'SINCH_KEY_SECRET']);
  expect(config.parameters.required).toEqual(['project_id']);
  const asked = [...config.secrets.map((secret) => secret.env), ...config.env.map(({ name }) => name)];
  const known = VARIABLES_OF_STDIO.map(({ name }) => name);
  expect([...asked, ...Object.keys(run.env)].filter((name) => !known.includes(name))).toEqual([]);
});

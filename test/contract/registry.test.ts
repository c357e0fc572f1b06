import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import product from '../../package.json' with { type: 'json' };
import server from '../../server.json' with { type: 'json' };
import { readConfig } from '../../src/config.ts';
import { documentedVariables } from '../../src/environment.ts';

/** As the registry publishes it, without its prose. */
const schema = JSON.parse(readFileSync(new URL('../spec/server.schema.json', import.meta.url), 'utf8'));

interface Variable {
  readonly name: string;
  readonly isRequired?: boolean | undefined;
  readonly isSecret?: boolean | undefined;
  readonly default?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly choices?: readonly string[] | undefined;
}

const [npm] = server.packages;
const variables: readonly Variable[] = npm?.environmentVariables ?? [];

test("server.json satisfies the registry's schema, the one that it names", () => {
  const ajv = addFormats.default(new Ajv());
  const isValid = ajv.compile(schema);
  expect([isValid(server), isValid.errors]).toEqual([true, null]);
  expect(server.$schema).toBe(schema.$id);
});

test('server.json and package.json agree on name, package and version', () => {
  expect(server.name).toBe(product.mcpName);
  expect([npm?.registryType, npm?.identifier]).toEqual(['npm', product.name]);
  expect([server.version, npm?.version]).toEqual([product.version, product.version]);
});

test('server.json asks for documented variables, and marks the credentials as required and the key as secret', () => {
  const names = documentedVariables.map(({ name }) => name);
  expect(variables.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([]);
  const marked = (mark: 'isRequired' | 'isSecret') =>
    variables.filter((variable) => variable[mark]).map(({ name }) => name);
  expect(marked('isRequired')).toEqual(['SINCH_PROJECT_ID', 'SINCH_KEY_ID', 'SINCH_KEY_SECRET']);
  expect(marked('isSecret')).toEqual(['SINCH_KEY_ID', 'SINCH_KEY_SECRET']);
});

test("every default, choice and example of server.json is a value that the server takes, and its defaults are the server's", () => {
  const values = variables.flatMap(({ name, default: byDefault = [], placeholder = [], choices = [] }) =>
    [byDefault, placeholder, choices].flat().map((value) => ({ name, value })),
  );
  expect(values.length).toBeGreaterThan(0);
  for (const { name, value } of values) expect(() => readConfig({ [name]: value })).not.toThrow();
  const defaults = Object.fromEntries(variables.map(({ name, default: byDefault }) => [name, byDefault]));
  expect(readConfig(defaults)).toEqual(readConfig({}));
});

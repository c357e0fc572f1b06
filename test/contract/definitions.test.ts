import { describe, expect, test } from 'vitest';
import { definitions } from '../../src/tools/definitions.ts';
import { tools } from '../../src/tools/index.ts';

const cases = definitions.flatMap((definition, index) => {
  const tool = tools[index];
  return tool ? { tool, definition } : [];
});

/** What some model vendors refuse, and the session with it. */
const NOT_PORTABLE = ['$ref', '$defs', 'anyOf', 'oneOf', 'allOf', 'not', 'const', 'patternProperties'];

function* nodes(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== 'object' || schema === null) return;
  yield schema as Record<string, unknown>;
  for (const child of Object.values(schema)) yield* nodes(child);
}

describe.each(cases)('$tool.name', ({ tool, definition }) => {
  test('has the definition that was reviewed', async () => {
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`./tools/${tool.name}.json`);
  });

  test.each(['inputSchema', 'outputSchema'] as const)('has a portable %s', (key) => {
    const schema = definition[key];
    expect(schema).toMatchObject({ type: 'object' });
    for (const node of nodes(schema)) {
      expect(Object.keys(node).filter((name) => NOT_PORTABLE.includes(name))).toEqual([]);
      expect(Array.isArray(node.type), 'a list of types').toBe(false);
      expect(node.type).not.toBe('null');
    }
  });

  test('has a strict input and an open output', () => {
    for (const node of nodes(definition.inputSchema)) {
      // What countries ask for has no fixed shape.
      const isFree = tool.name === 'update_number_order_registration' && node.properties !== undefined;
      if (isFree && Object.keys(Object(node.properties)).length === 0) continue;
      if (node.type === 'object') expect(node.additionalProperties).toBe(false);
    }
    for (const node of nodes(definition.outputSchema)) {
      if (node.type === 'object') expect(node.additionalProperties).not.toBe(false);
    }
  });

  test('says each of the four hints, in line with its effect', () => {
    expect(definition.annotations).toEqual({
      readOnlyHint: tool.effect === 'read',
      destructiveHint: tool.effect === 'destructive' || tool.effect === 'write',
      idempotentHint: tool.effect !== 'billing',
      openWorldHint: true,
    });
  });

  test('has a name that every directory takes, and tells what can ask a person', () => {
    expect(definition.name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(definition.name.length).toBeLessThanOrEqual(64);
    expect(definition._meta).toEqual(
      tool.isGated ? { 'anthropic/requiresUserInteraction': true } : undefined,
    );
  });

  test('has a title, and a description of at most 400 characters that names another tool', () => {
    expect(definition.title).toMatch(/\w/);
    expect(definition.description?.length).toBeLessThanOrEqual(400);
    const others = tools.filter(({ name }) => name !== tool.name).map(({ name }) => name);
    expect(others.some((name) => definition.description?.includes(name))).toBe(true);
  });
});

test('tool names are unique, and what may have to ask takes a confirmationToken', () => {
  expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
  const gated = tools.filter((tool) => 'confirmationToken' in tool.input.shape);
  expect(gated.map(({ name, effect }) => [name, effect])).toEqual([
    ['rent_number', 'billing'],
    ['rent_any_number', 'billing'],
    ['update_active_number', 'write'],
    ['release_number', 'destructive'],
    ['update_callback_configuration', 'write'],
    ['rent_numbers', 'billing'],
    ['update_active_numbers', 'write'],
    ['release_numbers', 'destructive'],
    ['submit_number_order', 'billing'],
    ['provision_emergency_address', 'billing'],
    ['deprovision_emergency_address', 'destructive'],
  ]);
});

/** What somebody would look for, and the tool whose name or first sentence must hold it. */
const SEARCHED: readonly [words: string, tool: string][] = [
  ['find phone numbers buy local mobile toll-free price', 'search_available_numbers'],
  ['phone number availability bought price', 'check_number_availability'],
  ['rent buy phone number', 'rent_number'],
  ['rent phone number', 'rent_any_number'],
  ['list phone numbers rent', 'list_active_numbers'],
  ['rented phone number provisioning callback price', 'get_active_number'],
  ['rename link SMS 10DLC campaign voice callback', 'update_active_number'],
  ['release cancel phone number subscription', 'release_number'],
  ['regions countries phone numbers types', 'list_available_regions'],
  ['callback secret', 'get_callback_configuration'],
  ['callback secret replace', 'update_callback_configuration'],
  ['audit phone number provisioning failed stuck cost', 'audit_provisioning'],
  ['find rented numbers name links', 'find_active_numbers'],
  ['wait provisioning SMS voice', 'wait_for_provisioning'],
  ['callback events provisioning', 'list_callback_events'],
  ['activity rented ordered released price', 'list_activity'],
  ['rent buy phone numbers', 'rent_numbers'],
  ['update rented numbers callback links', 'update_active_numbers'],
  ['release cancel phone numbers', 'release_numbers'],
  ['number requirements country registration documents', 'lookup_number_requirements'],
  ['order phone numbers country', 'create_number_order'],
  ['number order', 'get_number_order'],
  ['number order registration', 'get_number_order_registration'],
  ['number order registration data', 'update_number_order_registration'],
  ['upload file number order', 'upload_number_order_attachment'],
  ['buy submit number order', 'submit_number_order'],
  ['number orders', 'list_number_orders'],
  ['number order review', 'wait_for_number_order'],
  ['emergency 911 address', 'get_emergency_address'],
  ['emergency 911 address', 'validate_emergency_address'],
  ['emergency 911 address', 'provision_emergency_address'],
  ['emergency 911 address', 'deprovision_emergency_address'],
];

test('the first sentence of a description holds what a search for the tool would look for', () => {
  expect(SEARCHED.map(([, tool]) => tool)).toEqual(tools.map(({ name }) => name));
  const missing = SEARCHED.flatMap(([words, name]) => {
    const [first = ''] = definitions.find((tool) => tool.name === name)?.description.split(/[.;] /) ?? [];
    const found = `${name.replaceAll('_', ' ')} ${first}`.toLowerCase();
    return words
      .split(' ')
      .filter((word) => !found.includes(word.toLowerCase()))
      .map((word) => `${name}: ${word}`);
  });
  expect(missing).toEqual([]);
});

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

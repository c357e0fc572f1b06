import { expect, test } from 'vitest';
import { FORMS_UNSHOWN, isAmong, STRUCTURED_TO_MODEL } from '../../src/mcp/known-clients.ts';
import { isTextAlone, listedTools } from '../../src/mcp/results.ts';
import { definitions } from '../../src/tools/definitions.ts';

test.each([
  ['auto', 'claude-code', true],
  ['auto', 'claude-code (via mcp-remote 0.1.37)', true],
  ['auto', 'Visual Studio Code - Insiders', true],
  ['auto', 'codex-mcp-client', true],
  ['auto', 'claude-code-router', false],
  ['auto', 'cursor-vscode', false],
  ['auto', undefined, false],
  ['text', 'anybody', true],
  ['text', undefined, true],
  ['both', 'claude-code', false],
] as const)('%s: %s gets the text alone: %s', (mode, client, isAlone) => {
  expect(isTextAlone(mode, client)).toBe(isAlone);
});

test('who gets the text alone lists no output schema, and all else as it is', () => {
  const listed = listedTools(definitions, 'auto', 'claude-code', false);
  expect(listed).toEqual(definitions.map(({ outputSchema: _, ...tool }) => tool));
  expect(listedTools(definitions, 'auto', 'test', false)).toEqual(definitions);
});

test('every row on clients says where it is known from, and is written as names are compared', () => {
  for (const { name, source } of [...STRUCTURED_TO_MODEL, ...FORMS_UNSHOWN]) {
    expect(name).toBe(name.toLowerCase());
    expect(URL.canParse(source)).toBe(true);
    expect(isAmong([{ name, source }], name.toUpperCase())).toBe(true);
  }
});

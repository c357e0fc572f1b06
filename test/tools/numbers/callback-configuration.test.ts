import { describe, expect, test } from 'vitest';
import type { ToolResult } from '../../../src/tools/tool.ts';
import { linesOf, openStage, type Stage } from '../../support/stage.ts';

const SECRET = '0123456789abcdef0123456789abcdef';

/** Asserts that a result holds at most the last four characters of a secret. */
function expectMasked(result: ToolResult, secret: string): void {
  const everything = JSON.stringify(result);
  for (let start = 0; start + 5 <= secret.length; start++) {
    expect(everything).not.toContain(secret.slice(start, start + 5));
  }
}

function answerWith({ simulator }: Stage, body: object, status = 200): void {
  simulator.faults.add({ path: /callbackConfiguration/, answer: { status, body } });
}

describe('get_callback_configuration', () => {
  test('shows the last four characters of the secret behind a mask', async () => {
    const stage = await openStage();
    answerWith(stage, { projectId: 'project', hmacSecret: SECRET });
    const result = await stage.call('get_callback_configuration');
    expect(result.text).toBe('Callbacks are signed with the secret ****cdef.');
    expect(result.structured).toEqual({ projectId: 'project', hmacSecret: '****cdef' });
    expectMasked(result, SECRET);
  });

  test.each(['12345678', 'abc', 'x'])('shows nothing of the short secret %j', async (secret) => {
    const stage = await openStage();
    answerWith(stage, { hmacSecret: secret });
    const result = await stage.call('get_callback_configuration');
    expect(result.structured).toEqual({ hmacSecret: '****' });
    expect(result.text).toBe('Callbacks are signed with the secret ****.');
  });

  test.each([{}, { hmacSecret: '' }, { hmacSecret: null }])(
    'says of %j that callbacks are not signed',
    async (body) => {
      const stage = await openStage();
      answerWith(stage, body);
      const result = await stage.call('get_callback_configuration');
      expect(result.text).toBe('No secret is set: callbacks are not signed.');
      expect(result.structured).not.toHaveProperty('hmacSecret');
    },
  );

  test('is an error that names the project where the API does not know it', async () => {
    const stage = await openStage({ endpoint: (own) => ({ ...own, projectId: 'another-project' }) });
    const result = await stage.call('get_callback_configuration');
    expect(linesOf(result)).toEqual([
      'get_callback_configuration failed: HTTP 404 NOT_FOUND: Could not find project with ID: another-project.',
      'Check SINCH_PROJECT_ID, and that SINCH_NUMBERS_URL is the origin of the Numbers API.',
    ]);
    expect(result.isError).toBe(true);
  });
});

describe('update_callback_configuration', () => {
  test('replaces the secret, shows it masked, and names what changed', async () => {
    const stage = await openStage();
    const result = await stage.call('update_callback_configuration', { hmacSecret: SECRET });
    expect(result.text).toBe('Updated. Callbacks are signed with the secret ****cdef.');
    expect(result.structured).toEqual({
      projectId: stage.simulator.projectId,
      hmacSecret: '****cdef',
    });
    expect(result.changed).toEqual(['sinch-numbers://callback-configuration']);
    expectMasked(result, SECRET);
    expect(stage.sent()).toEqual(['PATCH /callbackConfiguration']);
    const read = await stage.call('get_callback_configuration');
    expect(read.structured).toMatchObject({ hmacSecret: '****cdef' });
  });

  test.each([`${SECRET}!`, SECRET.slice(1), SECRET.repeat(3), ` ${SECRET}`])(
    'refuses the malformed secret %j without repeating it, and sends nothing',
    async (hmacSecret) => {
      const stage = await openStage();
      const result = await stage.call('update_callback_configuration', { hmacSecret });
      expect(linesOf(result)).toEqual([
        'update_callback_configuration: invalid arguments: hmacSecret: must be 32 to 64 letters, digits or hyphens.',
        'Correct the arguments and call again. Nothing was sent.',
      ]);
      expectMasked(result, SECRET);
      expect(stage.sent()).toEqual([]);
    },
  );

  test('does not carry the secret out where the API echoes it in an error', async () => {
    const stage = await openStage();
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: `Bad secret ${SECRET}`, details: [] };
    answerWith(stage, { error }, 400);
    const result = await stage.call('update_callback_configuration', { hmacSecret: SECRET });
    expect(linesOf(result)).toEqual([
      'update_callback_configuration failed: HTTP 400 INVALID_ARGUMENT: Bad secret ****.',
      'Correct the arguments and call again. Nothing was changed.',
    ]);
    expectMasked(result, SECRET);
  });

  test('says that there is nothing to change without a secret', async () => {
    const stage = await openStage();
    const result = await stage.call('update_callback_configuration', {});
    expect(linesOf(result)[0]).toContain('invalid arguments: nothing to change: give hmacSecret');
    expect(stage.sent()).toEqual([]);
  });

  test('is sent once when its answer is lost, and the agent is told where to look', async () => {
    const stage = await openStage();
    stage.simulator.faults.add({ method: 'PATCH', drop: 'after' });
    const result = await stage.call('update_callback_configuration', { hmacSecret: SECRET });
    expect(linesOf(result).at(-1)).toBe(
      'It may have been carried out all the same: check with get_callback_configuration before calling again.',
    );
    expectMasked(result, SECRET);
    expect(stage.sent()).toHaveLength(1);
  });
});

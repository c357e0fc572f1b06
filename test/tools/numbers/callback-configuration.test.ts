import { describe, expect, test } from 'vitest';
import { questionText } from '../../../src/approval/question.ts';
import type { ToolResult } from '../../../src/tools/tool.ts';
import {
  agreeable,
  type Caller,
  linesOf,
  openStage,
  personWho,
  type Stage,
  toolNamed,
} from '../../support/stage.ts';

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
  const replaceIt = (stage: Stage, person: Caller = agreeable()) =>
    stage.call('update_callback_configuration', { hmacSecret: SECRET }, person);

  test('replaces the secret after a yes, shows it masked, and names what changed', async () => {
    const stage = await openStage();
    const result = await replaceIt(stage);
    expect(result.text).toBe('completed: Done. Callbacks are signed with the secret ****cdef.');
    expect(result.structured).toMatchObject({
      outcome: 'completed',
      confirmedBy: 'elicitation',
      callbackConfiguration: { projectId: stage.simulator.projectId, hmacSecret: '****cdef' },
    });
    expect(result.changed).toEqual(['sinch-numbers://journal', 'sinch-numbers://callback-configuration']);
    expectMasked(result, SECRET);
    expect(stage.sent()).toEqual(['PATCH /callbackConfiguration']);
    const read = await stage.call('get_callback_configuration');
    expect(read.structured).toMatchObject({ hmacSecret: '****cdef' });
  });

  test('asks for the word REPLACE, and tells what stops working', async () => {
    const stage = await openStage();
    answerWith(stage, { hmacSecret: 'an-older-secret' });
    const person = personWho(() => ({ action: 'decline' }));
    expectMasked(await replaceIt(stage, person), SECRET);
    const [question] = person.questions;
    expect(question).toMatchObject({ field: 'confirm', title: 'Type REPLACE', answer: 'REPLACE' });
    expect(question && questionText(question).split('\n')).toEqual([
      'Replace the secret that signs the callbacks of this project.',
      'Secret now: ****cret',
      'New secret: ****cdef',
      'Will stop working: every receiver that does not know the new secret refuses callbacks',
    ]);
    expect(stage.sent()).toEqual([]);
  });

  test('asks nobody for the secret that is set already, nor where updates do not ask', async () => {
    for (const stage of [await openStage(), await openStage({ confirmUpdates: false })]) {
      if ((await replaceIt(stage)).isError) throw new Error('it was not replaced');
      const nobody = personWho(() => ({ action: 'decline' }));
      const again = await replaceIt(stage, nobody);
      expect(again.text).toMatch(/^completed: Done\./);
      expect(again.structured).not.toHaveProperty('confirmedBy');
      expect(nobody.questions).toEqual([]);
    }
  });

  test('tells this server’s receiver of the new secret once it is set, not before', async () => {
    const learnt: string[] = [];
    const stage = await openStage();
    const callbacks = { ...stage.callbacks, secretChanged: (secret: string) => learnt.push(secret) };
    const run = async (person: Caller) => {
      const { onDelivered } = await toolNamed('update_callback_configuration').handler(
        { hmacSecret: SECRET } as never,
        {
          ...{ numbers: stage.numbers, operations: stage.gate.operations, callbacks, clock: stage.clock },
          ...{ history: stage.history, orders: { ...stage.orders, keep: async () => true } },
          attachmentsDir: undefined,
          confirmBatch: () => Promise.reject(new Error('no batch is asked about')),
          confirm: (...call) =>
            stage.gate.confirm({ id: 'a', signal: new AbortController().signal, ...person }, ...call),
          signal: new AbortController().signal,
        },
      );
      onDelivered?.();
    };
    await run(personWho(() => ({ action: 'accept', content: { confirm: 'no' } })));
    expect(learnt).toEqual([]);
    await run(agreeable());
    expect(learnt).toEqual([SECRET]);
  });

  test.each([`${SECRET}!`, SECRET.slice(1), SECRET.repeat(3), ` ${SECRET}`])(
    'refuses the malformed secret %j without repeating it, and sends nothing',
    async (hmacSecret) => {
      const stage = await openStage();
      const result = await stage.call('update_callback_configuration', { hmacSecret }, agreeable());
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
    const answer = { status: 400, body: { error } };
    stage.simulator.faults.add({ method: 'PATCH', path: /callbackConfiguration/, answer });
    const result = await replaceIt(stage);
    expect(linesOf(result)).toEqual([
      'not_executed: update_callback_configuration failed: HTTP 400 INVALID_ARGUMENT: Bad secret ****.',
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

  test('is sent once when its answer is lost, and told by the secret that is set', async () => {
    const stage = await openStage();
    stage.simulator.faults.add({ method: 'PATCH', drop: 'after' });
    const result = await replaceIt(stage);
    expect(result.text).toMatch(/^completed: Done\. The answer was lost \(.*\), but the new secret is set\./);
    expectMasked(result, SECRET);
    expect(stage.sent()).toHaveLength(1);
  });
});

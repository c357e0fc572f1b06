/** wait_for_provisioning: until no job of a number is under way, by events and by reading again. */

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { SMS_ERROR_CODES } from '../../../src/api/schemas/numbers.ts';
import { gatedOperations } from '../../../src/approval/operations/index.ts';
import type { CallbackInbox } from '../../../src/callbacks/service.ts';
import type { Configuration } from '../../../src/simulator/requests.ts';
import { runTool } from '../../../src/tools/run.ts';
import type { Progress, ToolResult } from '../../../src/tools/tool.ts';
import { type FastClock, fastClock, OFFERED, OFFERED_TOO, UNKNOWN } from '../../api/support.ts';
import { deliver, eventOf, SECRET } from '../../callbacks/support.ts';
import {
  type Caller,
  JOB_MS,
  linesOf,
  openStage,
  receiverUrl,
  rentLinked,
  type Stage,
  type SteppedClock,
  steppedClock,
  structuredAs,
  toolNamed,
} from '../../support/stage.ts';

const number = z.looseObject({ phoneNumber: z.string() });
const outcome = z.enum(['provisioned', 'failed', 'timed_out', 'not_linked', 'unknown']);
const answer = z.strictObject({ outcome, detail: z.string(), number, waitedSeconds: z.number() });
const answers = z.strictObject({
  results: z.array(
    z.strictObject({ phoneNumber: z.string(), outcome, detail: z.string(), number: number.optional() }),
  ),
  waitedSeconds: z.number(),
});

const SMS = { sms: { servicePlanId: 'plan-a' } };
const READ = 'GET /activeNumbers/';

function voiceApp(appId: string): NonNullable<Configuration['voice']> {
  return { type: 'RTC', appId, trunkId: '', serviceId: '' };
}

interface Scene extends Stage {
  readonly pauses: SteppedClock;
  wait(args?: object, caller?: Caller): Promise<ToolResult>;
  /** How often the number was read. */
  reads(): number;
  /** Lets time pass, here and at the API, until the call is over. */
  pass(call: Promise<ToolResult>): Promise<ToolResult>;
  /** Resolves once the tool pauses. */
  paused(): Promise<void>;
}

/** A rented number whose links are under way, a receiver, and time that the test moves. */
async function openScene(configuration: Configuration): Promise<Scene> {
  const pauses = steppedClock();
  const stage = await openStage({ pauses, inbox: { port: 0, secret: SECRET } });
  stage.simulator.project.rent(OFFERED, configuration);
  return {
    ...stage,
    pauses,
    wait: (args, caller) => stage.call('wait_for_provisioning', { phoneNumber: OFFERED, ...args }, caller),
    reads: () => stage.simulator.count(READ),
    async pass(call) {
      let isOver = false;
      const over = call.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await vi.waitFor(() => expect(isOver || pauses.sleeping() > 0).toBe(true), { interval: 1 });
        stage.time.advance(100);
        await pauses.advance(100);
      }
      return over;
    },
    paused: () => vi.waitFor(() => expect(pauses.sleeping()).toBe(1), { interval: 1 }),
  };
}

/** A number with a job that never ends, and pauses that pass at once. */
async function openStuck(): Promise<Stage & { readonly pauses: FastClock }> {
  const pauses = fastClock();
  const stage = await openStage({ pauses });
  stage.simulator.project.rent(OFFERED, { sms: { servicePlanId: 'stuck-plan' } });
  stage.time.advance(JOB_MS);
  return { ...stage, pauses };
}

describe('a number whose jobs end', () => {
  test.each<[string, Configuration, object]>([
    [
      'SMS works; no voice app',
      { sms: { servicePlanId: 'plan-a', campaignId: 'C1' } },
      { smsConfiguration: { servicePlanId: 'plan-a', campaignId: 'C1' } },
    ],
    [
      'SMS works; no campaign, without which US carriers block its SMS; no voice app',
      SMS,
      { smsConfiguration: { servicePlanId: 'plan-a' } },
    ],
    [
      'no SMS service plan; voice works',
      { voice: voiceApp('app-a') },
      { voiceConfiguration: { appId: 'app-a' } },
    ],
    [
      'SMS works; voice works',
      { sms: { servicePlanId: 'plan-a', campaignId: 'C1' }, voice: voiceApp('app-a') },
      { smsConfiguration: { servicePlanId: 'plan-a' }, voiceConfiguration: { appId: 'app-a' } },
    ],
  ])('is provisioned, and it is told which part works: %s', async (parts, configuration, linked) => {
    const scene = await openScene(configuration);
    const result = await scene.pass(scene.wait());
    expect(result.isError).toBeUndefined();
    expect(structuredAs(answer, result)).toMatchObject({
      outcome: 'provisioned',
      detail: parts,
      number: { phoneNumber: OFFERED, ...linked },
      waitedSeconds: 3.5,
    });
    const [first, second] = linesOf(result);
    expect(first).toBe(`provisioned after 3.5 s: ${parts}.`);
    expect(second).toContain(OFFERED);
  });

  test('is waited for until the slower of two has ended', async () => {
    const scene = await openScene(SMS);
    scene.time.advance(1_500);
    scene.simulator.project.update(OFFERED, undefined, { voice: voiceApp('app-a') });
    const call = scene.wait();
    await scene.paused();
    scene.time.advance(1_000);
    await scene.pauses.advance(500);
    await scene.paused();
    const result = await scene.pass(call);
    expect(scene.reads()).toBeGreaterThan(2);
    expect(structuredAs(answer, result)).toMatchObject({
      outcome: 'provisioned',
      number: { smsConfiguration: { servicePlanId: 'plan-a' }, voiceConfiguration: { appId: 'app-a' } },
    });
  });
});

describe('a number whose job fails', () => {
  test('is told with the meaning of the code and its remedy', async () => {
    const scene = await openScene({ sms: { servicePlanId: 'plan-a', campaignId: 'campaign-expired' } });
    const result = await scene.pass(scene.wait());
    expect(result.isError).toBeUndefined();
    expect(structuredAs(answer, result)).toMatchObject({
      outcome: 'failed',
      number: { smsConfiguration: { scheduledProvisioning: { errorCodes: ['CAMPAIGN_EXPIRED'] } } },
    });
    expect(linesOf(result)[0]).toBe('failed after 3.5 s: SMS failed (CAMPAIGN_EXPIRED); no voice app.');
    expect(result.text).toMatch(/^CAMPAIGN_EXPIRED: .*has run out\. Renew the campaign or use another one/m);
  });

  test('is told with what a failed voice link means', async () => {
    const scene = await openScene({ voice: voiceApp('provisioning-to-voice-platform-failed') });
    const result = await scene.pass(scene.wait());
    expect(structuredAs(answer, result).outcome).toBe('failed');
    expect(result.text).toMatch(
      /^PROVISIONING_TO_VOICE_PLATFORM_FAILED: The link to the voice app, .*Check that its ID exists/m,
    );
  });

  test('is waited for while its other job is still under way', async () => {
    const scene = await openScene({ sms: { servicePlanId: 'internal-error' }, voice: voiceApp('stuck') });
    const result = await scene.pass(scene.wait({ timeoutSeconds: 9 }));
    expect(structuredAs(answer, result)).toMatchObject({ outcome: 'failed', waitedSeconds: 9 });
    expect(linesOf(result)[0]).toBe('failed after 9 s: SMS failed (INTERNAL_ERROR); voice is under way.');
  });
});

describe('a number of which nothing is under way', () => {
  test.each<[string, 'provisioned' | 'failed' | 'not_linked', Configuration]>([
    ['linked', 'provisioned', SMS],
    ['linked to nothing', 'not_linked', {}],
    ['with a failed link', 'failed', { sms: { servicePlanId: 'internal-error' } }],
  ])('and that is %s is told at once, after one reading: %s', async (_, expected, configuration) => {
    const scene = await openScene(configuration);
    scene.time.advance(JOB_MS);
    expect(structuredAs(answer, await scene.wait())).toMatchObject({ outcome: expected, waitedSeconds: 0 });
    expect(scene.reads()).toBe(1);
  });

  test('and that is linked to nothing is told what to do', async () => {
    const scene = await openScene({});
    expect(linesOf(await scene.wait())[0]).toBe(
      'not_linked after 0 s: no SMS service plan; no voice app. There is nothing to wait for: link it with update_active_number.',
    );
  });

  test('and that works as before, though its change failed, says both', async () => {
    const scene = await openScene({ voice: voiceApp('app-a') });
    scene.time.advance(JOB_MS);
    const target = voiceApp('provisioning-to-voice-platform-failed');
    scene.simulator.project.update(OFFERED, undefined, { voice: target });
    scene.time.advance(JOB_MS);
    expect(structuredAs(answer, await scene.wait())).toMatchObject({
      outcome: 'failed',
      detail: 'no SMS service plan; voice works as before, its change failed',
    });
  });

  test('and that cannot do SMS is not told to lack it', async () => {
    const scene = await openScene({});
    scene.simulator.project.rent('+46846500401', { voice: voiceApp('app-a') });
    scene.time.advance(JOB_MS);
    const result = await scene.wait({ phoneNumber: '+46846500401' });
    expect(structuredAs(answer, result).detail).toBe('voice works');
  });

  test('has a name that is shown safely', async () => {
    const scene = await openScene({});
    scene.simulator.project.update(OFFERED, 'Desk\n\u202eprovisioned', {});
    const result = await scene.wait();
    expect(structuredAs(answer, result).number).toMatchObject({ displayName: 'Desk provisioned' });
    expect(result.text).toContain('"Desk provisioned"');
  });
});

describe('a job that takes longer', () => {
  test('is timed out after 50 s, and what is under way is told', async () => {
    const { call, pauses } = await openStuck();
    const result = await call('wait_for_provisioning', { phoneNumber: OFFERED });
    expect(result.isError).toBeUndefined();
    expect(structuredAs(answer, result)).toMatchObject({
      outcome: 'timed_out',
      waitedSeconds: 50,
      number: { smsConfiguration: { scheduledProvisioning: { status: 'IN_PROGRESS' } } },
    });
    expect(linesOf(result)[0]).toBe('timed_out after 50 s: SMS is under way; no voice app.');
    expect(pauses.sleeps.reduce((sum, ms) => sum + ms)).toBe(50_000);
  });

  test('is read soon at first, then less often, and once more at the end', async () => {
    const { call, pauses, simulator } = await openStuck();
    await call('wait_for_provisioning', { phoneNumber: OFFERED, timeoutSeconds: 20 });
    expect(pauses.sleeps).toEqual([500, 1_000, 2_000, 3_000, 5_000, 5_000, 3_500]);
    expect(simulator.count(READ)).toBe(8);
  });

  test.each([1, 7, 50])('is waited for no longer than %i s where that is asked', async (timeoutSeconds) => {
    const { call } = await openStuck();
    const result = await call('wait_for_provisioning', { phoneNumber: OFFERED, timeoutSeconds });
    expect(structuredAs(answer, result).waitedSeconds).toBe(timeoutSeconds);
  });

  test('is waited for at most 50 s without progress, whatever is asked', async () => {
    const { call } = await openStuck();
    const result = await call('wait_for_provisioning', { phoneNumber: OFFERED, timeoutSeconds: 600 });
    expect(structuredAs(answer, result).waitedSeconds).toBe(50);
    expect(linesOf(result)[0]).toContain('waits no longer than 50 s: call again to wait on');
  });

  test('is waited for as long as is asked with progress, which is told and grows', async () => {
    const { call } = await openStuck();
    const told: Parameters<Progress>[] = [];
    const args = { phoneNumber: OFFERED, timeoutSeconds: 600 };
    const result = await call('wait_for_provisioning', args, { onProgress: (...step) => told.push(step) });
    expect(structuredAs(answer, result)).toMatchObject({ outcome: 'timed_out', waitedSeconds: 600 });
    const done = told.map(([seconds]) => seconds);
    expect(done.slice(0, 4)).toEqual([0, 0.5, 1.5, 3.5]);
    expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
    expect(done.at(-1)).toBeLessThan(600);
    for (const [, total, message] of told) {
      expect(total).toBe(600);
      expect(message).toBe(`${OFFERED}: provisioning is under way`);
    }
  });

  test('is waited for 50 s with progress too where no time is asked', async () => {
    const { call } = await openStuck();
    const onProgress = () => {};
    const result = await call('wait_for_provisioning', { phoneNumber: OFFERED }, { onProgress });
    expect(structuredAs(answer, result).waitedSeconds).toBe(50);
  });

  test.each([0, -5, 601, 1.5, 'long'])(
    'is not waited for %j seconds: that is refused',
    async (timeoutSeconds) => {
      const { call, simulator } = await openStuck();
      const result = await call('wait_for_provisioning', { phoneNumber: OFFERED, timeoutSeconds });
      expect(result.isError).toBe(true);
      expect(result.text).toContain('timeoutSeconds: ');
      expect(simulator.requests).toEqual([]);
    },
  );
});

describe('an event', () => {
  test('of the number ends the pause, and with it the wait', async () => {
    const scene = await openScene(SMS);
    const call = scene.wait();
    await scene.paused();
    scene.time.advance(JOB_MS);
    expect(await deliver(receiverUrl(scene.callbacks), eventOf(0, { resourceId: OFFERED }))).toBe(200);
    expect(structuredAs(answer, await call)).toMatchObject({ outcome: 'provisioned', waitedSeconds: 0 });
    expect(scene.reads()).toBe(2);
  });

  test('of another number does not', async () => {
    const scene = await openScene(SMS);
    const call = scene.wait();
    await scene.paused();
    for (const [index, resourceId] of [OFFERED_TOO, `${OFFERED}0`, undefined].entries()) {
      const event = eventOf(index, { resourceId });
      expect(await deliver(receiverUrl(scene.callbacks), event)).toBe(200);
      expect(scene.pauses.sleeping()).toBe(1);
    }
    expect(scene.reads()).toBe(1);
    expect(structuredAs(answer, await scene.pass(call)).outcome).toBe('provisioned');
  });

  test('that is not the last is followed by another pause', async () => {
    const scene = await openScene(SMS);
    const call = scene.wait();
    for (const index of [0, 1, 2]) {
      await scene.paused();
      expect(scene.reads()).toBe(index + 1);
      if (index === 2) scene.time.advance(JOB_MS);
      expect(await deliver(receiverUrl(scene.callbacks), eventOf(index))).toBe(200);
    }
    expect(structuredAs(answer, await call)).toMatchObject({ outcome: 'provisioned', waitedSeconds: 0 });
    expect(scene.reads()).toBe(4);
  });

  test('that comes while the number is being read is not missed', async () => {
    const scene = await openScene(SMS);
    const body = { phoneNumber: OFFERED, smsConfiguration: { scheduledProvisioning: { status: 'WAITING' } } };
    scene.simulator.faults.add({ path: /activeNumbers/, delayMs: 300, answer: { status: 200, body } });
    const call = scene.wait();
    await vi.waitFor(() => expect(scene.reads()).toBe(1), { interval: 1 });
    scene.time.advance(JOB_MS);
    expect(await deliver(receiverUrl(scene.callbacks), eventOf(0))).toBe(200);
    expect(structuredAs(answer, await call)).toMatchObject({ outcome: 'provisioned', waitedSeconds: 0 });
    expect(scene.reads()).toBe(2);
  });

  test('is listened for no longer than the call takes, however it ends', async () => {
    const { numbers, callbacks, simulator, time } = await openStage();
    rentLinked({ simulator, time }, OFFERED);
    let listening = 0;
    const counted: CallbackInbox = {
      ...callbacks,
      onEvents: (listener) => {
        listening++;
        const end = callbacks.onEvents(listener);
        return () => {
          listening--;
          end();
        };
      },
    };
    const confirm = () => Promise.reject(new Error('nothing is to be confirmed'));
    const { signal } = new AbortController();
    const operations = gatedOperations(true);
    const history = async () => ({ entries: [] });
    const orders = { list: async () => [], keep: async () => true };
    const asked = { operations, orders, attachmentsDir: undefined, confirm, confirmBatch: confirm, history };
    const context = { numbers, callbacks: counted, ...asked, clock: fastClock(), signal };
    for (const phoneNumber of [OFFERED, UNKNOWN]) {
      await runTool(toolNamed('wait_for_provisioning'), { phoneNumber }, context);
      expect(listening).toBe(0);
    }
  });
});

describe('a wait that cannot go on', () => {
  test('for a number that is not rented says so', async () => {
    const scene = await openScene({});
    const { isError, text } = await scene.wait({ phoneNumber: UNKNOWN });
    expect(isError).toBe(true);
    expect(text).toMatch(/^wait_for_provisioning failed: HTTP 404 NOT_FOUND: .*\n.*list_active_numbers/);
  });

  test('since the API fails meanwhile says that', async () => {
    const scene = await openScene(SMS);
    const call = scene.wait();
    await scene.paused();
    scene.simulator.faults.add({ path: /activeNumbers/, times: 100, answer: { status: 500 } });
    const { isError, text } = await scene.pass(call);
    expect(isError).toBe(true);
    expect(text).toMatch(/^wait_for_provisioning failed: HTTP 500/);
  });

  test('since the caller cancelled during a pause ends at once, and asks nothing more', async () => {
    const scene = await openScene(SMS);
    const controller = new AbortController();
    const call = scene.wait({}, { signal: controller.signal });
    const ended = Promise.allSettled([call]);
    await scene.paused();
    controller.abort();
    await ended;
    expect(scene.pauses.sleeping()).toBe(0);
    expect(await deliver(receiverUrl(scene.callbacks), eventOf(0))).toBe(200);
    expect(scene.reads()).toBe(1);
  });

  test('since the caller cancelled during a reading does not wait for the answer', async () => {
    const scene = await openScene(SMS);
    scene.simulator.faults.add({ path: /activeNumbers/, delayMs: 15_000 });
    const controller = new AbortController();
    const call = scene.wait({}, { signal: controller.signal });
    await vi.waitFor(() => expect(scene.reads()).toBe(1), { interval: 1 });
    const startedAt = performance.now();
    controller.abort();
    const { text } = await call;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(text).toContain('the call was cancelled');
  });
});

describe('several numbers', () => {
  test('are waited for together, and each told with its outcome and the part that works', async () => {
    const scene = await openScene({ ...SMS, voice: voiceApp('app-a') });
    const [failing, unlinked, stuck, unknown] = ['0136', '0137', '0138', '0001'].map(
      (line) => `+1202555${line}`,
    );
    scene.simulator.project.rent(`${failing}`, { sms: { servicePlanId: 'internal-error' } });
    scene.simulator.project.rent(`${unlinked}`, {});
    scene.simulator.project.rent(`${stuck}`, { voice: voiceApp('stuck') });
    const phoneNumbers = [OFFERED, failing, unlinked, stuck, unknown, OFFERED];
    const call = scene.call('wait_for_provisioning', { phoneNumbers, timeoutSeconds: 9 });
    const result = await scene.pass(call);
    expect(result.isError).toBeUndefined();
    const { results, waitedSeconds } = structuredAs(answers, result);
    expect(waitedSeconds).toBe(9);
    expect(results.map(({ phoneNumber, outcome: came, detail }) => [phoneNumber, came, detail])).toEqual([
      [OFFERED, 'provisioned', expect.stringMatching(/^SMS works; no campaign, .*; voice works$/)],
      [failing, 'failed', 'SMS failed (INTERNAL_ERROR); no voice app'],
      [unlinked, 'not_linked', 'no SMS service plan; no voice app'],
      [stuck, 'timed_out', 'no SMS service plan; voice is under way'],
      [unknown, 'unknown', expect.stringMatching(/^HTTP 404 NOT_FOUND/)],
    ]);
    expect(linesOf(result)).toEqual([
      'After 9 s: provisioned 1, failed 1, timed_out 1, not_linked 1, unknown 1.',
      expect.stringMatching(/^provisioned, SMS works; .*: \+12025550134$/),
      'failed, SMS failed (INTERNAL_ERROR); no voice app: +12025550136',
      'not_linked, no SMS service plan; no voice app: +12025550137',
      'timed_out, no SMS service plan; voice is under way: +12025550138',
      expect.stringMatching(/^unknown, HTTP 404 .*[^.]: \+12025550001$/),
      expect.stringMatching(/^INTERNAL_ERROR: .*Repeat the update once/),
    ]);
  });

  test('are read again only while their jobs are under way, at once when an event of one comes', async () => {
    const scene = await openScene(SMS);
    rentLinked(scene, '+12025550136');
    scene.simulator.project.update(OFFERED, undefined, { voice: voiceApp('app-a') });
    const call = scene.call('wait_for_provisioning', { phoneNumbers: ['+12025550136', OFFERED] });
    await scene.paused();
    scene.time.advance(JOB_MS);
    expect(await deliver(receiverUrl(scene.callbacks), eventOf(0))).toBe(200);
    expect(structuredAs(answers, await call)).toMatchObject({
      results: [{ outcome: 'provisioned' }, { outcome: 'provisioned' }],
      waitedSeconds: 0,
    });
    expect(scene.simulator.count(`${READ}+12025550136`)).toBe(1);
    expect(scene.simulator.count(`${READ}${OFFERED}`)).toBe(2);
  });

  test('of which none can be read are an error with the reason', async () => {
    const scene = await openScene({});
    const { isError, text } = await scene.call('wait_for_provisioning', {
      phoneNumbers: [UNKNOWN, OFFERED_TOO],
    });
    expect(isError).toBe(true);
    expect(text).toMatch(/^wait_for_provisioning failed: HTTP 404/);
  });

  test.each([
    [{ phoneNumber: OFFERED, phoneNumbers: [OFFERED] }, /either phoneNumber or phoneNumbers/],
    [{}, /either phoneNumber or phoneNumbers/],
    [{ phoneNumbers: [] }, /phoneNumbers: /],
    [{ phoneNumbers: Array.from({ length: 101 }, (_, line) => `+1202555${line + 1_000}`) }, /phoneNumbers: /],
  ])('%j is refused', async (args, reason) => {
    const { isError, text } = await (await openStage()).call('wait_for_provisioning', args);
    expect(isError).toBe(true);
    expect(text).toMatch(reason);
  });

  test('up to a hundred are told in a text of less than 2,000 tokens, whatever becomes of them', async () => {
    const stage = await openStage({ pauses: fastClock() });
    const phoneNumbers = Array.from({ length: 100 }, (_, line) => `+1202555${line + 1_000}`);
    stage.simulator.faults.add({
      path: /activeNumbers/,
      answer: {
        status: 200,
        body: {
          smsConfiguration: { scheduledProvisioning: { status: 'FAILED', errorCodes: SMS_ERROR_CODES } },
        },
      },
      times: 50,
    });
    const { text } = await stage.call('wait_for_provisioning', { phoneNumbers, timeoutSeconds: 1 });
    expect(text).toMatch(/^After .*: failed 50, unknown 50\.$/m);
    expect(text).toContain('The others are left out');
    expect(countTokens(text)).toBeLessThan(2_000);
  });
});

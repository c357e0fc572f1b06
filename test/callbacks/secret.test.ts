import { describe, expect, test } from 'vitest';
import { createVerifier } from '../../src/callbacks/secret.ts';
import { fastClock } from '../api/support.ts';
import { deferred } from '../e2e/harness.ts';
import { recorder, SECRET, sign } from './support.ts';

const BODY = Buffer.from('{"eventId":"a"}');
const REPLACED = 'the secret of tomorrow';
/** The secret is read six times within a minute at most, and a second after a reading that failed. */
const MINUTE = 60_000;
const MOST = 6;
const SECOND = 1_000;

interface Project {
  /** What the API answers: the secret, or undefined where none is set. */
  hmacSecret: string | undefined;
  isFailing?: boolean;
}

/** A verifier of a project whose callback configuration can change. */
function openVerifier(project: Project, configured?: string, answered: () => Promise<void> = async () => {}) {
  const clock = fastClock();
  const { log, lines } = recorder();
  let reads = 0;
  const { verify, learn } = createVerifier({
    secret: configured,
    readSecret: async () => {
      reads++;
      const { isFailing, hmacSecret } = project;
      await answered();
      if (isFailing) throw new Error('the API is down');
      return hmacSecret;
    },
    clock,
    log,
  });
  return {
    clock,
    lines,
    reads: () => reads,
    /** The verdict on a callback that is signed with this secret. */
    judge: (secret: string) => verify(BODY, sign(BODY, secret)),
    verify,
    learn,
  };
}

describe('a secret that is configured', () => {
  test('decides alone: the API is never asked', async () => {
    const { judge, reads } = openVerifier({ hmacSecret: REPLACED }, SECRET);
    expect(await judge(SECRET)).toBe('genuine');
    expect(await judge(REPLACED)).toBe('forged');
    expect(await judge('another')).toBe('forged');
    expect(reads()).toBe(0);
  });
});

describe('a secret that the API has', () => {
  test('is read when the first callback comes, and not again while checks pass', async () => {
    const { judge, reads, clock } = openVerifier({ hmacSecret: SECRET });
    expect(reads()).toBe(0);
    expect(await judge(SECRET)).toBe('genuine');
    clock.advance(10 * MINUTE);
    expect(await judge(SECRET)).toBe('genuine');
    expect(reads()).toBe(1);
  });

  test('is read once for callbacks that come together; one that only joined the reading is not judged by it', async () => {
    const { judge, reads } = openVerifier({ hmacSecret: SECRET });
    const verdicts = await Promise.all(['another', SECRET, 'another', SECRET].map(judge));
    expect(verdicts).toEqual(['forged', 'genuine', 'unknown', 'genuine']);
    expect(reads()).toBe(1);
  });

  test('is read again for a wrong signature, but no stranger makes that happen all the time', async () => {
    const { judge, reads, clock } = openVerifier({ hmacSecret: SECRET });
    for (let i = 0; i < MOST; i++) {
      expect(await judge('another')).toBe('forged');
      clock.advance(SECOND);
    }
    for (let i = 0; i < 50; i++) expect(await judge('another')).toBe('unknown');
    expect(reads()).toBe(MOST);
    clock.advance(MINUTE - MOST * SECOND);
    expect(await judge('another')).toBe('forged');
    expect(await judge('another')).toBe('unknown');
    expect(reads()).toBe(MOST + 1);
  });

  test('may be replaced at any time: the first callback that is signed with the new one passes', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { judge } = openVerifier(project);
    await judge(SECRET);
    project.hmacSecret = REPLACED;
    expect(await judge(REPLACED)).toBe('genuine');
    expect(await judge(SECRET)).toBe('forged');
  });

  test('that was replaced while strangers use up its readings is told by a callback that is delivered again', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { judge, clock } = openVerifier(project);
    for (let i = 0; i < MOST; i++) await judge('another');
    project.hmacSecret = REPLACED;
    expect(await judge(REPLACED)).toBe('unknown');
    clock.advance(MINUTE);
    expect(await judge(REPLACED)).toBe('genuine');
  });

  test('that is replaced while it is read is not judged by what was read', async () => {
    const project: Project = { hmacSecret: SECRET };
    const answer = deferred<void>();
    const { judge } = openVerifier(project, undefined, () => answer.promise);
    const first = judge(SECRET);
    project.hmacSecret = REPLACED;
    const second = judge(REPLACED);
    answer.resolve(undefined);
    expect([await first, await second]).toEqual(['genuine', 'unknown']);
    expect(await judge(REPLACED)).toBe('genuine');
  });

  test('that was removed lets nothing pass any more, once that is known', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { judge } = openVerifier(project);
    await judge(SECRET);
    project.hmacSecret = undefined;
    expect(await judge('another')).toBe('forged');
    expect(await judge(SECRET)).toBe('forged');
  });
});

describe('without any secret', () => {
  test('nothing passes, and the log says why', async () => {
    const { judge, lines } = openVerifier({ hmacSecret: undefined });
    expect(await judge(SECRET)).toBe('forged');
    expect(await judge('')).toBe('forged');
    expect(lines.join()).toMatch(/no secret/);
  });

  test('one that is set later is learned', async () => {
    const project: Project = { hmacSecret: undefined };
    const { judge } = openVerifier(project);
    expect(await judge(SECRET)).toBe('forged');
    project.hmacSecret = SECRET;
    expect(await judge(SECRET)).toBe('genuine');
  });
});

describe('an API that fails', () => {
  test('leaves a callback unjudged, is asked again each second, and the log says why', async () => {
    const project: Project = { hmacSecret: SECRET, isFailing: true };
    const { judge, reads, clock, lines } = openVerifier(project);
    expect(await judge(SECRET)).toBe('unknown');
    expect(await judge('another')).toBe('unknown');
    expect(reads()).toBe(1);
    expect(lines.join()).toMatch(/the API is down/);
    for (let i = 0; i < 2 * MOST; i++) {
      clock.advance(SECOND);
      expect(await judge(SECRET)).toBe(i < MOST ? 'unknown' : 'genuine');
      project.isFailing = i + 1 < MOST;
    }
    expect(reads()).toBe(1 + MOST + 1);
  });

  test('leaves a secret that was read before in force', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { judge } = openVerifier(project);
    await judge(SECRET);
    project.isFailing = true;
    expect(await judge('another')).toBe('unknown');
    expect(await judge(SECRET)).toBe('genuine');
  });
});

describe('a new secret that is learnt', () => {
  test('counts at once, without asking the API', async () => {
    const { judge, learn, reads } = openVerifier({ hmacSecret: 'the old secret' });
    expect(await judge('the old secret')).toBe('genuine');
    learn(SECRET);
    expect(await judge(SECRET)).toBe('genuine');
    expect(reads()).toBe(1);
    expect(await judge('another')).toBe('forged');
  });

  test('is not undone by a reading that began before', async () => {
    const answer = deferred<void>();
    const { judge, learn } = openVerifier({ hmacSecret: 'the old secret' }, undefined, () => answer.promise);
    const verdict = judge('another');
    learn(SECRET);
    answer.resolve(undefined);
    expect(await verdict).toBe('unknown');
    expect(await judge(SECRET)).toBe('genuine');
  });
});

test('a header that cannot be a signature is refused without asking the API', async () => {
  const { verify, reads } = openVerifier({ hmacSecret: SECRET });
  const signature = sign(BODY);
  for (const header of [undefined, '', 'abc', signature.slice(2), `${signature}00`, 'z'.repeat(40)]) {
    expect(await verify(BODY, header)).toBe('forged');
  }
  expect(reads()).toBe(0);
});

test('the log never holds a secret or a signature', async () => {
  const { judge, lines } = openVerifier({ hmacSecret: SECRET });
  await judge('another');
  await judge('another');
  expect(lines.join()).not.toContain(SECRET);
  expect(lines.join()).not.toContain(sign(BODY));
});

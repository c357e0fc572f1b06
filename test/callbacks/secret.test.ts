import { describe, expect, test } from 'vitest';
import { createVerifier } from '../../src/callbacks/secret.ts';
import { fastClock } from '../api/support.ts';
import { recorder, SECRET, sign } from './support.ts';

const BODY = Buffer.from('{"eventId":"a"}');
const REPLACED = 'the secret of tomorrow';
const MINUTE = 60_000;

interface Project {
  /** What the API answers: the secret, or undefined where none is set. */
  hmacSecret: string | undefined;
  isFailing?: boolean;
}

/** A verifier of a project whose callback configuration can change. */
function openVerifier(project: Project, configured?: string) {
  const clock = fastClock();
  const { log, lines } = recorder();
  let reads = 0;
  const { verify, learn } = createVerifier({
    secret: configured,
    readSecret: async () => {
      reads++;
      if (project.isFailing) throw new Error('the API is down');
      return project.hmacSecret;
    },
    clock,
    log,
  });
  return {
    clock,
    lines,
    reads: () => reads,
    /** Whether a callback passes that is signed with this secret. */
    passes: (secret: string) => verify(BODY, sign(BODY, secret)),
    verify,
    learn,
  };
}

describe('a secret that is configured', () => {
  test('decides alone: the API is never asked', async () => {
    const { passes, reads } = openVerifier({ hmacSecret: REPLACED }, SECRET);
    expect(await passes(SECRET)).toBe(true);
    expect(await passes(REPLACED)).toBe(false);
    expect(await passes('another')).toBe(false);
    expect(reads()).toBe(0);
  });
});

describe('a secret that the API has', () => {
  test('is read when the first callback comes, and not again while checks pass', async () => {
    const { passes, reads, clock } = openVerifier({ hmacSecret: SECRET });
    expect(reads()).toBe(0);
    expect(await passes(SECRET)).toBe(true);
    clock.advance(10 * MINUTE);
    expect(await passes(SECRET)).toBe(true);
    expect(reads()).toBe(1);
  });

  test('is read once for callbacks that come together', async () => {
    const { passes, reads } = openVerifier({ hmacSecret: SECRET });
    const checks = await Promise.all([passes(SECRET), passes('another'), passes(SECRET), passes(SECRET)]);
    expect(checks).toEqual([true, false, true, true]);
    expect(reads()).toBe(1);
  });

  test('is read again for a failed check, at most once a minute', async () => {
    const { passes, reads, clock } = openVerifier({ hmacSecret: SECRET });
    await passes('another');
    clock.advance(MINUTE - 1);
    await passes('another');
    expect(reads()).toBe(1);
    clock.advance(1);
    for (let i = 0; i < 5; i++) expect(await passes('another')).toBe(false);
    expect(reads()).toBe(2);
  });

  test('may be replaced: the first callback that is signed with the new one passes', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { passes, clock } = openVerifier(project);
    await passes(SECRET);
    clock.advance(MINUTE);
    project.hmacSecret = REPLACED;
    expect(await passes(REPLACED)).toBe(true);
    expect(await passes(SECRET)).toBe(false);
  });

  test('that was replaced within the minute passes after it', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { passes, clock } = openVerifier(project);
    await passes(SECRET);
    project.hmacSecret = REPLACED;
    expect(await passes(REPLACED)).toBe(false);
    clock.advance(MINUTE);
    expect(await passes(REPLACED)).toBe(true);
  });

  test('that was removed lets nothing pass any more, once that is known', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { passes, clock } = openVerifier(project);
    await passes(SECRET);
    clock.advance(MINUTE);
    project.hmacSecret = undefined;
    expect(await passes('another')).toBe(false);
    expect(await passes(SECRET)).toBe(false);
  });
});

describe('without any secret', () => {
  test('nothing passes, and the log says why', async () => {
    const { passes, lines } = openVerifier({ hmacSecret: undefined });
    expect(await passes(SECRET)).toBe(false);
    expect(await passes('')).toBe(false);
    expect(lines.join()).toMatch(/no secret/);
  });

  test('one that is set later is learned', async () => {
    const project: Project = { hmacSecret: undefined };
    const { passes, clock } = openVerifier(project);
    expect(await passes(SECRET)).toBe(false);
    project.hmacSecret = SECRET;
    clock.advance(MINUTE);
    expect(await passes(SECRET)).toBe(true);
  });
});

describe('an API that fails', () => {
  test('lets nothing pass, is asked again after a minute, and the log says why', async () => {
    const project: Project = { hmacSecret: SECRET, isFailing: true };
    const { passes, reads, clock, lines } = openVerifier(project);
    expect(await passes(SECRET)).toBe(false);
    expect(await passes(SECRET)).toBe(false);
    expect(reads()).toBe(1);
    expect(lines.join()).toMatch(/the API is down/);
    project.isFailing = false;
    clock.advance(MINUTE);
    expect(await passes(SECRET)).toBe(true);
  });

  test('leaves a secret that was read before in force', async () => {
    const project: Project = { hmacSecret: SECRET };
    const { passes, clock } = openVerifier(project);
    await passes(SECRET);
    project.isFailing = true;
    clock.advance(MINUTE);
    expect(await passes('another')).toBe(false);
    expect(await passes(SECRET)).toBe(true);
  });
});

test('a new secret that is learnt counts at once, without asking the API', async () => {
  const { passes, learn, reads } = openVerifier({ hmacSecret: 'the old secret' });
  expect(await passes('the old secret')).toBe(true);
  learn(SECRET);
  expect(await passes(SECRET)).toBe(true);
  expect(await passes('the old secret')).toBe(false);
  expect(reads()).toBe(1);
});

test('a header that cannot be a signature is refused without asking the API', async () => {
  const { verify, reads } = openVerifier({ hmacSecret: SECRET });
  const signature = sign(BODY);
  for (const header of [undefined, '', 'abc', signature.slice(2), `${signature}00`, 'z'.repeat(40)]) {
    expect(await verify(BODY, header)).toBe(false);
  }
  expect(reads()).toBe(0);
});

test('the log never holds a secret or a signature', async () => {
  const { passes, lines, clock } = openVerifier({ hmacSecret: SECRET });
  await passes('another');
  clock.advance(MINUTE);
  await passes('another');
  expect(lines.join()).not.toContain(SECRET);
  expect(lines.join()).not.toContain(sign(BODY));
});

import { describe, expect, test } from 'vitest';
import type { ActiveNumber } from '../../src/api/schemas/numbers.ts';
import {
  diagnose,
  hasFailed,
  isUnderWay,
  STATES,
  smsFailureCodes,
  stuckBefore,
  VOICE_FAILURE,
} from '../../src/audit/diagnosis.ts';

const NOW = Date.UTC(2026, 0, 15, 12);
const at = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z');
const OLD = at(NOW - 1);
const YOUNG = at(NOW + 1);

const JOBS = {
  none: undefined,
  failed: { status: 'FAILED', lastUpdatedTime: OLD },
  old: { status: 'IN_PROGRESS', lastUpdatedTime: OLD },
  young: { status: 'WAITING', lastUpdatedTime: YOUNG },
} as const;
const KINDS = ['none', 'failed', 'old', 'young'] as const;
type Kind = (typeof KINDS)[number];

type Job = {
  readonly status?: string;
  readonly lastUpdatedTime?: string;
};

const LINKS = {
  nothing: {},
  plan: { smsConfiguration: { servicePlanId: 'plan-a' } },
  app: { voiceConfiguration: { type: 'RTC', appId: 'app-a' } },
  trunk: { voiceConfiguration: { type: 'EST', trunkId: 'trunk-a' } },
  fax: { voiceConfiguration: { type: 'FAX', serviceId: 'service-a' } },
} as const satisfies Record<string, ActiveNumber>;

function numberWith(sms: Kind, voice: Kind, link: ActiveNumber = {}, expireAt?: string): ActiveNumber {
  return {
    phoneNumber: '+12025550134',
    ...(expireAt && { expireAt }),
    smsConfiguration: {
      ...link.smsConfiguration,
      ...(JOBS[sms] && { scheduledProvisioning: { ...JOBS[sms], errorCodes: ['INTERNAL_ERROR'] } }),
    },
    voiceConfiguration: {
      ...link.voiceConfiguration,
      ...(JOBS[voice] && { scheduledVoiceProvisioning: JOBS[voice] }),
    },
  };
}

const everyCase = KINDS.flatMap((sms) =>
  KINDS.flatMap((voice) =>
    Object.entries(LINKS).flatMap(([linked, link]) =>
      [undefined, at(NOW)].map((expireAt) => ({ sms, voice, linked, link, expireAt })),
    ),
  ),
);

describe('a number is in the first state that fits', () => {
  test('failed before stuck, in progress, releasing, unlinked and healthy', () => {
    expect(STATES).toEqual(['failed', 'stuck', 'inProgress', 'releasing', 'unlinked', 'healthy']);
    const seen = new Set<string>();
    for (const { sms, voice, linked, link, expireAt } of everyCase) {
      const fits = {
        failed: sms === 'failed' || voice === 'failed',
        stuck: sms === 'old' || voice === 'old',
        inProgress: sms === 'young' || voice === 'young',
        releasing: expireAt !== undefined,
        unlinked: linked === 'nothing',
        healthy: true,
      };
      const expected = STATES.find((state) => fits[state]);
      const { state } = diagnose(numberWith(sms, voice, link, expireAt), NOW);
      expect(state, JSON.stringify({ sms, voice, linked, expireAt })).toBe(expected);
      seen.add(state);
    }
    expect(seen.size).toBe(6);
  });

  test.each([
    ['failed', 'none', ['INTERNAL_ERROR']],
    ['none', 'failed', [VOICE_FAILURE]],
    ['failed', 'failed', ['INTERNAL_ERROR', VOICE_FAILURE]],
    ['old', 'failed', [VOICE_FAILURE]],
    ['old', 'old', ['STUCK']],
    ['none', 'old', ['STUCK']],
    ['young', 'none', ['IN_PROGRESS']],
    ['none', 'none', ['UNLINKED']],
  ] as const)('SMS job %s and voice job %s give the codes %j', (sms, voice, codes) => {
    expect(diagnose(numberWith(sms, voice), NOW).codes).toEqual(codes);
  });

  test('a released number gives RELEASING, a linked one nothing', () => {
    expect(diagnose(numberWith('none', 'none', {}, at(NOW)), NOW).codes).toEqual(['RELEASING']);
    expect(diagnose(numberWith('none', 'none', LINKS.plan), NOW).codes).toEqual([]);
  });

  test('a US local number with a service plan and no campaign is healthy, and gives NO_CAMPAIGN', () => {
    const onPlan = { ...LINKS.plan, regionCode: 'US', type: 'LOCAL' };
    expect(diagnose(onPlan, NOW)).toEqual({ state: 'healthy', codes: ['NO_CAMPAIGN'] });
    const smsConfiguration = { servicePlanId: 'plan-a', campaignId: 'C3O84GA' };
    expect(diagnose({ ...onPlan, smsConfiguration }, NOW).codes).toEqual([]);
    expect(diagnose({ ...onPlan, type: 'TOLL_FREE' }, NOW).codes).toEqual([]);
    expect(diagnose({ ...onPlan, regionCode: 'CA' }, NOW).codes).toEqual([]);
    expect(diagnose({ ...onPlan, ...LINKS.app, smsConfiguration: {} }, NOW).codes).toEqual([]);
    expect(diagnose({ ...onPlan, expireAt: OLD }, NOW).codes).toEqual(['RELEASING']);
  });

  test('a number that the API says nothing about is unlinked', () => {
    expect(diagnose({}, NOW)).toEqual({ state: 'unlinked', codes: ['UNLINKED'] });
    expect(diagnose({ voiceConfiguration: { type: 'RTC' } }, NOW).state).toBe('unlinked');
    expect(diagnose({ smsConfiguration: { campaignId: 'C3O84GA' } }, NOW).state).toBe('unlinked');
  });
});

describe('how long a job may take', () => {
  const smsJob = (job: Job): ActiveNumber => ({ smsConfiguration: { scheduledProvisioning: job } });
  const voiceJob = (job: Job): ActiveNumber => ({
    voiceConfiguration: { scheduledVoiceProvisioning: job },
  });

  test.each([
    ['SMS', smsJob],
    ['voice', voiceJob],
  ])('a %s job that moved just then is not stuck, one that moved a millisecond before is', (_, numberOf) => {
    expect(diagnose(numberOf({ status: 'IN_PROGRESS', lastUpdatedTime: at(NOW) }), NOW).state).toBe(
      'inProgress',
    );
    expect(diagnose(numberOf({ status: 'IN_PROGRESS', lastUpdatedTime: at(NOW - 1) }), NOW).state).toBe(
      'stuck',
    );
    expect(diagnose(numberOf({ status: 'WAITING', lastUpdatedTime: at(NOW - 1) }), NOW).state).toBe('stuck');
  });

  test('a job of another zone is compared by its instant', () => {
    const job = { status: 'WAITING', lastUpdatedTime: '2026-01-15T13:30:00.000000+02:00' };
    expect(diagnose(smsJob(job), NOW).state).toBe('stuck');
    expect(diagnose(smsJob({ ...job, lastUpdatedTime: '2026-01-15T11:30:00-02:00' }), NOW).state).toBe(
      'inProgress',
    );
  });

  test.each([undefined, 'yesterday', '2026-13-45T99:99:99Z'])(
    'a job whose time is %j is in progress: nothing tells that it is stuck',
    (lastUpdatedTime) => {
      const job = { status: 'IN_PROGRESS', ...(lastUpdatedTime && { lastUpdatedTime }) };
      expect(diagnose(smsJob(job), NOW).state).toBe('inProgress');
      expect(diagnose(voiceJob(job), NOW).state).toBe('inProgress');
    },
  );

  test.each<Job>([{ status: 'PAUSED' }, {}])(
    'a job in a state that nobody knows, %j, is under way',
    (job) => {
      expect(diagnose(smsJob({ ...job, lastUpdatedTime: YOUNG }), NOW).state).toBe('inProgress');
      expect(diagnose(voiceJob({ ...job, lastUpdatedTime: OLD }), NOW).state).toBe('stuck');
      expect(isUnderWay(smsJob(job))).toBe(true);
      expect(hasFailed(smsJob(job))).toBe(false);
    },
  );
});

describe('the codes of a failed SMS job', () => {
  const failedWith = (errorCodes?: string[]): ActiveNumber => ({
    smsConfiguration: { scheduledProvisioning: { status: 'FAILED', ...(errorCodes && { errorCodes }) } },
  });

  test('a job that gives none counts as unspecified', () => {
    expect(diagnose(failedWith(), NOW)).toEqual({ state: 'failed', codes: ['ERROR_CODE_UNSPECIFIED'] });
    expect(diagnose(failedWith([]), NOW).codes).toEqual(['ERROR_CODE_UNSPECIFIED']);
  });

  test('all of them count, unknown ones too, each once', () => {
    const codes = ['INTERNAL_ERROR', 'ON_THE_MOON', 'INTERNAL_ERROR'];
    expect(smsFailureCodes(failedWith(codes))).toEqual(['INTERNAL_ERROR', 'ON_THE_MOON']);
  });

  test('codes of a job that has not failed, from an attempt before, do not count', () => {
    const scheduledProvisioning = {
      status: 'WAITING',
      errorCodes: ['INTERNAL_ERROR'],
      lastUpdatedTime: YOUNG,
    };
    const number = { smsConfiguration: { scheduledProvisioning } };
    expect(smsFailureCodes(number)).toEqual([]);
    expect(diagnose(number, NOW)).toEqual({ state: 'inProgress', codes: ['IN_PROGRESS'] });
  });
});

test('what is under way and what has failed can both be true of one number', () => {
  const number = numberWith('failed', 'young');
  expect([isUnderWay(number), hasFailed(number)]).toEqual([true, true]);
  expect([isUnderWay(numberWith('none', 'old')), hasFailed(numberWith('none', 'failed'))]).toEqual([
    true,
    true,
  ]);
  expect([isUnderWay(numberWith('failed', 'failed')), hasFailed(numberWith('young', 'old'))]).toEqual([
    false,
    false,
  ]);
  expect([isUnderWay({}), hasFailed({})]).toEqual([false, false]);
});

test('a job is stuck after a day, unless told otherwise', () => {
  expect(stuckBefore(NOW)).toBe(NOW - 24 * 3_600_000);
  expect(stuckBefore(NOW, 0.5)).toBe(NOW - 1_800_000);
});

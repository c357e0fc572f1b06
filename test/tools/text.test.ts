import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROVISIONING_ERRORS } from '../../src/audit/catalogue.ts';
import { type ActiveNumber, SMS_ERROR_CODES } from '../../src/numbers/schemas.ts';
import { table } from '../../src/tools/table.ts';
import {
  activeNumberRow,
  activeNumbersText,
  availableNumberRow,
  day,
  failureNotes,
  voiceTarget,
} from '../../src/tools/text.ts';

/** A number in order, linked to everything. */
const LINKED = {
  phoneNumber: '+12025550134',
  displayName: 'Support line',
  regionCode: 'US',
  type: 'LOCAL',
  capability: ['SMS', 'VOICE'],
  money: { amount: '0.80', currencyCode: 'EUR' },
  paymentIntervalMonths: 1,
  nextChargeDate: '2026-02-15T12:00:00.000000Z',
  smsConfiguration: { servicePlanId: 'plan-a', campaignId: 'C1' },
  voiceConfiguration: { type: 'RTC', appId: 'app-a' },
  callbackUrl: 'https://example.com/callbacks',
} satisfies ActiveNumber;

describe('a table', () => {
  test('says what all rows share once, in a line before them', () => {
    const rows = [
      ['+1', 'US', 'SMS', '0.80'],
      ['+2', 'US', 'VOICE', '0.80'],
    ];
    expect(table(rows)).toBe('All: US | 0.80\n+1 | SMS\n+2 | VOICE');
  });

  test('of one row keeps everything on its line', () => {
    expect(table([['+1', 'US', '', '0.80']])).toBe('+1 | US | 0.80');
  });

  test('names every row even if the names are alike', () => {
    const rows = [
      ['(no number)', 'US'],
      ['(no number)', 'US'],
    ];
    expect(table(rows)).toBe('All: US\n(no number)\n(no number)');
  });

  test('has no line for shared facts where there are none', () => {
    const rows = [
      ['+1', 'US', ''],
      ['+2', 'GB', ''],
    ];
    expect(table(rows)).toBe('+1 | US\n+2 | GB');
  });

  test('of nothing is empty', () => {
    expect(table([])).toBe('');
  });

  test('loses no fact of any row', () => {
    const cell = fc.constantFrom('', 'a', 'b', 'c d');
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(
          fc.tuple(fc.stringMatching(/^\+\d{1,3}$/), fc.array(cell, { minLength: width, maxLength: width })),
          { minLength: 1, maxLength: 5 },
        ),
      );
    fc.assert(
      fc.property(rows, (named) => {
        const lines = table(named.map(([name, cells]) => [name, ...cells])).split('\n');
        const shared =
          lines.length > named.length ? (lines.shift()?.replace('All: ', '').split(' | ') ?? []) : [];
        named.forEach(([name, cells], index) => {
          const [first, ...rest] = lines[index]?.split(' | ') ?? [];
          expect(first).toBe(name);
          expect([...shared, ...rest].sort()).toEqual(cells.filter((value) => value !== '').sort());
        });
      }),
    );
  });
});

describe('the row of a rented number', () => {
  test('holds its name, kind, capability, price, links, callback URL and next charge', () => {
    expect(activeNumberRow(LINKED)).toEqual([
      '+12025550134',
      '"Support line"',
      'US LOCAL',
      'SMS+VOICE',
      '0.80 EUR a month',
      'SMS plan plan-a campaign C1',
      'voice app app-a',
      'callbacks to https://example.com/callbacks',
      'next charge 2026-02-15',
    ]);
  });

  test('says that it is not linked, to nothing at all', () => {
    const { smsConfiguration: _, voiceConfiguration: __, ...unlinked } = LINKED;
    expect(activeNumberRow(unlinked)).toContain('not linked');
    expect(activeNumberRow({ ...unlinked, voiceConfiguration: { type: 'RTC' } })).toContain('not linked');
    expect(activeNumberRow({ ...LINKED, voiceConfiguration: { type: 'RTC' } })).not.toContain('not linked');
    expect(activeNumberRow({ ...unlinked, voiceConfiguration: LINKED.voiceConfiguration })).not.toContain(
      'not linked',
    );
  });

  test('tells when it ends instead of a next charge, once it is released', () => {
    const row = activeNumberRow({ ...LINKED, expireAt: '2026-03-01T00:00:00Z' });
    expect(row).toContain('released, ends 2026-03-01');
    expect(row.join()).not.toContain('next charge');
  });

  test.each(['WAITING', 'IN_PROGRESS'])(
    'tells since when an SMS job is %s, and what it links to',
    (status) => {
      const scheduledProvisioning = {
        servicePlanId: 'plan-b',
        campaignId: 'C2',
        status,
        lastUpdatedTime: '2026-01-14T10:00:01.596223Z',
      };
      const row = activeNumberRow({ ...LINKED, smsConfiguration: { scheduledProvisioning } });
      expect(row).toContain(`SMS ${status} since 2026-01-14T10:00:01Z to plan plan-b to campaign C2`);
    },
  );

  test('tells a link and the job that is to replace it', () => {
    const smsConfiguration = {
      servicePlanId: 'plan-a',
      scheduledProvisioning: { servicePlanId: 'plan-b', status: 'WAITING' },
    };
    expect(activeNumberRow({ ...LINKED, smsConfiguration })).toContain(
      'SMS plan plan-a SMS WAITING to plan plan-b',
    );
  });

  test('tells every error code of a failed SMS job', () => {
    const scheduledProvisioning = {
      servicePlanId: 'plan-b',
      status: 'FAILED',
      errorCodes: ['CAMPAIGN_EXPIRED', 'INVALID_NNID'],
    };
    expect(activeNumberRow({ ...LINKED, smsConfiguration: { scheduledProvisioning } })).toContain(
      'SMS FAILED CAMPAIGN_EXPIRED, INVALID_NNID to plan plan-b',
    );
  });

  test.each([
    [{ appId: 'app-b' }, 'app app-b'],
    [{ type: 'EST', trunkId: 'trunk-b' }, 'trunk trunk-b'],
    [{ type: 'FAX', serviceId: 'fax-b' }, 'fax service fax-b'],
    [{}, 'nothing'],
  ])('tells a voice link and its job for %j', (target, told) => {
    const scheduledVoiceProvisioning = { ...target, status: 'IN_PROGRESS' };
    const row = activeNumberRow({ ...LINKED, voiceConfiguration: { scheduledVoiceProvisioning } });
    expect(row).toContain(`voice IN_PROGRESS to ${told}`);
    const linked = activeNumberRow({
      ...LINKED,
      voiceConfiguration: { appId: 'app-a', scheduledVoiceProvisioning },
    });
    expect(linked).toContain(`voice app app-a voice IN_PROGRESS to ${told}`);
  });

  test('shows a status that nobody has documented as it is', () => {
    const smsConfiguration = { scheduledProvisioning: { servicePlanId: 'plan-b', status: 'PAUSED' } };
    expect(activeNumberRow({ ...LINKED, smsConfiguration })).toContain('SMS PAUSED to plan plan-b');
  });

  test('makes the name a quoted text that cannot end early', () => {
    const displayName = 'x" | released, ends 2020-01-01 | "';
    expect(activeNumberRow({ displayName })[1]).toBe('"x\\" | released, ends 2020-01-01 | \\""');
  });

  test('of an answer without any field is still a row', () => {
    expect(table([activeNumberRow({})])).toBe('(no number) | not linked');
  });

  test('tells a price for several months as such', () => {
    expect(activeNumberRow({ ...LINKED, paymentIntervalMonths: 3 })).toContain('0.80 EUR every 3 months');
  });
});

describe('the row of a number on offer', () => {
  test('holds its kind, capability, both prices and whether documents are needed', () => {
    const row = availableNumberRow({
      phoneNumber: '+46846500401',
      regionCode: 'SE',
      type: 'LOCAL',
      capability: ['VOICE'],
      setupPrice: { amount: '0.00', currencyCode: 'EUR' },
      monthlyPrice: { amount: '2.50', currencyCode: 'EUR' },
      paymentIntervalMonths: 3,
      supportingDocumentationRequired: true,
    });
    expect(row).toEqual([
      '+46846500401',
      'SE LOCAL',
      'VOICE',
      'setup 0.00 EUR',
      '2.50 EUR every 3 months',
      'documents required',
    ]);
  });

  test('says that a price is not known rather than nothing', () => {
    expect(availableNumberRow({ phoneNumber: '+1' }).join(' | ')).toContain(
      'setup an unknown price | an unknown price a month',
    );
  });
});

describe('notes on failures', () => {
  const failedWith = (...errorCodes: string[]): ActiveNumber => ({
    smsConfiguration: { scheduledProvisioning: { status: 'FAILED', errorCodes } },
  });

  test.each(SMS_ERROR_CODES)('explain %s with its meaning and a remedy', (code) => {
    const entry = PROVISIONING_ERRORS.find((known) => known.code === code);
    expect(entry).toBeDefined();
    expect(failureNotes([failedWith(code)])).toEqual([
      `${code}: ${entry?.meaning} ${entry?.remedy} (To mend by: ${entry?.owner}. Retry: ${entry?.retry}.)`,
    ]);
  });

  test('explain each code once, however many numbers carry it', () => {
    const notes = failureNotes([failedWith('INVALID_NNID'), failedWith('INVALID_NNID', 'CAMPAIGN_EXPIRED')]);
    expect(notes.map((note) => note.split(':')[0])).toEqual(['INVALID_NNID', 'CAMPAIGN_EXPIRED']);
  });

  test('say of an unknown code that it is not documented', () => {
    expect(failureNotes([failedWith('NEW_CODE')])).toEqual([
      expect.stringMatching(/^NEW_CODE: This code is not documented\./),
    ]);
  });

  test('explain a failed job without a code, and a failed voice job', () => {
    const voice = { voiceConfiguration: { scheduledVoiceProvisioning: { status: 'FAILED' } } };
    const sms = { smsConfiguration: { scheduledProvisioning: { status: 'FAILED' } } };
    const notes = failureNotes([sms, voice]);
    expect(notes.map((note) => note.split(':')[0])).toEqual([
      'ERROR_CODE_UNSPECIFIED',
      'PROVISIONING_TO_VOICE_PLATFORM_FAILED',
    ]);
  });

  test('stand below the number that they are about', () => {
    const lines = activeNumberText({ phoneNumber: '+1', ...failedWith('TFN_NOT_ALLOWED') }).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^TFN_NOT_ALLOWED: Toll-free numbers do not go on 10DLC campaigns\./);
  });

  test('are not made for jobs that have not failed', () => {
    const scheduledProvisioning = { status: 'WAITING', errorCodes: ['INVALID_NNID'] };
    expect(failureNotes([LINKED, { smsConfiguration: { scheduledProvisioning } }])).toEqual([]);
  });
});

test('a voice target is named by the ID that is set', () => {
  expect(voiceTarget({ appId: 'a' })).toBe('app a');
  expect(voiceTarget({ trunkId: 't' })).toBe('trunk t');
  expect(voiceTarget({ serviceId: 's' })).toBe('fax service s');
  expect(voiceTarget({})).toBe('');
});

test('a day is the date of a timestamp', () => {
  expect(day('2026-02-15T12:00:00.000000Z')).toBe('2026-02-15');
});

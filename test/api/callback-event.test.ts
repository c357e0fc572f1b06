import { describe, expect, test } from 'vitest';
import { canonicalEventType, parseEvent, timeKey } from '../../src/api/callback-event.ts';
import { PUBLISHED } from '../callbacks/support.ts';

const parse = (event: object) => parseEvent(JSON.stringify(event));

describe('a body that is an event', () => {
  test('is read field by field, without what is null', () => {
    expect(parseEvent(PUBLISHED[1].body)).toEqual({
      eventId: '01j3fycq0fyqq3gkgxb0g5ekbz',
      timestamp: '2024-07-23T14:02:14.415637289Z',
      projectId: 'b8bae3c6-e7df-422b-9401-8ae3ee3e0aff',
      resourceId: '+12053017799',
      resourceType: 'ACTIVE_NUMBER',
      eventType: 'PROVISIONING_TO_VOICE_PLATFORM',
      status: 'SUCCEEDED',
    });
  });

  test('needs no more than an ID', () => {
    expect(parse({ eventId: 'a' })).toEqual({ eventId: 'a' });
  });

  test.each([{ failureCode: null, internalFailureCode: null }, {}])(
    'about an order is read like any other, with %j',
    (codes) => {
      const event = {
        eventId: '01jgkbb8xywmz3hhahd76menqg',
        timestamp: '2025-01-02T12:00:00.412722Z',
        projectId: 'project',
        resourceId: '01jgkbb8xywmz3hhahd76menqf',
        resourceType: 'NUMBER_ORDER',
        eventType: 'NUMBER_ORDER_PROCESSING',
        status: 'COMPLETED',
      };
      expect(parse({ ...event, ...codes })).toEqual(event);
    },
  );

  test('is read again as it was', () => {
    const event = parseEvent(PUBLISHED[0].body);
    expect(event).toBeDefined();
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
  });

  test('keeps fields, types and statuses that nobody knows yet', () => {
    const event = {
      eventId: 'a',
      resourceType: 'NUMBER_BUNDLE',
      eventType: 'TELEPORTING_TO_MARS',
      status: 'ON_ITS_WAY',
      failureCode: 'CODE_OF_TOMORROW',
      internalFailureCode: 'INNER_CODE',
      attempts: 3,
      details: { carrier: 'Vandelay', steps: ['one', 'two'] },
    };
    expect(parse(event)).toEqual(event);
  });
});

describe('a timestamp', () => {
  test.each([
    ['2026-01-15T12:00:00', '2026-01-15T12:00:00Z'],
    ['2026-01-15T12:00:00.412722', '2026-01-15T12:00:00.412722Z'],
    ['2026-01-15T12:00:00.41272258', '2026-01-15T12:00:00.41272258Z'],
    ['2026-01-15T12:00:00.412722588', '2026-01-15T12:00:00.412722588Z'],
  ])('without a zone is UTC: %s', (given, read) => {
    expect(parse({ eventId: 'a', timestamp: given })?.timestamp).toBe(read);
  });

  test.each([
    '2026-01-15T12:00:00.412722588Z',
    '2026-01-15T12:00:00+02:00',
    '2026-01-15T12:00:00.412722-05:00',
  ])('with a zone stays as it is: %s', (timestamp) => {
    expect(parse({ eventId: 'a', timestamp })?.timestamp).toBe(timestamp);
  });
});

describe('the voice event with two names', () => {
  test('has one, whichever it came by', () => {
    for (const eventType of ['DEPROVISIONING_TO_VOICE_PLATFORM', 'DEPROVISIONING_FROM_VOICE_PLATFORM']) {
      expect(parse({ eventId: 'a', eventType })?.eventType).toBe('DEPROVISIONING_FROM_VOICE_PLATFORM');
      expect(canonicalEventType(eventType)).toBe('DEPROVISIONING_FROM_VOICE_PLATFORM');
    }
  });

  test('is not mistaken for the provisioning to voice, nor for the SMS events', () => {
    const others = [
      'PROVISIONING_TO_VOICE_PLATFORM',
      'DEPROVISIONING_TO_SMS_PLATFORM',
      'DEPROVISIONING_FROM_SMS_PLATFORM',
    ];
    for (const eventType of others) expect(parse({ eventId: 'a', eventType })?.eventType).toBe(eventType);
  });
});

test.each(['123456', '+010000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', 'soon'])(
  'the timestamp %j passes through, and sorts as none',
  (timestamp) => {
    const event = parseEvent(JSON.stringify({ eventId: 'a', timestamp }));
    expect(event).toMatchObject({ timestamp });
    expect(timeKey({ timestamp })).toBe('');
  },
);

test('fields may be nested, but not beyond all reason', () => {
  const nested = (depth: number) => `{"eventId":"a","more":${'['.repeat(depth)}1${']'.repeat(depth)}}`;
  expect(parseEvent(nested(10))).toMatchObject({ eventId: 'a' });
  for (const depth of [40, 2_500, 3_000]) expect(parseEvent(nested(depth))).toBeUndefined();
});

describe('a body that is no event', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', 'eventId=a'],
    ['half an object', '{"eventId":"a"'],
    ['null', 'null'],
    ['a text', '"eventId"'],
    ['a number', '42'],
    ['a list', '[{"eventId":"a"}]'],
    ['an empty object', '{}'],
    ['an object without an ID', '{"status":"SUCCEEDED"}'],
    ['an ID that is null', '{"eventId":null}'],
    ['an ID that is empty', '{"eventId":""}'],
    ['an ID that is a number', '{"eventId":7}'],
    ['brackets without end', '['.repeat(200_000)],
    ['brackets nested too deeply', `{"eventId":"a","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('is none: %s', (_, body) => {
    expect(parseEvent(body)).toBeUndefined();
  });
});

describe('the time key', () => {
  const keys = (...timestamps: string[]) => timestamps.map((timestamp) => timeKey({ timestamp }));

  test('sorts in the order of time, whatever the number of digits', () => {
    const inOrder = keys(
      '2026-01-15T12:00:00Z',
      '2026-01-15T12:00:00.000001Z',
      '2026-01-15T12:00:00.4127225Z',
      '2026-01-15T12:00:00.412722501Z',
      '2026-01-15T12:00:00.41272251Z',
      '2026-01-15T12:00:00.412723Z',
      '2026-01-15T12:00:00.5Z',
      '2026-01-15T12:00:01Z',
    );
    expect(inOrder.toReversed().sort()).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(inOrder.length);
  });

  test('is the same for one moment in any precision or zone', () => {
    const same = keys(
      '2026-01-15T12:00:00.5Z',
      '2026-01-15T12:00:00.500000Z',
      '2026-01-15T12:00:00.500000000Z',
      '2026-01-15T12:00:00.5000000009Z',
      '2026-01-15T14:00:00.500+02:00',
    );
    expect(new Set(same).size).toBe(1);
    expect(same[0]).toHaveLength(29);
  });

  test('is of the time of receipt where the event has none that can be read', () => {
    const receivedAt = '2026-01-15T12:00:00.250Z';
    const [key] = keys(receivedAt);
    expect(timeKey({ receivedAt })).toBe(key);
    expect(timeKey({ timestamp: 'yesterday', receivedAt })).toBe(key);
    expect(timeKey({ timestamp: '2026-01-15T11:00:00Z', receivedAt })).not.toBe(key);
  });

  test('is empty where no time is known', () => {
    expect(timeKey({})).toBe('');
    expect(timeKey({ timestamp: 'yesterday' })).toBe('');
  });
});

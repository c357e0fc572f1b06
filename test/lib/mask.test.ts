import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMask } from '../../src/lib/mask.ts';

const ID = '0a1b2c3d-key';
const SECRET = 'S3cr3t+/~with"all\\it needs'.replace(' ', '_');
const TOKEN = `${'eyJhbGciOiJSUzI1NiJ9'.repeat(4)}.${'c2lnbmF0dXJl'.repeat(8)}`;
const mask = createMask([ID, SECRET, TOKEN]);

const base64 = (text: string) => Buffer.from(text).toString('base64');
const percentEverything = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '%$&');

/** Each form in which a server may give a secret back, and what is left of it. */
const forms: readonly [string, string, string][] = [
  ['as it is', `no access for ${SECRET}`, 'no access for ****'],
  ['twice', `${SECRET}, ${SECRET}`, '****, ****'],
  ['the key ID', `key ${ID} is unknown`, 'key **** is unknown'],
  ['the Basic pair', `Basic ${base64(`${ID}:${SECRET}`)}`, 'Basic ****'],
  [
    'the Basic pair in the alphabet of URLs',
    `"${Buffer.from(`${ID}:${SECRET}`).toString('base64url')}"`,
    '"****"',
  ],
  ['in base64', `(${base64(SECRET)})`, '(****)'],
  ['in base64, one byte in', `(${base64(`x${SECRET}y`)})`, '(****)'],
  ['in base64, two bytes in', `(${base64(`xy${SECRET}`)})`, '(****)'],
  ['in base64, in the middle of a header', `(${base64(`Authorization: Key ${SECRET}; x`)})`, '(****)'],
  ['percent-encoded', `?secret=${encodeURIComponent(SECRET)}&a=1`, '?secret=****&a=1'],
  ['percent-encoded throughout', percentEverything(SECRET), '****'],
  [
    'percent-encoded in lower case',
    encodeURIComponent(SECRET).toLowerCase().replace('s3cr3t', 'S3cr3t'),
    '****',
  ],
  ['percent-encoded in part', SECRET.replace('3', '%33'), '****'],
  ['the token', `Bearer ${TOKEN} has expired`, 'Bearer **** has expired'],
  ['percent-encoded base64', encodeURIComponent(base64(`${ID}:${SECRET}`)), '****'],
];

describe('a secret in a text is masked', () => {
  test.each(forms)('%s', (_, text, masked) => {
    expect(mask.text(text)).toBe(masked);
  });
});

describe('a secret in JSON is masked', () => {
  test.each(forms)('%s', (_, text, masked) => {
    expect(mask.parse(JSON.stringify({ a: [{ message: text }], b: 1 }))).toEqual({
      a: [{ message: masked }],
      b: 1,
    });
  });

  test('in the name of a field', () => {
    expect(mask.parse(JSON.stringify({ [SECRET]: 1 }))).toEqual({ '****': 1 });
  });

  test('escaped without a need', () => {
    const escaped = Array.from(SECRET, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(mask.parse(`{"message":"${escaped.join('')}"}`)).toEqual({ message: '****' });
    const slashed = JSON.stringify(SECRET).replaceAll('/', '\\/');
    expect(mask.parse(`{"message":${slashed}}`)).toEqual({ message: '****' });
  });

  test('that is a number', () => {
    expect(createMask(['1234567']).parse('{"a":1234567,"b":12345678,"c":123}')).toEqual({
      a: '****',
      b: '****',
      c: 123,
    });
  });
});

describe('what is no secret', () => {
  test.each(['', 'no secret here', 'half S3cr3t+/~', '100% of a\\b', '%', '%zz%5', 'ünïcödé 😀'])(
    'stays: %j',
    (text) => {
      expect(mask.text(text)).toBe(text);
      expect(mask.parse(JSON.stringify([text]))).toEqual([text]);
    },
  );

  test('stays beside a secret', () => {
    const body = { message: SECRET, path: '/a%2Fb', empty: null, list: [true, 1.5, '+12025550134'] };
    expect(mask.parse(JSON.stringify(body))).toEqual({ ...body, message: '****' });
  });

  test.each(['', 'abc'])('is a word as short as %j', (short) => {
    expect(createMask([short]).text('abc, abc')).toBe('abc, abc');
  });

  test.each(['<html>', '', '{'])('is %j, which is no JSON', (body) => {
    expect(mask.parse(body)).toBeUndefined();
  });

  test('is what is nested beyond all reason', () => {
    const deep = `${'['.repeat(5_000)}"${SECRET}"${']'.repeat(5_000)}`;
    expect(JSON.stringify(mask.parse(deep)) ?? '').not.toContain('S3cr3t');
  });
});

test('whatever stands around a secret, and however it is encoded, it does not get through', () => {
  const secret = fc
    .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 100 })
    .filter((s) => /^\S+$/.test(s));
  const form = fc.constantFrom<(text: string) => string>(
    (text) => text,
    base64,
    (text) => Buffer.from(text).toString('base64url'),
    encodeURIComponent,
    percentEverything,
  );
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), form, (hidden, before, after, encode) => {
      const text = encode(`${before.toWellFormed()}${hidden}${after.toWellFormed()}`);
      const masked = createMask([hidden]).text(text);
      if (hidden.length <= 64 || text.includes(hidden)) expect(masked).toContain('****');
      expect(masked).not.toContain(hidden);
    }),
  );
});

test('a page of a thousand numbers is read in less than twice the time without a mask', () => {
  const number = {
    phoneNumber: '+12025550134',
    projectId: '37b62a7b-0177-abcd-efgh-e10f848de123',
    displayName: 'Support, "Berlin"',
    capability: ['SMS', 'VOICE'],
    money: { currencyCode: 'EUR', amount: '0.80' },
    smsConfiguration: { servicePlanId: '82b42acf74924bd687ef9fb212f2060c', campaignId: '' },
    callbackUrl: 'https://callbacks.example.com/numbers',
    nextChargeDate: '2026-01-24T09:32:27.437Z',
  };
  const body = JSON.stringify({ activeNumbers: Array(1_000).fill(number) });
  const best = (read: (body: string) => unknown) =>
    Math.min(
      ...Array.from({ length: 100 }, () => {
        const startedAt = performance.now();
        read(body);
        return performance.now() - startedAt;
      }),
    );
  const real = createMask([
    '37b62a7b-0177-4bcd-9f8e-e10f848de123',
    'cPz2~vJ0hN.8bQ1xwY7_mK4dR6sT9uGa',
    TOKEN,
  ]);
  expect(best(real.parse)).toBeLessThan(2 * best(JSON.parse));
});

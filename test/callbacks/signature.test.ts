import { describe, expect, test } from 'vitest';
import { isSignature, isSignedWith } from '../../src/callbacks/signature.ts';
import { PUBLISHED, SECRET, sign } from './support.ts';

const [{ body, signature }] = PUBLISHED;

/** Whether it signs that body with {@link SECRET}. */
const passes = (given: string, bytes: string | Uint8Array = body) =>
  isSignedWith(SECRET, Buffer.from(bytes), given);

describe('a signature', () => {
  test.each(PUBLISHED)('that Sinch published passes: $signature', (published) => {
    expect(isSignedWith(published.secret, Buffer.from(published.body), published.signature)).toBe(true);
  });

  test('passes in upper case too', () => {
    expect(passes(signature.toUpperCase())).toBe(true);
  });

  test('made with another secret does not pass', () => {
    expect(isSignedWith('secret value', Buffer.from(body), signature)).toBe(false);
    expect(isSignedWith(`${SECRET} `, Buffer.from(body), signature)).toBe(false);
  });

  test('does not pass where any one byte of the body differs', () => {
    const bytes = Buffer.from(body);
    for (const index of [0, 100, bytes.length - 1]) {
      const tampered = Buffer.from(bytes);
      tampered.writeUInt8(tampered.readUInt8(index) ^ 1, index);
      expect(passes(signature, tampered)).toBe(false);
    }
    expect(passes(signature, `${body}\n`)).toBe(false);
    expect(passes(signature, body.slice(0, -1))).toBe(false);
  });

  test('does not pass where any one digit differs', () => {
    for (const index of [0, 20, 39]) {
      const digit = signature[index] === '0' ? '1' : '0';
      expect(passes(`${signature.slice(0, index)}${digit}${signature.slice(index + 1)}`)).toBe(false);
    }
  });

  test.each([
    ['nothing', ''],
    ['one digit less', signature.slice(0, -1)],
    ['one byte less', signature.slice(0, -2)],
    ['one digit more', `${signature}0`],
    ['its half', signature.slice(0, 20)],
    ['itself twice', `${signature}${signature}`],
    ['itself and what is no hex', `${signature}zz`],
    ['itself after a space', ` ${signature}`],
    ['itself and a line feed', `${signature}\n`],
    ['two headers that were joined', `${signature}, ${signature}`],
    ['itself with a prefix', `sha1=${signature}`],
    ['base64', Buffer.from(signature, 'hex').toString('base64')],
    ['what is no hex, of the right length', 'z'.repeat(40)],
  ])('of another form does not pass: %s', (_, given) => {
    expect(passes(given)).toBe(false);
    expect(isSignature(given)).toBe(false);
  });

  test('is over the raw bytes, not over the text that they spell', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]);
    expect(passes(sign(bytes), bytes)).toBe(true);
    expect(passes(sign(bytes), bytes.toString('utf8'))).toBe(false);
  });
});

test('no header is no signature', () => {
  expect(isSignature(undefined)).toBe(false);
  expect(isSignature(signature)).toBe(true);
});

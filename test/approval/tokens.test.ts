import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTokenLedger, type Permission, TOKEN_LIFETIME_MS } from '../../src/approval/tokens.ts';

const RENT: Permission = {
  tool: 'rent_number',
  arguments: { phoneNumber: '+12025550134', smsConfiguration: { servicePlanId: 'plan', campaignId: 'C1' } },
  terms: { monthlyPrice: { amount: '0.80', currencyCode: 'EUR' } },
};

function openLedger() {
  let now = 1_000_000;
  const ledger = createTokenLedger(() => now);
  return {
    ledger,
    now: () => now,
    wait: (ms: number) => {
      now += ms;
    },
  };
}

describe('a token', () => {
  test('is spent by the call that it was issued for', () => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    expect(ledger.refusal(token, RENT)).toBeUndefined();
    expect(ledger.spend(token, RENT)).toBe('spent');
  });

  test('is spent once', () => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    ledger.spend(token, RENT);
    const underWay = 'already used (that call is still under way)';
    expect(ledger.spend(token, RENT)).toEqual({ refusal: underWay });
    ledger.conclude(token, 'completed, +12025550134');
    expect(ledger.refusal(token, RENT)).toBe('already used (completed, +12025550134)');
  });

  test('is not used up by looking at it', () => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    ledger.refusal(token, RENT);
    ledger.refusal(token, RENT);
    expect(ledger.spend(token, RENT)).toBe('spent');
  });

  test('is worth nothing when it was made up', () => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    for (const made of ['', 'yes', 'constructor', '__proto__', `${token}A`, token.toLowerCase()]) {
      expect(ledger.spend(made, RENT)).toEqual({ refusal: 'unknown or already used' });
    }
  });

  test.each([
    ['another tool', { ...RENT, tool: 'release_number' }],
    ['another number', { ...RENT, arguments: { ...RENT.arguments, phoneNumber: '+12025550135' } }],
    ['an argument more', { ...RENT, arguments: { ...RENT.arguments, callbackUrl: 'https://example.com' } }],
    ['an argument less', { ...RENT, arguments: { phoneNumber: '+12025550134' } }],
    [
      'a value changed deep inside',
      {
        ...RENT,
        arguments: {
          ...RENT.arguments,
          smsConfiguration: { servicePlanId: 'plan', campaignId: 'C2' },
        },
      },
    ],
  ])('does not open the door to %s, and stays good for its own call', (_, other) => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    expect(ledger.refusal(token, other)).toBe('issued for another call');
    expect(ledger.spend(token, other)).toEqual({ refusal: 'issued for another call' });
    expect(ledger.spend(token, RENT)).toBe('spent');
  });

  test('does not care in which order the arguments and terms are written', () => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    const reordered = {
      tool: 'rent_number',
      arguments: {
        smsConfiguration: { campaignId: 'C1', servicePlanId: 'plan' },
        phoneNumber: '+12025550134',
      },
      terms: { monthlyPrice: { currencyCode: 'EUR', amount: '0.80' } },
    };
    expect(ledger.spend(token, reordered)).toBe('spent');
  });

  test('is used up and says so when the terms have moved', () => {
    const { ledger } = openLedger();
    const { token } = ledger.issue(RENT);
    const dearer = { ...RENT, terms: { monthlyPrice: { amount: '0.81', currencyCode: 'EUR' } } };
    expect(ledger.refusal(token, dearer)).toBeUndefined();
    expect(ledger.spend(token, dearer)).toBe('moved');
    expect(ledger.spend(token, RENT)).toEqual({ refusal: 'unknown or already used' });
  });

  test('is good for five minutes and not a moment longer', () => {
    const { ledger, now, wait } = openLedger();
    const first = ledger.issue(RENT);
    expect(TOKEN_LIFETIME_MS).toBe(5 * 60_000);
    expect(first.expiresAt).toBe(now() + 5 * 60_000);
    wait(5 * 60_000 - 1);
    expect(ledger.refusal(first.token, RENT)).toBeUndefined();
    wait(1);
    expect(ledger.refusal(first.token, RENT)).toBe('expired');
    expect(ledger.spend(first.token, RENT)).toEqual({ refusal: 'expired' });
  });

  test('cannot be guessed: 24 random bytes, no two alike', () => {
    const { ledger } = openLedger();
    const tokens = Array.from({ length: 200 }, () => ledger.issue(RENT).token);
    expect(new Set(tokens).size).toBe(200);
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });

  test('of another ledger is unknown, as after a restart', () => {
    const { token } = openLedger().ledger.issue(RENT);
    expect(openLedger().ledger.spend(token, RENT)).toEqual({ refusal: 'unknown or already used' });
  });
});

describe('a ledger', () => {
  test('has one token for one question: a newer one for the same call replaces it', () => {
    const { ledger } = openLedger();
    const [first, second] = [ledger.issue(RENT), ledger.issue(RENT)];
    expect(ledger.spend(first.token, RENT)).toEqual({ refusal: 'unknown or already used' });
    expect(ledger.spend(second.token, RENT)).toBe('spent');
  });

  test('forgets the oldest of more than a thousand tokens, and only that', () => {
    const { ledger } = openLedger();
    const permissions = Array.from({ length: 1_001 }, (_, index) => ({ ...RENT, arguments: { index } }));
    const issued = permissions.map((permission) => ({ permission, ...ledger.issue(permission) }));
    const spent = issued.map(({ token, permission }) => ledger.spend(token, permission));
    expect(spent[0]).toEqual({ refusal: 'unknown or already used' });
    expect(spent.slice(1).filter((it) => it !== 'spent')).toEqual([]);
  });

  test('lets no arguments pass for others', () => {
    const { ledger } = openLedger();
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (a, b) => {
          fc.pre(canonical(a) !== canonical(b));
          const { token } = ledger.issue({ tool: 'rent_number', arguments: a, terms: {} });
          expect(ledger.spend(token, { tool: 'rent_number', arguments: b, terms: {} })).toEqual({
            refusal: 'issued for another call',
          });
          expect(ledger.spend(token, { tool: 'rent_number', arguments: a, terms: {} })).toBe('spent');
        },
      ),
    );
  });
});

/** A JSON value as text that does not depend on the order of keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${entries.sort().join()}}`;
}

/** What offers turn into between a question and its yes, and what of their prices the limits hold, over the built server. */
import { describe, expect, test } from 'vitest';
import { OFFERED } from '../api/support.ts';
import { shared } from '../support/lifetime.ts';
import { type Env, type Setup, tokenIn } from './harness.ts';
import { start } from './inside.ts';

const OFFER = {
  phoneNumber: OFFERED,
  regionCode: 'US',
  type: 'LOCAL',
  capability: ['SMS', 'VOICE'],
  setupPrice: { currencyCode: 'EUR', amount: '0.80' },
  monthlyPrice: { currencyCode: 'EUR', amount: '0.80' },
  paymentIntervalMonths: 1,
  supportingDocumentationRequired: false,
};

type Offer = Partial<typeof OFFER>;

const eur = (amount: string) => ({ currencyCode: 'EUR', amount });
const usd = (amount: string) => ({ currencyCode: 'USD', amount });

const ONE = ['rent_number', { phoneNumber: OFFERED }] as const;
const ANY = ['rent_any_number', { regionCode: 'US', type: 'LOCAL' }] as const;

/** Has the API offer these numbers, the first of them by its own. */
function offer({ api }: Setup, offers: readonly Offer[]): void {
  const [first = {}, ...others] = offers.map((it) => ({ ...OFFER, ...it }));
  const always = { method: 'GET', times: 1_000 };
  api.faults.clear();
  api.faults.add({ ...always, path: /availableNumbers\//, answer: { status: 200, body: first } });
  const body = { availableNumbers: [first, ...others] };
  api.faults.add({ ...always, path: /availableNumbers\?/, answer: { status: 200, body } });
}

describe('an offer that turns into another between the question and the yes', () => {
  const TURNS: readonly (readonly [string, Offer, string])[] = [
    ['region', { regionCode: 'GB' }, 'GB LOCAL'],
    ['type', { type: 'TOLL_FREE' }, 'US TOLL_FREE'],
    ['capability', { capability: ['VOICE'] }, 'US LOCAL VOICE'],
    ['all of these', { regionCode: 'GB', type: 'TOLL_FREE', capability: ['VOICE'] }, 'GB TOLL_FREE VOICE'],
    ['setup price', { setupPrice: eur('7.00') }, '7.80 EUR'],
    ['price', { monthlyPrice: eur('9.99') }, '9.99 EUR a month'],
    ['interval', { paymentIntervalMonths: 12 }, '12 months'],
    ['documents', { supportingDocumentationRequired: true }, 'documents'],
  ];
  const serving = shared(() => start());

  test.each(TURNS)('is asked about anew: %s', async (_, turned, shown) => {
    const server = serving();
    const [tool, args] = ONE;
    offer(server, [{}]);
    const confirmationToken = tokenIn(await server.call(tool, args));
    offer(server, [turned]);
    const { structured } = await server.call(tool, { ...args, confirmationToken });
    expect(structured).toMatchObject({
      outcome: 'confirmation_required',
      message: expect.stringContaining('The terms have changed since the last question.'),
    });
    expect(structured.message).toContain(shown);
    expect(server.writes()).toEqual([]);
  });

  // What is asked about there is the worst of all offers, of the region and type that were asked for.
  test.each(TURNS.filter(([what]) => ['capability', 'setup price', 'price', 'documents'].includes(what)))(
    'is asked about anew where any number will do: %s',
    async (_, turned) => {
      const server = serving();
      const [tool, args] = ANY;
      offer(server, [{}, {}]);
      const confirmationToken = tokenIn(await server.call(tool, args));
      offer(server, [{}, turned]);
      const { structured } = await server.call(tool, { ...args, confirmationToken });
      expect(structured).toMatchObject({
        outcome: 'confirmation_required',
        message: expect.stringContaining('The terms have changed'),
      });
      expect(server.writes()).toEqual([]);
    },
  );
});

describe('a limit on prices', () => {
  type Case = readonly [string, readonly Offer[], RegExp | 'asks'];
  const MONTHLY = /SINCH_NUMBERS_MAX_MONTHLY_PRICE allows at most 5\.00/;
  const TWICE = /twice SINCH_NUMBERS_MAX_MONTHLY_PRICE allows at most 10.00 /;
  const SETUP = /SINCH_NUMBERS_MAX_SETUP_PRICE allows at most 100\.00/;
  const year = { paymentIntervalMonths: 12, setupPrice: eur('0.00') };

  const LIMITS: readonly (readonly [Env, readonly Case[]])[] = [
    [
      { SINCH_NUMBERS_MAX_MONTHLY_PRICE: '5.00' },
      [
        ['within it', [{}], 'asks'],
        ['one of two currencies beyond it', [{}, { monthlyPrice: usd('9.00') }], MONTHLY],
        ['a setup beyond twice of it', [{ setupPrice: eur('9.30') }], TWICE],
        ['a year at once that is dearer a month', [{ ...year, monthlyPrice: eur('60.12') }], MONTHLY],
        ['a year at once that is too much now', [{ ...year, monthlyPrice: eur('10.08') }], TWICE],
        ['a year at once within it', [{ ...year, monthlyPrice: eur('9.96') }], 'asks'],
      ],
    ],
    [
      { SINCH_NUMBERS_MAX_MONTHLY_PRICE: '5.00 EUR', SINCH_NUMBERS_MAX_SETUP_PRICE: '100.00' },
      [
        ['one of two currencies unlike its own', [{}, { monthlyPrice: usd('0.10') }], /priced in USD/],
        ['a year at once within both', [{ ...year, monthlyPrice: eur('60.00') }], 'asks'],
        ['a setup beyond its own limit', [{ setupPrice: eur('99.30') }], SETUP],
      ],
    ],
  ];

  test.each(LIMITS)(
    'is held against each offer, by the month and for what is due now: %o',
    async (env, cases) => {
      const server = await start({ env });
      for (const [name, offers, refusal] of cases) {
        offer(server, offers);
        for (const [tool, args] of offers.length === 1 ? [ONE, ANY] : [ANY]) {
          const { structured } = await server.call(tool, args);
          expect(structured.outcome, name).toBe(
            refusal === 'asks' ? 'confirmation_required' : 'not_executed',
          );
          if (refusal !== 'asks') expect(structured.message, name).toMatch(refusal);
        }
      }
      expect(server.writes()).toEqual([]);
    },
  );
});

/** The charges of the next 30 days, a chart for each currency. */
import { h, svg } from './dom.ts';
import { type Fields, rowsOf, textOf } from './fields.ts';
import { day, money, total } from './format.ts';

const DAYS = 30;
const DAY_MS = 24 * 3_600_000;
/** Charts of more currencies than these are told in words alone. */
const MAX_CHARTS = 3;
/** The drawing's own units: it is stretched to the room there is. */
const HEIGHT = 100;
const BAR = 0.62;

interface Charge {
  readonly date: string;
  readonly amount: Fields;
}

/** @param days `{ date, amounts }`, of the days on which something is charged, in order */
export function chargesSection(days: readonly Fields[]): HTMLElement {
  const charges = days.flatMap(({ date, amounts }) =>
    rowsOf(amounts).map((amount): Charge => ({ date: textOf(date), amount })),
  );
  const sums = total(charges.map(({ amount }) => amount));
  const drawable = charges.filter(
    ({ date, amount }) => Number.isFinite(Date.parse(date)) && money(amount) !== '',
  );
  return h(
    'section',
    {},
    h('h2', {}, 'Charges of the next 30 days'),
    ...(charges.length === 0 ? [h('p', { class: 'soft' }, 'Nothing is charged.')] : []),
    ...sums.slice(0, MAX_CHARTS).map(({ currencyCode }) =>
      chart(
        drawable.filter(({ amount }) => textOf(amount.currencyCode) === currencyCode),
        sums.length > 1,
      ),
    ),
    charges.length > 0 && dayByDay(charges),
  );
}

function chart(charges: readonly Charge[], isOneOfSeveral: boolean): HTMLElement | undefined {
  const [earliest] = charges;
  if (earliest === undefined) return undefined;
  // From today on, unless the result was read before.
  const first = Math.min(Date.now() - (Date.now() % DAY_MS), Date.parse(earliest.date));
  const indexOf = (date: string) => Math.round((Date.parse(date) - first) / DAY_MS);
  const span = Math.max(DAYS, ...charges.map(({ date }) => indexOf(date) + 1));
  // A drawing needs no exact amounts.
  const sizeOf = ({ amount }: Charge) => Number(amount.amount);
  const highest = charges.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
  const most = sizeOf(highest) || 1;
  const [sum] = total(charges.map(({ amount }) => amount)).map(money);
  const dayAt = (index: number) => day(new Date(first + index * DAY_MS).toISOString().slice(0, 10));
  const bars = charges.map((charge) => {
    const height = Math.max(1, (sizeOf(charge) / most) * HEIGHT);
    return svg(
      'rect',
      { x: indexOf(charge.date) + (1 - BAR) / 2, y: HEIGHT - height, width: BAR, height },
      svg('title', {}, `${day(charge.date)}: ${money(charge.amount)}`),
    );
  });
  const label = `${sum} in all, most on ${day(highest.date)}: ${money(highest.amount)}`;
  return h(
    'figure',
    {},
    h(
      'p',
      { class: 'top' },
      h('span', {}, `Highest ${money(highest.amount)} on ${day(highest.date)}`),
      isOneOfSeveral && h('span', {}, `${sum} in all`),
    ),
    svg(
      'svg',
      { viewBox: `0 0 ${span} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      ...bars,
    ),
    h(
      'p',
      { class: 'axis', 'aria-hidden': 'true' },
      ...[0, Math.floor((span - 1) / 2), span - 1].map((index) => h('span', {}, dayAt(index))),
    ),
  );
}

/** The same in words, for who cannot see a chart or wants it exactly. */
function dayByDay(charges: readonly Charge[]): HTMLElement {
  return h(
    'details',
    {},
    h('summary', {}, 'Day by day'),
    h(
      'table',
      {},
      h(
        'thead',
        { class: 'hidden' },
        h('tr', {}, h('th', { scope: 'col' }, 'Day'), h('th', { scope: 'col' }, 'Charge')),
      ),
      h(
        'tbody',
        {},
        ...charges.map(({ date, amount }) =>
          h('tr', {}, h('th', { scope: 'row' }, day(date)), h('td', {}, money(amount))),
        ),
      ),
    ),
  );
}

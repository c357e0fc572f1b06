/** Numbers on offer, to compare and to pick from. Picking says so in the conversation; nothing is rented here. */
import { button, byId, h, show } from './dom.ts';
import { countOf, type Fields, fieldsOf, sharedRowsOf, textOf, textsOf } from './fields.ts';
import { capability, counted, country, money, recurring, sum, total, words } from './format.ts';
import { paged } from './paging.ts';
import { runView, summarize, tell, type ViewContext } from './shell.ts';

const ROWS = 50;
/** So many the search finds at most, unless more are asked for. */
const DEFAULT_SIZE = 20;
/** More cannot be rented with one yes. */
const MAX_PICKED = 100;
const MORE = 'There may be more: ask for more numbers, or for certain digits.';

const ORDERS = { found: 'As found', price: 'Lowest price', number: 'Number' };

void runView({
  title: 'Numbers on offer',
  tool: 'search_available_numbers',
  argumentsFor: (input) => (textOf(input.regionCode) === '' ? undefined : input),
  isData: ({ availableNumbers }) => Array.isArray(availableNumbers),
  isPart: () => false,
  render,
});

function render(data: Fields, view: ViewContext): void {
  const nearest = sharedRowsOf(data.nearest, 'availableNumbers');
  const found = sharedRowsOf(data, 'availableNumbers');
  const numbers = found.length > 0 ? found : nearest;
  const { regionCode, type } = { ...numbers[0], ...view.input };
  const kind = [textOf(regionCode) && country(textOf(regionCode)), textOf(type) && words(textOf(type))];
  const isMore = data.truncated !== undefined || found.length >= (countOf(view.input.size) || DEFAULT_SIZE);
  const picked = new Set<Fields>();
  const list = h('div');
  const picks = h('p', { role: 'status' });
  const bar = h('section', { class: 'bar', 'aria-label': 'Picked numbers' });
  const digits = h('input', {
    type: 'search',
    inputmode: 'tel',
    placeholder: 'Digits',
    'aria-label': 'Digits',
  });
  const order = h(
    'select',
    { 'aria-label': 'Order' },
    ...Object.entries(ORDERS).map(([value, label]) => h('option', { value }, label)),
  );

  function showList(): void {
    const wanted = digits.value.replace(/[^\d+]/g, '');
    const matching = numbers.filter(({ phoneNumber }) => textOf(phoneNumber).includes(wanted));
    const [rows, more] = paged(inOrder(matching, order.value), ROWS, 'number', (number) =>
      numberRow(number, picked.has(number), (isPicked, box) => {
        if (!isPicked) picked.delete(number);
        else if (picked.size < MAX_PICKED) picked.add(number);
        else {
          box.checked = false;
          tell(`No more than ${MAX_PICKED} can be picked.`);
          return;
        }
        showBar();
      }),
    );
    rows.classList.add('offers');
    // The nearest numbers come without prices.
    if (numbers.some(({ monthlyPrice }) => monthlyPrice)) rows.prepend(head());
    show(list, matching.length > 0 ? rows : h('p', { class: 'soft' }, 'No number has these digits.'), more);
  }

  function showBar(): void {
    bar.hidden = picked.size === 0;
    const chosen = numbers.filter((number) => picked.has(number));
    const now = total(chosen.flatMap(({ setupPrice, monthlyPrice }) => [setupPrice, monthlyPrice]));
    show(
      picks,
      h('b', {}, `${counted(chosen.length, 'number')} picked`),
      ' ',
      now.length > 0 && h('span', {}, `${sum(now)} due now`),
    );
    show(
      bar,
      picks,
      button('Clear', () => {
        picked.clear();
        showList();
        showBar();
        digits.focus();
      }),
      button('Tell the assistant', (own) => void say(chosen, view, bar, own), 'main'),
    );
  }

  digits.addEventListener('input', showList);
  order.addEventListener('change', showList);
  summarize([...kind, `${found.length} found`].filter(Boolean).join(' · '));
  showList();
  showBar();
  show(
    byId('content'),
    ...(found.length > 0 ? [] : [h('p', { class: 'note' }, reasonOf(data))]),
    ...(numbers.length > 0
      ? [
          h('p', { class: 'tools' }, digits, order),
          list,
          isMore && found.length > 0 && h('p', { class: 'soft hints' }, MORE),
          bar,
        ]
      : []),
  );
}

function head(): HTMLElement {
  const labels = ['', 'Number', 'Can do', 'Price', 'Due now'].map((label) => h('span', {}, label));
  return h('li', { 'aria-hidden': 'true' }, h('p', { class: 'offer head' }, ...labels));
}

function numberRow(
  number: Fields,
  isPicked: boolean,
  pick: (isPicked: boolean, box: HTMLInputElement) => void,
) {
  const { phoneNumber, monthlyPrice, setupPrice, paymentIntervalMonths } = number;
  const box: HTMLInputElement = h('input', { type: 'checkbox', change: () => pick(box.checked, box) });
  box.checked = isPicked;
  const now = total([setupPrice, monthlyPrice]);
  return h(
    'li',
    {},
    h(
      'label',
      { class: 'offer' },
      box,
      h('b', {}, textOf(phoneNumber)),
      h(
        'span',
        { class: 'soft' },
        textsOf(number.capability).map(capability).join(', '),
        number.supportingDocumentationRequired === true && h('span', { class: 'papers' }, 'Documents needed'),
      ),
      h('span', { class: 'price' }, recurring(monthlyPrice, paymentIntervalMonths)),
      h(
        'span',
        { class: 'now' },
        now.length > 0 && sum(now),
        now.length > 0 && h('span', { class: 'unit' }, ' due now'),
      ),
    ),
  );
}

function inOrder(numbers: readonly Fields[], order: string): readonly Fields[] {
  // A comparison needs no exact amounts.
  const priceOf = ({ monthlyPrice, paymentIntervalMonths }: Fields) =>
    Number(fieldsOf(monthlyPrice).amount ?? Number.POSITIVE_INFINITY) / (Number(paymentIntervalMonths) || 1);
  if (order === 'price') return numbers.toSorted((one, other) => priceOf(one) - priceOf(other));
  if (order !== 'number') return numbers;
  return numbers.toSorted((one, other) => (textOf(one.phoneNumber) < textOf(other.phoneNumber) ? -1 : 1));
}

function reasonOf({ hints }: Fields): string {
  return textsOf(hints).join('\n') || 'No number matches.';
}

/** Says in the conversation what was picked, in words that are a wish and no yes to any price. */
async function say(
  chosen: readonly Fields[],
  { host }: ViewContext,
  bar: HTMLElement,
  own: HTMLButtonElement,
): Promise<void> {
  const lines = chosen.map(({ phoneNumber, monthlyPrice, setupPrice, paymentIntervalMonths }) => {
    const setup = money(fieldsOf(setupPrice));
    const prices = [recurring(monthlyPrice, paymentIntervalMonths), setup && `setup ${setup}`].filter(
      Boolean,
    );
    return [textOf(phoneNumber), prices.join(', ')].filter(Boolean).join(': ');
  });
  const text = `Of the numbers found I would like ${lines.length === 1 ? 'this one' : 'these'}:\n${lines.join('\n')}\nPlease go on with it. I have not agreed to rent anything yet: ask me first.`;
  own.disabled = true;
  bar.querySelector('.said')?.remove();
  const told = await host.say(text).then(
    () => h('p', { class: 'said', role: 'status' }, 'Told the assistant.'),
    () =>
      h(
        'div',
        { class: 'said', role: 'alert' },
        h('p', {}, 'The client did not take the message. Copy it into the conversation:'),
        h('textarea', { readonly: true, rows: 4, 'aria-label': 'Message' }, text),
      ),
  );
  own.disabled = false;
  bar.append(told);
}

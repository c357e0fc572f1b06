/** The inventory: what is rented, what it costs, and what is wrong with it. */
import { chargesSection } from './charges.ts';
import { button, byId, h, show } from './dom.ts';
import { countOf, type Fields, fieldsOf, rowsOf, textOf } from './fields.ts';
import { findingsSection } from './findings.ts';
import { clock, count, counted, country, roundedSum, sum, total, words } from './format.ts';
import { paged } from './paging.ts';
import { runView, summarize, type ViewContext } from './shell.ts';
import { statesSection } from './states.ts';

const SECTIONS = ['summary', 'inventory', 'charges', 'findings'];
const MAX_KINDS = 8;

void runView({
  title: 'Rented numbers',
  tool: 'audit_provisioning',
  argumentsFor: ({ cursor: _, finding, ...input }) => ({
    ...input,
    sections: SECTIONS,
    ...(finding !== undefined && { finding }),
  }),
  isData: ({ scanned }) => typeof scanned === 'number',
  isPart: ({ inventory, charges, summary, findings }) => !(inventory && charges && summary && findings),
  render,
});

function render(data: Fields, view: ViewContext): void {
  const { scanned, complete, summary, inventory, charges, findings, nextCursor } = data;
  summarize(`${complete === true ? 'Read' : 'Read in part'} at ${clock(new Date())}`);
  const actions = byId('actions');
  // The one that was pressed keeps the focus.
  if (!actions.hasChildNodes()) {
    show(actions, view.host.canCall && button('Read again', () => void view.reload()));
  }
  show(
    byId('content'),
    complete !== true &&
      h(
        'p',
        { class: 'note' },
        `Not every number could be read: what follows covers ${counted(countOf(scanned), 'number')}.`,
      ),
    figures(data),
    summary !== undefined && statesSection(fieldsOf(summary)),
    h(
      'div',
      { class: 'pair' },
      inventory !== undefined && kindsSection(rowsOf(inventory)),
      charges !== undefined && chargesSection(rowsOf(charges)),
    ),
    findings !== undefined && findingsSection(rowsOf(findings), nextCursor, view),
  );
}

/** What matters most, in figures. */
function figures({ scanned, summary, monthlyCost, charges }: Fields): HTMLElement {
  const { failed, stuck } = fieldsOf(summary);
  const broken = countOf(failed) + countOf(stuck);
  const due = total(rowsOf(charges).flatMap(({ amounts }) => rowsOf(amounts)));
  const items: readonly (readonly [string, string, string?] | false)[] = [
    ['Numbers', count(countOf(scanned))],
    summary !== undefined && ['Not working', count(broken), broken > 0 ? 'bad' : 'good'],
    monthlyCost !== undefined && ['Cost a month', roundedSum(monthlyCost)],
    charges !== undefined && ['Next 30 days', sum(due)],
  ];
  return h(
    'dl',
    { class: 'figures' },
    ...items.map(
      (item) => item && h('div', { class: item[2] ?? '' }, h('dt', {}, item[0]), h('dd', {}, item[1])),
    ),
  );
}

function kindsSection(kinds: readonly Fields[]): HTMLElement {
  const most = Math.max(1, ...kinds.map((kind) => countOf(kind.count)));
  const [list, more] = paged(kinds, MAX_KINDS, 'kind', ({ regionCode, type, count: numbers, monthlyCost }) =>
    h(
      'li',
      { class: 'kind' },
      h('span', {}, country(textOf(regionCode)), h('small', { class: 'soft' }, ` ${words(textOf(type))}`)),
      h('span', { class: 'count' }, count(countOf(numbers)), h('span', { class: 'hidden' }, ' numbers, ')),
      h('span', { class: 'cost' }, roundedSum(monthlyCost), h('span', { class: 'hidden' }, ' a month')),
      h('span', { class: 'bar', style: `--part:${countOf(numbers) / most}` }),
    ),
  );
  list.classList.add('kinds');
  const labels = ['', 'Numbers', 'A month'].map((label) => h('span', {}, label));
  if (kinds.length > 0) list.prepend(h('li', { class: 'kind head', 'aria-hidden': 'true' }, ...labels));
  return h(
    'section',
    {},
    h('h2', {}, 'By country'),
    kinds.length === 0 && h('p', { class: 'soft' }, 'No numbers.'),
    list,
    more,
  );
}

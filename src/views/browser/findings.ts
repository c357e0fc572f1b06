/** What is wrong, worst first. A finding opens to what it means and to its numbers. */
import { button, h, show } from './dom.ts';
import { countOf, type Fields, labelOf, textOf } from './fields.ts';
import { numbersOf } from './finding-numbers.ts';
import { count, counted, words } from './format.ts';
import { paged } from './paging.ts';
import type { ViewContext } from './shell.ts';
import { dot, STATES } from './states.ts';

/** So many are shown at a time. */
const FINDINGS = 20;

const OWNERS: Readonly<Record<string, string>> = { customer: 'You', sinch: 'Sinch', carrier: 'The carrier' };
const RETRIES: Readonly<Record<string, string>> = {
  later: 'Try again later',
  after_change: 'Try again after the change',
  contact_sinch: 'Ask Sinch',
};

/** @param cursor where the numbers go on that came with a finding that was asked for by its code */
export function findingsSection(
  findings: readonly Fields[],
  cursor: unknown,
  view: ViewContext,
): HTMLElement {
  const isListing = textOf(view.input.finding) !== '' && findings.length === 1;
  const [list, more] = paged(findings, FINDINGS, 'finding', (finding) =>
    findingRow(isListing ? { ...finding, cursor } : finding, isListing, view),
  );
  list.classList.add('findings');
  return h(
    'section',
    {},
    h('h2', {}, 'Findings ', h('small', {}, count(findings.length))),
    findings.length === 0 && h('p', { class: 'soft' }, 'Nothing is wrong.'),
    list,
    more,
  );
}

function findingRow(finding: Fields, isOpen: boolean, view: ViewContext): HTMLElement {
  const { kind, meaning, code } = finding;
  const body = h('div', { class: 'body' });
  // What nobody opens is not built: there may be a thousand.
  const build = () => body.childElementCount === 0 && show(body, ...bodyOf(finding, view));
  if (isOpen) build();
  const details = h(
    'details',
    { open: isOpen, toggle: () => details.open && build() },
    h(
      'summary',
      // Before it opens: `toggle` comes later than a quick Tab.
      { click: build },
      dot(textOf(kind)),
      h('span', { class: 'state' }, labelOf(STATES, kind) ?? words(textOf(kind))),
      h('bdi', { class: 'meaning' }, textOf(meaning) || textOf(code)),
      h('span', { class: 'count' }, counted(countOf(finding.count), 'number')),
    ),
    body,
  );
  return h('li', {}, details);
}

function bodyOf(finding: Fields, view: ViewContext): HTMLElement[] {
  const { code, remedy, owner, retry } = finding;
  const facts = [
    ['What to do', textOf(remedy)],
    ['Who acts', labelOf(OWNERS, owner)],
    ['When', labelOf(RETRIES, retry)],
    ['Code', textOf(code)],
  ].filter(([, value]) => value);
  const ask = button('Ask the assistant about it', (own) => void askAbout(finding, view, own));
  return [
    h(
      'dl',
      { class: 'facts' },
      ...facts.map(([label, value = '']) =>
        h('div', {}, h('dt', {}, label), h('dd', {}, h('bdi', {}, value))),
      ),
    ),
    numbersOf(finding, view),
    h('p', { class: 'more' }, ask),
  ];
}

/** Asks in the person's name. Names that others gave stay out of it: the model would read them as the person's words. */
async function askAbout(
  { code, count: numbers }: Fields,
  { host }: ViewContext,
  own: HTMLButtonElement,
): Promise<void> {
  const about = `the finding ${JSON.stringify(textOf(code))} of the audit (${counted(countOf(numbers), 'number')})`;
  const text = `Please look at ${about} and tell me what you propose. Change nothing before I have agreed to it.`;
  own.disabled = true;
  const told = await host.say(text).then(
    () => h('span', { role: 'status' }, 'Asked.'),
    () => h('span', { role: 'alert' }, `The client did not take the message. It was: ${text}`),
  );
  own.disabled = false;
  own.parentElement?.replaceChildren(own, told);
}

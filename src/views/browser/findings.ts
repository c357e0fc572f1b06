/** What is wrong, worst first. A finding opens to what it means and to its numbers. */
import { button, h, show } from './dom.ts';
import { countOf, type Fields, fieldsOf, rowsOf, textOf, textsOf } from './fields.ts';
import { count, counted, recurring, words } from './format.ts';
import { paged, tell, type ViewContext } from './shell.ts';
import { dot, STATES } from './states.ts';

/** So many are shown at a time. */
const FINDINGS = 20;
const NUMBERS = 50;

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
      h('span', { class: 'state' }, STATES[textOf(kind)] ?? words(textOf(kind))),
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
    ['Who acts', OWNERS[textOf(owner)] ?? ''],
    ['When', RETRIES[textOf(retry)] ?? ''],
    ['Code', textOf(code)],
  ].filter(([, value]) => value !== '');
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

/** The numbers of a finding: those that came with it, and on request all. */
function numbersOf(finding: Fields, { host, call, input }: ViewContext): HTMLElement {
  const all = countOf(finding.count);
  const came = rowsOf(finding.numbers);
  let rows =
    came.length > 0 ? came : textsOf(finding.phoneNumbers).map((phoneNumber): Fields => ({ phoneNumber }));
  let isListed = came.length > 0;
  let { cursor } = finding;
  const place = h('div');

  function render(): void {
    const [list, more] = paged(rows, Math.max(NUMBERS, rows.length), 'number', numberRow);
    list.classList.add('numbers');
    const left = all - rows.length;
    const isMore = left > 0 && (!isListed || cursor !== undefined);
    const label =
      rows.length === 0 || isListed ? `Show more of the ${count(all)}` : `Show all ${counted(all, 'number')}`;
    const next = isMore && host.canCall && button(label, (own) => void load(own));
    show(
      place,
      list,
      more,
      left > 0 && h('p', { class: 'more' }, next, h('span', {}, `${count(rows.length)} of ${count(all)}`)),
    );
  }

  async function load(own: HTMLButtonElement): Promise<void> {
    own.disabled = true;
    tell('Reading…');
    const { sections: _, cursor: __, ...filter } = input;
    const page = cursor === undefined ? {} : { cursor };
    try {
      const data = await call({ ...filter, sections: ['findings'], finding: finding.code, ...page });
      const [found = {}] = rowsOf(data.findings);
      rows = isListed ? [...rows, ...rowsOf(found.numbers)] : rowsOf(found.numbers);
      isListed = true;
      cursor = data.nextCursor;
      tell('');
      render();
      place.querySelector('button')?.focus();
    } catch (error) {
      own.disabled = false;
      tell('');
      own.after(h('span', { role: 'alert' }, error instanceof Error ? error.message : String(error)));
    }
  }

  render();
  return place;
}

function numberRow({
  phoneNumber,
  displayName,
  money,
  paymentIntervalMonths,
  ...links
}: Fields): HTMLElement {
  return h(
    'li',
    {},
    h('b', {}, textOf(phoneNumber)),
    h('bdi', { class: 'name' }, textOf(displayName)),
    h('bdi', { class: 'link soft' }, linkOf(links)),
    h('span', { class: 'price' }, recurring(money, paymentIntervalMonths)),
  );
}

/** What a number is linked to, or is to be linked to. */
function linkOf({ smsConfiguration, voiceConfiguration }: Fields): string {
  const sms = fieldsOf(smsConfiguration);
  const voice = fieldsOf(voiceConfiguration);
  const [job, call] = [fieldsOf(sms.scheduledProvisioning), fieldsOf(voice.scheduledVoiceProvisioning)];
  const plan = textOf(sms.servicePlanId) || textOf(job.servicePlanId);
  const target = [voice, call].flatMap(({ appId, trunkId, serviceId }) =>
    [appId, trunkId, serviceId].map(textOf).filter(Boolean),
  );
  return [plan && `SMS ${plan}`, target[0] && `Voice ${target[0]}`].filter(Boolean).join(', ');
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

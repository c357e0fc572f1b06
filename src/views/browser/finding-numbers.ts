import { button, h, show } from './dom.ts';
import { countOf, type Fields, fieldsOf, rowsOf, sharedRowsOf, textOf, textsOf } from './fields.ts';
import { count, counted, recurring } from './format.ts';
import { tell, type ViewContext } from './shell.ts';

/** The numbers of a finding: those that came with it, and on request all, a page at a time. */
export function numbersOf(finding: Fields, { host, call, input }: ViewContext): HTMLElement {
  const all = countOf(finding.count);
  const came = sharedRowsOf(finding, 'numbers');
  const examples = textsOf(finding.phoneNumbers).map((phoneNumber): Fields => ({ phoneNumber }));
  const list = h(
    'ul',
    { role: 'list', class: 'numbers' },
    ...(came.length > 0 ? came : examples).map(numberRow),
  );
  const more = h('p', { class: 'more' });
  /** Whether these are pages of all numbers, and where they go on. */
  let isListed = came.length > 0;
  let { cursor } = finding;

  function showMore(): void {
    const shown = list.children.length;
    const hasMore = !isListed || cursor !== undefined;
    const label = isListed ? `Show more of the ${count(all)}` : `Show all ${counted(all, 'number')}`;
    if (shown >= all) show(more);
    else {
      const next = hasMore && host.canCall && button(label, (own) => void load(own));
      show(more, next, h('span', {}, `${count(shown)} of ${count(all)}`));
    }
  }

  async function load(own: HTMLButtonElement): Promise<void> {
    own.disabled = true;
    tell('Reading…');
    const { sections: _, cursor: __, ...filter } = input;
    const page = cursor === undefined ? {} : { cursor };
    try {
      const data = await call({ ...filter, sections: ['findings'], finding: finding.code, ...page });
      const [found = {}] = rowsOf(data.findings);
      if (!isListed) show(list);
      list.append(...sharedRowsOf(found, 'numbers').map(numberRow));
      isListed = true;
      cursor = data.nextCursor;
      showMore();
      more.querySelector('button')?.focus();
    } catch (error) {
      own.disabled = false;
      own.after(h('span', { role: 'alert' }, error instanceof Error ? error.message : String(error)));
    }
    tell('');
  }

  showMore();
  return h('div', {}, list, more);
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

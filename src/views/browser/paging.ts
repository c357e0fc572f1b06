import { button, h, show } from './dom.ts';
import { count, counted } from './format.ts';

/** Shows a long list a part at a time. @returns the list, and below it what shows more */
export function paged<T>(
  items: readonly T[],
  size: number,
  thing: string,
  row: (item: T) => HTMLElement,
): [HTMLUListElement, HTMLElement] {
  const list = h('ul', { role: 'list' });
  const more = h('p', { class: 'more' });
  let shown = 0;
  const showMore = () => {
    const added = items.slice(shown, shown + size).map(row);
    list.append(...added);
    shown += added.length;
    const next = button(`Show ${Math.min(size, items.length - shown)} more`, () => {
      const before = list.lastElementChild;
      showMore();
      // The button is gone: what it brought goes on from there.
      const first = before?.nextElementSibling?.querySelector<HTMLElement>('summary, input');
      (first ?? more.querySelector('button'))?.focus();
    });
    if (shown < items.length)
      show(more, next, h('span', {}, `${count(shown)} of ${counted(items.length, thing)}`));
    else show(more);
  };
  showMore();
  return [list, more];
}

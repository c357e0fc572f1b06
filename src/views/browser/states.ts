import { h } from './dom.ts';
import { countOf, type Fields } from './fields.ts';
import { count } from './format.ts';

/** The states of a number, worst first, as the audit names them, and what a person calls them. */
export const STATES: Readonly<Record<string, string>> = {
  failed: 'Failed',
  stuck: 'Stuck',
  warning: 'Warning',
  unlinked: 'Not linked',
  releasing: 'Releasing',
  inProgress: 'In progress',
  healthy: 'Working',
};

/** How many numbers are in which state, as a bar and in figures. */
export function statesSection(summary: Fields): HTMLElement {
  const states = Object.entries(STATES)
    .map(([state, label]) => ({ state, label, numbers: countOf(summary[state]) }))
    .filter(({ state }) => summary[state] !== undefined);
  return h(
    'section',
    {},
    h('h2', {}, 'By state'),
    h(
      'div',
      { class: 'states', 'aria-hidden': 'true' },
      ...states.map(
        ({ state, numbers, label }) =>
          numbers > 0 &&
          h('span', { style: `flex-grow:${numbers};background:var(--${state})`, title: label }),
      ),
    ),
    h(
      'dl',
      { class: 'legend' },
      ...states.map(({ state, label, numbers }) =>
        h(
          'div',
          { class: numbers > 0 ? '' : 'soft' },
          h('dt', {}, dot(state), label),
          h('dd', {}, count(numbers)),
        ),
      ),
    ),
  );
}

/** A mark in the colour of a state. It says nothing that words beside it do not say. */
export function dot(state: string): HTMLElement {
  const known = Object.hasOwn(STATES, state) ? state : 'releasing';
  return h('span', { class: 'dot', 'aria-hidden': 'true', style: `background:var(--${known})` });
}

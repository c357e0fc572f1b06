import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { counted } from '../../api/format.ts';
import type { Item, Question } from '../question.ts';

/** So many groups can be told apart by a filter; any more are shown together. */
const MAX_GROUPS = 12;

const STYLE = `
:root { color-scheme: light dark; --text: #1a1d21; --soft: #565d66; --page: #f3f4f6; --card: #fff; --line: #d9dde2;
  --yes: #0b6b3a; --yes-text: #fff; --ring: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --soft: #a5adb8; --page: #14171a; --card: #1f2327;
  --line: #3a4047; --yes: #6fd39b; --yes-text: #0b2415; --ring: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 1.5rem 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; display: grid; place-items: center; }
main { width: 100%; max-width: 40rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 0.75rem; }
h1 { margin: 0 0 1.25rem; font-size: 1.375rem; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; color: var(--soft); }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--line); }
dl div { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.625rem 0; border-bottom: 1px solid var(--line); }
dt { flex: 0 0 12rem; min-width: 0; color: var(--soft); overflow-wrap: anywhere; }
dd { flex: 1 1 16rem; min-width: 0; margin: 0; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0; }
button { flex: 1 1 10rem; padding: 0.75rem 1rem; border: 1px solid var(--soft); border-radius: 0.5rem; background: none;
  color: inherit; font: inherit; font-weight: 600; cursor: pointer; }
button[value='approve'] { border-color: var(--yes); background: var(--yes); color: var(--yes-text); }
a { color: inherit; }
a:focus-visible, button:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
main > :last-child { margin-bottom: 0; }
main:has(.numbers) { max-width: 60rem; }
.numbers { margin: 0 0 1.5rem; border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; }
.numbers legend { padding: 0 0.25rem; color: var(--soft); }
.groups { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0 0 0.75rem; }
.list { max-height: 28rem; overflow: auto; margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.list:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
.list li { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.25rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
.list b { flex: 0 0 9.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.list span { flex: 1 1 16rem; min-width: 0; color: var(--soft); }
@media (max-width: 28rem) { main { padding: 1.25rem; } dt { flex-basis: 100%; } }
${Array.from({ length: MAX_GROUPS }, (_, index) => `.numbers:has(#g${index}:checked) li:not(.g${index}) { display: none; }`).join('\n')}
`;

/**
 * Nothing but this style is loaded, the form goes nowhere else, and nobody frames the page. The referrer stays
 * within this origin, since without any a browser would send the form with no origin at all.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * The page that asks: what will be done, what it costs, who asks, and two buttons.
 * @param visitor who signed in to answer; undefined where nobody does
 */
export function questionPage(
  { headline, facts, items = [] }: Question,
  client: string | undefined,
  visitor?: string,
): string {
  const asker = client === undefined ? 'An MCP client' : `The MCP client “${withoutQuotes(client)}”`;
  return page(
    headline,
    html`<p>${asker} asks for this, on behalf of an AI agent. Nothing is done unless you approve.</p>
${visitor === undefined ? '' : html`<p>You are signed in as <strong>${visitor}</strong>. Your answer is recorded under this name.</p>`}
<dl>${facts.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
${items.length > 0 ? itemList(items) : ''}
<form method="post">
<button name="decision" value="decline">Decline</button>
<button name="decision" value="approve">Approve</button>
</form>`,
  );
}

/** All numbers, with a filter by group that needs no script: a radio button shows its group alone. */
function itemList(items: readonly Item[]) {
  const names = [...new Set(items.map(({ group }) => group))];
  const groups = names.length > 1 && names.length <= MAX_GROUPS ? names : [];
  const indexOf = (group: string) => groups.indexOf(group);
  const count = (name: string) => items.filter(({ group }) => group === name).length;
  const filter = () => html`<div class="groups">
<label><input type="radio" name="group" id="all" checked> All (${items.length})</label>
${groups.map(
  (name, index) =>
    html`<label><input type="radio" name="group" id="g${index}"> ${name} (${count(name)})</label>`,
)}
</div>`;
  return html`<fieldset class="numbers">
<legend>${counted(items.length, 'number')}</legend>
${groups.length > 0 ? filter() : ''}
<ul class="list" tabindex="0" aria-label="Numbers">
${items.map(
  ({ phoneNumber, detail, group }) =>
    html`<li class="g${indexOf(group)}"><b>${phoneNumber}</b><span>${groups.length > 0 ? '' : `${group}, `}${detail}</span></li>
`,
)}
</ul>
</fieldset>`;
}

/** Quotes, and what looks like them: accents, primes, modifier letters, Hebrew punctuation. */
const QUOTES = /["'`´\p{Quotation_Mark}\u02b9-\u02bd\u02ca\u02cb\u02ee\u05f3\u05f4\u2032-\u2037\u2057]/gu;

/** A name that cannot end the quotes around it and go on as this page's own words. */
function withoutQuotes(name: string): string {
  return name.replace(QUOTES, '');
}

/** A link to what can be done next. */
export interface NextStep {
  readonly label: string;
  readonly path: string;
}

/** A page that only tells. */
export function messagePage(headline: string, text: string, next?: NextStep): string {
  const link = next === undefined ? '' : html`<p><a href="${next.path}">${next.label}</a></p>`;
  return page(headline, html`<p role="status">${text}</p>${link}`);
}

function page(headline: string, content: ReturnType<typeof html>): string {
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${headline}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<h1>${headline}</h1>
${content}
</main>
</body>
</html>
`);
}

import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Question } from '../question.ts';

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
button:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
main > :last-child { margin-bottom: 0; }
@media (max-width: 28rem) { main { padding: 1.25rem; } dt { flex-basis: 100%; } }
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

/** The page that asks: what will be done, what it costs, who asks, and two buttons. */
export function questionPage({ headline, facts }: Question, client: string | undefined): string {
  const asker = client === undefined ? 'An MCP client' : `The MCP client “${withoutQuotes(client)}”`;
  return page(
    headline,
    html`<p>${asker} asks for this, on behalf of an AI agent. Nothing is done unless you approve.</p>
<dl>${facts.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
<form method="post">
<button name="decision" value="decline">Decline</button>
<button name="decision" value="approve">Approve</button>
</form>`,
  );
}

/** Quotes, and what looks like them: accents, primes, modifier letters, Hebrew punctuation. */
const QUOTES = /["'`´\p{Quotation_Mark}\u02b9-\u02bd\u02ca\u02cb\u02ee\u05f3\u05f4\u2032-\u2037\u2057]/gu;

/** A name that cannot end the quotes around it and go on as this page's own words. */
function withoutQuotes(name: string): string {
  return name.replace(QUOTES, '');
}

/** A page that only tells. */
export function messagePage(headline: string, text: string): string {
  return page(headline, html`<p role="status">${text}</p>`);
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

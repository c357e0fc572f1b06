import { messagePage, type NextStep, PAGE_HEADERS } from './page-html.ts';

export function unknown(): Response {
  return tell(404, 'Unknown', 'There is no such question. It may be of a server that has ended.');
}

export function tell(status: number, headline: string, text: string, next?: NextStep): Response {
  return answer(status, messagePage(headline, text, next));
}

export function answer(status: number, body: string): Response {
  return new Response(body, { status, headers: PAGE_HEADERS });
}

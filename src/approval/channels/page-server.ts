import { Hono } from 'hono';
import { listen, readBody } from '../../lib/listen.ts';
import type { Question } from '../question.ts';
import { messagePage, PAGE_HEADERS, questionPage } from './page-html.ts';

/** A question on a page. */
export interface PageState {
  readonly question: Question;
  readonly client: string | undefined;
  /** Why it is not to be answered any more; absent while it is. */
  readonly closed?: string;
}

export type Decision = 'approve' | 'decline';

export interface PageServerParts {
  /** The question behind a secret; undefined for any other text. */
  readonly find: (secret: string) => Promise<PageState | undefined>;
  /** @returns `awaited` where a call waits for the decision, `too late` where another one counts */
  readonly decide: (secret: string, decision: Decision) => Promise<'counts' | 'awaited' | 'too late'>;
}

export interface PageServer {
  /** The address of the page behind a secret. */
  address(secret: string): string;
  close(): Promise<void>;
}

const MAX_FORM_BYTES = 1_024;

/** Answers requests for approval pages. */
export interface PageApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** Serves approval pages on 127.0.0.1, to whoever knows the secret in their address. */
export async function startPageServer(parts: PageServerParts): Promise<PageServer> {
  let origin = '';
  const app = createPageApp(parts, () => origin);
  const { port, close } = await listen(app.fetch, 0);
  origin = `http://127.0.0.1:${port}`;
  return { address: (secret) => `${origin}/approve/${secret}`, close };
}

/** @param ownOrigin under which the pages are known; requests by any other name are refused */
export function createPageApp({ find, decide }: PageServerParts, ownOrigin: () => string): PageApp {
  const app = new Hono();

  app.use(async (c, next) => {
    // Another host is another site's name for this machine; another origin is another site's form.
    const own = ownOrigin();
    if (c.req.header('host') !== own.replace(/^https?:\/\//, '')) {
      return tell(403, 'Refused', 'This page is not known by that address.');
    }
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== own) {
      return tell(403, 'Refused', 'The request comes from another site.');
    }
    return next();
  });

  app.get('/approve/:secret', async (c) => {
    const state = await find(c.req.param('secret'));
    if (state === undefined) return unknown();
    if (state.closed !== undefined) return tell(410, 'This question is closed', state.closed);
    return answer(200, questionPage(state.question, state.client));
  });

  app.post('/approve/:secret', async (c) => {
    const secret = c.req.param('secret');
    const form = await readBody(c.req.raw, MAX_FORM_BYTES);
    const decision = new URLSearchParams(form.toString()).get('decision');
    const state = await find(secret);
    if (state === undefined) return unknown();
    if (state.closed !== undefined) return tell(410, 'This question is closed', state.closed);
    if (decision !== 'approve' && decision !== 'decline') {
      return tell(400, 'Not understood', 'The answer must be approve or decline. Nothing was done.');
    }
    const result = await decide(secret, decision);
    if (result === 'too late') {
      return tell(410, 'This question is closed', (await find(secret))?.closed ?? 'It has been answered.');
    }
    if (decision === 'decline') return tell(200, 'Declined', 'Nothing is done. You can close this page.');
    const next =
      result === 'awaited'
        ? 'It is being carried out, and your MCP client tells what comes of it.'
        : 'Your MCP client has stopped waiting. If it asks again within 5 minutes, it is carried out.';
    return tell(200, 'Approved', `${next} You can close this page.`);
  });

  app.notFound(() => unknown());
  return app;
}

function unknown(): Response {
  return tell(404, 'Unknown', 'There is no such question. It may be of a server that has ended.');
}

function tell(status: number, headline: string, text: string): Response {
  return answer(status, messagePage(headline, text));
}

function answer(status: number, body: string): Response {
  return new Response(body, { status, headers: PAGE_HEADERS });
}

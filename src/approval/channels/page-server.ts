import { Hono } from 'hono';
import type { Login } from '../../identity/login.ts';
import { labelOf } from '../../identity/person.ts';
import type { Clock } from '../../lib/clock.ts';
import { listen, readBody } from '../../lib/listen.ts';
import type { Question } from '../question.ts';
import { questionPage } from './page-html.ts';
import { answer, tell, unknown } from './page-responses.ts';
import { ANEW, addSignIn, sendToSignIn } from './page-sign-in.ts';
import { createPageVisitors } from './page-visitors.ts';

/** A question on a page. */
export interface PageState {
  readonly question: Question;
  readonly client: string | undefined;
  /** Whose call it is about: where people sign in, it is shown to nobody else. */
  readonly caller: string;
  /** Why it is not to be answered any more; absent while it is. */
  readonly closed?: string;
}

export type Decision = 'approve' | 'decline';

export interface PageServerParts {
  /** The question behind a secret; undefined for any other text. */
  readonly find: (secret: string) => Promise<PageState | undefined>;
  /** @returns `awaited` where a call waits for the decision, `too late` where another one counts */
  readonly decide: (secret: string, decision: Decision) => Promise<'counts' | 'awaited' | 'too late'>;
  /** How people sign in; undefined where whoever knows the secret may answer. */
  readonly login?: Login | undefined;
  readonly clock: Clock;
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
export function createPageApp(parts: PageServerParts, ownOrigin: () => string): PageApp {
  const { find, decide, login, clock } = parts;
  const app = new Hono();
  const visitors = createPageVisitors(clock);

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

  if (login) addSignIn(app, login, visitors, find);

  app.get('/approve/:secret', async (c) => {
    const secret = c.req.param('secret');
    const state = await find(secret);
    if (state === undefined) return unknown();
    if (state.closed !== undefined) return tell(410, 'This question is closed', state.closed);
    const visitor = visitors.visitor(secret, c.req.header('cookie'));
    if (login && visitor === undefined) {
      return sendToSignIn(login, visitors, secret, c.req.query(ANEW) !== undefined);
    }
    return answer(200, questionPage(state.question, state.client, visitor && labelOf(visitor)));
  });

  app.post('/approve/:secret', async (c) => {
    const secret = c.req.param('secret');
    const form = await readBody(c.req.raw, MAX_FORM_BYTES);
    const decision = new URLSearchParams(form.toString()).get('decision');
    const state = await find(secret);
    if (state === undefined) return unknown();
    if (state.closed !== undefined) return tell(410, 'This question is closed', state.closed);
    if (login && visitors.visitor(secret, c.req.header('cookie')) === undefined) {
      return tell(403, 'Not signed in', 'Open the page again to sign in. Nothing was done.');
    }
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

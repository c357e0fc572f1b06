import type { Hono } from 'hono';
import { IssuerError, TokenError } from '../../identity/errors.ts';
import type { Login } from '../../identity/login.ts';
import { labelOf } from '../../identity/person.ts';
import { tell, unknown } from './page-responses.ts';
import type { PageVisitors } from './page-visitors.ts';

/** In the query of a page: whoever opens it is asked who they are, also where the issuer knows them. */
export const ANEW = 'anew';

/** Sends a browser to the issuer, where its person signs in. */
export async function sendToSignIn(
  login: Login,
  visitors: PageVisitors,
  secret: string,
  isAnew: boolean,
): Promise<Response> {
  try {
    const attempt = await login.begin(isAnew);
    return moveOn(302, attempt.url, visitors.leaves(secret, attempt));
  } catch (error) {
    return tellFailure(error, secret);
  }
}

/** Answers what browsers and issuer ask for while somebody signs in. */
export function addSignIn(
  app: Hono,
  login: Login,
  visitors: PageVisitors,
  find: (secret: string) => Promise<{ readonly caller: string } | undefined>,
): void {
  app.get('/approve/sign-in/client.json', (c) => c.json(login.clientDocument));

  app.get('/approve/sign-in/callback', async (c) => {
    const { searchParams } = new URL(c.req.url);
    const returned = visitors.returns(searchParams.get('state') ?? '', c.req.header('cookie'));
    if (returned === undefined) return unknown();
    const { secret, attempt } = returned;
    try {
      const person = await login.finish(attempt, searchParams);
      const page = await find(secret);
      if (page === undefined) return unknown();
      if (person.id !== page.caller) {
        const text = `You are signed in as ${labelOf(person)}. Only the person whose client asks can answer.`;
        return tell(403, 'This question is for somebody else', text, again(secret));
      }
      return moveOn(303, `/approve/${secret}`, visitors.admit(secret, person));
    } catch (error) {
      return tellFailure(error, secret);
    }
  });
}

function tellFailure(error: unknown, secret: string): Response {
  if (error instanceof TokenError)
    return tell(403, 'Not signed in', `${error.message}. Nothing was done.`, again(secret));
  if (!(error instanceof IssuerError)) throw error;
  return tell(
    503,
    'Nobody can sign in now',
    'The authorization server does not answer. Nothing was done.',
    again(secret),
  );
}

function again(secret: string) {
  return { label: 'Sign in again', path: `/approve/${secret}?${ANEW}` };
}

function moveOn(status: 302 | 303, location: string, cookie: string): Response {
  const headers = {
    location,
    'set-cookie': cookie,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  };
  return new Response(null, { status, headers });
}

/** What is served beside MCP. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pathOf } from './headers.ts';
import { answerJson } from './responses.ts';
import type { SignIn } from './sign-in.ts';

/** Where approval pages are. Whoever knows the rest of the path may answer: a browser has no token to bring. */
const PAGES = '/approve/';

export interface RouteOptions {
  /** Answers for an approval page, which stands under the public URL; undefined where there is none. */
  readonly page?: RequestListener | undefined;
  /** Describes this server to clients; undefined where nobody signs in. */
  readonly signIn?: SignIn | undefined;
  /** What is missing before calls can be served, e.g. `api`; undefined where that is not looked at. */
  readonly missing?: (() => Promise<readonly string[]>) | undefined;
  /** Figures in the text format of Prometheus; undefined where nothing is counted. */
  readonly metrics?: { readonly contentType: string; text(): Promise<string> } | undefined;
}

/**
 * Probes and metrics need no session and no token: nothing that they are told is a secret.
 * @returns what answers a request; false from it where that is for something else
 */
export function createRoutes({ page, signIn, missing, metrics }: RouteOptions, isDraining: () => boolean) {
  const routes: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
    '/healthz': (response) => tellStatus(response, isDraining() ? 'stopping' : 'ok'),
    async '/readyz'(response) {
      const absent = (await missing?.()) ?? [];
      if (isDraining()) tellStatus(response, 'stopping');
      else if (absent.length === 0) tellStatus(response, 'ok');
      else tellStatus(response, 'not ready', { missing: absent });
    },
    ...(metrics && {
      async '/metrics'(response) {
        const text = await metrics.text();
        response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
      },
    }),
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const path = pathOf(request);
    if (page !== undefined && path.startsWith(PAGES)) {
      page(request, response);
      return true;
    }
    if (request.method !== 'GET') return false;
    const description = signIn?.metadata(path, request.headers);
    if (description !== undefined) answerJson(response, JSON.stringify(description));
    else if (Object.hasOwn(routes, path)) await routes[path]?.(response);
    else return false;
    return true;
  };
}

function tellStatus(response: ServerResponse, status: string, more: object = {}): void {
  answerJson(response, JSON.stringify({ status, ...more }), status === 'ok' ? 200 : 503);
}

import { createHttp } from '../api/http.ts';
import { createAccessTokens } from '../identity/access-token.ts';
import { createIssuer, type Issuer } from '../identity/issuer.ts';
import { createLogin, type Login } from '../identity/login.ts';
import type { Tokens } from '../identity/tokens.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { createSignIn, type SignIn } from '../mcp/http/sign-in.ts';
import { scopesFor } from '../mcp/scopes.ts';
import type { ToolDefinition } from '../tools/definitions.ts';
import type { ServerOptions } from './app.ts';

export interface SignInSettings {
  /** Where people sign in; undefined where nobody does. */
  readonly httpIssuer: string | undefined;
  /** What access tokens must be for; undefined for the public URL. */
  readonly httpAudience: string | undefined;
  /** The origin under which a proxy serves this server. */
  readonly httpPublicUrl: string | undefined;
}

export interface Identity {
  readonly signIn: SignIn;
  /** How people sign in to approval pages; undefined where there is no address for these. */
  readonly login: Login | undefined;
  close(): Promise<void>;
}

/** How people sign in; undefined where nobody does. */
export function openIdentity(
  options: SignInSettings & Pick<ServerOptions, 'network' | 'product'>,
  tools: readonly ToolDefinition[],
  log: Logger,
): Identity | undefined {
  const { httpIssuer, httpAudience, httpPublicUrl: publicUrl, network, product } = options;
  if (httpIssuer === undefined) return undefined;
  const { issuer, openTokens } = trust(httpIssuer, network);
  const audiences = httpAudience === undefined ? resourcesAt(publicUrl) : [httpAudience];
  const signIn = createSignIn({
    tokens: createAccessTokens({ issuer, audiences, openTokens, clock: systemClock }),
    issuer: httpIssuer,
    audience: httpAudience,
    scopes: scopesFor(tools),
    ...{ publicUrl, log },
  });
  const login =
    publicUrl === undefined
      ? undefined
      : createLogin({
          ...{ issuer, openTokens, clientName: product.name },
          documentUrl: `${publicUrl}/approve/sign-in/client.json`,
          redirectUrl: `${publicUrl}/approve/sign-in/callback`,
        });
  return { signIn, login, close: issuer.close };
}

/** An issuer, and what verifies its tokens: loaded when it is first needed. */
export function trust(
  httpIssuer: string,
  network: ServerOptions['network'],
): { readonly issuer: Issuer; readonly openTokens: () => Promise<Tokens> } {
  const issuer = createIssuer(httpIssuer, createHttp({ proxy: network.proxy }), systemClock);
  let tokens: Promise<Tokens> | undefined;
  function openTokens(): Promise<Tokens> {
    tokens ??= import('../identity/tokens.ts').then(({ createTokens }) => createTokens(issuer, systemClock));
    return tokens;
  }
  return { issuer, openTokens };
}

/** What clients may ask a token for: this server, or its endpoint, as they write them. */
function resourcesAt(publicUrl = ''): readonly string[] {
  return [publicUrl, `${publicUrl}/`, `${publicUrl}/mcp`];
}

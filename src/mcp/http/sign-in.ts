/** The server as a protected resource of OAuth, as MCP's authorization spec says. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { AccessTokens, SignedIn } from '../../identity/access-token.ts';
import { IssuerError, TokenError } from '../../identity/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { scopeOfRequest } from '../scopes.ts';
import { MCP_PATH } from './headers.ts';
import { type HttpRefusal, ISSUER_AWAY, SERVER_ERROR } from './refusals.ts';

export interface SignInOptions {
  readonly tokens: AccessTokens;
  /** The authorization server, as clients find it. */
  readonly issuer: string;
  /** What tokens must be for, where that is not the address that clients use. */
  readonly audience: string | undefined;
  /** The scopes that there is a use for. */
  readonly scopes: readonly string[];
  readonly publicUrl: string | undefined;
  readonly log: Logger;
}

export interface SignIn {
  /** Describes this server to clients (RFC 9728); undefined where the path is none of its description. */
  metadata(path: string, headers: IncomingHttpHeaders): object | undefined;
  /** Who a request comes from. @returns why it is refused where that is not known */
  identify(headers: IncomingHttpHeaders): Promise<SignedIn | HttpRefusal>;
  /** Why a request is more than its person allowed; undefined where it is not. */
  scopeRefusal(
    message: JSONRPCRequest,
    signedIn: SignedIn,
    headers: IncomingHttpHeaders,
  ): HttpRefusal | undefined;
}

const METADATA_PATH = '/.well-known/oauth-protected-resource';

export function createSignIn(options: SignInOptions): SignIn {
  const { tokens, issuer, audience = '', scopes, publicUrl, log } = options;
  const originOf = ({ host = 'localhost' }: IncomingHttpHeaders) => publicUrl ?? `http://${host}`;

  function challenge(
    headers: IncomingHttpHeaders,
    params: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const resource_metadata = `${originOf(headers)}${METADATA_PATH}${MCP_PATH}`;
    const all = Object.entries({ ...params, resource_metadata });
    return { 'www-authenticate': `Bearer ${all.map(([name, value]) => `${name}="${value}"`).join(', ')}` };
  }

  function unauthorized(headers: IncomingHttpHeaders, why?: string): HttpRefusal {
    const error = why === undefined ? {} : { error: 'invalid_token', error_description: why };
    return {
      status: 401,
      code: SERVER_ERROR,
      message: why ?? 'sign in: send Authorization: Bearer and an access token',
      headers: challenge(headers, { ...error, scope: scopes.join(' ') }),
    };
  }

  return {
    metadata(path, headers) {
      if (path !== METADATA_PATH && path !== METADATA_PATH + MCP_PATH) return undefined;
      const origin = originOf(headers);
      // Clients ask for nothing that is elsewhere; an issuer may know it by another name all the same.
      const isHere = audience === origin || audience.startsWith(`${origin}/`);
      return {
        resource: isHere ? audience : `${origin}${path.slice(METADATA_PATH.length)}`,
        authorization_servers: [issuer],
        scopes_supported: scopes,
        bearer_methods_supported: ['header'],
        resource_name: 'Sinch Numbers',
      };
    },
    async identify(headers) {
      const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
      if (token === undefined) return unauthorized(headers);
      try {
        return await tokens.verify(token);
      } catch (error) {
        if (error instanceof TokenError) {
          log.info(`sign-in: ${error.message}`);
          return unauthorized(headers, error.message);
        }
        if (!(error instanceof IssuerError)) throw error;
        log.error(`sign-in: ${error.message}`);
        return ISSUER_AWAY;
      }
    },
    scopeRefusal(message, signedIn, headers) {
      const needed = scopeOfRequest(message);
      if (needed === undefined || !scopes.includes(needed) || signedIn.scopes.includes(needed))
        return undefined;
      // A client asks for these anew, and must not lose what it has.
      const held = scopes.filter((scope) => scope === needed || signedIn.scopes.includes(scope));
      const why = `this needs the scope ${needed}`;
      const params = { error: 'insufficient_scope', scope: held.join(' '), error_description: why };
      return { status: 403, code: SERVER_ERROR, message: why, headers: challenge(headers, params) };
    },
  };
}

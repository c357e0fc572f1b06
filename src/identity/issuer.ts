import * as z from 'zod';
import { startDeadline } from '../api/deadline.ts';
import type { Http, HttpRequest } from '../api/http.ts';
import type { Clock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import { isConfidential } from '../lib/loopback.ts';
import { IssuerError } from './errors.ts';
import { keep } from './kept.ts';

/** Time for one request, in milliseconds. */
const REQUEST_BUDGET_MS = 10_000;
/** How long metadata is used before it is read again, in milliseconds. */
const FRESH_MS = 60 * 60_000;
const PAUSE_MS = 60_000;

/** An endpoint of the issuer: never in clear, but on this machine. */
const endpoint = z.url().refine(isConfidential, 'it must be https');

/** What is used of an authorization server's metadata (RFC 8414, OpenID Connect Discovery). */
const metadata = z.looseObject({
  issuer: z.string(),
  jwks_uri: endpoint,
  authorization_endpoint: endpoint.optional(),
  token_endpoint: endpoint.optional(),
  registration_endpoint: endpoint.optional(),
  client_id_metadata_document_supported: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  scopes_supported: z.array(z.string()).optional(),
});

export type IssuerMetadata = z.output<typeof metadata>;

/** An authorization server whose tokens are trusted. */
export interface Issuer {
  /** As it is configured. */
  readonly url: string;
  /** @throws {IssuerError} where it cannot be read */
  metadata(): Promise<IssuerMetadata>;
  /**
   * Sends a request to one of its endpoints.
   * @returns status and body, which may be no JSON
   * @throws {IssuerError} where there is no answer
   */
  send(
    url: string,
    request?: Partial<Pick<HttpRequest, 'method' | 'headers' | 'body'>>,
  ): Promise<IssuerAnswer>;
  close(): Promise<void>;
}

interface IssuerAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** @param url the issuer identifier; its metadata is found as MCP's authorization spec says */
export function createIssuer(url: string, http: Http, clock: Clock): Issuer {
  async function send(target: string, request: Parameters<Issuer['send']>[1] = {}): Promise<IssuerAnswer> {
    const { origin, pathname, search } = new URL(target);
    const deadline = startDeadline(REQUEST_BUDGET_MS);
    try {
      const { status, body } = await http.send({
        ...{ origin, target: `${pathname}${search}`, method: 'GET', signal: deadline.stop },
        ...request,
        headers: { accept: 'application/json', ...request.headers },
      });
      return { status, json: parseJson(body) };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IssuerError(`${target} does not answer: ${reason}`, { cause });
    } finally {
      deadline.end();
    }
  }

  async function load(): Promise<IssuerMetadata> {
    const told: string[] = [];
    for (const address of metadataAddresses(url)) {
      const { status, json } = await send(address);
      const { success, data } = metadata.safeParse(json);
      if (status === 200 && success && withoutSlash(data.issuer) === withoutSlash(url)) return data;
      told.push(`${address} answered ${problemOf(status, success ? data : undefined)}`);
    }
    throw new IssuerError(`the issuer has no metadata: ${told.join('; ')}`);
  }

  const kept = keep(load, { clock, freshMs: FRESH_MS, pauseMs: PAUSE_MS });
  return { url, metadata: kept.get, send, close: () => http.close() };
}

function problemOf(status: number, read: IssuerMetadata | undefined): string {
  if (status !== 200) return String(status);
  return read ? `for another issuer, ${JSON.stringify(read.issuer)}` : 'with no metadata of an issuer';
}

/** In the order in which MCP's clients try them. */
function metadataAddresses(url: string): readonly string[] {
  const { origin, pathname } = new URL(url);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
}

/** Some issuers end in a slash that people leave out. */
function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

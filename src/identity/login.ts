import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { isLoopback } from '../lib/loopback.ts';
import { IssuerError, TokenError } from './errors.ts';
import type { Issuer, IssuerMetadata } from './issuer.ts';
import { type Person, personOf } from './person.ts';
import type { Tokens } from './tokens.ts';

/** One try of a browser to sign in. */
export interface LoginAttempt {
  /** Where the browser goes. */
  readonly url: string;
  /** What it comes back with. */
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Signs people in at the issuer, in their browser (OpenID Connect, authorization code with PKCE, public client). */
export interface Login {
  /** Makes sure that people can sign in. @throws {IssuerError} with what the issuer does not offer */
  check(): Promise<void>;
  /** What this server is as a client, where the issuer reads that from a document. */
  readonly clientDocument: object;
  /** @param isAnew they are asked who they are, also where the issuer knows them */
  begin(isAnew: boolean): Promise<LoginAttempt>;
  /**
   * The person who signed in.
   * @param query what the browser came back with
   * @throws {TokenError} where nobody did
   * @throws {IssuerError} where that cannot be told
   */
  finish(attempt: LoginAttempt, query: URLSearchParams): Promise<Person>;
}

interface LoginParts {
  readonly issuer: Issuer;
  readonly openTokens: () => Promise<Tokens>;
  readonly clientName: string;
  /** Where the client document is served. */
  readonly documentUrl: string;
  readonly redirectUrl: string;
}

/** What the person is asked to tell: who they are. */
const SCOPES = ['openid', 'profile', 'email'];

const registered = z.looseObject({ client_id: z.string().min(1) });
const granted = z.looseObject({ id_token: z.string().min(1) });
const refused = z.looseObject({ error: z.string() });

export function createLogin(parts: LoginParts): Login {
  const { issuer, openTokens, clientName, documentUrl, redirectUrl } = parts;
  const client = {
    client_name: clientName,
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: isLoopback(new URL(redirectUrl).hostname) ? 'native' : 'web',
  };
  let registration: Promise<string> | undefined;

  async function register(endpoint: string): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const { status, json } = await issuer.send(endpoint, {
      ...{ method: 'POST', headers, body: JSON.stringify(client) },
    });
    const { data } = registered.safeParse(json);
    if (data === undefined)
      throw new IssuerError(`the issuer registers no client: ${endpoint} answered ${status}`);
    return data.client_id;
  }

  /** The way that needs no setting: a document of this server's, else registration (RFC 7591). */
  async function clientId(metadata: IssuerMetadata): Promise<string> {
    if (metadata.client_id_metadata_document_supported && documentUrl.startsWith('https:'))
      return documentUrl;
    const { registration_endpoint: endpoint } = metadata;
    if (endpoint === undefined) {
      throw new IssuerError('the issuer takes no client by its metadata document, and registers none');
    }
    registration ??= register(endpoint).catch((error: unknown) => {
      registration = undefined;
      throw error;
    });
    return registration;
  }

  /** @throws {IssuerError} */
  async function prepare() {
    const metadata = await issuer.metadata();
    const { authorization_endpoint, token_endpoint, scopes_supported = SCOPES } = metadata;
    if (
      authorization_endpoint === undefined ||
      token_endpoint === undefined ||
      !scopes_supported.includes('openid')
    ) {
      throw new IssuerError('the issuer does not sign people in by OpenID Connect');
    }
    const scope = SCOPES.filter((name) => scopes_supported.includes(name)).join(' ');
    return { metadata, authorization_endpoint, token_endpoint, scope, client_id: await clientId(metadata) };
  }

  return {
    async check() {
      await prepare();
    },
    clientDocument: { client_id: documentUrl, ...client },
    async begin(isAnew) {
      const { authorization_endpoint, client_id, scope } = await prepare();
      const [state, nonce, verifier] = [random(), random(), random()];
      const url = new URL(authorization_endpoint);
      const query = {
        ...{ response_type: 'code', client_id, redirect_uri: redirectUrl, scope, state, nonce },
        ...{ code_challenge: challengeOf(verifier), code_challenge_method: 'S256' },
        ...(isAnew && { prompt: 'login' }),
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return { url: url.href, state, nonce, verifier };
    },
    async finish({ nonce, verifier }, query) {
      const { metadata, token_endpoint, client_id } = await prepare();
      const iss = query.get('iss');
      const isMixedUp =
        iss === null ? metadata.authorization_response_iss_parameter_supported : iss !== metadata.issuer;
      if (isMixedUp) throw new TokenError('the answer is of another issuer');
      const code = query.get('code');
      if (code === null) throw new TokenError(`the issuer answered ${query.get('error') ?? 'nothing'}`);
      const { status, json } = await issuer.send(token_endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          ...{ grant_type: 'authorization_code', code, redirect_uri: redirectUrl },
          ...{ client_id, code_verifier: verifier },
        }).toString(),
      });
      const { data } = granted.safeParse(json);
      if (data === undefined) {
        const error = refused.safeParse(json).data?.error;
        // Such as one that has forgotten its clients.
        if (error === 'invalid_client') registration = undefined;
        throw new TokenError(`the issuer gave no ID token: ${error ?? status}`);
      }
      const claims = await (await openTokens()).verify(data.id_token, [client_id]);
      const person = claims.nonce === nonce ? personOf(claims.iss ?? '', claims) : undefined;
      if (person === undefined) throw new TokenError('the ID token is of another try to sign in');
      return person;
    },
  };
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

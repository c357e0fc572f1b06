/** The SDK's client, whose person signs in without a screen. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import {
  type ClientCapabilities,
  ElicitRequestSchema,
  type ElicitRequestURLParams,
} from '@modelcontextprotocol/sdk/types.js';
import { type GateResult, gateResult } from '../../src/approval/outcome.ts';
import { signInAs } from './issuer.ts';
import { onEnd } from './lifetime.ts';

/** A client's memory of an authorization server. */
export function createOAuthProvider(account: string) {
  let client: OAuthClientInformationMixed | undefined;
  let tokens: OAuthTokens | undefined;
  let verifier = '';
  let code: Promise<string> | undefined;
  const scopes: string[] = [];
  const provider: OAuthClientProvider = {
    redirectUrl: 'http://127.0.0.1:9/callback',
    clientMetadata: {
      client_name: 'test',
      redirect_uris: ['http://127.0.0.1:9/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
    },
    clientInformation: () => client,
    saveClientInformation(information) {
      client = information;
    },
    tokens: () => tokens,
    saveTokens(given) {
      tokens = given;
    },
    redirectToAuthorization(url) {
      scopes.push(url.searchParams.get('scope') ?? '');
      code = signInAs(account, url).then((end) => end.searchParams.get('code') ?? '');
    },
    saveCodeVerifier(text) {
      verifier = text;
    },
    codeVerifier: () => verifier,
  };
  return {
    provider,
    /** The scopes that were asked for, each time. */
    scopes,
    accessToken: () => tokens?.access_token ?? '',
    code: async () => (await code) ?? '',
  };
}

/** Connects as somebody who signs in, until the test is over, or those that share it. */
export async function connectAs(account: string, url: string, capabilities: ClientCapabilities = {}) {
  const oauth = createOAuthProvider(account);
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities });
  const links: ElicitRequestURLParams[] = [];
  if (capabilities.elicitation) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      if (params.mode === 'url') links.push(params);
      return { action: 'accept' };
    });
  }
  onEnd(() => client.close());
  const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: oauth.provider });
  // The SDK's own transport does not fit its own type where optional properties are exact.
  const connect = (transport: StreamableHTTPClientTransport) =>
    client.connect(transport as Parameters<Client['connect']>[0]);
  const first = open();
  await connect(first).catch((error: unknown) => {
    if (!(error instanceof UnauthorizedError)) throw error;
  });
  await first.finishAuth(await oauth.code());
  const transport = open();
  await connect(transport);
  return {
    ...{ client, transport, oauth, links },
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    /** Calls a gated tool. */
    async call(name: string, args: object): Promise<GateResult> {
      return gateResult.parse((await client.callTool({ name, arguments: { ...args } })).structuredContent);
    },
    /** The text of a tool's result. */
    async text(name: string): Promise<string> {
      return JSON.stringify((await client.callTool({ name, arguments: {} })).content);
    },
  };
}

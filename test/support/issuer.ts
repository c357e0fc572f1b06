/** A real authorization server, to which people of tests sign in. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { onEnd } from './lifetime.ts';

export interface TestIssuer {
  readonly url: string;
  /** Scopes that whoever signs in grants, of those that are asked for. */
  grants: readonly string[];
  /** Requests so far, e.g. `GET /jwks`. */
  readonly requests: readonly string[];
  /** Signs with a new key from now on; the old one is gone. */
  rotateKeys(): Promise<void>;
}

/** Its sign-in page has one field, the account; whoever is named there is signed in. */
export async function startIssuer(features: Configuration['features'] = {}): Promise<TestIssuer> {
  const requests: string[] = [];
  let handle: ReturnType<Provider['callback']> | undefined;
  let provider: Provider | undefined;
  const server = createServer(async (request, response) => {
    const { method = '', url: target = '' } = request;
    requests.push(`${method} ${target.replace(/\?.*/, '')}`);
    if (!target.startsWith('/interaction/')) return handle?.(request, response);
    if (method === 'GET') {
      const form =
        '<form method="post"><input name="account" aria-label="Account"><button>Sign in</button></form>';
      return response.writeHead(200, { 'content-type': 'text/html' }).end(form);
    }
    const accountId = new URLSearchParams(await text(request)).get('account') ?? '';
    await provider?.interactionFinished(request, response, { login: { accountId }, consent: {} });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let keys = 0;

  const issuer: TestIssuer = {
    url,
    grants: ['numbers:read', 'numbers:write', 'numbers:spend'],
    requests,
    async rotateKeys() {
      const { privateKey } = await generateKeyPair('ES256', { extractable: true });
      const jwk = { ...(await exportJWK(privateKey)), kid: `key-${++keys}`, alg: 'ES256', use: 'sig' };
      provider = new Provider(url, configuration(jwk));
      handle = provider.callback();
    },
  };

  function configuration(jwk: object): Configuration {
    return {
      jwks: { keys: [{ kty: 'EC', ...jwk }] },
      scopes: ['openid', 'profile', 'email', 'numbers:read', 'numbers:write', 'numbers:spend'],
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      cookies: { keys: ['a key of tests'] },
      claims: { profile: ['name'], email: ['email'] },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      responseTypes: ['code'],
      findAccount: (_, accountId) => ({
        accountId,
        claims: async () => ({
          sub: accountId,
          name: `${accountId} Example`,
          email: `${accountId}@example.com`,
        }),
      }),
      extraTokenClaims: (_, token) =>
        'accountId' in token
          ? { name: `${token.accountId} Example`, email: `${token.accountId}@example.com` }
          : {},
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      async loadExistingGrant(ctx) {
        const { client, session, params, provider: own } = ctx.oidc;
        const grant = new own.Grant({
          ...(client && { clientId: client.clientId }),
          ...(session?.accountId && { accountId: session.accountId }),
        });
        const asked = String(params?.scope).split(' ');
        const isGranted = (scope: string) => !scope.startsWith('numbers:') || issuer.grants.includes(scope);
        const [granted, kept] = [asked.filter(isGranted), asked.filter((scope) => !isGranted(scope))];
        grant.addOIDCScope(granted.join(' '));
        grant.rejectOIDCScope(kept.join(' '));
        if (params?.resource) {
          grant.addResourceScope(String(params.resource), granted.join(' '));
          grant.rejectResourceScope(String(params.resource), kept.join(' '));
        }
        await grant.save();
        return grant;
      },
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'numbers:read numbers:write numbers:spend',
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
        ...features,
      },
    };
  }

  await issuer.rotateKeys();
  return issuer;
}

/** A browser without a screen in which somebody signs in. @returns where it is sent in the end */
export async function signInAs(account: string, start: URL | string): Promise<URL> {
  const jar = new Map<string, string>();
  let next: string | undefined = String(start);
  let body: URLSearchParams | undefined;
  for (let steps = 0; steps < 10 && next !== undefined; steps++) {
    const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ');
    const response: Response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie },
      ...(body && { method: 'POST', body }),
    });
    body = undefined;
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const location = response.headers.get('location');
    const at: string = next;
    if (location === null) {
      if (!at.includes('/interaction/'))
        throw new Error(`${at} answered ${response.status} ${await response.text()}`);
      body = new URLSearchParams({ account });
    } else {
      next = new URL(location, at).href;
      if (new URL(next).origin !== new URL(at).origin) return new URL(next);
    }
  }
  throw new Error('the browser was sent in a circle');
}

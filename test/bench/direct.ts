/** The API over undici, with nothing around it: what every call comes down to. */
import { Pool } from 'undici';

export interface ApiAddress {
  readonly url: string;
  readonly projectId: string;
  readonly keyId: string;
  readonly keySecret: string;
}

export interface DirectClient {
  /** @returns the body of the answer to a path and query */
  get(target: string): Promise<string>;
  close(): Promise<void>;
}

/** Takes a token once, and keeps connections as the server does. */
export async function openDirect({ url, keyId, keySecret }: ApiAddress): Promise<DirectClient> {
  const pool = new Pool(url, { connections: 32, keepAliveTimeout: 30_000 });
  const token = await pool.request({
    path: '/oauth2/token',
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  const { access_token }: { readonly access_token: string } = JSON.parse(await token.body.text());
  const headers = { accept: 'application/json', authorization: `Bearer ${access_token}` };

  return {
    async get(path) {
      const { statusCode, body } = await pool.request({ path, method: 'GET', headers });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
      return text;
    },
    close: () => pool.close(),
  };
}

export const activeNumbersPath = ({ projectId }: ApiAddress) => `/v1/projects/${projectId}/activeNumbers`;

/** The first rented number. */
export async function firstNumber(api: DirectClient, address: ApiAddress): Promise<string> {
  const { activeNumbers }: { readonly activeNumbers: readonly { readonly phoneNumber: string }[] } =
    JSON.parse(await api.get(`${activeNumbersPath(address)}?pageSize=1`));
  const [first] = activeNumbers;
  if (first === undefined) throw new Error('the API has no number');
  return first.phoneNumber;
}

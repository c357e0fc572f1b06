/** Who a request comes from, on its way through the SDK. */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { SignedIn } from '../identity/access-token.ts';

/** The token itself is left out: no tool has use for it. */
export function authInfoOf(signedIn: SignedIn): AuthInfo {
  return { token: '', clientId: '', scopes: [...signedIn.scopes], extra: { signedIn } };
}

/** Undefined where nobody signs in. */
export function signedInOf(authInfo: AuthInfo | undefined): SignedIn | undefined {
  // Put there by the function above alone.
  return authInfo?.extra?.signedIn as SignedIn | undefined;
}

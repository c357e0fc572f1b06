import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../../lib/loopback.ts';
import { type HttpRefusal, SERVER_ERROR } from './refusals.ts';
import type { SignIn } from './sign-in.ts';

export interface AccessOptions {
  /** What is listened on. */
  readonly host: string;
  /** Whoever asks must bring it; undefined where anybody on this machine may ask, or people sign in. */
  readonly token: string | undefined;
  /** How people sign in; undefined where nobody does. */
  readonly signIn?: SignIn | undefined;
  /** The origin under which a proxy serves this server. */
  readonly publicUrl: string | undefined;
}

/** Decides who may ask, but for who signs in. @returns why a request is refused before it is read; undefined where it is not */
export function createAccess({ host: listening, token, publicUrl, signIn }: AccessOptions) {
  const publicHost = publicUrl && new URL(publicUrl).host;
  // A page that was rebound to this address knows no token.
  const isAnyHostKnown = token !== undefined || signIn !== undefined || !isLoopback(listening);

  return ({ host = '', origin, authorization = '' }: IncomingHttpHeaders): HttpRefusal | undefined => {
    // Another name for this machine is another site's.
    if (!isAnyHostKnown && host !== publicHost && !isLoopback(hostName(host))) {
      return { status: 403, code: SERVER_ERROR, message: 'unknown Host' };
    }
    if (origin !== undefined && origin !== publicUrl && originHost(origin) !== host) {
      return { status: 403, code: SERVER_ERROR, message: 'the request comes from a page of another site' };
    }
    const [, given] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
    if (token === undefined || isSame(given, token)) return undefined;
    return {
      status: 401,
      code: SERVER_ERROR,
      message: 'send Authorization: Bearer and the token of this server',
      headers: { 'www-authenticate': 'Bearer' },
    };
  };
}

/** A Host header without its port. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Compares in a time that tells nothing of where two texts differ. */
function isSame(given: string | undefined, wanted: string): boolean {
  const [a, b] = [given ?? '', wanted].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

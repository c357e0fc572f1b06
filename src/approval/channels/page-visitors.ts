import { randomBytes } from 'node:crypto';
import type { LoginAttempt } from '../../identity/login.ts';
import type { Person } from '../../identity/person.ts';
import type { Clock } from '../../lib/clock.ts';

/** As long as a question can be open, in milliseconds. */
const LIFETIME_MS = 10 * 60_000;
/** Tries to sign in, and visits: so many, and the oldest is forgotten. */
const MAX_KEPT = 1_000;

const SIGN_IN_PATH = '/approve/sign-in';

/** Who looks at which page. Each cookie is good for one try to sign in, or for one page. */
export interface PageVisitors {
  /** Remembers a browser that leaves to sign in. @returns the cookie that it takes along */
  leaves(secret: string, attempt: LoginAttempt): string;
  /** The try that a browser comes back from, once; undefined where it is none of its own. */
  returns(state: string, cookies: string | undefined): { secret: string; attempt: LoginAttempt } | undefined;
  /** Lets a browser see a page. @returns the cookie by which it does */
  admit(secret: string, person: Person): string;
  /** Who looks at a page; undefined where they have to sign in. */
  visitor(secret: string, cookies: string | undefined): Person | undefined;
}

interface Leave {
  readonly secret: string;
  readonly attempt: LoginAttempt;
  readonly browser: string;
}

export function createPageVisitors(clock: Clock): PageVisitors {
  const leaves = createShelf<Leave>(clock);
  const visits = createShelf<{ readonly secret: string; readonly person: Person }>(clock);

  return {
    leaves(secret, attempt) {
      const browser = random();
      leaves.put(attempt.state, { secret, attempt, browser });
      return cookie(leaveCookie(attempt.state), browser, SIGN_IN_PATH);
    },
    returns(state, cookies) {
      const leave = leaves.get(state);
      if (leave === undefined || cookieIn(cookies, leaveCookie(state)) !== leave.browser) return undefined;
      leaves.remove(state);
      return leave;
    },
    admit(secret, person) {
      const value = random();
      visits.put(value, { secret, person });
      return cookie(VISIT_COOKIE, value, `/approve/${secret}`);
    },
    visitor(secret, cookies) {
      const visit = visits.get(cookieIn(cookies, VISIT_COOKIE) ?? '');
      return visit?.secret === secret ? visit.person : undefined;
    },
  };
}

const VISIT_COOKIE = 'approval';

/** One for each try: several can be under way in a browser. */
function leaveCookie(state: string): string {
  return `sign-in-${state.slice(0, 8)}`;
}

function cookie(name: string, value: string, path: string): string {
  return `${name}=${value}; Path=${path}; Max-Age=${LIFETIME_MS / 1000}; HttpOnly; Secure; SameSite=Lax`;
}

function cookieIn(cookies: string | undefined, name: string): string | undefined {
  const found = cookies?.split(/; */).find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** Keeps values by key for their lifetime. */
function createShelf<T>(clock: Clock) {
  const kept = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    put(key: string, value: T) {
      const [oldest] = kept.keys();
      if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      kept.set(key, { value, until: clock.now() + LIFETIME_MS });
    },
    get(key: string): T | undefined {
      const found = kept.get(key);
      return found && clock.now() < found.until ? found.value : undefined;
    },
    remove: (key: string) => void kept.delete(key),
  };
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

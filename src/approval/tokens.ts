import { createHash, randomBytes } from 'node:crypto';

/** How long a token is good for, in milliseconds. */
export const TOKEN_LIFETIME_MS = 5 * 60_000;
/** Tokens that nobody spends are forgotten, the oldest first. */
const MAX_TOKENS = 1_000;

/** What a token allows: this call, at these terms. Compared as canonical JSON. */
export interface Permission {
  readonly tool: string;
  readonly arguments: object;
  /** Whose call it is. */
  readonly conversation?: string | undefined;
  /** What was agreed to: the terms that were quoted. */
  readonly terms: unknown;
}

export interface TokenLedger {
  /**
   * Makes a token. An older one for the same call is good no more: one question has one token.
   * @returns the token, and when it expires in milliseconds since the epoch
   */
  issue(permission: Permission): { readonly token: string; readonly expiresAt: number };
  /** Why the token does not allow this call at any terms; undefined where it does. Spends nothing. */
  refusal(token: string, call: Omit<Permission, 'terms'>): string | undefined;
  /**
   * Uses the token up for this call.
   * @returns `moved` where the terms are not those that were agreed to, else why it is refused
   */
  spend(token: string, permission: Permission): 'spent' | 'moved' | { readonly refusal: string };
  /** Keeps in words what came of a spent token, to be told if it is shown again. */
  conclude(token: string, outcome: string): void;
}

interface Entry {
  readonly call: string;
  readonly terms: string;
  readonly expiresAt: number;
  /** What came of it, once it is spent. */
  outcome?: string;
}

/**
 * Single-use tokens, kept in memory: a restart forgets them all.
 * @param now milliseconds since the epoch
 */
export function createTokenLedger(now: () => number): TokenLedger {
  const entries = new Map<string, Entry>();

  function refusal(token: string, call: Omit<Permission, 'terms'>): string | undefined {
    const entry = entries.get(token);
    if (entry === undefined) return 'unknown or already used';
    if (entry.outcome !== undefined) return `already used (${entry.outcome})`;
    if (entry.call !== callOf(call)) return 'issued for another call';
    return entry.expiresAt <= now() ? 'expired' : undefined;
  }

  return {
    refusal,

    issue({ terms, ...permission }) {
      const call = callOf(permission);
      for (const [token, entry] of entries) {
        if (entry.call === call && entry.outcome === undefined) entries.delete(token);
      }
      const token = randomBytes(24).toString('base64url');
      const expiresAt = now() + TOKEN_LIFETIME_MS;
      entries.set(token, { call, terms: fingerprint(terms), expiresAt });
      const oldest = entries.keys().next().value;
      if (entries.size > MAX_TOKENS && oldest !== undefined) entries.delete(oldest);
      return { token, expiresAt };
    },

    spend(token, permission) {
      const reason = refusal(token, permission);
      if (reason !== undefined) return { refusal: reason };
      const entry = entries.get(token);
      if (entry?.terms !== fingerprint(permission.terms)) {
        entries.delete(token);
        return 'moved';
      }
      entry.outcome = 'that call is still under way';
      return 'spent';
    },

    conclude(token, outcome) {
      const entry = entries.get(token);
      if (entry !== undefined) entry.outcome = outcome;
    },
  };
}

function callOf({ tool, arguments: args, conversation }: Omit<Permission, 'terms'>): string {
  return fingerprint([tool, args, conversation]);
}

/** A digest of a JSON value in which the order of keys does not count. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64');
}

function canonicalJson(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return text ?? 'undefined';
}

import { createHash, randomBytes } from 'node:crypto';

/** How long a token is good for, in milliseconds. */
export const TOKEN_LIFETIME_MS = 5 * 60_000;
/** Tokens that nobody spends are forgotten, the oldest first. */
const MAX_TOKENS = 1_000;

/** What a token allows: this call, at these terms. Compared as canonical JSON. */
export interface Permission {
  readonly tool: string;
  readonly arguments: object;
  /** What was agreed to: the terms that were quoted. */
  readonly terms: unknown;
}

export type Refusal = 'unknown or already used' | 'expired' | 'issued for another call';

export interface TokenLedger {
  /** @returns the token, and when it expires in milliseconds since the epoch */
  issue(permission: Permission): { token: string; expiresAt: number };
  /** Why the token does not allow this call at any terms; undefined where it does. Spends nothing. */
  refusal(token: string, call: Omit<Permission, 'terms'>): Refusal | undefined;
  /** Uses the token up for this call. `moved`: the terms are not those that were agreed to. */
  spend(token: string, permission: Permission): 'spent' | 'moved' | Refusal;
}

/**
 * Single-use tokens, kept in memory: a restart forgets them all.
 * @param now milliseconds since the epoch
 */
export function createTokenLedger(now: () => number): TokenLedger {
  const issued = new Map<string, { call: string; terms: string; expiresAt: number }>();

  return {
    issue({ tool, arguments: args, terms }) {
      const token = randomBytes(24).toString('base64url');
      const expiresAt = now() + TOKEN_LIFETIME_MS;
      issued.set(token, { call: fingerprint([tool, args]), terms: fingerprint(terms), expiresAt });
      const oldest = issued.keys().next().value;
      if (issued.size > MAX_TOKENS && oldest !== undefined) issued.delete(oldest);
      return { token, expiresAt };
    },

    refusal(token, { tool, arguments: args }) {
      const entry = issued.get(token);
      if (entry === undefined) return 'unknown or already used';
      if (entry.call !== fingerprint([tool, args])) return 'issued for another call';
      return entry.expiresAt <= now() ? 'expired' : undefined;
    },

    spend(token, permission) {
      const refusal = this.refusal(token, permission);
      if (refusal !== undefined) return refusal;
      const agreed = issued.get(token)?.terms;
      issued.delete(token);
      return agreed === fingerprint(permission.terms) ? 'spent' : 'moved';
    },
  };
}

/** A digest of a JSON value in which the order of keys does not count. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64');
}

function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  );
}

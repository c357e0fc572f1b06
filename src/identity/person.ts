import type { Fields } from '../lib/fields.ts';
import { sanitizeText } from '../lib/sanitize.ts';

/** Somebody who signed in at the issuer. */
export interface Person {
  /** Issuer and subject: the same for the same person, by whichever client they come. */
  readonly id: string;
  /** What the issuer calls them by (`sub`). */
  readonly subject: string;
  readonly name?: string;
  readonly email?: string;
}

/** OpenID Connect allows no longer subject. */
const MAX_SUBJECT = 255;

/**
 * The person whom the claims of a verified token are about.
 * @returns undefined where its subject is none that could be shown and compared as it is
 */
export function personOf(issuer: string, claims: Fields): Person | undefined {
  const { sub, email } = claims;
  if (typeof sub !== 'string' || sub.length > MAX_SUBJECT || sanitizeText(sub, MAX_SUBJECT) !== sub)
    return undefined;
  if (sub === '') return undefined;
  const name = [claims.name, claims.preferred_username].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return {
    id: `${issuer} ${sub}`,
    subject: sub,
    ...(typeof name === 'string' && { name: sanitizeText(name) }),
    ...(typeof email === 'string' && email !== '' && { email: sanitizeText(email) }),
  };
}

/** What a person is called where people read it: `Alice Example <alice@example.com>`, or what is known of that. */
export function labelOf({ subject, name, email }: Omit<Person, 'id'>): string {
  // A name is what somebody calls themselves: it must not look like another's address, nor stand alone.
  const called = name?.replace(/[<>]/g, '');
  if (called === undefined) return email ?? subject;
  return email === undefined ? `${called} (${subject})` : `${called} <${email}>`;
}

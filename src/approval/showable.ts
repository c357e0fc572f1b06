import { InvalidRequestError } from '../api/errors.ts';
import { MAX_ID, MAX_URL } from '../api/schemas/numbers.ts';
import { sanitizeText } from '../lib/sanitize.ts';

/**
 * An ID as a person is shown it before it is sent: whole, in quotes.
 * @param name of the argument that holds it
 * @throws {InvalidRequestError} where it cannot be shown whole
 */
export function showId(name: string, id: string): string {
  return show(name, id, MAX_ID);
}

/**
 * A URL as a person is shown it before it is sent: whole, in quotes.
 * @throws {InvalidRequestError} where it cannot be shown whole
 */
export function showUrl(name: string, url: string): string {
  return show(name, url, MAX_URL);
}

function show(name: string, text: string, most: number): string {
  if (text.length > most) {
    throw new InvalidRequestError(
      `${name} is longer than the ${most} characters that a person can be shown whole before they agree to it`,
    );
  }
  if (sanitizeText(text, most) !== text) {
    throw new InvalidRequestError(
      `${name} holds characters that do not print, or spaces around it, so that a person cannot be shown what is sent`,
    );
  }
  return JSON.stringify(text);
}

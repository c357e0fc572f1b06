import { InvalidRequestError } from './errors.ts';

/** Unreserved characters and `+`: nothing that could end a segment, start a query or name a custom method. */
const SEGMENT = /^[A-Za-z0-9+_.~-]+$/;

/**
 * Fills a path template. Each value becomes exactly the one segment that was meant; `+` stays literal, as in
 * Sinch's own SDKs.
 * @param template e.g. `/v1/projects/{projectId}/availableNumbers/{phoneNumber}:rent`
 * @throws {InvalidRequestError} where a value is missing, `.`, `..`, or holds any other character
 */
export function expandPath(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (typeof value !== 'string' || !SEGMENT.test(value) || value === '.' || value === '..') {
      throw new InvalidRequestError(`${name} cannot stand in a path: ${JSON.stringify(value)}`);
    }
    return value;
  });
}

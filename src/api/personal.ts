/** What was sent about people, kept out of errors: an API may repeat a value that it refuses. */
import { ApiError } from './errors.ts';

const MASK = '****';
/** What is shorter is found everywhere, and tells nothing. */
const MIN_LENGTH = 2;
/** A longer text of an error is masked as a whole: much less of it would be told. */
const MAX_TEXT = 2_000;

/** Every text and number in a value, however deep. Names of fields are not among them. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** The same error, with `****` in the place of each value where it stands as a word of its own. */
export function withoutValues(error: ApiError, values: readonly string[]): ApiError {
  if (values.length === 0) return error;
  const known = [...new Set(values.map((value) => value.trim()))].filter(
    ({ length }) => length >= MIN_LENGTH && length <= MAX_TEXT,
  );
  // The longest first, so that no part of one is left.
  known.sort((a, b) => b.length - a.length);
  const hide = (text: string) => (text.length > MAX_TEXT ? MASK : known.reduce(hideValue, text));
  const { message, resource, violations, ...rest } = error.problem;
  const problem = {
    ...rest,
    ...(message !== undefined && { message: hide(message) }),
    ...(resource && { resource: { type: resource.type, name: hide(resource.name) } }),
    violations: violations.map(({ field, description }) => ({ field, description: hide(description) })),
  };
  return new ApiError(error.operationId, error.status, problem, error.retryAfterMs);
}

/** A pattern for each value that is there: one for all can be too large, and its error would tell them. */
function hideValue(text: string, value: string): string {
  if (!text.toLowerCase().includes(value.toLowerCase())) return text;
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped(value)}(?![\\p{L}\\p{N}])`, 'giu'), MASK);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

import { isFields } from '../lib/fields.ts';
import { describeIssue, keyList, MAX_PROBLEMS } from './argument-problems.ts';
import { coerce } from './coerce.ts';
import type { Tool } from './tool.ts';

export type ParsedArguments = (
  | { readonly input: Record<string, unknown> }
  /** One line for each thing that is wrong. */
  | { readonly problems: readonly string[] }
) & {
  /** Unknown keys that were dropped, with their place, e.g. `numberPattern.digits`. */
  readonly ignored: readonly string[];
};

/**
 * Validates a tool's arguments, once they are coerced where nothing can be misread. Unknown keys are dropped for a
 * tool that only reads; all others refuse them by name.
 * @param args as the client sent them
 */
export function parseArguments(
  { input: schema, effect }: Pick<Tool, 'input' | 'effect'>,
  args: unknown,
): ParsedArguments {
  const ignored: string[] = [];
  const given = coerce(
    schema,
    args ?? {},
    '',
    effect === 'read' ? (place) => ignored.push(place) : undefined,
  );
  const result = schema.safeParse(given);
  if (result.success) {
    const emptied = emptiedBy(ignored, result.data);
    return emptied.length > 0 ? { problems: emptied, ignored } : { input: result.data, ignored };
  }
  const problems = result.error.issues.map((issue) => describeIssue(issue, schema, given));
  const rest = problems.length - MAX_PROBLEMS;
  return {
    problems: rest > 0 ? [...problems.slice(0, MAX_PROBLEMS), `and ${rest} more`] : problems,
    ignored,
  };
}

/** Objects of which nothing is left but what is unknown: read as empty, a condition would become none at all. */
function emptiedBy(ignored: readonly string[], input: Record<string, unknown>): string[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const dropped = ignored.filter((place) => place.startsWith(`${name}.`));
    return dropped.length > 0 && isFields(value) && Object.keys(value).length === 0
      ? [`unknown: ${keyList(dropped)}, and nothing else is in ${name}`]
      : [];
  });
}

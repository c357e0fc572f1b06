import { type Fields, isFields, mapFields, mapItems } from '../lib/fields.ts';
import { liftShared, SHARED } from './shared-members.ts';
import type { ToolResult } from './tool.ts';

/**
 * The structured form of a result, saying what its text says, and like it once: without what every row shares with the
 * configuration, with what rows share beside them, and with the text's guidance. Undefined for a failure of an ungated
 * tool: it would not fit the tool's output schema, and its text is complete.
 */
export function structuredContent({
  structured,
  hints = [],
}: ToolResult): Record<string, unknown> | undefined {
  if (structured === undefined) return undefined;
  const lifted = { any: false };
  const content = lean({ ...structured }, lifted);
  const stakes = newStakes(content);
  const told = lifted.any ? [`${SHARED}.`, ...hints] : hints;
  return {
    ...content,
    ...('stakes' in content && { stakes }),
    ...(told.length > 0 && { hints: [...told] }),
  };
}

/** @param lifted is told where rows somewhere in it share members */
function lean(object: Fields, lifted: { any: boolean }): Fields {
  const own = mapFields(object, (value, key) => (key === 'projectId' ? undefined : leanValue(value, lifted)));
  const shared = liftShared(own);
  if (shared !== own) lifted.any = true;
  return shared;
}

function leanValue(value: unknown, lifted: { any: boolean }): unknown {
  if (Array.isArray(value)) return mapItems(value, (item) => leanValue(item, lifted));
  return isFields(value) ? lean(value, lifted) : value;
}

/** What was at stake and the number that came of it does not say itself. */
function newStakes({ stakes, number }: Record<string, unknown>): unknown {
  if (!isFields(stakes) || !isFields(number)) return stakes;
  const rest = mapFields(stakes, (value, key) =>
    JSON.stringify(value) === JSON.stringify(number[key]) ? undefined : value,
  );
  return Object.keys(rest).length > 0 ? rest : undefined;
}

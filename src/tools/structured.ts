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
  const content = lean({ ...structured });
  const stakes = newStakes(content);
  const told = holdsShared(content) ? [`${SHARED}.`, ...hints] : hints;
  return {
    ...content,
    ...('stakes' in content && { stakes }),
    ...(told.length > 0 && { hints: [...told] }),
  };
}

function lean(object: Fields): Fields {
  return liftShared(mapFields(object, leanValue));
}

function leanValue(value: unknown, key: string): unknown {
  if (key === 'projectId') return undefined;
  if (Array.isArray(value)) return mapItems(value, (item) => leanValue(item, ''));
  return isFields(value) ? lean(value) : value;
}

/** What was at stake and the number that came of it does not say itself. */
function newStakes({ stakes, number }: Record<string, unknown>): unknown {
  if (!isFields(stakes) || !isFields(number)) return stakes;
  const rest = mapFields(stakes, (value, key) =>
    JSON.stringify(value) === JSON.stringify(number[key]) ? undefined : value,
  );
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Whether rows somewhere in it share members. */
function holdsShared(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsShared);
  return isFields(value) && ('shared' in value || Object.values(value).some(holdsShared));
}

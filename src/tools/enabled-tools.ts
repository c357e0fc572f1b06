import { definitions, type ToolDefinition, toolsetNames } from './definitions.ts';
import type { Toolset } from './index.ts';

/** What is offered where nothing is said: all but what few accounts need. */
export const DEFAULT_TOOLSETS: readonly Toolset[] = ['core', 'insight', 'bulk', 'orders'];

export interface Offer {
  /** Only tools with effect `read`. */
  readonly readOnly: boolean;
  /** Only tools of these toolsets; by default {@link DEFAULT_TOOLSETS}. */
  readonly toolsets?: readonly string[];
  /** Only tools with these names, whatever their toolset. */
  readonly names?: readonly string[];
}

/** The tools that a client gets to see. */
export function offeredTools({
  readOnly,
  toolsets = DEFAULT_TOOLSETS,
  names,
}: Offer): readonly ToolDefinition[] {
  const wanted = names ?? toolsets.flatMap((toolset) => toolsetNames[toolset] ?? []);
  return definitions.filter(
    ({ name, annotations }) => (!readOnly || annotations.readOnlyHint) && wanted.includes(name),
  );
}

import { definitions, type ToolDefinition } from './definitions.ts';

export interface Offer {
  /** Only tools with effect `read`. */
  readonly readOnly: boolean;
  /** Only tools with these names. */
  readonly names?: readonly string[];
}

/** The tools that a client gets to see. */
export function offeredTools({ readOnly, names }: Offer): readonly ToolDefinition[] {
  return definitions.filter(
    ({ name, annotations }) =>
      (!readOnly || annotations.readOnlyHint) && (names === undefined || names.includes(name)),
  );
}

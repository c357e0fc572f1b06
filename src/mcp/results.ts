/** Which forms of a result a client is sent. Nothing heavy is imported here: `tools/list` is answered before the server is loaded. */
import type { ToolDefinition } from '../tools/definitions.ts';
import { withView } from '../views/views.ts';
import { isAmong, STRUCTURED_TO_MODEL } from './known-clients.ts';

/** `auto`: by what is known of the client. `text`: the text alone. `both`: text and structured content. */
export const RESULTS_MODES = ['auto', 'text', 'both'] as const;
export type ResultsMode = (typeof RESULTS_MODES)[number];

/**
 * Whether a client gets the text alone. One that gives the model the structured content in place of the text, or beside
 * it, would have it read the same in several times the tokens.
 * @param client the name by which it introduced itself
 */
export function isTextAlone(mode: ResultsMode, client: string | undefined): boolean {
  return mode === 'text' || (mode === 'auto' && isAmong(STRUCTURED_TO_MODEL, client));
}

/**
 * The tools as a client lists them: an output schema promises structured content, so both come or neither.
 * @param hasViews whether the client shows views
 */
export function listedTools(
  tools: readonly ToolDefinition[],
  mode: ResultsMode,
  client: string | undefined,
  hasViews: boolean,
): ToolDefinition[] {
  const listed = hasViews ? tools.map(withView) : [...tools];
  if (!isTextAlone(mode, client)) return listed;
  return listed.map(({ outputSchema: _, ...tool }) => tool);
}

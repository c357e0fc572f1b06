import { isNumbersError } from '../api/errors.ts';
import { describeFailure } from '../api/failure.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import { StoreError } from '../storage/store.ts';
import { keyList } from './argument-problems.ts';
import { type ParsedArguments, parseArguments } from './arguments.ts';
import type { Tool, ToolContext, ToolResult } from './tool.ts';

/**
 * Runs a tool on the arguments that a client sent.
 * @returns its result; bad arguments and failures of the API come back as results with `isError`
 * @throws what is a fault of this program
 */
export async function runTool(tool: Tool, args: unknown, context: ToolContext): Promise<ToolResult> {
  const parsed = parseArguments(tool, args);
  const result = await runParsed(tool, parsed, context);
  if (parsed.ignored.length === 0) return result;
  const hint = `Ignored, since unknown here: ${keyList(parsed.ignored)}.`;
  return { ...result, text: `${result.text}\n${hint}`, hints: [...(result.hints ?? []), hint] };
}

async function runParsed(tool: Tool, parsed: ParsedArguments, context: ToolContext): Promise<ToolResult> {
  if ('problems' in parsed) {
    const problems = parsed.problems.join('; ');
    return failure(
      tool,
      `${tool.name}: invalid arguments: ${problems}.\nCorrect the arguments and call again. Nothing was sent.`,
    );
  }
  try {
    return await tool.handler(parsed.input as never, context);
  } catch (error) {
    if (error instanceof StoreError) return failure(tool, withoutStore(tool.name, error));
    if (!isNumbersError(error)) throw error;
    // A gated tool tells itself what became of its request; what it throws comes from reading the stakes.
    const effect = tool.isGated ? 'read' : tool.effect;
    return failure(tool, describeFailure(error, { name: tool.name, effect, input: parsed.input }));
  }
}

function withoutStore(name: string, { message, remedy }: StoreError): string {
  return `${name} failed: ${sanitizeText(message, 300)}.\nTell the user to ${remedy}. What only reads the API works without it.`;
}

/** A failed call's result. A gated tool's says in its own terms that nothing happened. */
function failure(tool: Tool, text: string): ToolResult {
  const structured = tool.isGated ? { outcome: 'not_executed', message: text, ...tool.nothing } : undefined;
  return { text, ...(structured && { structured }), isError: true };
}

import type { NumbersClient } from '../api/client.ts';
import { sanitizeText } from '../lib/sanitize.ts';

/** What choices are read from. */
interface Sources {
  readonly numbers: NumbersClient;
  readonly signal: AbortSignal;
}

export interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  /** The values that make sense, for completion; absent where anything does. */
  choices?(sources: Sources): Promise<readonly string[]>;
}

/** A conversation worth starting from, as the words of the person who starts it. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
  /** The tools it leads through. Where one of them is not offered, neither is the prompt. */
  readonly tools: readonly string[];
  /** @param args by name; those that are required are there */
  text(args: Readonly<Record<string, string | undefined>>): string;
}

const MAX_ARGUMENT = 300;

/** What the person typed, on one line. */
export function own(value: string): string {
  return sanitizeText(value, MAX_ARGUMENT);
}

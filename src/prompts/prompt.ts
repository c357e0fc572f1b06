import type { NumbersClient } from '../api/client.ts';
import { sanitizeText } from '../lib/sanitize.ts';
import type { Signal } from '../lib/signal.ts';

/** What choices are read from. */
interface Sources {
  readonly numbers: NumbersClient;
  readonly signal: Signal;
}

interface PromptArgument {
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
  /** The tools it leads through. Where one of them is not offered, neither is the prompt, unless it only repairs. */
  readonly tools: readonly string[];
  /** Those of them that are for its repair steps alone. Where one is not offered, the prompt is without these steps. */
  readonly repairTools?: readonly string[];
  /**
   * @param args by name; those that are required are there
   * @param repairs whether it leads through its repair steps
   */
  text(args: Readonly<Record<string, string | undefined>>, repairs?: boolean): string;
}

/** The prompts of which these tools offer enough, without repair steps where they do not offer those. */
export function offeredPrompts(prompts: readonly Prompt[], tools: readonly string[]): Prompt[] {
  const isOffered = (tool: string) => tools.includes(tool);
  return prompts
    .filter(({ tools: wanted, repairTools = [] }) =>
      wanted.every((tool) => isOffered(tool) || repairTools.includes(tool)),
    )
    .map((prompt) => {
      const repairs = prompt.repairTools?.every(isOffered) ?? true;
      return { ...prompt, text: (args) => prompt.text(args, repairs) };
    });
}

const MAX_ARGUMENT = 300;

/** What the person typed, on one line. */
export function own(value: string): string {
  return sanitizeText(value, MAX_ARGUMENT);
}

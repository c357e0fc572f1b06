import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  type CompleteRequestParams,
  CompleteRequestSchema,
  ErrorCode,
} from '@modelcontextprotocol/sdk/types.js';
import { isNumbersError } from '../api/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Prompt } from '../prompts/prompt.ts';
import { type Completion, completeFrom } from '../resources/completion.ts';
import { resourceTemplates, type Sources } from '../resources/resources.ts';
import { RpcError } from './errors.ts';

interface CompletionParts extends Omit<Sources, 'signal'> {
  readonly prompts: readonly Prompt[];
  readonly log: Logger;
}

/** Answers completion/complete, for variables of resource URIs and arguments of prompts. */
export function bindCompletions(server: Server, { prompts, log, ...sources }: CompletionParts): void {
  server.setRequestHandler(CompleteRequestSchema, async ({ params }, { signal }) => {
    const complete = completer(params, prompts);
    if (complete === undefined) {
      throw new RpcError(ErrorCode.InvalidParams, 'There is nothing to complete here');
    }
    try {
      const { values, total } = await complete({ ...sources, signal });
      const hasMore = total !== undefined && total > values.length;
      return { completion: { values: [...values], ...(total !== undefined && { total, hasMore }) } };
    } catch (error) {
      if (!isNumbersError(error)) throw error;
      log.warn(`completion: ${error.message}`);
      return { completion: { values: [] } };
    }
  });
}

/** What completes an argument; undefined where there is no such argument. */
function completer(
  { ref, argument: { name, value } }: CompleteRequestParams,
  prompts: readonly Prompt[],
): ((sources: Sources) => Promise<Completion>) | undefined {
  if (ref.type === 'ref/resource') {
    const template = resourceTemplates.find(
      ({ uriTemplate, variable }) => uriTemplate === ref.uri && variable === name,
    );
    return template && ((sources) => template.complete(value, sources));
  }
  const prompt = prompts.find((candidate) => candidate.name === ref.name);
  const argument = prompt?.arguments.find((candidate) => candidate.name === name);
  return argument && (async (sources) => completeFrom((await argument.choices?.(sources)) ?? [], value));
}

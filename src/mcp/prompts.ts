import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Prompt } from '../prompts/prompt.ts';
import { RpcError } from './errors.ts';

/** Answers prompts/list and prompts/get. */
export function bindPrompts(server: Server, prompts: readonly Prompt[]): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts.map(({ name, title, description, arguments: args }) => ({
      name,
      title,
      description,
      arguments: args.map(({ choices: _, ...argument }) => argument),
    })),
  }));

  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = prompts.find(({ name }) => name === params.name);
    if (prompt === undefined) throw invalid(`There is no prompt ${JSON.stringify(params.name.slice(0, 64))}`);
    const args = argumentsOf(prompt, params.arguments ?? {});
    return {
      description: prompt.description,
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: prompt.text(args) } }],
    };
  });
}

/** The arguments that are filled. */
function argumentsOf(prompt: Prompt, given: Readonly<Record<string, string>>): Record<string, string> {
  const known = prompt.arguments.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalid(
      `${prompt.name} takes ${known.join(', ') || 'no arguments'}, not ${unknown.join(', ').slice(0, 200)}`,
    );
  }
  const filled = Object.entries(given).filter(([, value]) => value.trim() !== '');
  const args = Object.fromEntries(filled);
  const missing = prompt.arguments.filter(({ name, required }) => required && args[name] === undefined);
  if (missing.length > 0) {
    throw invalid(`${prompt.name} needs ${missing.map(({ name }) => name).join(', ')}`);
  }
  return args;
}

function invalid(message: string): RpcError {
  return new RpcError(ErrorCode.InvalidParams, message);
}

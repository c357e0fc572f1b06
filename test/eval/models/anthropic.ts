import * as z from 'zod';
import { type Chat, type ChatOptions, post, type Turn, toolArguments } from './chat.ts';

const VERSION = '2023-06-01';
const MAX_TOKENS = 4_096;

const message = z.looseObject({
  content: z.array(
    z.looseObject({
      type: z.string(),
      text: z.string().optional(),
      id: z.string().optional(),
      name: z.string().optional(),
      input: z.unknown().optional(),
    }),
  ),
});

/** The style of Anthropic's messages. */
export function anthropicChat({ url, model, key, system, tools }: ChatOptions): Chat {
  const messages: object[] = [];
  const definitions = tools.map(({ name, description, inputSchema: input_schema }) => ({
    ...{ name, description, input_schema },
  }));

  async function next(content: string | readonly object[]): Promise<Turn> {
    messages.push({ role: 'user', content });
    const headers = { 'anthropic-version': VERSION, ...(key !== undefined && { 'x-api-key': key }) };
    const body = { model, max_tokens: MAX_TOKENS, system, messages, tools: definitions };
    const answer = message.parse(await post(`${url}/messages`, headers, body));
    messages.push({ role: 'assistant', content: answer.content });
    const text = answer.content.flatMap((block) => (block.type === 'text' ? (block.text ?? '') : []));
    const calls = answer.content.flatMap(({ type, id, name, input }) =>
      type === 'tool_use' && id !== undefined && name !== undefined
        ? { id, name, args: toolArguments.parse(input) }
        : [],
    );
    return { text: text.join('\n'), calls };
  }

  return {
    say: next,
    answer: (results) =>
      next(results.map(({ id, text }) => ({ type: 'tool_result', tool_use_id: id, content: text }))),
  };
}

import * as z from 'zod';
import { type Chat, type ChatOptions, post, type Turn, toolArguments } from './chat.ts';

const completion = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z.string().nullish(),
          tool_calls: z
            .array(
              z.looseObject({
                id: z.string(),
                function: z.looseObject({ name: z.string(), arguments: z.string() }),
              }),
            )
            .nullish(),
        }),
      }),
    )
    .min(1),
});

/** The style of OpenAI's chat completions, which most servers of models speak. */
export function openAiChat({ url, model, key, system, tools }: ChatOptions): Chat {
  const messages: object[] = [{ role: 'system', content: system }];
  const functions = tools.map(({ name, description, inputSchema: parameters }) => ({
    type: 'function',
    function: { name, description, parameters },
  }));

  async function next(): Promise<Turn> {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const body = { model, messages, tools: functions };
    const { choices } = completion.parse(await post(`${url}/chat/completions`, headers, body));
    const message = choices[0]?.message;
    messages.push({ role: 'assistant', ...message });
    const calls = (message?.tool_calls ?? []).map(({ id, function: { name, arguments: json } }) => ({
      ...{ id, name },
      args: toolArguments.parse(parsed(json)),
    }));
    return { text: message?.content ?? '', calls };
  }

  return {
    say(content) {
      messages.push({ role: 'user', content });
      return next();
    },
    answer(results) {
      messages.push(...results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text })));
      return next();
    },
  };
}

/** Small models write JSON that is none. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

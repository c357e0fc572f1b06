/** Has a model carry a scenario out. */
import type { Driver } from '../play.ts';
import { anthropicChat } from './anthropic.ts';
import type { Chat, ChatOptions } from './chat.ts';
import { openAiChat } from './openai.ts';

/** A model that has not ended by then goes round in circles. */
const MAX_TURNS = 30;

/** Every style of endpoint. */
const STYLES: Readonly<Record<string, (options: ChatOptions) => Chat>> = {
  openai: openAiChat,
  anthropic: anthropicChat,
};

const TASK = `You act for the user of a phone number service, with the tools you are given. Today is ${new Date().toISOString()}.
Do what the user asks, all of it, and nothing beyond it. Where the user asks for an answer in a form, end with one line
ANSWER: and that JSON, on one line.`;

export interface ModelSettings {
  readonly style: string;
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
}

/**
 * The model that the environment names.
 * @returns undefined where it names none
 * @throws where only a part of it is set
 */
export function modelSettings(env: NodeJS.ProcessEnv): ModelSettings | undefined {
  const { EVAL_MODEL_URL: url, EVAL_MODEL_STYLE: style, EVAL_MODEL_NAME: model, EVAL_MODEL_KEY: key } = env;
  if ([url, style, model, key].every((value) => value === undefined)) return undefined;
  if (!url || !model || !style || !Object.hasOwn(STYLES, style)) {
    throw new Error(
      `set EVAL_MODEL_URL, EVAL_MODEL_NAME and EVAL_MODEL_STYLE (${Object.keys(STYLES).join(' or ')}), or none of them`,
    );
  }
  return { url: url.replace(/\/$/, ''), style, model, key };
}

/** @throws where the endpoint fails */
export function modelDriver({ style, ...settings }: ModelSettings): Driver {
  return async ({ scenario, facts, call, tools, instructions }) => {
    const open = STYLES[style];
    if (open === undefined) throw new Error(`there is no style ${style}`);
    const chat = open({ ...settings, tools, system: `${TASK}\n\n${instructions}` });
    let turn = await chat.say(scenario.ask(facts));
    let isRefused = false;
    let wasAsked = false;
    for (let turns = 1; turns < MAX_TURNS; turns++) {
      if (turn.calls.length > 0) {
        const results = [];
        for (const { id, name, args } of turn.calls) {
          const text = await call(name, args);
          wasAsked ||= text.startsWith('confirmation_required');
          results.push({ id, text });
        }
        turn = await chat.answer(results);
      } else if (wasAsked && !isRefused) {
        // It puts the question of a token to the person, who never agrees that way.
        isRefused = true;
        turn = await chat.say('No, I do not agree to that.');
      } else break;
    }
    return answerIn(turn.text);
  };
}

/** The object behind the last ANSWER: of a text; undefined where there is none. */
function answerIn(text: string): unknown {
  const json = text.split('ANSWER:').pop()?.trim().split('\n')[0] ?? '';
  try {
    return JSON.parse(json.replace(/^`+(json)?|`+$/g, ''));
  } catch {
    return undefined;
  }
}

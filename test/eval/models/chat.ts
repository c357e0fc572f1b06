/** What a driver needs of a model, whatever endpoint it stands behind. */
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: object;
}

/** What a model says next. Without calls it has ended its turn. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export interface ToolText {
  readonly id: string;
  readonly text: string;
}

/** A conversation, which remembers what was said. */
export interface Chat {
  say(text: string): Promise<Turn>;
  /** Hands in the texts that all calls of the last turn came to. */
  answer(results: readonly ToolText[]): Promise<Turn>;
}

export interface ChatOptions {
  /** Ends before `/chat/completions` or `/messages`. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
  readonly system: string;
  readonly tools: readonly Tool[];
}

/** Arguments as a model gives them: whatever is no object is none. */
export const toolArguments = z.record(z.string(), z.unknown()).catch({});

/** How long a model may think, in milliseconds. */
const TIMEOUT_MS = 300_000;

/**
 * Posts JSON and reads JSON.
 * @throws with status and body where the endpoint answers anything but 2xx
 */
export async function post(url: string, headers: Record<string, string>, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

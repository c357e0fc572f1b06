import { AsyncLocalStorage } from 'node:async_hooks';
import { sanitizeText } from './sanitize.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
/** `text`: for people. `json`: one object a line, for what collects logs. */
export const LOG_FORMATS = ['text', 'json'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What a message belongs to. */
export interface LogContext {
  readonly requestId?: string;
  readonly sessionId?: string | undefined;
}

/** One method a level. Messages carry no secret and no request or response body. */
export type Logger = Readonly<Record<LogLevel, (message: string) => void>> & {
  /** Runs something whose messages, also later ones, belong to this; absent where no message says so. */
  readonly within?: <T>(context: LogContext, run: () => T) => T;
};

/** A stack has some two thousand characters. */
const MAX_MESSAGE = 10_000;

/**
 * A logger that writes one line a message: time, level, text without anything that a terminal would obey.
 * @param level messages below it are dropped
 * @param write receives each line, with its line feed
 */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void,
  format: LogFormat = 'text',
): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  // Follows every promise, which costs calls a few per cent: only where it is read.
  const contexts = format === 'json' ? new AsyncLocalStorage<LogContext>() : undefined;

  function lineOf(name: LogLevel, text: string): string {
    const time = new Date().toISOString();
    if (contexts === undefined) return `${time} ${name} ${text}`;
    return JSON.stringify({ time, level: name, message: text, ...contexts.getStore() });
  }

  const at = (name: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(name) > threshold) return;
    write(`${lineOf(name, sanitizeText(message.replace(/\s*\n\s*/g, ' '), MAX_MESSAGE))}\n`);
  };
  return {
    ...{ error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') },
    ...(contexts && { within: (context, run) => contexts.run(context, run) }),
  };
}

import { sanitizeText } from './sanitize.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** One method a level. Messages carry no secret and no request or response body. */
export type Logger = Readonly<Record<LogLevel, (message: string) => void>>;

/** A stack has some two thousand characters. */
const MAX_MESSAGE = 10_000;

/**
 * A logger that writes one line a message: time, level, text without anything that a terminal would obey.
 * @param level messages below it are dropped
 * @param write receives each line, with its line feed
 */
export function createLogger(level: LogLevel, write: (line: string) => void): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const at = (name: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(name) > threshold) return;
    const line = sanitizeText(message.replace(/\s*\n\s*/g, ' '), MAX_MESSAGE);
    write(`${new Date().toISOString()} ${name} ${line}\n`);
  };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

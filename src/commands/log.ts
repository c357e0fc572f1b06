import { createLogger, type Logger } from '../lib/log.ts';
import type { ServerOptions } from './app.ts';

/** A log on stderr. That nobody reads it any more is no reason to stop. */
export function openLog({
  log: level,
  logFormat,
  warnings,
}: Pick<ServerOptions, 'log' | 'logFormat' | 'warnings'>): Logger {
  process.stderr.on('error', () => {});
  const log = createLogger(level, (line) => process.stderr.write(line), logFormat);
  for (const warning of warnings) log.warn(warning);
  return log;
}

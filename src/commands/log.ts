import { createLogger, type Logger, type LogLevel } from '../lib/log.ts';

/** A log on stderr. That nobody reads it any more is no reason to stop. */
export function openLog(level: LogLevel, warnings: readonly string[]): Logger {
  process.stderr.on('error', () => {});
  const log = createLogger(level, (line) => process.stderr.write(line));
  for (const warning of warnings) log.warn(warning);
  return log;
}

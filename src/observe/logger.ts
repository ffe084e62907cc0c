/**
 * Structured logs: one JSON object a line on standard error. Every line about a call carries `callId`, in the server and,
 * through it, from the media workers, so one call can be followed with `grep`.
 */
import { pino } from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** The same log with these fields on every line. */
  child(fields: LogFields): Logger;
}

/** @param level the least serious level that is written */
export function createLogger(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: false }),
  );
}

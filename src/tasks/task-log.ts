import { format } from "node:util";
import { messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";

type Write = (message: string, ...values: unknown[]) => void;

/** The log of a running task: lines of the app's logger. Further values are shown as `console.log` shows them. */
export interface TaskLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** `label` stands before each line and names the task. */
export function taskLog(logger: Logger, label?: string): TaskLog {
  const line = (message: string, values: unknown[]): string => {
    const text = values.length === 0 ? message : shown(message, values);
    return label === undefined ? text : `${label}: ${text}`;
  };
  return {
    debug: (message, ...values) => logger.debug(line(message, values)),
    info: (message, ...values) => logger.info(line(message, values)),
    warn: (message, ...values) => logger.warn(line(message, values)),
    error: (message, ...values) => logger.error(line(message, values)),
  };
}

/** A value that cannot be shown must not fail the task that wanted to log it. */
function shown(message: string, values: unknown[]): string {
  try {
    return format(message, ...values);
  } catch (error) {
    return `${message} (a value could not be shown: ${messageOf(error)})`;
  }
}

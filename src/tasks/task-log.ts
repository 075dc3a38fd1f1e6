import { format } from "node:util";
import { isSecretName } from "../core/credentials.js";
import { EntryLogger } from "../core/entry-logger.js";
import { messageOf } from "../core/errors.js";
import { type LogFields, type Logger, type LogLevel, LOG_LEVELS, lowestLevel } from "../core/logger.js";
import { merged, withoutSecrets } from "../core/plain-data.js";

type Write = (message: string, ...values: unknown[]) => void;

/**
 * The log of a running task: lines of the app's logger, with the ids of the task. One plain object behind the message is taken as fields;
 * other values are shown as `console.log` shows them.
 */
export interface TaskLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** `fields` are in each line. */
export function taskLog(logger: Logger, fields?: LogFields): TaskLog {
  const at =
    (level: LogLevel): Write =>
    (message, ...values) => {
      if (LOG_LEVELS.indexOf(level) < lowestLevel(logger)) return;
      const [only] = values;
      if (values.length === 0) logger[level](message, fields);
      else if (values.length === 1 && isPlain(only)) logger[level](message, merged(only, fields));
      else logger[level](shown(message, values, hiderOf(logger)), fields);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function hiderOf(logger: Logger): (name: string) => boolean {
  return logger instanceof EntryLogger ? logger.hides : isSecretName;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  try {
    return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  } catch {
    return false; // a Proxy that was revoked, for instance
  }
}

/** A value that cannot be shown must not fail the task that wanted to log it. */
function shown(message: string, values: readonly unknown[], hides: (name: string) => boolean): string {
  try {
    return format(message, ...values.map((value) => withoutSecrets(value, hides)));
  } catch (error) {
    return `${message} (a value could not be shown: ${messageOf(error)})`;
  }
}

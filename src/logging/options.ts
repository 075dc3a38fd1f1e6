import { systemClock } from "../core/clock.js";
import type { LogEntry } from "../core/entry-logger.js";
import { EntryLogger } from "../core/entry-logger.js";
import { LOG_LEVELS, type LogLevel } from "../core/logger.js";
import { assertKnownKeys, choiceOption, invalidOption } from "../core/options.js";
import { writeStderr } from "./stderr.js";

/** Options of the loggers that write text. */
export interface LoggerOptions {
  /** Lines below it are left out: "debug", "info", "warn" or "error". Default "info". */
  readonly level?: LogLevel | undefined;
  /** Takes each entry as text, with its end of line. Default: to stderr. */
  readonly write?: ((text: string) => void) | undefined;
}

/** Code: SUNBEAT_OPTION_INVALID. */
export function levelOption(level: unknown, what: string): number {
  return LOG_LEVELS.indexOf(choiceOption(level, what, LOG_LEVELS));
}

/** A logger that writes each entry as `textOf` gives it. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
export function textLogger(
  what: string,
  options: LoggerOptions,
  textOf: (entry: LogEntry) => string,
  others: readonly string[] = [],
): EntryLogger {
  assertKnownKeys(options, ["level", "write", ...others], what);
  let lowest = levelOption(options.level ?? "info", `${what}: level`);
  const { write = writeStderr } = options;
  if (typeof write !== "function") throw invalidOption(`${what}: write`, "a function of a text", write);
  const take = (entry: LogEntry): void => write(textOf(entry));
  const setLowest = (level: number): void => void (lowest = level);
  return new EntryLogger({ now: () => systemClock.now(), lowest: () => lowest, setLowest, take });
}

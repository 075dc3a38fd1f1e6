import { entryText, type LogEntry } from "../core/entry-logger.js";
import type { Logger } from "../core/logger.js";
import { type LoggerOptions, textLogger } from "./options.js";

/** Priorities of syslog, which the journal reads at the start of each line. */
const PRIORITIES = { debug: 7, info: 6, warn: 4, error: 3 } as const;

/**
 * For systemd, whose journal notes time and process by itself: each line begins with its priority, such as `<3>` of an error. Codes:
 * SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
 */
export function journalLogger(options: LoggerOptions = {}): Logger {
  return textLogger("journalLogger", options, journalText);
}

function journalText(entry: LogEntry): string {
  const head = `<${PRIORITIES[entry.level]}>`;
  return `${entryText(entry)
    .split("\n")
    .map((line) => head + line)
    .join("\n")}\n`;
}

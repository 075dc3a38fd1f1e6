import { entryMessage, type LogEntry } from "../core/entry-logger.js";
import type { Logger } from "../core/logger.js";
import { type LoggerOptions, textLogger } from "./options.js";

/** Names of the line itself: a field that is called so gets an underscore behind it. */
const OWN = ["time", "level", "message"] as const;

/**
 * One JSON object a line: `time` (ISO 8601, UTC, with milliseconds), `level`, `message`, then the fields. The stack of an error is in
 * `err`, not in the message. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
 */
export function jsonLogger(options: LoggerOptions = {}): Logger {
  return textLogger("jsonLogger", options, jsonText);
}

function jsonText(entry: LogEntry): string {
  const line = { time: new Date(entry.at).toISOString(), level: entry.level, message: entryMessage(entry) };
  return `${JSON.stringify({ ...line, ...othersOf(entry.fields) })}\n`;
}

function othersOf(fields: LogEntry["fields"]): LogEntry["fields"] {
  if (!OWN.some((name) => name in fields)) return fields;
  const { time, level, message, ...others } = fields;
  const taken = { time_: time, level_: level, message_: message };
  return { ...others, ...taken };
}

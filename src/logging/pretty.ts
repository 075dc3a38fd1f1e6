import { styleText } from "node:util";
import type { EpochMs } from "../core/clock.js";
import { entryText, type LogEntry } from "../core/entry-logger.js";
import type { Logger, LogLevel } from "../core/logger.js";
import { assertObject, booleanOption } from "../core/options.js";
import { type LoggerOptions, textLogger } from "./options.js";

export interface PrettyLoggerOptions extends LoggerOptions {
  /** Whether lines have colours. Default: where they go to stderr and that is a terminal with colours. */
  readonly color?: boolean | undefined;
}

const COLORS = { debug: "blue", info: null, warn: "yellow", error: "red" } as const;
/** As Celery calls them. */
const NAMES = { debug: "DEBUG", info: "INFO", warn: "WARNING", error: "ERROR" } as const;

/** The name of a level in lines and banners: "WARNING". */
export function levelName(level: LogLevel): string {
  return NAMES[level];
}

/**
 * Celery's line, in the machine's local time: `[2027-03-28 03:00:00,123: INFO/MainProcess] worker@host ready.` What a task says begins
 * with its name and id. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
 */
export function prettyLogger(options: PrettyLoggerOptions = {}): Logger {
  assertObject(options, "prettyLogger");
  const { color } = options;
  const paints =
    color === undefined
      ? options.write === undefined && process.stderr.isTTY === true && process.stderr.hasColors()
      : booleanOption(color, "prettyLogger: color");
  return textLogger(
    "prettyLogger",
    options,
    (entry) => {
      const text = prettyText(entry);
      const style = COLORS[entry.level];
      return `${paints && style !== null ? styleText(style, text, { validateStream: false }) : text}\n`;
    },
    ["color"],
  );
}

function prettyText(entry: LogEntry): string {
  return `[${timestamp(entry.at)}: ${NAMES[entry.level]}/MainProcess] ${entryText(entry)}`;
}

function timestamp(now: EpochMs): string {
  const date = new Date(now);
  const pad = (value: number, width = 2): string => String(value).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time},${pad(date.getMilliseconds(), 3)}`;
}

import type { Clock } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { Format } from "./terminal.js";

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const COLORS: Partial<Record<LogLevel, Format>> = { debug: "blue", warning: "yellow", error: "red" };

export interface LineLoggerOptions {
  readonly clock: Clock;
  /** Lines below it are left out. */
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly paint: (format: Format, text: string) => string;
}

/** Celery's line: `[2027-03-28 03:00:00,123: INFO/MainProcess] worker@host ready.`, in the machine's local time. */
export function lineLogger({ clock, level, write, paint }: LineLoggerOptions): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const at = (lineLevel: LogLevel) => {
    if (LOG_LEVELS.indexOf(lineLevel) < threshold) return () => undefined;
    const color = COLORS[lineLevel];
    return (message: string): void => {
      const head = `[${timestamp(clock.now())}: ${lineLevel.toUpperCase()}/MainProcess]`;
      const text = `${head} ${oneEntry(message)}`;
      write(`${color === undefined ? text : paint(color, text)}\n`);
    };
  };
  return { debug: at("debug"), info: at("info"), warn: at("warning"), error: at("error") };
}

/**
 * Names and errors come from outside. Without control characters they cannot steer the terminal, and with
 * following lines indented, as those of a stack are already, they cannot pose as lines of the log.
 */
function oneEntry(message: string): string {
  return message.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "").replace(/\n(?! |$)/g, "\n    ");
}

function timestamp(now: number): string {
  const date = new Date(now);
  const pad = (value: number, width = 2): string => String(value).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time},${pad(date.getMilliseconds(), 3)}`;
}

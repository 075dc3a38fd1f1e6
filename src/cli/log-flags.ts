/** `--loglevel`, `--log-format` and `--logfile` of worker and beat. */
import type { Command } from "commander";
import { readEnvironment } from "../config/index.js";
import { messageOf } from "../core/errors.js";
import { LOG_LEVELS, type Logger, type LogLevel } from "../core/logger.js";
import { quote } from "../core/quote.js";
import {
  appendTo,
  journalLogger,
  jsonLogger,
  levelName,
  LOG_FORMATS,
  type LogFormat,
  prettyLogger,
} from "../logging/index.js";
import type { OpenApp } from "./app.js";
import type { Cli } from "./cli.js";
import { usageError } from "./usage.js";

export interface LogFlags {
  readonly loglevel?: LogLevel;
  readonly logFormat: LogFormat;
  readonly logfile?: string;
}

export interface OpenedLog {
  /** What the banner says of it. */
  readonly where: string;
  /** A program reads what goes to stderr, so no banner stands between the lines. */
  readonly isForPrograms: boolean;
}

export function addLogFlags(command: Command): Command {
  return command
    .option(
      "-l, --loglevel <level>",
      "debug, info, warning or error (default: SUNBEAT_LOG_LEVEL, else info)",
      (text) => readLevel(text, "--loglevel"),
    )
    .option("--log-format <format>", "pretty, json or journal (for systemd)", readFormat, "pretty")
    .option("-f, --logfile <path>", "append log lines to this file instead of stderr");
}

function readLevel(text: string, what: string): LogLevel {
  const name = text.toLowerCase();
  if (name === "warning") return "warn";
  if (name === "critical" || name === "fatal") return "error";
  const level = LOG_LEVELS.find((known) => known === name);
  if (level !== undefined) return level;
  throw usageError(`${what}: expected one of debug, info, warning, error, got ${quote(text)}`);
}

function readFormat(text: string): LogFormat {
  const format = LOG_FORMATS.find((known) => known === text.toLowerCase());
  if (format !== undefined) return format;
  throw usageError(`--log-format: expected one of ${LOG_FORMATS.join(", ")}, got ${quote(text)}`);
}

/** Sends the log lines of a worker or beat where its flags say, unless the app has a logger of its own or somebody brings one. */
export async function openLog(
  cli: Cli,
  { core }: OpenApp,
  component: "worker" | "beat",
  { loglevel, logFormat: format, logfile }: LogFlags,
): Promise<OpenedLog> {
  const fromEnvironment = readEnvironment(cli.host.env).logLevel;
  const level =
    loglevel ?? (fromEnvironment === undefined ? "info" : readLevel(fromEnvironment, "SUNBEAT_LOG_LEVEL"));
  const setup = { level, format, file: logfile ?? null, component };
  let where = "[the app's own logger]";
  await core.setUpLogging(setup, () => {
    if (core.config.logger != null) return null;
    where = `[${logfile ?? "stderr"}]@${levelName(level)}`;
    return makeLogger(cli, level, format, logfile);
  });
  return { where, isForPrograms: format !== "pretty" && logfile === undefined };
}

function makeLogger(
  { terminal, clock }: Cli,
  level: LogLevel,
  format: LogFormat,
  file: string | undefined,
): Logger {
  const write = file === undefined ? (text: string) => terminal.log(text) : logFile();
  if (format === "json") return jsonLogger({ level, write });
  if (format === "journal") return journalLogger({ level, write });
  return prettyLogger({ level, write, color: file === undefined && terminal.hasColors });

  function logFile(): (text: string) => void {
    try {
      return appendTo(file!, clock, (problem) =>
        terminal.problem(`the log file cannot be written: ${problem}`),
      );
    } catch (error) {
      throw usageError(`--logfile: ${messageOf(error)}`);
    }
  }
}

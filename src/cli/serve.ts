import { openSync, writeSync } from "node:fs";
import { type Part, serve } from "../app/index.js";
import { messageOf, StoreError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { OpenApp } from "./app.js";
import type { Cli } from "./cli.js";
import { lineLogger, LOG_LEVELS, type LogLevel } from "./log-format.js";
import { usageError } from "./usage.js";

/** Runs worker, beat or both until a signal or a failure ends them; gives the exit code. */
export async function serveProcess(
  { terminal }: Cli,
  { app }: OpenApp,
  logger: Logger,
  parts: readonly Part[],
): Promise<number> {
  const { exitCode } = await serve({
    logger,
    parts,
    close: () => app.close(),
    isClosing: () => false,
    ownsProcess: true,
    onInterrupt: () => terminal.note("sunbeat: hitting Ctrl+C again will give running tasks back at once"),
  });
  return exitCode;
}

/**
 * Opens the store before anything is made of it: one that cannot be used at all is told at once, one that may come
 * back is waited for by worker and beat.
 */
export async function openStore({ core: { store } }: OpenApp): Promise<void> {
  try {
    await store.get();
  } catch (error) {
    if (!(error instanceof StoreError) || !error.retryable) throw error;
  }
}

/** The reader of `--loglevel`. */
export function readLogLevel(text: string): LogLevel {
  const name = text.toLowerCase();
  const level = LOG_LEVELS.find((known) => known === name || (known === "warning" && name === "warn"));
  if (level !== undefined) return level;
  if (name === "critical" || name === "fatal") return "error";
  throw usageError(`--loglevel: expected one of ${LOG_LEVELS.join(", ")}, got ${quote(text)}`);
}

/** The logger of worker and beat: stderr, or the end of a file. */
export function openLog(cli: Cli, level: LogLevel, file: string | undefined): Logger {
  const { clock, terminal, host } = cli;
  if (file === undefined) {
    const write = (line: string): unknown => host.stderr.write(line);
    return lineLogger({ clock, level, write, paint: (format, text) => terminal.paintError(format, text) });
  }
  const write = logFile(file, (problem) => terminal.problem(`the log file cannot be written: ${problem}`));
  return lineLogger({ clock, level, write, paint: (_, text) => text });
}

/** Synchronous, as stderr is: the last lines before an end by force are those that are wanted most. */
function logFile(file: string, tell: (problem: string) => void): (line: string) => void {
  const descriptor = openForAppend(file);
  let failing = false;
  return (line) => {
    try {
      writeSync(descriptor, line);
      failing = false;
    } catch (error) {
      // A full disk must not end the work, nor be told with every line.
      if (!failing) tell(messageOf(error));
      failing = true;
    }
  };
}

function openForAppend(file: string): number {
  try {
    return openSync(file, "a", 0o640);
  } catch (error) {
    throw usageError(`--logfile: ${messageOf(error)}`);
  }
}

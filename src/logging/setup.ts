import { loggerOption } from "../core/logger-option.js";
import type { Logger, LogLevel } from "../core/logger.js";
import type { AppLog, AppLogger } from "./app-logger.js";

export const LOG_FORMATS = ["pretty", "json", "journal"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What the command line was told about logs. */
export interface LogChoice {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Null: stderr. */
  readonly file: string | null;
}

/** The same with who asks: "task" is a child of a worker. */
export interface LogSetup extends LogChoice {
  readonly component: "worker" | "beat" | "task";
}

/** Whoever may bring a logger of their own, and add to that in force: handlers of the signals `setupLogging` and `afterSetupLogger`. */
export interface AskLogging {
  /** The logger to use, before its check. Undefined: ours. */
  ask(setup: LogSetup): Promise<unknown>;
  tell(setup: LogSetup, logger: AppLogger): void;
}

/**
 * Decides where the lines of a process go: to the logger that is asked for, else to what `ours` makes, which is not made otherwise.
 * Code: SUNBEAT_OPTION_INVALID.
 */
export async function setUpLogging(
  log: AppLog,
  setup: LogSetup,
  asking: AskLogging,
  ours: () => Logger | null,
): Promise<void> {
  const theirs = await asking.ask(setup);
  const logger =
    theirs === undefined ? ours() : loggerOption(theirs, "setupLogging", ", or nothing for ours");
  if (logger !== null) log.use(logger);
  asking.tell(setup, log);
}

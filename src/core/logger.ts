/** From what is told least to what is told always: the names of a logger's methods. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What an error is in a log. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  /** Such as SUNBEAT_TIME_LIMIT or ENOENT. */
  readonly code?: string;
  /** With those of its causes. */
  readonly stack?: string;
}

/** What a log line tells beside its text. Fields of your own may stand beside these. */
export interface LogFields {
  /** Which part of sunbeat says it; "task": the code of a task. */
  readonly component?:
    "beat" | "worker" | "task" | "store" | "locks" | "control" | "alerts" | "health" | undefined;
  /** The worker or beat, as `hostname` names it. */
  readonly node?: string | undefined;
  readonly taskId?: string | undefined;
  /** The task's name. */
  readonly task?: string | undefined;
  /** Retries so far; 0 in the first run. */
  readonly retries?: number | undefined;
  /** The entry that sent the task. */
  readonly entry?: string | undefined;
  /** The instant for which the entry sent it: ISO 8601. */
  readonly due?: string | undefined;
  readonly lock?: string | undefined;
  /** Term of the beat that leads. */
  readonly term?: string | undefined;
  /** Of the trace that the line belongs to (docs/monitoring.md). */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  /** The event that is told of, such as "task-failed". */
  readonly event?: string | undefined;
  /** In a logger of ours: anything that was thrown. Loggers are given a `LoggedError`. */
  readonly err?: unknown;
  readonly [field: string]: unknown;
}

/**
 * Where log lines go. Any object with these four methods will do; a pino instance (known by `child` and `bindings`) is called with
 * the fields first, as pino wants it.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** True where nobody reads debug and info: lines of single tasks are not made then. */
  readonly silent?: unknown;
}

/** Says nothing: for a program that asked for silence. */
export const silentLogger: Logger = {
  silent: true,
  debug() {},
  info() {},
  warn() {},
  error() {},
};

interface WithLevels {
  isLevelEnabled(level: string): boolean;
}

/** Index of the lowest level that the logger takes, as far as it tells: by `silent`, or by `isLevelEnabled` as pino and winston do. */
export function lowestLevel(logger: Logger): number {
  if (logger.silent === true) return LOG_LEVELS.indexOf("warn");
  const { isLevelEnabled } = logger as Partial<WithLevels>;
  if (typeof isLevelEnabled !== "function") return 0;
  const lowest = LOG_LEVELS.findIndex((level) => isLevelEnabled.call(logger, level));
  return lowest === -1 ? LOG_LEVELS.length : lowest;
}

import type { Clock } from "../core/clock.js";
import { isSecretName } from "../core/credentials.js";
import { EntryLogger, type EntrySink, sinkOf } from "../core/entry-logger.js";
import { type LogFields, LOG_LEVELS, type Logger } from "../core/logger.js";
import { ambientFields } from "../tasks/context.js";

/** The logger of an app: its lines carry the ids of the task that runs where they are logged. */
export interface AppLogger extends Logger {
  /** From now on lines go to this logger, too. */
  add(logger: Logger): void;
}

/** The one door of an app's log lines: they go to the logger in force, which may be another one later. */
export class AppLog extends EntryLogger implements AppLogger {
  readonly #loggers: { logger: Logger; sink: EntrySink }[];

  /**
   * `redact`: names of fields whose values are not shown, beside those that are secret by their names. `trace`: of the trace that the
   * code belongs to which logs.
   */
  constructor(
    clock: Pick<Clock, "now">,
    redact: readonly string[],
    logger: Logger,
    trace: () => LogFields | undefined = () => undefined,
  ) {
    const loggers = [{ logger, sink: sinkOf(logger) }];
    super({
      now: () => clock.now(),
      hides: hidesNames(redact),
      ambient: ambientFields,
      trace,
      lowest: () => (loggers.length === 1 ? loggers[0]!.sink.lowest() : lowestOf(loggers)),
      setLowest: (level) => {
        for (const { logger: each } of loggers) {
          if (each instanceof EntryLogger) each.setLevel(LOG_LEVELS[level]!);
        }
      },
      take: (entry) => {
        for (const { sink } of loggers) {
          try {
            if (LOG_LEVELS.indexOf(entry.level) >= sink.lowest()) sink.take(entry);
          } catch {
            // The others take it all the same.
          }
        }
      },
      flush: async () => {
        const ours = loggers.map((each) => each.logger).filter((one) => one instanceof EntryLogger);
        await Promise.all(ours.map((one) => one.flush()));
      },
    });
    this.#loggers = loggers;
  }

  /** From now on lines go to this logger, and to no other. */
  use(logger: Logger): void {
    this.#loggers.splice(0, Infinity, { logger, sink: sinkOf(logger) });
  }

  /** Whether a level can be set: of a logger that the app brought it is the app's. */
  get hasLevel(): boolean {
    return this.#loggers.some(({ logger }) => logger instanceof EntryLogger);
  }

  add(logger: Logger): void {
    this.#loggers.push({ logger, sink: sinkOf(logger) });
  }
}

function lowestOf(loggers: readonly { readonly sink: EntrySink }[]): number {
  return Math.min(...loggers.map(({ sink }) => sink.lowest()));
}

function hidesNames(redact: readonly string[]): (name: string) => boolean {
  if (redact.length === 0) return isSecretName;
  const names = new Set(redact.map((name) => name.toLowerCase()));
  return (name) => isSecretName(name) || names.has(name.toLowerCase());
}

import { openSync, writeSync } from "node:fs";
import { messageOf, StoreError } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { Sunbeat } from "../index.js";
import type { OpenApp } from "./app.js";
import type { Cli } from "./cli.js";
import { lineLogger, LOG_LEVELS, type LogLevel } from "./log-format.js";
import { usageError } from "./usage.js";

/** A worker or a beat. */
export interface Part {
  start(): Promise<void> | void;
  /** Warm: lets what runs come to its end. */
  stop(): Promise<void>;
  /** Cold: gives back at once what runs. */
  kill?(): Promise<void>;
  /** Cold, in an unknown state: leaves what runs to others, as one that was killed. */
  crash?(): Promise<void>;
  /** Settles when it has ended, however that came; rejects with what ended it. */
  readonly done: Promise<void>;
}

export interface ServeOptions {
  /** Closed when all parts have ended. */
  readonly app: Pick<Sunbeat, "close">;
  readonly logger: Logger;
  /** Started in order, and stopped in order, each only when the one before has stopped. */
  readonly parts: readonly Part[];
}

const WARM = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const COLD = ["SIGQUIT"] as const;

/**
 * Runs worker, beat or both until a signal or a failure ends them; gives the exit code.
 *
 * The first signal ends warm, with 0 once running tasks are done. A second SIGINT or SIGTERM, or SIGQUIT, ends cold,
 * with 1: running tasks are given back at once, and other workers take them. So does an exception that nobody caught;
 * but then other workers take the running tasks when their leases end, and the delivery counts.
 *
 * Signals are heard from now on until the process ends: one that comes while the store is being closed must not kill it.
 */
export async function serve(cli: Cli, { app, logger, parts }: ServeOptions): Promise<number> {
  const ending = new Ending(cli, logger);
  ending.listen();
  try {
    // Not awaited: a store that is away keeps a start waiting, and a signal must end that, too.
    void start(parts, ending).catch((error: unknown) => ending.startFailed(error));
    await ending.begun;
    if (!ending.isCold) await Promise.race([stopInOrder(parts), ending.cold]);
    if (ending.isCold) await Promise.all(parts.map((part) => endCold(part, ending.isCrash)));
  } finally {
    ending.nothingRuns = true;
    await app.close();
  }
  if (ending.startFailure !== null) throw ending.startFailure.error;
  return ending.exitCode;
}

async function start(parts: readonly Part[], ending: Ending): Promise<void> {
  for (const part of parts) {
    await part.start();
    part.done.then(
      () => ending.partEnded(),
      (error: unknown) => ending.partFailed(error),
    );
  }
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

function endCold(part: Part, isCrash: boolean): Promise<void> {
  return (isCrash ? part.crash?.() : part.kill?.()) ?? part.stop();
}

async function stopInOrder(parts: readonly Part[]): Promise<void> {
  // The beat goes first: another one takes the lead while this worker still finishes its tasks.
  for (const part of parts) await part.stop();
}

/** What has been asked for, by whom, and how it ends. */
class Ending {
  readonly begun: Promise<void>;
  readonly cold: Promise<void>;
  exitCode = 0;
  isCold = false;
  /** Cold because of an exception that nobody caught. */
  isCrash = false;
  /** Worker and beat have ended: there is nothing left to give back. */
  nothingRuns = false;
  startFailure: { readonly error: unknown } | null = null;
  readonly #cli: Cli;
  readonly #logger: Logger;
  #asked = false;
  /** SIGINT and SIGTERM so far. */
  #stops = 0;
  #begin!: () => void;
  #makeCold!: () => void;

  constructor(cli: Cli, logger: Logger) {
    this.#cli = cli;
    this.#logger = logger;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.cold = new Promise((resolve) => (this.#makeCold = resolve));
  }

  listen(): void {
    for (const signal of WARM) process.on(signal, this.#onWarm);
    for (const signal of COLD) process.on(signal, this.#onCold);
    process.on("uncaughtException", this.#onException);
    process.on("unhandledRejection", this.#onRejection);
  }

  startFailed(error: unknown): void {
    if (!this.#asked) this.startFailure = { error };
    this.#endWarm();
  }

  /** A part ended by itself, and has told why: the process has no work left. */
  partEnded(): void {
    if (this.#asked) return;
    this.#logger.error("Ended without having been asked to");
    this.exitCode = 1;
    this.#endWarm();
  }

  partFailed(error: unknown): void {
    this.#logger.error(failureEntry("Ended by an error", error));
    this.exitCode = 1;
    this.#endWarm();
  }

  readonly #onWarm = (signal: NodeJS.Signals): void => {
    // A terminal that is closed hangs up twice, by its shell and by the kernel; systemd can send a SIGHUP with its
    // SIGTERM, and which of the two arrives first is chance.
    if (signal !== "SIGHUP" && (++this.#stops > 1 || this.isCold)) return this.#onCold();
    if (signal === "SIGINT") {
      this.#cli.terminal.note("sunbeat: hitting Ctrl+C again will give running tasks back at once");
    }
    this.#endWarm();
  };

  readonly #onCold = (): void => {
    if (this.isCold) process.exit(1); // asked a third time: whatever still holds this up is left behind
    if (this.nothingRuns) {
      this.isCold = true;
      return;
    }
    this.#logger.warn("Cold shutdown: running tasks are given back at once");
    this.#endCold();
  };

  readonly #onException = (error: unknown): void => {
    this.#logger.error(
      failureEntry(
        "Cold shutdown: an exception that nobody caught left the process in an unknown state",
        error,
      ),
    );
    this.isCrash = true;
    this.#endCold();
  };

  /** Node would end the process; but a forgotten promise of one task is no reason to drop all the others. */
  readonly #onRejection = (reason: unknown): void => {
    this.#logger.error(failureEntry("A promise was rejected and nobody handled it", reason));
  };

  #endWarm(): void {
    this.#asked = true;
    this.#begin();
  }

  #endCold(): void {
    this.exitCode = 1;
    this.isCold = true;
    this.#makeCold();
    this.#endWarm();
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

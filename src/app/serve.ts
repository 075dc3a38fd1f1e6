import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";

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

const WARM = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const COLD = ["SIGQUIT"] as const;

/** A signal that ends a run. */
export type EndSignal = (typeof WARM | typeof COLD)[number];

/** How a run of workers and beats ended. */
export interface RunEnd {
  /**
   * "signal": it was asked to. "control": by remote control. "closed": the program closed the app. "ended": a worker or beat ended by itself, and the log
   * says why. "failed": it ended by an error. "exception": one that nobody caught, in a process of the command line.
   */
  readonly reason: "signal" | "control" | "closed" | "ended" | "failed" | "exception";
  /** The first signal, or null. */
  readonly signal: EndSignal | null;
  /** Whether running tasks were given back before they had ended. */
  readonly cold: boolean;
  /** What ended it, under "failed" and "exception". */
  readonly error?: unknown;
  /** 0 for a warm end that was asked for, else 1. */
  readonly exitCode: 0 | 1;
}

export interface ServeOptions {
  readonly logger: Logger;
  /** Started in order, and stopped in order, each only when the one before has stopped. */
  readonly parts: readonly Part[];
  /** Called when all parts have ended. */
  readonly close: () => Promise<void>;
  /** Whether somebody else closes the app: then its parts end because they were asked to. */
  readonly isClosing: () => boolean;
  /**
   * Whether nothing else is in the process. Then an exception that nobody caught ends it, and signals are heard until the
   * process ends: one that comes while the store is being closed must not kill it.
   */
  readonly ownsProcess: boolean;
  /** Called at the first Ctrl-C: somebody sits there. */
  readonly onInterrupt?: () => void;
  /** Is given what ends the run warm, as a signal does, and null once it has ended. */
  readonly onBegun?: (end: (() => void) | null) => void;
  /** What a SIGHUP does as long as nothing has ended the run; without it, it ends warm. */
  readonly onHangUp?: () => void;
}

/**
 * Runs workers and beats until a signal or a failure ends them.
 *
 * The first signal ends warm. A second SIGINT or SIGTERM, or SIGQUIT, ends cold: running tasks are given back at once, and
 * other workers take them. So does an exception that nobody caught, where the process is ours; but then other workers take
 * the running tasks when their leases end, and the delivery counts. Rejects with what a part could not be started for.
 */
export async function serve(options: ServeOptions): Promise<RunEnd> {
  const { parts, close, ownsProcess } = options;
  const ending = new Ending(options);
  ending.listen();
  options.onBegun?.(() => ending.endAsked());
  try {
    // Not awaited: a store that is away keeps a start waiting, and a signal must end that, too.
    void start(parts, ending).catch((error: unknown) => ending.startFailed(error));
    await ending.begun;
    if (!ending.isCold) await Promise.race([stopInOrder(parts), ending.cold]);
    if (ending.isCold) await Promise.all(parts.map((part) => endCold(part, ending.isCrash)));
  } finally {
    ending.nothingRuns = true;
    options.onBegun?.(null);
    await close();
    if (!ownsProcess) ending.unlisten();
  }
  if (ending.startFailure !== null) throw ending.startFailure.error;
  return ending.end;
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
  isCold = false;
  /** Cold because of an exception that nobody caught. */
  isCrash = false;
  /** Worker and beat have ended: there is nothing left to give back. */
  nothingRuns = false;
  startFailure: { readonly error: unknown } | null = null;
  readonly #options: ServeOptions;
  /** What came first. */
  #why: Pick<RunEnd, "reason" | "signal" | "error"> | null = null;
  /** Something went wrong, first or later. */
  #failed = false;
  /** A cold end was asked for when there was nothing left to give back. */
  #wasLate = false;
  /** SIGINT and SIGTERM so far. */
  #stops = 0;
  #begin!: () => void;
  #makeCold!: () => void;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.cold = new Promise((resolve) => (this.#makeCold = resolve));
  }

  get end(): RunEnd {
    const { reason, ...rest } = this.#why ?? { reason: "ended", signal: null };
    return { reason, ...rest, cold: this.isCold, exitCode: this.#failed || this.isCold ? 1 : 0 };
  }

  listen(): void {
    for (const signal of WARM) process.on(signal, this.#onWarm);
    for (const signal of COLD) process.on(signal, this.#onCold);
    if (!this.#options.ownsProcess) return;
    process.on("uncaughtException", this.#onException);
    process.on("unhandledRejection", this.#onRejection);
  }

  unlisten(): void {
    for (const signal of WARM) process.off(signal, this.#onWarm);
    for (const signal of COLD) process.off(signal, this.#onCold);
  }

  startFailed(error: unknown): void {
    if (this.#why === null) this.startFailure = { error };
    this.#endWarm({ reason: "failed", signal: null, error });
  }

  /** By remote control. */
  endAsked(): void {
    this.#endWarm({ reason: "control", signal: null });
  }

  /** A part ended by itself, and has told why: the process has no work left. */
  partEnded(): void {
    if (this.#why !== null) return;
    if (this.#options.isClosing()) return this.#endWarm({ reason: "closed", signal: null });
    this.#options.logger.error("Ended without having been asked to");
    this.#failed = true;
    this.#endWarm({ reason: "ended", signal: null });
  }

  partFailed(error: unknown): void {
    this.#options.logger.error(failureEntry("Ended by an error", error), { err: error });
    this.#failed = true;
    this.#endWarm({ reason: "failed", signal: null, error });
  }

  readonly #onWarm = (signal: EndSignal): void => {
    // A terminal that is closed hangs up twice, by its shell and by the kernel; systemd can send a SIGHUP with its
    // SIGTERM, and which of the two arrives first is chance.
    if (signal !== "SIGHUP" && (++this.#stops > 1 || this.isCold)) return this.#onCold(signal);
    const { onHangUp, onInterrupt } = this.#options;
    if (signal === "SIGHUP" && onHangUp !== undefined) {
      if (this.#why === null) onHangUp();
      return;
    }
    if (signal === "SIGINT") onInterrupt?.();
    this.#endWarm({ reason: "signal", signal });
  };

  readonly #onCold = (signal: EndSignal): void => {
    if (this.isCold || this.#wasLate) return this.#leave(signal);
    if (this.nothingRuns) {
      this.#wasLate = true;
      return;
    }
    this.#options.logger.warn("Cold shutdown: running tasks are given back at once");
    this.#endCold({ reason: "signal", signal });
  };

  /** Asked a third time: whatever still holds this up is left behind. */
  #leave(signal: EndSignal): void {
    if (this.#options.ownsProcess) process.exit(1);
    this.unlisten();
    process.kill(process.pid, signal); // what the program, or Node, does with it
  }

  readonly #onException = (error: unknown): void => {
    const head = "Cold shutdown: an exception that nobody caught left the process in an unknown state";
    this.#options.logger.error(failureEntry(head, error), { err: error });
    this.isCrash = true;
    this.#endCold({ reason: "exception", signal: null, error });
  };

  /** Node would end the process; but a forgotten promise of one task is no reason to drop all the others. */
  readonly #onRejection = (reason: unknown): void => {
    this.#options.logger.error(failureEntry("A promise was rejected and nobody handled it", reason), {
      err: reason,
    });
  };

  #endWarm(why: Pick<RunEnd, "reason" | "signal" | "error">): void {
    this.#why ??= why;
    this.#begin();
  }

  #endCold(why: Pick<RunEnd, "reason" | "signal" | "error">): void {
    this.isCold = true;
    this.#makeCold();
    this.#endWarm(why);
  }
}

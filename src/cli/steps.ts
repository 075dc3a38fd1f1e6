/** Commands that last: how far they are, and how they are ended. */
import type { EpochMs } from "../core/clock.js";
import type { Cli } from "./cli.js";

/** What takes less is answered before anybody asks how far it is. */
const SILENT_MS = 1_000;

type Signals = Pick<NodeJS.EventEmitter, "once" | "off">;

/** Work in steps: after a second it tells how far it is, where somebody reads stderr; Ctrl-C ends it after its present step. */
export class Steps {
  readonly #cli: Pick<Cli, "clock" | "terminal">;
  readonly #begunAt: EpochMs;
  #isInterrupted = false;

  private constructor(cli: Pick<Cli, "clock" | "terminal">) {
    this.#cli = cli;
    this.#begunAt = cli.clock.now();
  }

  /** A second Ctrl-C ends the process at once. */
  static async during<T>(
    cli: Pick<Cli, "clock" | "terminal">,
    work: (steps: Steps) => Promise<T>,
    signals: Signals = process,
  ): Promise<T> {
    const steps = new Steps(cli);
    const interrupt = (): void => {
      steps.#isInterrupted = true;
    };
    signals.once("SIGINT", interrupt);
    try {
      return await work(steps);
    } finally {
      signals.off("SIGINT", interrupt);
      cli.terminal.progress(null);
      if (steps.#isInterrupted) cli.terminal.note("interrupted: the rest stays as it was");
    }
  }

  /** Between two steps. False: no further one. */
  goesOn(done: string): boolean {
    const { clock, terminal } = this.#cli;
    if (clock.now() - this.#begunAt >= SILENT_MS) terminal.progress(`${done} until now; Ctrl-C ends it`);
    return !this.#isInterrupted;
  }

  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }
}

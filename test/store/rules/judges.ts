/** Processes that judge mutants of rules, one for each processor of this machine. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { RuleChange, Told } from "./mutant-judge.js";

/** The cases of conformance take some milliseconds, and bound themselves where they wait. */
const SILENCE_MS = 30_000;

/** A process that judges one change at a time. A mutant may run in circles: then the process is killed, and its case has failed. */
class Judge {
  readonly #folder: string;
  #process: ChildProcess | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async firstFailure(change: RuleChange): Promise<string | null> {
    this.#process ??= fork(join(import.meta.dirname, "mutant-judge.ts"), [this.#folder], {
      execArgv: ["--import", "tsx"],
    });
    const judge = this.#process;
    let silence: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const begins = (name: string): void => {
          clearTimeout(silence);
          silence = setTimeout(() => {
            this.close();
            resolve(name);
          }, SILENCE_MS);
        };
        judge.on("message", (told: Told) => ("begins" in told ? begins(told.begins) : resolve(told.failed)));
        judge.on("error", reject).on("exit", () => reject(new Error("the judge has ended by itself")));
        begins("the load of the rules");
        judge.send({ change });
      });
    } finally {
      clearTimeout(silence);
      judge.removeAllListeners();
    }
  }

  close(): void {
    this.#process?.kill("SIGKILL");
    this.#process = null;
  }
}

export class Judges {
  readonly #folder = mkdtempSync(join(tmpdir(), "sunbeat-mutants-"));
  readonly #idle = Array.from({ length: availableParallelism() }, () => new Judge(this.#folder));
  readonly #waiting: ((judge: Judge) => void)[] = [];

  /** Name of the first case that fails; null: all pass. */
  async firstFailure(change: RuleChange): Promise<string | null> {
    const judge = this.#idle.pop() ?? (await new Promise<Judge>((resolve) => this.#waiting.push(resolve)));
    try {
      return await judge.firstFailure(change);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(judge);
      else this.#idle.push(judge);
    }
  }

  close(): void {
    for (const judge of this.#idle) judge.close();
    rmSync(this.#folder, { recursive: true });
  }
}

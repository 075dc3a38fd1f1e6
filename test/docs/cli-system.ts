/** A small system for the page of the command line: a folder with an app, a driver that runs command lines, processes. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { createInterface, type Interface } from "node:readline";
import { systemClock, type Timer } from "../../src/core/clock.js";
import { Playground, type Answer, type Program } from "../support/cli.js";
import { valuesIn } from "./cli-forms.js";

const SOURCES = path.join(import.meta.dirname, "cli-system");
/** Nothing here takes longer. */
const DEADLINE_MS = 60_000;

export class SmallSystem {
  readonly place = new Playground();
  readonly #driver: ChildProcessWithoutNullStreams;
  readonly #answers: Interface;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor() {
    for (const file of ["app.mjs", "driver.mjs"])
      copyFileSync(path.join(SOURCES, file), path.join(this.place.folder, file));
    this.#driver = spawn(process.execPath, ["driver.mjs"], {
      cwd: this.place.folder,
      env: { PATH: process.env["PATH"], TZ: "UTC" },
    });
    this.#driver.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#driver.stdout });
    this.#answers.on("line", (line) => this.#waiting.shift()?.(line));
  }

  /** One command line, in the driver's process. */
  async run(...args: readonly string[]): Promise<Answer> {
    const answered = new Promise<string>((resolve) => this.#waiting.push(resolve));
    this.#driver.stdin.write(`${JSON.stringify(args)}\n`);
    return JSON.parse(await inTime(args.join(" "), answered)) as Answer;
  }

  /** The same with `--json`; gives its values. */
  async values(...args: readonly string[]): Promise<unknown[]> {
    const { stdout } = await this.run(...args, "--json");
    return valuesIn(stdout);
  }

  /** Asks again and again until the answer is as wanted. */
  async until(
    args: readonly string[],
    isSo: (values: readonly unknown[]) => boolean,
    act?: () => Promise<unknown>,
  ): Promise<unknown[]> {
    let isLate = false;
    const timer = systemClock.after(DEADLINE_MS, () => (isLate = true));
    for (;;) {
      const values = await this.values(...args);
      if (isSo(values)) {
        timer.cancel();
        return values;
      }
      await act?.();
      if (isLate) throw new Error(`${args.join(" ")} still answers ${JSON.stringify(values)}`);
    }
  }

  /** A command that goes on until it is told to stop: its values, as soon as they are enough. `act` is done again and again meanwhile. */
  async watch(
    args: readonly string[],
    act: () => Promise<unknown>,
    isEnough: (values: readonly unknown[]) => boolean,
  ): Promise<unknown[]> {
    const program = this.start(...args, "--json");
    const values = (): unknown[] => valuesIn(program.stdout.replace(/[^\n]*$/, ""));
    await this.until(["report"], () => isEnough(values()), act);
    program.signal("SIGINT");
    await program.ended();
    return values();
  }

  /** A process of the command line. */
  start(...args: readonly string[]): Program {
    return this.place.start(["-A", "app.mjs", ...args]);
  }

  dispose(): void {
    this.#answers.close();
    this.#driver.kill("SIGKILL");
    this.place.dispose();
  }
}

/** What is awaited, unless it takes too long. */
async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = systemClock.after(DEADLINE_MS, () => reject(new Error(`${what} did not answer`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}

/** Runs the command line: inside this process where no app is needed, else as the program that users start. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/run.js";
import { systemClock } from "../../src/core/clock.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

export interface Answer {
  /** Or the signal that ended it. */
  readonly exitCode: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in this process, at an instant of the test's choice. */
export async function cli(
  args: readonly string[],
  now = "2026-11-21T12:00:00Z",
  isTTY = false,
): Promise<Answer> {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({ isTTY, write: (text: string) => (written[name] += text) });
  const host = {
    clock: new ManualClock(Date.parse(now)),
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    env: {},
    outliveReader: () => undefined,
  };
  return { exitCode: await run(args, host), ...written };
}

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const MAIN = path.join(ROOT, "dist", "cli", "main.js");
/** No test waits longer for a process to say something or to end. */
const DEADLINE_MS = 60_000;

/** A folder as a user has it: the fixture apps, and sunbeat installed beside them. */
export class Playground {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-cli-"));
  readonly #running = new Set<ChildProcessWithoutNullStreams>();

  constructor() {
    if (!existsSync(MAIN))
      throw new Error(`${MAIN} is missing: npm test builds it, npm run build does alone`);
    cpSync(path.join(ROOT, "test/fixtures/apps"), this.folder, { recursive: true });
    writeFileSync(path.join(this.folder, "package.json"), '{ "type": "module", "private": true }\n');
    mkdirSync(path.join(this.folder, "node_modules"));
    symlinkSync(ROOT, path.join(this.folder, "node_modules", "sunbeat"), "dir");
  }

  /** Starts `sunbeat ...args`. */
  start(args: readonly string[], env: Record<string, string> = {}, stdin = ""): Program {
    return this.node([MAIN, ...args], env, stdin);
  }

  /** Starts `node ...args`. */
  node(args: readonly string[], env: Record<string, string> = {}, stdin = ""): Program {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { PATH: process.env["PATH"], TZ: "UTC", ...env },
    });
    this.#running.add(child);
    child.on("exit", () => this.#running.delete(child));
    return new Program(child, args, stdin);
  }

  /**
   * Runs `sunbeat ...args` to its end, with nothing on stdin unless it is given. A command on a busy machine may say that it waits for
   * a file; that line is left out.
   */
  async sunbeat(args: readonly string[], env: Record<string, string> = {}, stdin = ""): Promise<Answer> {
    const answer = await this.start(args, env, stdin).ended();
    return { ...answer, stderr: answer.stderr.replace(/^waiting for sqlite:.*\n/m, "") };
  }

  /** The same with stdout in a file, to its end. */
  toFile(args: readonly string[], descriptor: number): { status: number | null; stderr: string } {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      cwd: this.folder,
      env: { PATH: process.env["PATH"], TZ: "UTC" },
      stdio: ["ignore", descriptor, "pipe"],
      encoding: "utf8",
    });
    return { status, stderr };
  }

  dispose(): void {
    for (const child of this.#running) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 9 });
  }
}

/** A command that runs. */
export class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #args: readonly string[];
  #stdout = "";
  #stderr = "";
  #hasEnded = false;
  #changed: (() => void)[] = [];

  constructor(child: ChildProcessWithoutNullStreams, args: readonly string[], stdin: string) {
    this.#child = child;
    this.#args = args;
    child.stdin.end(stdin);
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#heard(() => (this.#stdout += text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#heard(() => (this.#stderr += text)));
    child.on("close", () => this.#heard(() => (this.#hasEnded = true)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** As a reader such as `head` does that has seen enough. */
  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Once stderr matches. Fails loudly when the program ends before, or after the deadline. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#tells(pattern, () => this.#stderr);
  }

  /** The same of stdout. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#tells(pattern, () => this.#stdout);
  }

  async #tells(pattern: RegExp, read: () => string): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    await this.#until(`say ${String(pattern)}`, () => {
      found = pattern.exec(read());
      return found !== null || this.#hasEnded;
    });
    if (found !== null) return found;
    throw new Error(`it ended without saying ${String(pattern)}:\n${this.#stdout}${this.#stderr}`);
  }

  async ended(): Promise<Answer> {
    await this.#until("end", () => this.#hasEnded);
    return {
      exitCode: this.#child.exitCode ?? this.#child.signalCode,
      stdout: this.#stdout,
      stderr: this.#stderr,
    };
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    let late = false;
    const timer = systemClock.after(DEADLINE_MS, () => this.#heard(() => (late = true)));
    while (!isSo()) {
      if (late) {
        this.#child.kill("SIGKILL");
        throw new Error(`${this.#args.join(" ")} did not ${what}:\n${this.#stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
    timer.cancel();
  }

  #heard(change: () => void): void {
    change();
    const waiting = this.#changed;
    this.#changed = [];
    for (const resolve of waiting) resolve();
  }
}

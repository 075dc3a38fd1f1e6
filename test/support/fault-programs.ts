/**
 * The program that users start, `sunbeat worker` and `sunbeat beat`, on the app of the fault suites (faults/app.mjs), to be
 * killed, started anew as a supervisor does, and read.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { EntryOptions } from "../../src/beat/index.js";
import type { SunbeatOptions } from "../../src/index.js";
import { DIST, type End, limited } from "./fault-crew.js";
import { endWithUs, release } from "./reaper.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const APP = path.join(ROOT, "test/faults/app.mjs");

/** What faults/app.mjs makes its app of. */
export interface AppSpec {
  readonly broker: string;
  readonly options?: Omit<SunbeatOptions, "broker" | "beatSchedule" | "logger">;
  /** Schedules are crontabs in UTC unless `timezone` says otherwise, or whole seconds. */
  readonly entries?: Readonly<Record<string, Omit<EntryOptions, "schedule"> & { schedule: string | number }>>;
  /** Where runs are written, one line of JSON each. */
  readonly log?: string;
  /** What another app wants to know. */
  readonly extras?: Readonly<Record<string, unknown>>;
}

export interface Program {
  readonly pid: number;
  readonly alive: boolean;
  /** What it has written to stderr so far. */
  readonly said: string;
  readonly ended: Promise<End>;
  /** Resolves when stderr matches; rejects when it ends or takes too long before that. */
  says(pattern: RegExp): Promise<void>;
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM. */
  end(): Promise<End>;
}

/** Ends with the test: see `dispose`. */
export class Programs {
  readonly #running = new Map<Program, ChildProcess>();
  readonly #app: string;

  /** `app`: the file of theirs. */
  constructor(app = APP) {
    this.#app = app;
  }

  /** `sunbeat ...args`, with more of Node's own options in `env`'s NODE_OPTIONS. */
  start(args: readonly string[], spec: AppSpec, env: Readonly<Record<string, string>> = {}): Program {
    const child = spawn(process.execPath, [path.join(DIST, "cli/main.js"), "-A", this.#app, ...args], {
      // A core of one that aborts does not belong among the sources.
      cwd: tmpdir(),
      env: { ...process.env, ...env, FAULT_APP: JSON.stringify(spec), SUNBEAT_DIST: DIST },
      stdio: ["ignore", "ignore", "pipe"],
    });
    endWithUs(child);
    const program = this.#watched(child, args.join(" "));
    this.#running.set(program, child);
    return program;
  }

  /** A worker that takes tasks. */
  async worker(spec: AppSpec, args: readonly string[] = [], env?: Record<string, string>): Promise<Program> {
    const program = this.start(["worker", "-c", "4", ...args], spec, env);
    await program.says(/ ready\./);
    return program;
  }

  /** A beat that has registered its entries, and leads or waits to lead. */
  async beat(spec: AppSpec, env?: Record<string, string>): Promise<Program> {
    const program = this.start(["beat"], spec, env);
    await program.says(/beat: (leading|following)/);
    return program;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((program) => program.kill()));
  }

  #watched(child: ChildProcess, name: string): Program {
    let said = "";
    let alive = true;
    const listeners = new Set<() => void>();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      for (const look of listeners) look();
    });
    const ended = new Promise<End>((resolve) => {
      child.once("close", (code, signal) => {
        alive = false;
        release(child);
        this.#running.delete(program);
        resolve({ code, signal });
      });
    });
    const program: Program = {
      pid: child.pid ?? 0,
      ended,
      get alive() {
        return alive;
      },
      get said() {
        return said;
      },
      says: (pattern) => {
        const arrived = new Promise<void>((resolve) => {
          const look = (): void => {
            if (!pattern.test(said)) return;
            listeners.delete(look);
            resolve();
          };
          listeners.add(look);
          look();
        });
        const tooSoon = ended.then(() => {
          throw new Error(`sunbeat ${name} ended before it said ${String(pattern)}: ${said}`);
        });
        return limited(Promise.race([arrived, tooSoon]), `${String(pattern)} of sunbeat ${name}: ${said}`);
      },
      kill: async () => {
        child.kill("SIGKILL");
        await ended;
      },
      signal: (signal) => void child.kill(signal),
      end: () => {
        child.kill("SIGTERM");
        return limited(ended, `the end of sunbeat ${name}: ${said}`);
      },
    };
    return program;
  }
}

import { readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import type { Clock } from "../core/clock.js";
import { zone } from "../schedules/index.js";
import type { LoadedApp } from "../loader/loader.js";
import { Terminal, type Sink } from "./terminal.js";
import { fromCommandLine, usageError } from "./usage.js";

/** The options that stand before or after any command. */
export interface GlobalOptions {
  readonly app?: string;
  readonly broker?: string;
  readonly workdir?: string;
  readonly timezone?: string;
  readonly json?: true;
  readonly debug?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

/** What the program gets from the process it runs in. */
export interface Host {
  readonly clock: Clock;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From now on a stdout that cannot be written ends nothing: its reader may go, as `tee` does at Ctrl-C. */
  readonly outliveReader: () => void;
}

/** What a command works with. */
export class Cli {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly #target: string | undefined;

  constructor(
    readonly options: GlobalOptions,
    readonly host: Host,
  ) {
    this.clock = host.clock;
    this.terminal = new Terminal({
      stdout: host.stdout,
      stderr: host.stderr,
      color: options.color && !host.env["NO_COLOR"],
      json: options.json === true,
      quiet: options.quiet === true,
    });
    this.#target = options.app ?? (host.env["SUNBEAT_APP"] || appOfPackage(process.cwd()));
  }

  /** Whether an app is named, by `-A`, SUNBEAT_APP or package.json. */
  get hasApp(): boolean {
    return this.#target !== undefined;
  }

  /** The app that is named. Wrong usage without one. */
  async load(): Promise<LoadedApp> {
    if (this.#target === undefined) {
      throw usageError(
        'which app? Name its file with -A app.ts, or once for all in package.json: "sunbeat": { "app": "app.ts" }',
      );
    }
    // Only here: commands that need no app start without loading the rest of the package.
    const { loadApp } = await import("../loader/loader.js");
    return loadApp(this.#target, process.cwd());
  }
}

/** `sunbeat.app` of the package.json in the folder. A file that cannot be read says nothing here. */
function appOfPackage(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
      sunbeat?: { app?: unknown };
    };
    return typeof manifest.sunbeat?.app === "string" ? manifest.sunbeat.app : undefined;
  } catch {
    return undefined;
  }
}

/** Ends a command with the exit code it gives, 0 for none. */
export type Handler<Args extends unknown[]> = (
  cli: Cli,
  ...args: Args
) => Promise<number | void> | number | void;

/** Makes a handler what commander calls. */
export type Action = <Args extends unknown[]>(
  handler: Handler<Args>,
) => (...args: unknown[]) => Promise<void>;

/** An `Action` that runs handlers in `host` and tells their exit codes to `done`. */
export function actionFor(host: Host, done: (exitCode: number) => void): Action {
  return <Args extends unknown[]>(handler: Handler<Args>) =>
    async (...args: unknown[]) => {
      // commander calls with the arguments, the command's own options, and the command itself.
      const options = (args.at(-1) as Command).optsWithGlobals<GlobalOptions>();
      if (options.workdir !== undefined) changeFolder(options.workdir);
      const { timezone } = options;
      if (timezone !== undefined) fromCommandLine(() => zone(timezone));
      done((await handler(new Cli(options, host), ...(args.slice(0, -1) as Args))) ?? 0);
    };
}

function changeFolder(folder: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    throw usageError(`--workdir: ${(error as Error).message}`);
  }
}

/**
 * Rolling backups beside the file, in `<path>.backups/`: the newest three, at least fifteen minutes apart.
 *
 * A backup is `VACUUM INTO` a temporary name, which is given its name when it is complete and on the disk. A process of
 * its own makes it: of a file of 100 MB that takes about a second, in which the event loop goes on. A thread would not
 * do: the package's native code ends the whole process when its thread is ended in the middle, as every thread is by
 * `process.exit`. There is no timer: whoever commits looks whether a backup is due, so a store at rest, of which the
 * last backup still holds, makes none.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EpochMs } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { StoreContext } from "../contracts/store.js";
import type { Driver } from "./driver.js";

const EVERY_MS = 15 * 60_000;
const KEEP = 3;
/** Above this a backup loads the disk for many seconds and takes as much room again, three times: not unasked. */
const LARGEST_BYTES = 1024 ** 3;

export function backupsFolder(path: string): string {
  return `${path}.backups`;
}

/** The backups of the file, newest first. */
export function backupsOf(path: string): string[] {
  const folder = backupsFolder(path);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".db"));
  // Names are instants, so their order is the order of time.
  return names
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

export class Backups {
  readonly #driver: Driver;
  readonly #path: string;
  readonly #context: StoreContext;
  #lastLook: EpochMs = -Infinity;
  #hasWarned = false;
  #isClosed = false;
  #running: Promise<void> | null = null;
  #child: ChildProcess | null = null;

  constructor(driver: Driver, path: string, context: StoreContext) {
    this.#driver = driver;
    this.#path = path;
    this.#context = context;
  }

  /** Begins a backup when one is due and none is under way; costs a comparison otherwise. */
  look(): void {
    const now = this.#context.clock.now();
    // In either direction: a clock that was set back must not stop the backups until it has caught up.
    if (Math.abs(now - this.#lastLook) < EVERY_MS || this.#running || this.#isClosed) return;
    this.#lastLook = now;
    this.#running = this.#backUp(now)
      .catch((error: unknown) => {
        if (this.#isClosed) return;
        const what = `no backup was made in ${backupsFolder(this.#path)}`;
        this.#context.logger.error(`sqlite store: ${what}: ${messageOf(error)}`);
      })
      .finally(() => (this.#running = null));
  }

  /** Resolves when the backup under way, if any, has ended. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Stops a backup under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#child) {
      // Else a program with nothing more to do ends here, in the middle of its own end.
      this.#child.ref();
      (this.#child.stderr as Socket).ref();
      this.#child.kill("SIGKILL");
    }
    await this.#running;
  }

  async #backUp(now: EpochMs): Promise<void> {
    const newest = newestAt(this.#path);
    if (newest !== null && Math.abs(now - newest) < EVERY_MS) return;
    const objection = objectionTo(this.#path);
    if (objection !== null) {
      if (!this.#hasWarned) this.#context.logger.warn(`sqlite store: ${this.#path} ${objection}`);
      this.#hasWarned = true;
      return;
    }
    const folder = backupsFolder(this.#path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unfinished = join(folder, `${this.#context.random.uuid()}.unfinished`);
    // Names keep the order in which they were given, also after the clock was set back.
    const at = Math.max(now, (newest ?? 0) + 1);
    try {
      await this.#run(unfinished, join(folder, `${stampOf(at)}.db`));
    } finally {
      for (const part of ["", "-journal"]) await rm(unfinished + part, { force: true });
    }
  }

  #run(unfinished: string, finished: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const [newest = ""] = backupsOf(this.#path);
      const files = [this.#path, unfinished, finished, basename(newest)];
      const child = spawn(
        process.execPath,
        ["--input-type=commonjs", "-e", PROGRAM, "--", importable(this.#driver), ...files],
        {
          stdio: ["ignore", "ignore", "pipe"],
          // Ctrl-C is for the program, which then ends its backup itself; so are the flags and preloads of NODE_OPTIONS.
          detached: true,
          windowsHide: true,
          env: {},
        },
      );
      // Where no file can be opened any more there is a child without its streams, and then this error.
      child.once("error", reject);
      if (!(child as Partial<ChildProcess>).stderr) return;
      this.#child = child;
      // A program that has done its work need not wait for a backup, which ends well without it.
      child.unref();
      const said = child.stderr as Socket;
      said.unref();
      let problem = "";
      said.setEncoding("utf8").on("data", (text: string) => (problem += text));
      child.once("close", (code) => {
        this.#child = null;
        if (code === 0) resolve();
        else reject(new Error(problem || "it was interrupted"));
      });
    });
  }
}

/** Why no backups are made of this file by this program; null: they are. */
function objectionTo(path: string): string | null {
  if (statSync(path).size > LARGEST_BYTES) {
    return "is larger than 1 GiB and is not backed up any more; back it up by other means";
  }
  // There is no Node to start then, but a second copy of the whole program.
  if (process.versions["electron"] !== undefined || isSingleExecutable()) {
    return "is not backed up by a program that has Node inside; back it up by other means";
  }
  return null;
}

function isSingleExecutable(): boolean {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => unknown };
  const sea = getBuiltinModule?.("node:sea") as { isSea(): boolean } | undefined;
  return sea?.isSea() === true;
}

/** When the newest backup was made, by its name; null: there is none. */
export function newestAt(path: string): EpochMs | null {
  for (const backup of backupsOf(path)) {
    const at = Date.parse(basename(backup, ".db").replace(/T(\d\d)-(\d\d)-/, "T$1:$2:"));
    if (!Number.isNaN(at)) return at;
  }
  return null;
}

/** An instant that can stand in a file name, in order of time. */
export function stampOf(at: EpochMs): string {
  return new Date(at).toISOString().replaceAll(":", "-");
}

/** The driver as a program without a file of its own can import it. */
function importable({ specifier }: Driver): string {
  if (specifier.startsWith("node:")) return specifier;
  return pathToFileURL(createRequire(import.meta.url).resolve(specifier)).href;
}

/**
 * What the process runs, as text, so that it also runs where the sources are not files of their own (bundlers). It also
 * clears away what is old, since the program that began the backup may have ended by then.
 *
 * Processes that start together all find a backup due. One at a time makes it, by a lock that ends with its holder:
 * else each would need room for a copy. What is unfinished under that lock was left by one that was killed.
 */
const PROGRAM = `
  const { closeSync, constants, fsyncSync, lstatSync, openSync, readdirSync, renameSync, rmSync } = require("node:fs");
  const { dirname, join } = require("node:path");
  const [driver, path, unfinished, finished, newest] = process.argv.slice(1);
  const folder = dirname(finished);
  const backups = () => readdirSync(folder).filter((name) => name.endsWith(".db")).sort();
  const isAlone = (lock) => {
    try {
      lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      return true;
    } catch (error) {
      if (error.errcode === 5) return false; // SQLITE_BUSY
      throw error;
    }
  };
  const lockFile = join(folder, "lock");
  const makeLockFile = () => {
    try {
      closeSync(openSync(lockFile, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)); // follows no link
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (!lstatSync(lockFile).isFile()) throw new Error(lockFile + " is no file; remove it");
    }
  };
  process.umask(0o077);
  process.removeAllListeners("warning"); // node:sqlite calls itself experimental
  import(driver).then(({ DatabaseSync }) => {
    makeLockFile();
    const lock = new DatabaseSync(lockFile);
    if (!isAlone(lock) || backups().some((name) => name > newest)) return;
    const left = readdirSync(folder).filter((name) => name.includes(".unfinished")); // journals as well
    for (const name of left) rmSync(join(folder, name), { force: true });
    const handle = new DatabaseSync(path, { readOnly: true });
    handle.exec("PRAGMA busy_timeout = 10000");
    handle.prepare("VACUUM INTO ?").run(unfinished);
    handle.close();
    const file = openSync(unfinished, "r+");
    fsyncSync(file);
    closeSync(file);
    renameSync(unfinished, finished);
    for (const name of backups().slice(0, -${KEEP})) rmSync(join(folder, name), { force: true });
    lock.close(); // not before: one that is not referred to any more is closed whenever memory is cleared up
  }).catch((error) => {
    process.stderr.write(error.message);
    process.exitCode = 1;
  });
`;

/**
 * Rolling backups beside the file, in `<path>.backups/`: the newest three, at least fifteen minutes apart.
 *
 * A backup is `VACUUM INTO` a temporary name, which is given its name when it is complete and on the disk. It runs in
 * a thread: of a file of 100 MB it takes about a second, in which the event loop goes on. There is no timer: whoever
 * commits looks whether a backup is due, so a store at rest, of which the last backup still holds, makes none.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { chmod, open, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { EpochMs } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { StoreContext } from "../store.js";
import type { Driver } from "./driver.js";

const EVERY_MS = 15 * 60_000;
const KEEP = 3;
/** Above this a backup loads the disk for many seconds and takes as much room again, three times: not unasked. */
const LARGEST_BYTES = 1024 ** 3;
/** A temporary file of a process that was killed is cleared away after this. */
const UNFINISHED_AGE_MS = 3_600_000;

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
  #worker: Worker | null = null;

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
        this.#context.logger.error(`sqlite store: no backup of ${this.#path} was made: ${messageOf(error)}`);
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
    await this.#worker?.terminate();
    await this.#running;
  }

  async #backUp(now: EpochMs): Promise<void> {
    if (!this.#isDue(now)) return;
    const { size } = statSync(this.#path);
    if (size > LARGEST_BYTES) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#context.logger.warn(
        `sqlite store: ${this.#path} is larger than 1 GiB and is not backed up any more; back it up by other means`,
      );
      return;
    }
    const folder = backupsFolder(this.#path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unfinished = join(folder, `${this.#context.random.uuid()}.unfinished`);
    try {
      await this.#vacuumInto(unfinished);
      await chmod(unfinished, 0o600);
      await sync(unfinished);
      // Another process may have been as quick.
      if (this.#isDue(now)) {
        // Names keep the order in which they were given, also after the clock was set back.
        const at = Math.max(now, (newestAt(this.#path) ?? 0) + 1);
        await rename(unfinished, join(folder, `${stampOf(at)}.db`));
      }
    } finally {
      await rm(unfinished, { force: true });
    }
    await this.#clear(folder, now);
  }

  #isDue(now: EpochMs): boolean {
    const newest = newestAt(this.#path);
    return newest === null || Math.abs(now - newest) >= EVERY_MS;
  }

  #vacuumInto(target: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const workerData = { driver: importable(this.#driver), path: this.#path, target };
      const worker = new Worker(THREAD, { eval: true, workerData });
      this.#worker = worker;
      // A program that has done its work need not wait for a backup.
      worker.unref();
      worker.once("error", reject);
      worker.once("exit", (code) => {
        this.#worker = null;
        if (code === 0) resolve();
        else reject(new Error("it was interrupted"));
      });
    });
  }

  async #clear(folder: string, now: EpochMs): Promise<void> {
    for (const old of backupsOf(this.#path).slice(KEEP)) await rm(old, { force: true });
    for (const name of readdirSync(folder)) {
      if (!name.endsWith(".unfinished")) continue;
      const left = statSync(join(folder, name), { throwIfNoEntry: false });
      if (left && left.mtimeMs < now - UNFINISHED_AGE_MS) await rm(join(folder, name), { force: true });
    }
  }
}

/** Puts a file on the disk. */
async function sync(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close(); // also on a failing disk, which is met every fifteen minutes
  }
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

/** The driver as a thread without a file of its own can import it. */
function importable({ specifier }: Driver): string {
  if (specifier.startsWith("node:")) return specifier;
  return pathToFileURL(createRequire(import.meta.url).resolve(specifier)).href;
}

/**
 * The thread's program, as text, so that it also runs where the sources are not files of their own (bundlers). It imports
 * and does not require: whether text is a module is for the flags of the process to say.
 */
const THREAD = `
  import("node:worker_threads").then(async ({ workerData }) => {
    process.removeAllListeners("warning"); // node:sqlite calls itself experimental
    const { DatabaseSync } = await import(workerData.driver);
    const handle = new DatabaseSync(workerData.path, { readOnly: true });
    handle.exec("PRAGMA busy_timeout = 10000");
    handle.prepare("VACUUM INTO ?").run(workerData.target);
    handle.close();
  });
`;

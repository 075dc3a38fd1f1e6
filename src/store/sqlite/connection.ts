/**
 * Steps on one database file. A step is one transaction, synchronous from BEGIN to COMMIT, so it is never held over
 * an await. It is repeated, after a random pause, while another process holds the lock.
 */
import type { EpochMs } from "../../core/clock.js";
import { StoreError } from "../../core/errors.js";
import type { StoreContext } from "../contracts/store.js";
import type { Handle, Statement } from "./driver.js";
import { fileError, isCorrupt, logLostError, storeError } from "./errors.js";
import type { OpenFiles, Standing } from "./open-files.js";
import { retryWhileBusy } from "./retry.js";
import { SCHEMA_VERSION } from "./schema.js";
import { Step } from "./step.js";
import type { News } from "./transaction.js";

/** Items of one call handled in one step. */
export const STEP_LIMIT = 1_000;

/** A newer sunbeat that raises the schema under this process is noticed so soon; a look at each step would cost a tenth. */
const SCHEMA_LOOK_MS = 50;

type Work<T> = (step: Step) => T;

export class Connection {
  readonly #handle: Handle;
  readonly #files: OpenFiles;
  readonly #context: StoreContext;
  readonly #origin: string | null;
  readonly #onCommit: (news: News) => void;
  readonly #onCorrupt: () => void;
  readonly #statements = new Map<string, Statement>();
  readonly #ending = new AbortController();
  #schemaSeenAt = -Infinity;

  /**
   * `origin` names this store in signals to other processes; null: the file is not shared. `onCommit` hears of every
   * committed step before its caller does. `onCorrupt` is called when SQLite finds the file damaged, so that the next
   * opening looks closely.
   */
  constructor(
    handle: Handle,
    files: OpenFiles,
    context: StoreContext,
    options: {
      readonly origin: string | null;
      readonly onCommit: (news: News) => void;
      readonly onCorrupt: () => void;
    },
  ) {
    this.#handle = handle;
    this.#files = files;
    this.#context = context;
    this.#origin = options.origin;
    this.#onCommit = options.onCommit;
    this.#onCorrupt = options.onCorrupt;
  }

  get path(): string {
    return this.#files.path;
  }

  get closed(): boolean {
    return this.#ending.signal.aborted;
  }

  now(): EpochMs {
    this.#assertOpen();
    return this.#context.clock.now();
  }

  /** A step that changes nothing: all its statements see the same state. */
  read<T>(work: Work<T>): Promise<T> {
    return this.#attempt("BEGIN", work);
  }

  /** A step that may write: it has the file for itself. */
  write<T>(work: Work<T>): Promise<T> {
    return this.#attempt("BEGIN IMMEDIATE", work);
  }

  /**
   * Handles the items in steps of at most STEP_LIMIT, letting others have their turn between them: a step of a
   * hundred thousand would hold up this process and every other for seconds. `atEnd` runs at the end of each step.
   */
  async writeEach<I, O>(
    items: readonly I[],
    work: (step: Step, item: I) => O,
    atEnd: (step: Step, items: readonly I[]) => void = () => undefined,
  ): Promise<O[]> {
    const outcomes: O[] = [];
    for (let done = 0; done < items.length; done += STEP_LIMIT) {
      if (done > 0) await new Promise<void>((resolve) => this.#context.clock.soon(resolve));
      const part = items.slice(done, done + STEP_LIMIT);
      const partial = await this.write((step) => {
        const answers = part.map((item) => work(step, item));
        atEnd(step, part);
        return answers;
      });
      outcomes.push(...partial);
    }
    return outcomes;
  }

  /** One look outside any step, now or never: throws what the driver throws, for callers that look again anyway. */
  peek(): Step {
    this.#assertOpen();
    if (!this.#files.areInPlace()) throw this.#displaced();
    this.#assertSchema();
    return new Step(this.#context.clock.now(), this.#prepare, this.#origin);
  }

  /**
   * Idempotent. Moves what is in the write-ahead log into the file, unless others are at work there: the package's
   * `close` does not, since it leaves its statements to the garbage collector. A file that was moved has its log still.
   */
  close(): void {
    if (this.closed) return;
    this.#ending.abort();
    this.#statements.clear();
    if (isLogLost(this.#files.standing())) {
      this.#leaveLog();
      return;
    }
    this.#emptyLog();
    this.#handle.close();
    this.#files.release();
  }

  async #attempt<T>(begin: string, work: Work<T>): Promise<T> {
    try {
      return await retryWhileBusy(this.#context, () => this.#transact(begin, work), this.#ending.signal);
    } catch (error) {
      // Also for what looks like damage: it may come of another log than this one.
      if (!this.closed && !this.#files.areInPlace()) throw this.#displaced();
      if (isCorrupt(error)) this.#onCorrupt();
      // A newer schema has other names, so that a statement fails before the next look.
      throw this.#newerSchema() ?? storeError(error, this.path);
    }
  }

  #transact<T>(begin: string, work: Work<T>): T {
    this.#assertOpen();
    this.#prepare(begin).run();
    let answer: T;
    let step: Step;
    try {
      if (!this.#files.areInPlace()) throw replacedError(this.#files);
      this.#assertSchema();
      step = new Step(this.#context.clock.now(), this.#prepare, this.#origin);
      answer = work(step);
      step.graphs.flush();
      step.lanes.flush();
      if (!this.#files.areStillInPlace()) throw replacedError(this.#files);
      this.#prepare("COMMIT").run();
    } catch (error) {
      this.#rollback();
      throw error;
    }
    this.#onCommit(step);
    return answer;
  }

  /** Unless it was looked at a moment ago. Once a step has begun nobody can raise it before its end. */
  #assertSchema(): void {
    const now = this.#context.clock.monotonicMs();
    if (now - this.#schemaSeenAt < SCHEMA_LOOK_MS) return;
    const { user_version: version } = this.#prepare("PRAGMA user_version").get() as { user_version: number };
    if (version > SCHEMA_VERSION) {
      throw fileError(
        "SUNBEAT_STORE_NEWER",
        this.path,
        `was brought to schema version ${version} by a newer sunbeat while this process, which knows ${SCHEMA_VERSION}, had ` +
          "it open; restart this process with the newer one",
      );
    }
    this.#schemaSeenAt = now;
  }

  /** Whether the schema was raised since the last look: then this is why a step failed. */
  #newerSchema(): StoreError | null {
    this.#schemaSeenAt = -Infinity;
    try {
      if (!this.closed) this.#assertSchema();
    } catch (error) {
      if (error instanceof StoreError) return error;
      // The failure at hand tells more.
    }
    return null;
  }

  #rollback(): void {
    try {
      this.#prepare("ROLLBACK").run();
    } catch {
      // A full disk and the like have rolled the transaction back already; the first error is the one that tells.
    }
  }

  readonly #prepare = (sql: string): Statement => {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#handle.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  };

  /** Writes from now on would be seen by nobody, or destroy those of others. Not inside a transaction. */
  #displaced(): StoreError {
    if (isLogLost(this.#files.standing())) this.#leaveLog();
    return replacedError(this.#files);
  }

  /** A log that was removed is still here, with commits that are not yet in the file. */
  #leaveLog(): void {
    if (this.#files.isUntouched()) this.#emptyLog();
    abandon(this.#handle);
  }

  #emptyLog(): void {
    try {
      this.#handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Commits that stay in the log are as safe there: the next opening reads them.
    }
  }

  #assertOpen(): void {
    if (!this.closed) return;
    throw closedError(this.path);
  }
}

/**
 * Connections whose log is lost stay open until the process ends: SQLite would move what is in it over whatever others have
 * written since, unless one of them has the file open at that moment.
 */
const abandoned = new Set<Handle>();

function abandon(handle: Handle): void {
  // Node closes what is open when a program ends because it has nothing more to do, but not at `process.exit`.
  if (abandoned.size === 0) process.once("exit", () => process.exit());
  abandoned.add(handle);
}

function isLogLost(standing: Standing): boolean {
  return standing === "log gone" || standing === "log replaced";
}

function replacedError(files: OpenFiles): StoreError {
  if (isLogLost(files.standing())) return logLostError(files.path);
  const says = "was moved, replaced or deleted while this process had it open; restart this process";
  return fileError("SUNBEAT_STORE_REPLACED", files.path, says);
}

export function closedError(path: string): StoreError {
  return new StoreError("SUNBEAT_CLOSED", `sqlite store ${path}: closed; open a new one to go on`, {
    retryable: false,
  });
}

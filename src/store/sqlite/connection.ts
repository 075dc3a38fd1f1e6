/**
 * Steps on one database file. A step is one transaction, synchronous from BEGIN to COMMIT, so it is never held over
 * an await. It is repeated, after a random pause, while another process holds the lock.
 */
import { statSync } from "node:fs";
import type { EpochMs } from "../../core/clock.js";
import { StoreError } from "../../core/errors.js";
import type { StoreContext } from "../store.js";
import type { Handle, Statement } from "./driver.js";
import { fileError, isCorrupt, storeError } from "./errors.js";
import { retryWhileBusy } from "./retry.js";
import { type News, Step } from "./step.js";

/** Items of one call handled in one step. */
export const STEP_LIMIT = 1_000;

type Work<T> = (step: Step) => T;

export class Connection {
  readonly path: string;
  readonly #handle: Handle;
  readonly #context: StoreContext;
  readonly #identity: string;
  readonly #origin: string | null;
  readonly #onCommit: (news: News) => void;
  readonly #onCorrupt: () => void;
  readonly #statements = new Map<string, Statement>();
  readonly #ending = new AbortController();

  /**
   * `origin` names this store in signals to other processes; null: the file is not shared. `onCommit` hears of every
   * committed step before its caller does. `onCorrupt` is called when SQLite finds the file damaged, so that the next
   * opening looks closely.
   */
  constructor(
    handle: Handle,
    path: string,
    context: StoreContext,
    options: {
      readonly origin: string | null;
      readonly onCommit: (news: News) => void;
      readonly onCorrupt: () => void;
    },
  ) {
    this.#handle = handle;
    this.path = path;
    this.#context = context;
    this.#origin = options.origin;
    this.#onCommit = options.onCommit;
    this.#onCorrupt = options.onCorrupt;
    this.#identity = identityOf(path) ?? "";
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
    return new Step(this.#context.clock.now(), this.#prepare, this.#origin);
  }

  /**
   * Idempotent. Moves what is in the write-ahead log into the file, unless others are at work there: the package's
   * `close` does not, since it leaves its statements to the garbage collector.
   */
  close(): void {
    if (this.closed) return;
    this.#ending.abort();
    this.#statements.clear();
    try {
      this.#handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // What stays in the log is as safe there: the next opening reads it.
    }
    this.#handle.close();
  }

  async #attempt<T>(begin: string, work: Work<T>): Promise<T> {
    try {
      return await retryWhileBusy(this.#context, () => this.#transact(begin, work), this.#ending.signal);
    } catch (error) {
      if (isCorrupt(error)) this.#onCorrupt();
      throw storeError(error, this.path);
    }
  }

  #transact<T>(begin: string, work: Work<T>): T {
    this.#assertOpen();
    this.#prepare(begin).run();
    let answer: T;
    let step: Step;
    try {
      this.#assertInPlace();
      step = new Step(this.#context.clock.now(), this.#prepare, this.#origin);
      answer = work(step);
      this.#prepare("COMMIT").run();
    } catch (error) {
      this.#rollback();
      throw error;
    }
    this.#onCommit(step);
    return answer;
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

  /** A file that was moved aside or replaced under us would take our writes and show them to nobody. */
  #assertInPlace(): void {
    if (identityOf(this.path) === this.#identity) return;
    throw fileError(
      "SUNBEAT_STORE_REPLACED",
      this.path,
      "was moved, replaced or deleted while this process had it open; restart this process",
    );
  }

  #assertOpen(): void {
    if (!this.closed) return;
    throw closedError(this.path);
  }
}

export function closedError(path: string): StoreError {
  return new StoreError("SUNBEAT_CLOSED", `sqlite store ${path}: closed; open a new one to go on`, {
    retryable: false,
  });
}

/** Which file the path names at this moment. By name only: closing a descriptor would drop SQLite's locks. */
function identityOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

import { LockError } from "../core/errors.js";
import { assertKnownKeys, integerOption, invalidOption, nameOption } from "../core/options.js";
import type { LockDetails, LockRecord, LockSummary } from "../store/contracts/lock-inspection.js";
import { capacityOption, lockNameOption, type LockSource } from "../tasks/task-lock.js";
import { quote } from "../core/quote.js";
import { type LockDeps, LockKeeper } from "./lock-keeper.js";
import { Semaphore } from "./semaphore.js";

/** A holder or waiter seen from now. */
export type LockView = Omit<LockDetails, "holders" | "waiters"> & {
  readonly holders: readonly (Omit<LockDetails["holders"][number], "since" | "until"> & {
    readonly since: Date;
    /** When it ends unless it is extended. */
    readonly until: Date;
  })[];
  readonly waiters: readonly (Omit<LockDetails["waiters"][number], "since"> & { readonly since: Date })[];
};

/** One row of the history of locks. */
export type LockHistoryRow = Omit<LockRecord, "at"> & { readonly at: Date };

export interface LockHistoryOptions {
  /** Default 100, at most 10,000. */
  readonly limit?: number | undefined;
  /** `row` of a row: only those before it. */
  readonly before?: string | undefined;
}

/** The locks in the app's store: taken by tasks, by entries, and here by any program. */
export class Locks implements LockSource {
  readonly #keeper: LockKeeper;
  readonly #deps: LockDeps;

  constructor(deps: LockDeps) {
    this.#deps = deps;
    this.#keeper = new LockKeeper(deps);
  }

  /** A lock that one may hold at a time. Code: SUNBEAT_OPTION_INVALID. */
  mutex(name: string): Semaphore {
    return this.semaphore(name, 1);
  }

  /** A lock that `capacity` may hold at a time: the newest caller's number counts for all. Code: SUNBEAT_OPTION_INVALID. */
  semaphore(name: string, capacity: number): Semaphore {
    lockNameOption(name);
    return new Semaphore(this.#keeper, name, capacityOption(capacity, `lock ${quote(name)}`));
  }

  /** Locks that are held or waited for, by name; 1,000 at most, those after `after`. */
  async list(
    options: { readonly after?: string | undefined; readonly limit?: number | undefined } = {},
  ): Promise<LockSummary[]> {
    assertKnownKeys(options, ["after", "limit"], "locks.list");
    const { after, limit = 1_000 } = options;
    return this.#deps.store.lockInspection.list({
      ...(after === undefined ? {} : { after: nameOption(after, "locks.list: after") }),
      limit: integerOption(limit, "locks.list: limit", 1, 10_000),
    });
  }

  /** Who holds it and who waits for it, foremost first, 1,000 of each at most; null when nobody does. */
  async inspect(name: string): Promise<LockView | null> {
    const found = await this.#deps.store.lockInspection.inspect(lockNameOption(name), 1_000);
    if (found === null) return null;
    return {
      ...found,
      holders: found.holders.map((holder) => {
        return { ...holder, since: new Date(holder.since), until: new Date(holder.until) };
      }),
      waiters: found.waiters.map((waiter) => ({ ...waiter, since: new Date(waiter.since) })),
    };
  }

  /**
   * What happened to a lock, or to all, newest first: who waited, held it, gave it back, lost it. The store keeps the
   * newest 10,000 rows of all locks together. Codes: those of options.
   */
  history(name: string, options?: LockHistoryOptions): Promise<LockHistoryRow[]>;
  history(options?: LockHistoryOptions): Promise<LockHistoryRow[]>;
  async history(
    nameOrOptions: string | LockHistoryOptions = {},
    more: LockHistoryOptions = {},
  ): Promise<LockHistoryRow[]> {
    const [name, options] =
      typeof nameOrOptions === "string" ? [nameOrOptions, more] : [undefined, nameOrOptions];
    assertKnownKeys(options, ["limit", "before"], "locks.history");
    const { limit = 100, before } = options;
    if (before !== undefined && !(typeof before === "string" && /^\d+(-\d+)?$/.test(before))) {
      throw invalidOption("locks.history: before", "the `row` of a row of the history", before);
    }
    const rows = await this.#deps.store.lockInspection.history({
      ...(name !== undefined && { lock: lockNameOption(name) }),
      ...(before !== undefined && { before }),
      limit: integerOption(limit, "locks.history: limit", 1, 10_000),
    });
    return rows.map((row) => ({ ...row, at: new Date(row.at) }));
  }

  /**
   * Ends a permit by force, by the token that `inspect` shows; the next in line gets it. Its holder's signal aborts
   * when it learns of it. Code: SUNBEAT_LOCK_NOT_HELD.
   */
  async break(name: string, token: string): Promise<void> {
    lockNameOption(name);
    if (typeof token !== "string" || token === "") throw invalidOption("break: token", "a token", token);
    if ((await this.#deps.store.lockInspection.break({ lock: name, token })) === "unknown") {
      const message = `lock ${quote(name)} has no permit ${quote(token)}: it has ended, or was given back`;
      throw new LockError("SUNBEAT_LOCK_NOT_HELD", message, { details: { lock: name, token } });
    }
    this.#deps.logger.warn(`lock ${quote(name)}: permit ${quote(token)} was broken by hand`, { lock: name });
    this.#deps.events.emit("lock-broken", { lock: name, token });
  }

  /** For `locked`. */
  hold: LockSource["hold"] = ({ name, capacity, leaseMs }, { waitMs, signal }, body) =>
    this.semaphore(name, capacity).using(body, {
      wait: waitMs === null ? true : { milliseconds: waitMs },
      lease: { milliseconds: leaseMs },
      signal,
    });

  /** For the app: ends all waiting and gives everything back. Idempotent. */
  close(): Promise<void> {
    return this.#keeper.close();
  }
}

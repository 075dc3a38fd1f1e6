/**
 * Notices what other processes commit, while somebody waits. SQLite cannot call back; `PRAGMA data_version` (2 us, no
 * disk) tells whether somebody else has committed.
 *
 * At rest the system is asked to tell of writes to the file, so nothing runs until there is one. The first write ends
 * that watch, and the version is read by the clock until it stays the same: a file under load is looked at every
 * POLL_MS and not at every commit. Where the system cannot tell, the version is read every POLL_MS at all times. When
 * nobody waits there is neither watch nor timer.
 */
import type { FSWatcher } from "node:fs";
import type { Clock, Timer } from "../../core/clock.js";
import { StoreError } from "../../core/errors.js";
import { lastSignal, lastStaleSignal, signalsAfter } from "./channel.js";
import type { Connection } from "./connection.js";
import { watchWrites } from "./file-events.js";
import type { Hub } from "./hub.js";
import { finalResult, lastResult, resultsAfter } from "./result-table.js";
import type { Step } from "./step.js";

/**
 * Other processes are woken within 50 ms, a late timer included. What costs is not the look but waking up for it:
 * measured 0.8 % of a core, against 0.1 % with the watch.
 */
const POLL_MS = 35;
/** From the first write of a commit to its end, on a disk at ease. */
const SETTLE_MS = 5;
/** The fallback poll beside the watch, should the system forget to tell. */
const FALLBACK_POLL_MS = 500;
/** Rows of each kind read in one look; the rest follows in the next. */
const LOOK_LIMIT = 1_000;

const FINAL: ReadonlySet<string> = new Set(["SUNBEAT_STORE_REPLACED", "SUNBEAT_STORE_NEWER"]);

export class Watcher {
  readonly #connection: Connection;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #origin: string;
  readonly #onRollBack: () => void;
  #timer: Timer | null = null;
  #watch: FSWatcher | null = null;
  #version: number | null = null;
  #result = 0;
  #signal = 0;
  #schema: number | null = null;
  /** Monotonic: short waits one after the other must not put the next look off for ever. */
  #lookedAt: number;

  /**
   * `origin` marks the signals of this store, which its own subscribers hear without this detour. `onRollBack` is called
   * when the file has become an earlier one.
   */
  constructor(connection: Connection, hub: Hub, clock: Clock, origin: string, onRollBack: () => void) {
    this.#connection = connection;
    this.#hub = hub;
    this.#clock = clock;
    this.#origin = origin;
    this.#onRollBack = onRollBack;
    this.#lookedAt = clock.monotonicMs();
    this.#trying((step) => {
      this.#version = dataVersion(step);
      this.#schema = schemaVersion(step);
    });
    hub.watching = { begin: () => this.#begin(), end: () => this.close() };
  }

  /** Looks no more until somebody waits again. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#endWatch();
  }

  #begin(): void {
    this.#trying((step) => {
      // Who begins to wait wants what comes from now on.
      if (!this.#hub.wantsResults) this.#result = lastResult(step);
      if (!this.#hub.wantsSignals) this.#signal = lastSignal(step);
    });
    // The first look is soon, at what was committed while nobody waited.
    if (!this.#timer) this.#arm(Math.max(0, POLL_MS - (this.#clock.monotonicMs() - this.#lookedAt)));
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(delayMs, () => this.#tick());
  }

  /** Looks by the clock, and goes over to the watch when nothing has changed since the last look. */
  #tick(): void {
    this.#timer = null;
    // The watch begins before the look, so no write falls between the two.
    this.#watch ??= watchWrites(this.#connection.path, () => this.#written());
    if (this.#look()) this.#endWatch();
    if (this.#hub.interested) this.#arm(this.#watch ? FALLBACK_POLL_MS : POLL_MS);
    else this.close();
  }

  /** The write that is told of may be the first of several, and is not yet committed then: look again soon. */
  #written(): void {
    this.#endWatch();
    this.#look();
    if (this.#hub.interested) this.#arm(SETTLE_MS);
  }

  #endWatch(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  /** Whether others have committed since the last look, as far as can be told. */
  #look(): boolean {
    this.#lookedAt = this.#clock.monotonicMs();
    let hasChanged = true;
    this.#trying((step) => {
      const version = dataVersion(step);
      hasChanged = version !== this.#version;
      // A change that was not read to its end counts as unseen.
      if (hasChanged && this.#tell(step)) this.#version = version;
    });
    return hasChanged;
  }

  /** Tells who waits what has come since the last look; false when there is more than one look reads. */
  #tell(step: Step): boolean {
    if (this.#hasRolledBack(step)) this.#beginAgain(step);
    let isComplete = true;
    if (this.#hub.wantsSignals) {
      const found = signalsAfter(step, this.#signal, this.#origin, LOOK_LIMIT);
      isComplete &&= found.isComplete;
      this.#signal = found.seq;
      for (const signal of found.signals) this.#hub.tellSignal(signal);
    }
    if (this.#hub.wantsResults) {
      const found = resultsAfter(step, this.#result, LOOK_LIMIT);
      isComplete &&= found.isComplete;
      this.#result = found.seq;
      for (const result of found.results) this.#hub.tellResult(result);
    }
    this.#ringListeners(step);
    return isComplete;
  }

  /**
   * Whether an earlier copy was put into the file while it is open (SQLite's backup interface does that): this raises the
   * number of the schema. Whatever else rolls the file back shows in numbers that are never used twice.
   */
  #hasRolledBack(step: Step): boolean {
    const schema = schemaVersion(step);
    const hasOther = this.#schema !== null && schema !== this.#schema;
    this.#schema = schema;
    return (
      hasOther ||
      (this.#hub.wantsResults && lastNumber(step, "result") < this.#result) ||
      (this.#hub.wantsSignals && lastNumber(step, "signal") < this.#signal)
    );
  }

  /** The numbers reached mean nothing now: everybody looks anew. */
  #beginAgain(step: Step): void {
    // What others have published since is not told from what the copy had; of both only the new is of use.
    this.#signal = lastStaleSignal(step);
    this.#result = lastResult(step);
    for (const id of this.#hub.awaited) {
      const result = finalResult(step, id);
      if (result) this.#hub.tellResult(result);
    }
    this.#hub.wakeBy(-Infinity);
    this.#onRollBack();
  }

  /**
   * Rings consumers that could take something now, and all of them when there is something to do before they would
   * look. A commit that changes neither, such as a heartbeat, wakes nobody.
   */
  #ringListeners(step: Step): void {
    if (this.#hub.listeners.size === 0) return;
    this.#hub.wakeBy(Math.min(step.nextWakeAt() ?? Infinity, this.#firstTurn(step)));
    for (const listener of this.#hub.listeners) {
      if (some(listener.queues, (queue) => step.messages.hasReady(queue))) listener.notify();
    }
  }

  /** A token that nobody was told of yet. */
  #firstTurn({ rates }: Step): number {
    if (!rates.any()) return Infinity;
    const queues = new Set([...this.#hub.listeners].flatMap((listener) => [...listener.queues]));
    return Math.min(...[...queues].map((queue) => rates.firstTurn(queue)?.turnAt ?? Infinity));
  }

  /**
   * A look that finds the file locked or failing is no loss: the next one comes soon, and verbs report errors. Of a file
   * that is another one now, or of a newer schema, nothing will ever come: all waiting ends, so that whoever waits meets the
   * error.
   */
  #trying(look: (step: Step) => void): void {
    try {
      look(this.#connection.peek());
    } catch (error) {
      this.#version = null;
      if (error instanceof StoreError && FINAL.has(error.code)) this.#hub.close(error);
    }
  }
}

function dataVersion(step: Step): number {
  return step.get<{ data_version: number }>("PRAGMA data_version")?.data_version ?? 0;
}

/** Changes with the tables, and with each copy that is put into the file. */
function schemaVersion(step: Step): number {
  return step.get<{ schema_version: number }>("PRAGMA schema_version")?.schema_version ?? 0;
}

/** The newest number given in the table, also of a row that is gone. */
function lastNumber(step: Step, table: "result" | "signal"): number {
  const sql = "SELECT seq FROM sqlite_sequence WHERE name = ?";
  return step.get<{ seq: number }>(sql, table)?.seq ?? 0;
}

function some<T>(values: Iterable<T>, test: (value: T) => boolean): boolean {
  for (const value of values) if (test(value)) return true;
  return false;
}

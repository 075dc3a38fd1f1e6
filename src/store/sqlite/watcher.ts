/**
 * Notices what other processes commit. SQLite cannot call back, so while somebody waits the watcher reads
 * `PRAGMA data_version` (2 us, no disk) every POLL_MS, and looks closer only when it has changed. When nobody waits
 * there is no timer.
 */
import type { Clock, EpochMs, Timer } from "../../core/clock.js";
import { lastSignal, signalsAfter } from "./channel.js";
import { hasReady } from "./claim.js";
import type { Connection } from "./connection.js";
import { nextHousekeeping } from "./housekeeping.js";
import type { Hub } from "./hub.js";
import { lastResult, resultsAfter } from "./results.js";
import type { Step } from "./step.js";

/**
 * Other processes are woken within 50 ms, a late timer included. What costs is not the look but waking up for it: about
 * 130 us here, so 25 ms took 0.6 % of a core at rest, and this takes 0.4 %.
 */
const POLL_MS = 35;
/** Rows of each kind read in one look; the rest follows in the next. */
const LOOK_LIMIT = 1_000;

export class Watcher {
  readonly #connection: Connection;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #origin: string;
  #timer: Timer | null = null;
  #version: number | null = null;
  #result = 0;
  #signal = 0;
  #wakeAt: EpochMs | null = null;
  /** Monotonic: short waits one after the other must not put the next look off for ever. */
  #lookedAt: number;

  /** `origin` marks the signals of this store, which its own subscribers hear without this detour. */
  constructor(connection: Connection, hub: Hub, clock: Clock, origin: string) {
    this.#connection = connection;
    this.#hub = hub;
    this.#clock = clock;
    this.#origin = origin;
    this.#lookedAt = clock.monotonicMs();
    this.#trying((step) => {
      this.#version = dataVersion(step);
    });
    hub.watching = { begin: () => this.#begin(), end: () => this.close() };
  }

  /** Looks no more until somebody waits again. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #begin(): void {
    this.#trying((step) => {
      // Who begins to wait wants what comes from now on.
      if (!this.#hub.wantsResults) this.#result = lastResult(step);
      if (!this.#hub.wantsSignals) this.#signal = lastSignal(step);
    });
    if (!this.#timer) this.#arm();
  }

  #arm(): void {
    const sinceLook = this.#clock.monotonicMs() - this.#lookedAt;
    this.#timer = this.#clock.after(Math.max(0, POLL_MS - sinceLook), () => {
      this.#lookedAt = this.#clock.monotonicMs();
      this.#timer = null;
      this.#trying((step) => this.#look(step));
      if (this.#hub.interested && !this.#timer) this.#arm();
    });
  }

  #look(step: Step): void {
    const version = dataVersion(step);
    if (version === this.#version) return;
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
    // A change that was not read to its end counts as unseen.
    if (isComplete) this.#version = version;
  }

  /**
   * Rings consumers that could take something now, and all of them when a new message brought forward the instant at
   * which one has to look. A commit that changes neither, such as a heartbeat, wakes nobody.
   */
  #ringListeners(step: Step): void {
    if (this.#hub.listeners.size === 0) return;
    const wakeAt = nextHousekeeping(step);
    const isEarlier = wakeAt !== null && (this.#wakeAt === null || wakeAt < this.#wakeAt);
    this.#wakeAt = wakeAt;
    for (const listener of this.#hub.listeners) {
      if (isEarlier || some(listener.queues, (queue) => hasReady(step, queue))) listener.ring();
    }
  }

  /** A look that finds the file locked or failing is no loss: the next one comes soon, and verbs report errors. */
  #trying(look: (step: Step) => void): void {
    try {
      look(this.#connection.peek());
    } catch {
      this.#version = null;
    }
  }
}

function dataVersion(step: Step): number {
  return step.get<{ data_version: number }>("PRAGMA data_version")?.data_version ?? 0;
}

function some<T>(values: Iterable<T>, test: (value: T) => boolean): boolean {
  for (const value of values) if (test(value)) return true;
  return false;
}

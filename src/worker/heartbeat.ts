/**
 * Keeps the leases of all deliveries of one worker with one timer: a beat each third of the lease.
 *
 * A lease is trusted until `start of the last good call + lease` on the monotonic clock: from the start, since a
 * slow answer must not stretch it. Past that the task's signal aborts even if the store says nothing, because
 * another worker may have it by then.
 */
import type { Clock, Timer } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import type { Consumer, HeartbeatOutcome } from "../store/contracts/consumer.js";
import { refOf } from "./outbox.js";
import type { Reservation } from "./reservation.js";
import { isRetryable, type StoreCalls } from "./store-calls.js";

/** Leases extended in one call. */
const MAX_BATCH = 1_000;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #calls: StoreCalls;
  readonly #consumer: Pick<Consumer, "heartbeat">;
  readonly #held: ReadonlyMap<string, Reservation>;
  readonly #leaseMs: number;
  readonly #onFatal: (error: unknown) => void;
  readonly #onUnlocked: (held: Reservation) => void;
  #timer: Timer | null = null;
  #beating = false;
  #stopped = false;
  #nextBeatAt = 0;

  constructor(
    clock: Clock,
    calls: StoreCalls,
    consumer: Pick<Consumer, "heartbeat">,
    held: ReadonlyMap<string, Reservation>,
    leaseMs: number,
    onFatal: (error: unknown) => void,
    onUnlocked: (held: Reservation) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#calls = calls;
    this.#consumer = consumer;
    this.#held = held;
    this.#leaseMs = leaseMs;
    this.#onFatal = onFatal;
    this.#onUnlocked = onUnlocked;
  }

  /** Called when deliveries were taken. Without any, no timer runs. */
  watch(): void {
    if (this.#timer !== null || this.#beating || this.#stopped) return;
    this.#nextBeatAt = this.#clock.monotonicMs() + this.#leaseMs / 3;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stopped || this.#held.size === 0) return;
    let at = this.#beating ? Infinity : this.#nextBeatAt;
    for (const held of this.#held.values()) if (!held.lost) at = Math.min(at, held.trustedUntil);
    if (at === Infinity) return; // all are lost and a beat is on its way: its end arms again
    this.#timer = this.#clock.after(at - this.#clock.monotonicMs(), () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    const now = this.#clock.monotonicMs();
    for (const held of this.#held.values()) {
      if (held.trustedUntil <= now)
        held.lose(`the store has not renewed it for ${formatDuration(this.#leaseMs)}`);
    }
    if (!this.#beating && now >= this.#nextBeatAt && this.#held.size > 0) void this.#beat(now);
    this.#arm();
  }

  async #beat(startedAt: number): Promise<void> {
    this.#beating = true;
    this.#nextBeatAt = startedAt + this.#leaseMs / 3;
    try {
      const all = [...this.#held.values()].filter((held) => !held.lost);
      // One after the other: each batch is one bounded step of the store.
      for (let from = 0; from < all.length; from += MAX_BATCH) {
        const batch = all.slice(from, from + MAX_BATCH);
        const beatAt = this.#clock.monotonicMs();
        const work = this.#consumer.heartbeat(batch.map(refOf), this.#leaseMs);
        const outcomes = await this.#calls.bounded("heartbeat", work);
        batch.forEach((held, index) => this.#heard(held, outcomes[index]!, beatAt));
      }
      this.#calls.succeeded("heartbeat");
    } catch (error) {
      if (this.#stopped) return;
      if (!isRetryable(error)) return this.#onFatal(error);
      this.#nextBeatAt = this.#clock.monotonicMs() + this.#calls.failed("heartbeat", error);
    } finally {
      this.#beating = false;
      this.#arm();
    }
  }

  #heard(held: Reservation, outcome: HeartbeatOutcome, beatAt: number): void {
    // Settled while the call was on its way: then "lost" only means that there is nothing left to extend.
    if (!this.#held.has(held.delivery.token)) return;
    if (outcome === "lost") return held.lose("the store says that this delivery is not the current one");
    held.trustedUntil = beatAt + this.#leaseMs;
    if (outcome === "revoked") held.revoke();
    if (outcome === "cancelled") held.cancel();
    if (outcome === "unlocked" && held.lock !== null && !held.unlocked) {
      held.loseLock();
      this.#onUnlocked(held);
    }
  }
}

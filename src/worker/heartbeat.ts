/**
 * Keeps the leases of all deliveries of one worker with one timer: a beat each third of the lease.
 *
 * A lease is trusted until `start of the last good call + lease` on the monotonic clock: from the start, since a
 * slow answer must not stretch it. Past that the task's signal aborts even if the store says nothing, because
 * another worker may have it by then.
 */
import type { Clock, Timer } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { type InTime, isRetryable, type Patience } from "../core/patience.js";
import type { Consumer, HeartbeatOutcome } from "../store/contracts/consumer.js";
import type { Reporter } from "./report.js";
import { refOf, type Reservation } from "./reservation.js";

/** Leases extended in one call. */
const MAX_BATCH = 1_000;

export interface HeartbeatParts {
  readonly clock: Clock;
  readonly consumer: Pick<Consumer, "heartbeat">;
  readonly inTime: InTime;
  readonly patience: Patience;
  readonly reporter: Reporter;
  readonly leaseMs: number;
  readonly onFatal: (error: unknown) => void;
}

export class Heartbeat {
  readonly #parts: HeartbeatParts;
  /** By token: everything whose lease is to be kept, from the claim until the store has its end. */
  readonly #kept = new Map<string, Reservation>();
  #timer: Timer | null = null;
  #beating = false;
  #stopped = false;
  #nextBeatAt = 0;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** What this worker has in its hands. */
  get kept(): Iterable<Reservation> {
    return this.#kept.values();
  }

  placeOf(id: string): "running" | "waiting" | "elsewhere" {
    for (const { delivery, begun } of this.#kept.values()) {
      if (delivery.id === id) return begun ? "running" : "waiting";
    }
    return "elsewhere";
  }

  /** Without any, no timer runs. */
  keep(reservation: Reservation): void {
    this.#kept.set(reservation.delivery.token, reservation);
    if (this.#timer !== null || this.#beating || this.#stopped) return;
    const { clock, leaseMs } = this.#parts;
    this.#nextBeatAt = clock.monotonicMs() + leaseMs / 3;
    this.#arm();
  }

  drop(reservation: Reservation): void {
    this.#kept.delete(reservation.delivery.token);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stopped || this.#kept.size === 0) return;
    let at = this.#beating ? Infinity : this.#nextBeatAt;
    for (const held of this.#kept.values()) if (!held.lost) at = Math.min(at, held.trustedUntil);
    if (at === Infinity) return; // all are lost and a beat is on its way: its end arms again
    this.#timer = this.#parts.clock.after(at - this.#parts.clock.monotonicMs(), () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    const now = this.#parts.clock.monotonicMs();
    for (const held of this.#kept.values()) {
      if (held.trustedUntil <= now)
        held.lose(`the store has not renewed it for ${formatDuration(this.#parts.leaseMs)}`);
    }
    if (!this.#beating && now >= this.#nextBeatAt && this.#kept.size > 0) void this.#beat(now);
    this.#arm();
  }

  async #beat(startedAt: number): Promise<void> {
    const { clock, consumer, inTime, patience, leaseMs, onFatal } = this.#parts;
    this.#beating = true;
    this.#nextBeatAt = startedAt + leaseMs / 3;
    try {
      const all = [...this.#kept.values()].filter((held) => !held.lost);
      // One after the other: each batch is one bounded step of the store.
      for (let from = 0; from < all.length; from += MAX_BATCH) {
        const batch = all.slice(from, from + MAX_BATCH);
        const beatAt = clock.monotonicMs();
        const work = consumer.heartbeat(batch.map(refOf), leaseMs);
        const outcomes = await inTime("heartbeat", work);
        batch.forEach((held, index) => this.#heard(held, outcomes[index]!, beatAt));
      }
      patience.succeeded("heartbeat");
    } catch (error) {
      if (this.#stopped) return;
      if (!isRetryable(error)) return onFatal(error);
      this.#nextBeatAt = this.#parts.clock.monotonicMs() + patience.failed(error, "heartbeat");
    } finally {
      this.#beating = false;
      this.#arm();
    }
  }

  #heard(held: Reservation, outcome: HeartbeatOutcome, beatAt: number): void {
    // Settled while the call was on its way: then "lost" only means that there is nothing left to extend.
    if (!this.#kept.has(held.delivery.token)) return;
    if (outcome === "lost") return held.lose("the store says that this delivery is not the current one");
    held.trustedUntil = beatAt + this.#parts.leaseMs;
    if (outcome === "revoked") held.revoke();
    if (outcome === "cancelled") held.cancel();
    if (outcome === "unlocked" && held.lock !== null && !held.unlocked) {
      held.loseLock();
      this.#parts.reporter.unlocked(held);
    }
  }
}

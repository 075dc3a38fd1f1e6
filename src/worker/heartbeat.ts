/**
 * Keeps the leases of all deliveries of one worker: a beat each third of the lease.
 *
 * A lease is trusted until `start of the last good call + lease` on the monotonic clock: from the start, since a
 * slow answer must not stretch it. Past that the task's signal aborts even if the store says nothing, because
 * another worker may have it by then.
 */
import type { Clock, Timer } from "../core/clock.js";
import type { LoopMark, LoopMarks } from "../core/loop-mark.js";
import { bounded, isRetryable, type Patience } from "../core/patience.js";
import type { Consumer, HeartbeatOutcome } from "../store/contracts/consumer.js";
import type { Reporter } from "./report.js";
import { refOf, type Keeper, type Reservation } from "./reservation.js";

/** Leases extended in one call. */
const MAX_BATCH = 1_000;

export interface HeartbeatParts {
  readonly clock: Clock;
  readonly consumer: Pick<Consumer, "heartbeat">;
  readonly patience: Patience;
  readonly reporter: Reporter;
  /** Of a delivery as it is claimed. */
  readonly leaseMs: number;
  readonly onFatal: (error: unknown) => void;
  readonly loops: Pick<LoopMarks, "add">;
}

/** One pulse for the worker's lease, and one for each other length that tasks ask for. */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  readonly #pulses = new Map<number, Pulse>();

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** What this worker has in its hands, from the claim until the store has its end. */
  get kept(): Reservation[] {
    return [...this.#pulses.values()].flatMap(({ kept }) => [...kept]);
  }

  placeOf(id: string): "running" | "waiting" | "elsewhere" {
    const found = this.kept.find(({ delivery }) => delivery.id === id);
    if (found === undefined) return "elsewhere";
    return found.begun ? "running" : "waiting";
  }

  keep(reservation: Reservation): void {
    this.#pulse(this.#parts.leaseMs).keep(reservation);
  }

  drop(reservation: Reservation): void {
    reservation.keeper?.drop(reservation);
  }

  /** Resolves when their leases have the length `leaseMs`, which is kept from now on. Rejects with what the store threw. */
  async change(reservations: readonly Reservation[], leaseMs: number): Promise<void> {
    await this.#pulse(leaseMs).beat(reservations);
  }

  stop(): void {
    for (const pulse of this.#pulses.values()) pulse.stop();
  }

  #pulse(leaseMs: number): Pulse {
    let pulse = this.#pulses.get(leaseMs);
    if (pulse === undefined) {
      pulse = new Pulse({ ...this.#parts, leaseMs });
      this.#pulses.set(leaseMs, pulse);
    }
    return pulse;
  }
}

/** Leases of one length, with one timer. */
class Pulse implements Keeper {
  readonly leaseMs: number;
  readonly kept = new Set<Reservation>();
  readonly #parts: HeartbeatParts;
  readonly #mark: LoopMark;
  #timer: Timer | null = null;
  /** When the timer should fire. */
  #tickAt = Infinity;
  #aliveAt = 0;
  #beating = false;
  /** By when the beat that is on its way is over. */
  #beatenBy = Infinity;
  #stopped = false;
  #nextBeatAt = 0;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    this.#mark = parts.loops.add("leases");
    this.leaseMs = parts.leaseMs;
  }

  /** The timer is late by so much that leases have ended for it. The block began after the last sign of life. */
  get blocked(): string | null {
    const now = this.#parts.clock.monotonicMs();
    const period = this.leaseMs / 3;
    if (now - this.#tickAt < period) return null;
    const forMs = now - Math.max(this.#aliveAt, this.#tickAt - period);
    const length = now - this.#tickAt > this.leaseMs ? "longer than" : "too long for";
    return `the event loop was blocked for ${(forMs / 1_000).toFixed(1)} s, ${length} the lease of ${this.leaseMs / 1_000} s`;
  }

  /** Without any, no timer runs. */
  keep(reservation: Reservation): void {
    this.kept.add(reservation);
    reservation.keeper = this;
    this.#aliveAt = Math.max(this.#aliveAt, reservation.trustedUntil - this.leaseMs); // it was claimed, or extended
    if (this.#timer !== null || this.#beating || this.#stopped) return;
    this.#nextBeatAt = this.#parts.clock.monotonicMs() + this.leaseMs / 3;
    this.#arm();
  }

  drop(reservation: Reservation): void {
    this.kept.delete(reservation);
    reservation.keeper = null;
  }

  stop(): void {
    this.#stopped = true;
    this.#arm();
  }

  async beat(reservations: readonly Reservation[]): Promise<void> {
    const { clock, consumer } = this.#parts;
    // One after the other: each batch is one bounded step of the store.
    for (let from = 0; from < reservations.length; from += MAX_BATCH) {
      const batch = reservations.slice(from, from + MAX_BATCH);
      const beatAt = clock.monotonicMs();
      const work = consumer.heartbeat(batch.map(refOf), this.leaseMs);
      const outcomes = await bounded(clock, this.leaseMs / 3, "heartbeat", work);
      batch.forEach((reservation, index) => this.#heard(reservation, outcomes[index]!, beatAt));
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#tickAt = Infinity;
    this.#mark.turnsBy = this.#stopped ? Infinity : this.#beatenBy;
    if (this.#stopped || this.kept.size === 0) return;
    let at = this.#beating ? Infinity : this.#nextBeatAt;
    for (const held of this.kept) if (!held.lost) at = Math.min(at, held.trustedUntil);
    if (at === Infinity) return; // all are lost and a beat is on its way: its end arms again
    const { clock } = this.#parts;
    this.#tickAt = at;
    this.#mark.turnsBy = Math.min(at, this.#beatenBy);
    this.#timer = clock.after(at - clock.monotonicMs(), () => this.#tick());
  }

  #tick(): void {
    this.#timer = null;
    const { clock, reporter } = this.#parts;
    const now = clock.monotonicMs();
    const { blocked } = this;
    const trusted = [...this.kept].filter(({ lost }) => !lost);
    for (const reservation of trusted) reservation.look();
    const lost = trusted.filter((reservation) => reservation.lost);
    if (blocked !== null && lost.length > 0) reporter.blocked(blocked, lost);
    this.#aliveAt = now;
    if (!this.#beating && now >= this.#nextBeatAt && this.kept.size > 0) void this.#beatAll(now);
    this.#arm();
  }

  async #beatAll(startedAt: number): Promise<void> {
    const { clock, patience, onFatal, reporter } = this.#parts;
    const loop = `heartbeat ${this.leaseMs}`;
    this.#beating = true;
    this.#nextBeatAt = startedAt + this.leaseMs / 3;
    const trusted = [...this.kept].filter(({ lost }) => !lost);
    this.#beatenBy = startedAt + Math.ceil(trusted.length / MAX_BATCH) * (this.leaseMs / 3);
    try {
      await this.beat(trusted);
      patience.succeeded(loop);
      reporter.signals.life("heartbeatSent", { leases: trusted.length });
    } catch (error) {
      if (this.#stopped) return;
      if (!isRetryable(error)) return onFatal(error);
      this.#nextBeatAt = clock.monotonicMs() + patience.failed(error, loop);
    } finally {
      this.#beating = false;
      this.#beatenBy = Infinity;
      this.#arm();
    }
  }

  #heard(held: Reservation, outcome: HeartbeatOutcome, beatAt: number): void {
    // Settled while the call was on its way: then "lost" only means that there is nothing left to extend.
    if (held.keeper === null) return;
    if (outcome === "lost") return held.lose("the store says that this delivery is not the current one");
    held.trustedUntil = beatAt + this.leaseMs;
    if (held.keeper !== this) {
      held.keeper.drop(held);
      this.keep(held);
    }
    if (outcome === "revoked") held.revoke();
    if (outcome === "cancelled") held.cancel();
    if (outcome === "unlocked" && held.lock !== null && !held.unlocked) {
      held.loseLock();
      this.#parts.reporter.unlocked(held);
    }
  }
}

import type { Clock, Timer } from "../core/clock.js";
import type { Reservation } from "./reservation.js";

/**
 * A permit does not wait for a slot longer than this: others could use it, and what is in the slots may be waiting for
 * it. The task goes back to the front of its queue, for any worker, and the store keeps the permit for it for a while.
 */
const LONGEST_IDLE_PERMIT_MS = 1_000;

/** Deliveries that wait for a slot, in the order in which they came. */
export class InHand {
  readonly #clock: Clock;
  readonly #onIdlePermit: (reservation: Reservation) => void;
  #waiting: Reservation[] = [];
  /** Runs while one of them holds a permit. */
  #timer: Timer | null = null;

  /** `onIdlePermit` gets what has held a permit for too long; it waits here no more. */
  constructor(clock: Clock, onIdlePermit: (reservation: Reservation) => void) {
    this.#clock = clock;
    this.#onIdlePermit = onIdlePermit;
  }

  get size(): number {
    return this.#waiting.length;
  }

  push(reservation: Reservation): void {
    this.#waiting.push(reservation);
    if (reservation.lock === null) return;
    reservation.idleSince = this.#clock.monotonicMs();
    this.#watch();
  }

  shift(): Reservation | undefined {
    return this.#waiting.shift();
  }

  takeRevoked(): Reservation[] {
    const revoked = this.#waiting.filter((reservation) => reservation.revoked);
    if (revoked.length > 0) this.#waiting = this.#waiting.filter((reservation) => !reservation.revoked);
    return revoked;
  }

  takeAll(): Reservation[] {
    const all = this.#waiting;
    this.#waiting = [];
    this.#timer?.cancel();
    this.#timer = null;
    return all;
  }

  #watch(): void {
    if (this.#timer !== null) return;
    const oldest = this.#waiting.find(({ lock }) => lock !== null);
    if (oldest === undefined) return;
    const restMs = oldest.idleSince + LONGEST_IDLE_PERMIT_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.after(Math.max(0, restMs), () => {
      this.#timer = null;
      this.#letGo();
      this.#watch();
    });
  }

  #letGo(): void {
    const idleFrom = this.#clock.monotonicMs() - LONGEST_IDLE_PERMIT_MS;
    const isIdle = ({ lock, idleSince }: Reservation): boolean => lock !== null && idleSince <= idleFrom;
    const idle = this.#waiting.filter(isIdle);
    this.#waiting = this.#waiting.filter((reservation) => !isIdle(reservation));
    for (const reservation of idle) this.#onIdlePermit(reservation);
  }
}

import { type Clock } from "../../../core/clock.js";
import { type SunbeatError } from "../../../core/errors.js";
import { Reservation } from "../../reservation.js";
import type { StopFlag } from "../stop-flag.js";
import { errorFromWire, type RunOrder, type StopOrder } from "../wire.js";

/** The newest order to stop. */
export class StopOrders {
  readonly #flag: StopFlag;
  #newest: StopOrder | null = null;

  constructor(flag: StopFlag) {
    this.#flag = flag;
  }

  /** For this run; null: none. */
  of(run: number): StopOrder | null {
    const text = this.#flag.read();
    if (text !== null) this.#newest = JSON.parse(text) as StopOrder;
    return this.#newest?.run === run ? this.#newest : null;
  }
}

/** A delivery that the worker has, as its child sees it. The lease is the worker's: it tells when it is lost. */
export class RemoteReservation extends Reservation {
  readonly run: number;
  readonly #orders: StopOrders;
  #heeded: StopOrder | null = null;

  constructor(
    { run, delivery, lock, begunAt }: RunOrder,
    orders: StopOrders,
    clock: Pick<Clock, "monotonicMs">,
  ) {
    // Whether it has expired the worker has looked, by the store's clock.
    super(delivery, Infinity, clock, -Infinity);
    this.run = run;
    this.lock = lock;
    this.begun = true;
    this.begunAt = begunAt;
    this.#orders = orders;
  }

  /** Each time that the signal is asked, so that a loop which asks it hears of the order without a turn of the event loop. */
  override look(): void {
    const order = this.#orders.of(this.run);
    if (order === null || order === this.#heeded) return;
    this.#heeded = order;
    this.lostBecause ??= order.lostBecause;
    this.revoked ||= order.revoked;
    this.stopping ||= order.stopping;
    this.unlocked ||= order.unlocked;
    this.abort(errorFromWire(order.reason) as SunbeatError);
  }
}

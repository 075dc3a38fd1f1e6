import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";
import type { AdmitReply } from "../store/contracts/consumer.js";
import type { Delivery } from "../store/contracts/delivery.js";
import { prepare, refusalOf } from "./admission.js";
import { type Assignment, assign, isAssignment } from "./assignment.js";
import { cutShort } from "./early.js";
import { Executor } from "./executor.js";
import { InHand } from "./in-hand.js";
import type { TaskLookup } from "./options.js";
import { type Admission, isEarlyAck, Outbox } from "./outbox.js";
import { failed, type Outcome, settlementOf } from "./outcome.js";
import { Reservation } from "./reservation.js";
import type { RunEnvironment } from "./run-context.js";

/**
 * Starting many tasks whose synchronous parts are long would keep heartbeats and sockets waiting, so the event loop
 * gets its turn after so many ms.
 */
const LONGEST_FILL_MS = 50;

/** What the worker has in its hands: deliveries that wait for a slot, runs in slots, and ends for the store. */
export class Slots {
  readonly outbox = new Outbox();
  /** By token: everything whose lease is to be kept, from the claim until the store has its end. */
  readonly held = new Map<string, Reservation>();
  /** Runs that ended. */
  processed = 0;
  readonly #clock: Clock;
  readonly #registry: TaskLookup;
  readonly #environment: RunEnvironment;
  readonly #concurrency: number;
  readonly #leaseMs: number;
  readonly #executor: Executor;
  readonly #onEnd: () => void;
  readonly #inHand: InHand;
  /** Slots taken: running, or being acknowledged before the run. */
  #busy = 0;

  /** `onEnd` is called when something came into the outbox without the consumer doing it. */
  constructor(
    clock: Clock,
    random: Random,
    registry: TaskLookup,
    environment: Omit<RunEnvironment, "slots">,
    { concurrency, leaseMs }: { readonly concurrency: number; readonly leaseMs: number },
    onEnd: () => void,
  ) {
    this.#clock = clock;
    this.#registry = registry;
    this.#environment = { ...environment, slots: this };
    this.#concurrency = concurrency;
    this.#leaseMs = leaseMs;
    this.#onEnd = onEnd;
    this.#inHand = new InHand(clock, (reservation) => {
      this.outbox.returns.push({ reservation, outcome: null });
      onEnd();
    });
    this.#executor = new Executor(clock, random, this.#environment, (assignment, outcome, runtimeMs) =>
      this.#ended(assignment, outcome, runtimeMs),
    );
  }

  get busy(): number {
    return this.#busy;
  }

  get free(): number {
    return this.#concurrency - this.#busy;
  }

  /** Deliveries taken and not yet started, with those that ask for their lock. */
  get waiting(): number {
    return this.#inHand.size + this.outbox.admissions.length;
  }

  get overran(): number {
    return this.#executor.overran;
  }

  isFull(): boolean {
    return this.free <= 0;
  }

  placeOf(id: string): "running" | "waiting" | "elsewhere" {
    for (const { delivery, begun } of this.#all()) {
      if (delivery.id === id) return begun ? "running" : "waiting";
    }
    return "elsewhere";
  }

  /** `storeAheadMs`: see `Reservation`. */
  take(deliveries: readonly Delivery[], trustedUntil: number, storeAheadMs: number): void {
    for (const delivery of deliveries) {
      const reservation = new Reservation(delivery, trustedUntil, this.#clock, storeAheadMs);
      this.held.set(delivery.token, reservation);
      this.#environment.reporter.received(reservation);
      if (reservation.lock !== null) this.#environment.reporter.locked(reservation);
      if (delivery.lock !== undefined || this.#registry.get(delivery.task)?.lock) this.#ask(reservation);
      else this.#inHand.push(reservation);
    }
  }

  /** Starts what waits while slots are free, in the order of the claim. Says whether anything was started. */
  fill(): boolean {
    if (this.#inHand.size === 0 || this.free === 0) return false;
    const until = this.#clock.monotonicMs() + LONGEST_FILL_MS;
    while (this.free > 0) {
      const next = this.#inHand.shift();
      if (next === undefined) break;
      this.#begin(next);
      if (this.#clock.monotonicMs() > until) break;
    }
    return true;
  }

  /** The store has the acknowledgement of a task with acks "early". */
  acknowledged(assignment: Assignment): void {
    assignment.reservation.acknowledged = true;
    this.#executor.start(assignment);
  }

  /** The store refused the acknowledgement: somebody else has the delivery. */
  refused({ reservation }: Assignment): void {
    this.#busy--;
    this.#environment.reporter.ended(reservation, { kind: "abandoned" }, 0);
  }

  /** The store has answered to a delivery that asked for its lock. */
  answered({ assignment, request }: Admission, reply: AdmitReply): void {
    const { reservation } = assignment;
    const { reporter } = this.#environment;
    if (reply.outcome === "admitted") {
      reservation.lock = { name: request.lock.name, fence: reply.fence };
      reporter.locked(reservation);
      this.#inHand.push(reservation);
      return;
    }
    this.#send(reservation, refusalOf(assignment, request, reply), assignment.resultTtlMs, 0);
  }

  /** What has not been started goes back. */
  returnWaiting(): void {
    for (const { assignment } of this.outbox.admissions) {
      this.outbox.returns.push({ reservation: assignment.reservation, outcome: null });
    }
    this.outbox.admissions = [];
    for (const reservation of this.#inHand.takeAll()) {
      this.outbox.returns.push({ reservation, outcome: null });
    }
  }

  /** Claimed by a call that nobody waits for any more: they go back, and are not started here. */
  returnLate(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      this.outbox.returns.push({
        reservation: new Reservation(delivery, -Infinity, this.#clock, 0),
        outcome: null,
      });
    }
    this.#onEnd();
  }

  /**
   * Lets go of everything: what runs on is no longer ours, and no timer of it is left. Runs go back to their queues, or,
   * after a crash, stay where they are until their leases end.
   */
  letGo(crashed: boolean): void {
    this.returnWaiting();
    for (const { reservation, ...rest } of this.#executor.abandon()) {
      const returned: Outcome = { kind: "returned" };
      if (!reservation.acknowledged) {
        if (!crashed) this.outbox.returns.push({ reservation, outcome: returned });
      } else {
        const assignment = { reservation, ...rest };
        this.outbox.early.push({
          assignment,
          outcome: cutShort(reservation),
          runtimeMs: 0,
          forgotten: false,
        });
      }
    }
    for (const item of this.outbox.settlements) {
      if (isEarlyAck(item))
        this.outbox.returns.push({ reservation: item.assignment.reservation, outcome: null });
    }
    this.outbox.settlements = this.outbox.settlements.filter((item) => !isEarlyAck(item));
    this.#busy = 0;
  }

  revoke(ids: ReadonlySet<string>): void {
    for (const reservation of this.#all()) if (ids.has(reservation.delivery.id)) reservation.revoke();
    this.#endRevoked();
  }

  cancel(ids: ReadonlySet<string>): void {
    for (const reservation of this.held.values()) if (ids.has(reservation.delivery.id)) reservation.cancel();
    this.#endRevoked();
  }

  shutDown(): void {
    for (const reservation of this.#all()) reservation.shutDown();
  }

  /** A run that was acknowledged early is not held any more, and still runs here. */
  #all(): Set<Reservation> {
    const all = new Set(this.held.values());
    for (const { reservation } of this.#executor.running) all.add(reservation);
    return all;
  }

  /** What was revoked while it waits for a slot has its end now: somebody may be waiting for that. */
  #endRevoked(): void {
    const revoked = this.#inHand.takeRevoked();
    for (const reservation of revoked) this.#prepare(reservation);
    if (revoked.length > 0) this.#onEnd();
  }

  /** Has a delivery ask for the lock it needs, or wait for a slot when it has it. */
  #ask(reservation: Reservation): void {
    const prepared = this.#prepare(reservation);
    if (prepared === null) return;
    const { assignment, request } = prepared;
    if (request === null) this.#inHand.push(reservation);
    else this.outbox.admissions.push({ assignment, request });
  }

  /** Null for a delivery that cannot be run: its end is on the way to the store. */
  #prepare(reservation: Reservation): ReturnType<typeof prepare> | null {
    const assignment = assign(reservation, this.#registry);
    if (!isAssignment(assignment)) {
      // The sender's word about results holds where no task definition could be asked.
      this.#send(reservation, assignment, reservation.delivery.resultTtlMs, 0);
      return null;
    }
    try {
      return prepare(assignment, this.#leaseMs);
    } catch (error) {
      this.#send(reservation, failed(error), assignment.resultTtlMs, 0); // the same arguments name it no better
      return null;
    }
  }

  #begin(reservation: Reservation): void {
    // Its permit was broken while it waited for this slot: it asks for another.
    if (reservation.unlocked) return void this.outbox.returns.push({ reservation, outcome: null });
    const prepared = this.#prepare(reservation);
    if (prepared === null) return;
    const { assignment } = prepared;
    reservation.begun = true;
    this.#busy++;
    // A message with a lock is acknowledged at its end whatever its task says: the permit lives with the delivery.
    if (assignment.definition.acks === "late" || reservation.lock !== null) {
      return this.#executor.start(assignment);
    }
    const { id, token, idTtlMs } = reservation.delivery;
    const settlement = { id, token, kind: "done", result: null, resultTtlMs: 0, idTtlMs } as const;
    this.outbox.settlements.push({ assignment, settlement, resent: false });
  }

  #ended(assignment: Assignment, outcome: Outcome, runtimeMs: number): void {
    const { reservation, resultTtlMs } = assignment;
    this.#busy--;
    this.processed++;
    if (reservation.acknowledged) {
      const told = outcome.kind === "returned" ? cutShort(reservation) : outcome;
      this.outbox.early.push({ assignment, outcome: told, runtimeMs, forgotten: false });
    } else this.#send(reservation, outcome, resultTtlMs, runtimeMs);
    this.#onEnd();
  }

  #send(reservation: Reservation, outcome: Outcome, resultTtlMs: number, runtimeMs: number): void {
    const { hostname, reporter } = this.#environment;
    const settlement = settlementOf(reservation, outcome, resultTtlMs, hostname);
    if (settlement === null) {
      this.held.delete(reservation.delivery.token);
      reporter.ended(reservation, outcome, runtimeMs);
    } else if (settlement === "give-back") this.outbox.returns.push({ reservation, outcome });
    else this.outbox.settlements.push({ reservation, outcome, runtimeMs, settlement, resent: false });
  }
}

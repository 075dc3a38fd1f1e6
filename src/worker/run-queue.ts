/**
 * What was claimed and has no slot yet, in the order of the claim.
 *
 * A delivery that needs a lock asks for it as soon as it is here: the order among waiters is the order of the queue, and a
 * slot is never held by one that waits.
 */
import type { Clock, Timer } from "../core/clock.js";
import type { InTime } from "../core/patience.js";
import type { Consumer } from "../store/contracts/consumer.js";
import type { Results, StoredResult } from "../store/contracts/results.js";
import { type Answer, type Asking, askStore } from "./asking.js";
import {
  type Assignment,
  assign,
  chargeOf,
  isAssignment,
  isPlain,
  isStranger,
  mustBeCharged,
  needsArguments,
  outcomeOfStranger,
  prepare,
  refusalOf,
  type Stranger,
} from "./assignment.js";
import type { Completer } from "./completer.js";
import type { Heartbeat } from "./heartbeat.js";
import type { Inputs } from "./inputs.js";
import { isMarked, type Marks } from "./marks.js";
import type { TaskLookup } from "./options.js";
import { failed, beyondRetry, type Outcome } from "./outcome.js";
import { poolFor } from "./pool-for.js";
import type { Pool } from "./pools/pool.js";
import type { Pools } from "./pools/pools.js";
import type { Reporter } from "./report.js";
import type { Reservation } from "./reservation.js";
import { type Room, roomOf, type RoomParts } from "./room.js";
import { Waiting } from "./waiting.js";

/** Requests in one call: a step of the store is bounded. */
const MAX_BATCH = 1_000;
/**
 * Starting many tasks whose synchronous parts are long would keep heartbeats and sockets waiting, so the event loop
 * gets its turn after so many ms.
 */
const LONGEST_FILL_MS = 50;
/**
 * A permit does not wait for a slot longer than this: others could use it, and what is in the slots may be waiting for
 * it. The task goes back to the front of its queue, for any worker, and the store keeps the permit for it for a while.
 */
const LONGEST_IDLE_PERMIT_MS = 1_000;
/** A stranger comes back at an instant that all workers know; so long after it the one that has its task has looked. */
const STRANGERS_LINGER_MS = 1_000;

export interface RunQueueParts extends Omit<RoomParts, "waiting"> {
  readonly clock: Clock;
  readonly registry: TaskLookup;
  readonly consumer: Pick<Consumer, "admit" | "charge">;
  readonly results: Pick<Results, "get">;
  readonly inTime: InTime;
  readonly reporter: Reporter;
  readonly pools: Pools;
  /** For those that end before they run. */
  readonly completer: Completer;
  readonly heartbeat: Pick<Heartbeat, "change">;
  readonly inputs: Inputs;
  readonly marks: Marks;
  /** Of a delivery as it is claimed. */
  readonly leaseMs: number;
  readonly unknownTaskGraceMs: number;
}

export class RunQueue {
  readonly #parts: RunQueueParts;
  readonly #waiting = new Waiting();
  readonly #roomParts: RoomParts;
  #asking: Asking[] = [];
  #strangers: Stranger[] = [];
  /** Those whose lock has a name only when their arguments are here. */
  #unread: Assignment[] = [];
  /** Requests on their way. */
  #asked = 0;
  #expectsStrangersUntil = -Infinity;
  /** Queues that are paused, as far as this worker knows. */
  #paused: ReadonlySet<string> = new Set();
  /** Runs while one that waits holds a permit. */
  #idlePermits: Timer | null = null;

  constructor(parts: RunQueueParts) {
    this.#parts = parts;
    this.#roomParts = { ...parts, waiting: this.#waiting };
  }

  /** Deliveries taken and not yet started. */
  get size(): number {
    return this.#waiting.size + this.requests + this.#asked;
  }

  /** Requests that the store has not been asked yet. */
  get requests(): number {
    return this.#asking.length + this.#strangers.length + this.#unread.length;
  }

  /** Deliveries that are at most taken for the slots that there are. */
  get most(): number {
    return this.#parts.pools.size * this.#parts.prefetch;
  }

  /** How many more deliveries may be claimed, and of which queues. */
  get room(): Room {
    const { max, queues } = roomOf(this.#roomParts);
    return { max: max - this.requests - this.#asked, queues };
  }

  /** Slots for which it has nothing yet. */
  get slots(): number {
    return Math.max(0, this.#parts.pools.free - this.size);
  }

  get canStart(): boolean {
    return this.#waiting.canStart;
  }

  /** Whether something runs. */
  get isRunning(): boolean {
    return this.#parts.pools.running > 0;
  }

  /** Whether what comes next may be a stranger that was given back here, for a worker that has its task. */
  get expectsStrangers(): boolean {
    return this.#parts.clock.monotonicMs() < this.#expectsStrangersUntil;
  }

  /** A claim was answered. */
  claimed(asked: number, given: number): void {
    this.#parts.pools.claimed(asked, given);
  }

  take(reservation: Reservation): void {
    const { registry, reporter } = this.#parts;
    const { delivery } = reservation;
    if (reservation.lock !== null) reporter.locked(reservation);
    const definition = registry.get(delivery.task);
    const asks = delivery.lock !== undefined || definition?.lock || definition?.leaseMs;
    if (asks || mustBeCharged(reservation, definition?.rateLimit ?? null)) this.#ask(reservation);
    else this.#push(reservation);
  }

  /** Starts what waits while slots are free. Says whether anything was taken out. */
  fill(): boolean {
    if (!this.canStart) return false;
    const { clock } = this.#parts;
    const until = clock.monotonicMs() + LONGEST_FILL_MS;
    while (this.#waiting.next(this.#begin)) {
      if (clock.monotonicMs() > until) break;
    }
    return true;
  }

  /** A lost answer is asked for again: the store gives the same one. Rejects with what the store threw. */
  async ask(): Promise<void> {
    if (this.#strangers.length > 0) await this.#judgeStrangers();
    if (this.#unread.length > 0) await this.#readArguments();
    if (this.#asking.length > 0) await this.#askStore();
  }

  async #judgeStrangers(): Promise<void> {
    const { clock, completer, inTime, results, unknownTaskGraceMs } = this.#parts;
    const batch = this.#strangers.splice(0, MAX_BATCH);
    this.#asked += batch.length;
    let records: (StoredResult | null)[];
    try {
      records = await inTime(
        "results.get",
        results.get(batch.map(({ reservation }) => reservation.delivery.id)),
      );
    } catch (error) {
      this.#strangers = [...batch, ...this.#strangers];
      throw error;
    } finally {
      this.#asked -= batch.length;
    }
    batch.forEach((stranger, index) => {
      const { reservation } = stranger;
      const outcome = outcomeOfStranger(stranger, records[index] ?? null, unknownTaskGraceMs);
      completer.complete(reservation, outcome, reservation.delivery.resultTtlMs, 0);
      if (outcome.kind !== "unknown") return;
      const until = clock.monotonicMs() + outcome.delayMs + STRANGERS_LINGER_MS;
      this.#expectsStrangersUntil = Math.max(this.#expectsStrangersUntil, until);
    });
  }

  async #readArguments(): Promise<void> {
    const { completer, inputs } = this.#parts;
    const batch = this.#unread.splice(0, MAX_BATCH);
    this.#asked += batch.length;
    for (const assignment of batch) {
      const { reservation, resultTtlMs } = assignment;
      try {
        reservation.args = await inputs.of(assignment);
        this.#ask(reservation);
      } catch (error) {
        completer.complete(reservation, beyondRetry(error, assignment), resultTtlMs, 0);
      } finally {
        this.#asked--;
      }
    }
  }

  async #askStore(): Promise<void> {
    const batch = this.#asking.splice(0, MAX_BATCH);
    this.#asked += batch.length;
    let answers: readonly Answer[];
    try {
      answers = await askStore(batch, this.#parts);
    } catch (error) {
      this.#asking = [...batch, ...this.#asking];
      throw error;
    } finally {
      this.#asked -= batch.length;
    }
    batch.forEach((asking, index) => this.#answered(asking, answers[index]!));
  }

  /** What has not been started goes back. */
  returnAll(): void {
    this.#idlePermits?.cancel();
    this.#idlePermits = null;
    const asking = [...this.#strangers, ...this.#unread, ...this.#asking.map(({ assignment }) => assignment)];
    const all = [...asking.map(({ reservation }) => reservation), ...this.#waiting.take(() => true)];
    this.#strangers = [];
    this.#unread = [];
    this.#asking = [];
    for (const reservation of all) this.#parts.completer.giveBack(reservation);
  }

  /** Which queues are paused now: what waits here from them goes back. */
  setPaused(queues: readonly string[]): void {
    if (queues.length + this.#paused.size === 0) return;
    this.#paused = new Set(queues);
    const isPaused = ({ delivery }: Reservation): boolean => this.#paused.has(delivery.queue);
    for (const reservation of this.#waiting.take(isPaused)) this.#parts.completer.giveBack(reservation);
  }

  /** The same of one queue more. */
  addPaused(queue: string): void {
    this.setPaused([...this.#paused, queue]);
  }

  /** What waits here from a queue that is not taken from any more goes back. */
  leaveQueue(queue: string): void {
    for (const reservation of this.#waiting.take(({ delivery }) => delivery.queue === queue)) {
      this.#parts.completer.giveBack(reservation);
    }
  }

  /** Queues that are paused, as far as this worker knows. */
  get paused(): ReadonlySet<string> {
    return this.#paused;
  }

  /** What was revoked while it waits for a slot has its end now: somebody may be waiting for that. */
  endRevoked(): void {
    for (const reservation of this.#waiting.take(({ revoked }) => revoked)) this.#assign(reservation);
  }

  #push(reservation: Reservation): void {
    if (this.#paused.has(reservation.delivery.queue)) return this.#parts.completer.giveBack(reservation);
    this.#waiting.push(reservation, poolFor(reservation, this.#parts));
    if (reservation.lock === null) return;
    reservation.idleSince = this.#parts.clock.monotonicMs();
    this.#watchPermits();
  }

  #ask(reservation: Reservation): void {
    const assigned = this.#assign(reservation);
    const prepared = assigned && this.#prepare(assigned);
    if (prepared === null) return;
    const { assignment, request, charge } = prepared;
    if (request === null && charge === null && assignment.definition.leaseMs === null)
      this.#push(reservation);
    else this.#asking.push({ assignment, request, charge });
  }

  #answered({ assignment, request }: Asking, { reply, charge }: Answer): void {
    const { reservation, resultTtlMs } = assignment;
    const { completer, reporter } = this.#parts;
    if (request !== null && reply !== null) {
      if (reply.outcome !== "admitted") {
        return completer.complete(reservation, refusalOf(assignment, request, reply), resultTtlMs, 0);
      }
      reservation.lock = { name: request.lock.name, fence: reply.fence };
      reporter.locked(reservation);
    }
    if (charge === "blocked" || charge === "lost") {
      const outcome: Outcome = { kind: charge === "lost" ? "abandoned" : "rate-limited" };
      return completer.complete(reservation, outcome, resultTtlMs, 0);
    }
    reservation.charged = true;
    this.#push(reservation);
  }

  /** Null for a delivery that cannot be run: its end is on the way to the store, or what it needs to be judged. */
  #assign(reservation: Reservation): Assignment | null {
    const { registry, completer, marks } = this.#parts;
    const assignment = assign(reservation, registry);
    if (isAssignment(assignment)) {
      if (!isMarked(assignment, marks.current)) return assignment;
      completer.complete(reservation, { kind: "revoked" }, assignment.resultTtlMs, 0);
    } else if (isStranger(assignment)) this.#strangers.push(assignment);
    // The sender's word about results holds where no task definition could be asked.
    else completer.complete(reservation, assignment, reservation.delivery.resultTtlMs, 0);
    return null;
  }

  /** Null as of `#assign`, or where what it needs to ask must be read first. */
  #prepare(assignment: Assignment): Asking | null {
    const { completer, leaseMs } = this.#parts;
    if (needsArguments(assignment)) {
      this.#unread.push(assignment);
      return null;
    }
    try {
      return { ...prepare(assignment, leaseMs), charge: chargeOf(assignment) };
    } catch (error) {
      // the same arguments name it no better
      completer.complete(assignment.reservation, failed(error), assignment.resultTtlMs, 0);
      return null;
    }
  }

  readonly #begin = (reservation: Reservation, pool: Pool): void => {
    const { completer, pools } = this.#parts;
    // Its permit was broken while it waited for this slot: it asks for another.
    if (reservation.unlocked) return completer.giveBack(reservation);
    const assigned = this.#assign(reservation);
    if (assigned === null) return;
    const assignment = isPlain(assigned) ? assigned : this.#prepare(assigned)?.assignment;
    if (assignment === undefined) return;
    reservation.begun = true;
    reservation.begunAt = reservation.storeNow;
    reservation.paced = assignment.definition.rateLimit !== null;
    pools.start(assignment, pool);
  };

  #watchPermits(): void {
    if (this.#idlePermits !== null) return;
    let oldest = Infinity;
    for (const { lock, idleSince } of this.#waiting) if (lock !== null) oldest = Math.min(oldest, idleSince);
    if (oldest === Infinity) return;
    const { clock } = this.#parts;
    const restMs = oldest + LONGEST_IDLE_PERMIT_MS - clock.monotonicMs();
    this.#idlePermits = clock.after(Math.max(0, restMs), () => {
      this.#idlePermits = null;
      this.#returnIdlePermits();
      this.#watchPermits();
    });
  }

  #returnIdlePermits(): void {
    const { clock, completer } = this.#parts;
    const idleFrom = clock.monotonicMs() - LONGEST_IDLE_PERMIT_MS;
    const idle = this.#waiting.take(({ lock, idleSince }) => lock !== null && idleSince <= idleFrom);
    for (const reservation of idle) completer.giveBack(reservation);
  }
}

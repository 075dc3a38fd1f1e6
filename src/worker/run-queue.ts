/**
 * What was claimed and has no slot yet, in the order of the claim.
 *
 * A delivery that needs a lock asks for it as soon as it is here: the order among waiters is the order of the queue, and a
 * slot is never held by one that waits.
 */
import type { Clock, Timer } from "../core/clock.js";
import type { InTime } from "../core/patience.js";
import type { AdmitReply, AdmitRequest, Consumer } from "../store/contracts/consumer.js";
import type { Results, StoredResult } from "../store/contracts/results.js";
import {
  type Assignment,
  assign,
  isAssignment,
  isStranger,
  needsArguments,
  outcomeOfStranger,
  prepare,
  refusalOf,
  type Stranger,
} from "./assignment.js";
import type { Completer } from "./completer.js";
import type { Executor } from "./executor.js";
import type { Heartbeat } from "./heartbeat.js";
import type { Inputs } from "./inputs.js";
import type { TaskLookup } from "./options.js";
import { failed, beyondRetry } from "./outcome.js";
import type { Reporter } from "./report.js";
import type { Reservation } from "./reservation.js";

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

/** A delivery that asks for the lease of its task and for its lock. It waits for a slot when the store has given both. */
interface Asking {
  readonly assignment: Assignment;
  readonly request: AdmitRequest | null;
}

export interface RunQueueParts {
  readonly clock: Clock;
  readonly registry: TaskLookup;
  readonly consumer: Pick<Consumer, "admit">;
  readonly results: Pick<Results, "get">;
  readonly inTime: InTime;
  readonly reporter: Reporter;
  readonly executor: Executor;
  /** For those that end before they run. */
  readonly completer: Completer;
  readonly heartbeat: Pick<Heartbeat, "change">;
  readonly inputs: Inputs;
  /** Of a delivery as it is claimed. */
  readonly leaseMs: number;
  /** Deliveries for each free slot. */
  readonly prefetch: number;
  readonly unknownTaskGraceMs: number;
}

export class RunQueue {
  readonly #parts: RunQueueParts;
  #waiting: Reservation[] = [];
  #asking: Asking[] = [];
  #strangers: Stranger[] = [];
  /** Those whose lock has a name only when their arguments are here. */
  #unread: Assignment[] = [];
  /** Requests on their way. */
  #asked = 0;
  #expectsStrangersUntil = -Infinity;
  /** Runs while one that waits holds a permit. */
  #idlePermits: Timer | null = null;

  constructor(parts: RunQueueParts) {
    this.#parts = parts;
  }

  /** Deliveries taken and not yet started. */
  get size(): number {
    return this.#waiting.length + this.requests + this.#asked;
  }

  /** Requests that the store has not been asked yet. */
  get requests(): number {
    return this.#asking.length + this.#strangers.length + this.#unread.length;
  }

  /** How many more deliveries may be claimed. */
  get room(): number {
    const { executor, prefetch } = this.#parts;
    return executor.free > 0 ? executor.free * prefetch - this.size : 0;
  }

  get canStart(): boolean {
    return this.#waiting.length > 0 && this.#parts.executor.free > 0;
  }

  /** Whether something runs. */
  get isRunning(): boolean {
    return this.#parts.executor.running > 0;
  }

  /** Whether what comes next may be a stranger that was given back here, for a worker that has its task. */
  get expectsStrangers(): boolean {
    return this.#parts.clock.monotonicMs() < this.#expectsStrangersUntil;
  }

  take(reservation: Reservation): void {
    const { registry, reporter } = this.#parts;
    const { delivery } = reservation;
    if (reservation.lock !== null) reporter.locked(reservation);
    const definition = registry.get(delivery.task);
    if (delivery.lock !== undefined || definition?.lock || definition?.leaseMs) this.#ask(reservation);
    else this.#push(reservation);
  }

  /** Starts what waits while slots are free. Says whether anything was taken out. */
  fill(): boolean {
    if (!this.canStart) return false;
    const { clock, executor } = this.#parts;
    const until = clock.monotonicMs() + LONGEST_FILL_MS;
    while (executor.free > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#begin(next);
      if (clock.monotonicMs() > until) break;
    }
    return true;
  }

  /** A lost answer is asked for again: the store gives the same one. Rejects with what the store threw. */
  async ask(): Promise<void> {
    if (this.#strangers.length > 0) await this.#judgeStrangers();
    if (this.#unread.length > 0) await this.#readArguments();
    if (this.#asking.length > 0) await this.#askForLocks();
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

  async #askForLocks(): Promise<void> {
    const { consumer, inTime } = this.#parts;
    const batch = this.#asking.splice(0, MAX_BATCH);
    this.#asked += batch.length;
    const requests = batch.flatMap(({ request }) => request ?? []);
    let replies: AdmitReply[] = [];
    try {
      await this.#changeLeases(batch);
      if (requests.length > 0) replies = await inTime("admit", consumer.admit(requests));
    } catch (error) {
      this.#asking = [...batch, ...this.#asking];
      throw error;
    } finally {
      this.#asked -= batch.length;
    }
    let next = 0;
    for (const { assignment, request } of batch) {
      if (request === null) this.#push(assignment.reservation);
      else this.#answered(assignment, request, replies[next++]!);
    }
  }

  /** Before the run: a function that keeps the event loop busy must have its lease by then. */
  async #changeLeases(batch: readonly Asking[]): Promise<void> {
    const byLength = new Map<number, Reservation[]>();
    for (const { assignment } of batch) {
      const { leaseMs } = assignment.definition;
      if (leaseMs === null) continue;
      const same = byLength.get(leaseMs);
      if (same === undefined) byLength.set(leaseMs, [assignment.reservation]);
      else same.push(assignment.reservation);
    }
    for (const [leaseMs, same] of byLength) await this.#parts.heartbeat.change(same, leaseMs);
  }

  /** What has not been started goes back. */
  returnAll(): void {
    this.#idlePermits?.cancel();
    this.#idlePermits = null;
    const asking = [...this.#strangers, ...this.#unread, ...this.#asking.map(({ assignment }) => assignment)];
    const all = [...asking.map(({ reservation }) => reservation), ...this.#waiting];
    this.#strangers = [];
    this.#unread = [];
    this.#asking = [];
    this.#waiting = [];
    for (const reservation of all) this.#parts.completer.giveBack(reservation);
  }

  /** What was revoked while it waits for a slot has its end now: somebody may be waiting for that. */
  endRevoked(): void {
    const revoked = this.#waiting.filter((reservation) => reservation.revoked);
    if (revoked.length === 0) return;
    this.#waiting = this.#waiting.filter((reservation) => !reservation.revoked);
    for (const reservation of revoked) this.#prepare(reservation);
  }

  #push(reservation: Reservation): void {
    this.#waiting.push(reservation);
    if (reservation.lock === null) return;
    reservation.idleSince = this.#parts.clock.monotonicMs();
    this.#watchPermits();
  }

  #ask(reservation: Reservation): void {
    const prepared = this.#prepare(reservation);
    if (prepared === null) return;
    const { assignment, request } = prepared;
    if (request === null && assignment.definition.leaseMs === null) this.#push(reservation);
    else this.#asking.push({ assignment, request });
  }

  #answered(assignment: Assignment, request: AdmitRequest, reply: AdmitReply): void {
    const { reservation, resultTtlMs } = assignment;
    const { completer, reporter } = this.#parts;
    if (reply.outcome !== "admitted") {
      return completer.complete(reservation, refusalOf(assignment, request, reply), resultTtlMs, 0);
    }
    reservation.lock = { name: request.lock.name, fence: reply.fence };
    reporter.locked(reservation);
    this.#push(reservation);
  }

  /** Null for a delivery that cannot be run: its end is on the way to the store, or what it needs to be judged. */
  #prepare(reservation: Reservation): ReturnType<typeof prepare> | null {
    const { registry, completer, leaseMs } = this.#parts;
    const assignment = assign(reservation, registry);
    if (isStranger(assignment)) {
      this.#strangers.push(assignment);
      return null;
    }
    if (!isAssignment(assignment)) {
      // The sender's word about results holds where no task definition could be asked.
      completer.complete(reservation, assignment, reservation.delivery.resultTtlMs, 0);
      return null;
    }
    if (needsArguments(assignment)) {
      this.#unread.push(assignment);
      return null;
    }
    try {
      return prepare(assignment, leaseMs);
    } catch (error) {
      completer.complete(reservation, failed(error), assignment.resultTtlMs, 0); // the same arguments name it no better
      return null;
    }
  }

  #begin(reservation: Reservation): void {
    const { completer, executor } = this.#parts;
    // Its permit was broken while it waited for this slot: it asks for another.
    if (reservation.unlocked) return completer.giveBack(reservation);
    const prepared = this.#prepare(reservation);
    if (prepared === null) return;
    reservation.begun = true;
    executor.start(prepared.assignment);
  }

  #watchPermits(): void {
    if (this.#idlePermits !== null) return;
    const oldest = this.#waiting.find(({ lock }) => lock !== null);
    if (oldest === undefined) return;
    const { clock } = this.#parts;
    const restMs = oldest.idleSince + LONGEST_IDLE_PERMIT_MS - clock.monotonicMs();
    this.#idlePermits = clock.after(Math.max(0, restMs), () => {
      this.#idlePermits = null;
      this.#returnIdlePermits();
      this.#watchPermits();
    });
  }

  #returnIdlePermits(): void {
    const { clock, completer } = this.#parts;
    const idleFrom = clock.monotonicMs() - LONGEST_IDLE_PERMIT_MS;
    const isIdle = ({ lock, idleSince }: Reservation): boolean => lock !== null && idleSince <= idleFrom;
    const idle = this.#waiting.filter(isIdle);
    this.#waiting = this.#waiting.filter((reservation) => !isIdle(reservation));
    for (const reservation of idle) completer.giveBack(reservation);
  }
}

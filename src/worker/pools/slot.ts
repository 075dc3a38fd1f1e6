import type { Clock, Timer } from "../../core/clock.js";
import { type SunbeatError, TaskError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { Assignment } from "../assignment.js";
import { type ChildEnd, lostRun, type Outcome } from "../outcome.js";
import type { Reservation } from "../reservation.js";
import { startLimits } from "./limits.js";
import type { Member } from "./member.js";
import { errorToWire, type WireOutcome, fromWire } from "./wire.js";

/** What is killed is gone in so long, or is written off: a thread in native code, for instance. */
const KILL_LIMIT_MS = 1_000;

/**
 * A child that is about to be killed by a time limit has its successor begun so long before: the slot is back when that is ready, which takes
 * some 100 ms, and more where machines are busy or TypeScript is compiled.
 */
const HEAD_START_MS = 1_000;

/** A run in a child. */
export interface SlotRun {
  readonly assignment: Assignment;
  readonly number: number;
  readonly startedAt: number;
  limits: readonly Timer[];
  /** The first reason to stop. */
  reason: SunbeatError | null;
  /** Runs from a kill, or until one that is told to stop is killed. */
  timer: Timer | null;
  /** How it ends once its child is gone; null: as lost. */
  decided: Outcome | null;
}

export interface SlotRules {
  readonly clock: Clock;
  readonly random: Random;
  /** Runs after which a child is replaced. */
  readonly maxRuns: number | null;
  readonly maxMemoryBytes: number | null;
  readonly terminateGraceMs: number;
  readonly withValues: boolean;
  /** Makes a child, which tells the slot what happens to it. */
  readonly begin: (slot: Slot) => Member;
}

export interface SlotEvents {
  /** `isOutside`: its child has not told this end. */
  onEnd(run: SlotRun, outcome: Outcome, isOutside: boolean): void;
  /** It can take a run. */
  onFree(): void;
  /** A run went on past its limit, and nothing could stop it. */
  onOverrun(): void;
  onLost(): void;
  /** A shrunk pool is without it now. */
  onLeft(slot: Slot): void;
}

/** Room for one run: a child, and while that is about to be replaced its successor. */
export class Slot {
  readonly #rules: SlotRules;
  readonly #events: SlotEvents;
  #current: Member | null = null;
  #next: Member | null = null;
  #run: SlotRun | null = null;
  /** Has more memory than it may. */
  #isHeavy = false;
  #isLeaving = false;
  /** The successor was begun for a kill alone. */
  #isSpare = false;
  #onNext: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;

  constructor(rules: SlotRules, events: SlotEvents) {
    this.#rules = rules;
    this.#events = events;
  }

  /** Until then it takes no run. */
  begin(): void {
    this.#current = this.#rules.begin(this);
  }

  get run(): SlotRun | null {
    return this.#run;
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  get isReady(): boolean {
    return this.#current?.ready === true;
  }

  get isFree(): boolean {
    return this.#run === null && !this.#isLeaving && this.isReady && !this.#isSpent;
  }

  get current(): Member | null {
    return this.#current;
  }

  start(run: SlotRun): void {
    const { clock, random, maxRuns } = this.#rules;
    const { assignment, number } = run;
    const { reservation } = assignment;
    this.#run = run;
    run.limits = startLimits(clock, random, assignment, (outcome) => this.#kill(run, outcome));
    const { timeLimitMs } = assignment.definition;
    if (timeLimitMs !== null && timeLimitMs > HEAD_START_MS) {
      run.limits = [...run.limits, clock.after(timeLimitMs - HEAD_START_MS, () => this.#beginSpare())];
    }
    reservation.onReason = (reason) => this.#tellReason(run, reason);
    const { delivery, lock, begunAt } = reservation;
    this.#current!.send({ kind: "run", run: number, delivery, lock, begunAt });
    // Its successor begins while it has its last run.
    if (maxRuns !== null && this.#current!.runs + 1 >= maxRuns) this.#beginNext();
  }

  /** A new child takes the place of the present one. Resolves when it can; rejects where it is never ready. */
  renew(): Promise<void> {
    this.#dropNext();
    return new Promise((resolve, reject) => {
      this.#onNext = { resolve, reject };
      this.#beginNext();
    });
  }

  /** Ends its run first. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#run === null) this.#settle();
  }

  /** Its run is forgotten and its children are killed; those without a run end in order. */
  abandon(): SlotRun | null {
    const run = this.#run;
    this.#isLeaving = true;
    if (run !== null) this.#forget(run);
    if (run === null) this.#current?.leave();
    else this.#current?.kill();
    this.#next?.leave();
    this.#endWait(new TaskError("SUNBEAT_SHUTDOWN", "the worker is shutting down"));
    return run;
  }

  onReady(member: Member): void {
    if (member === this.#current) return this.#events.onFree();
    if (member !== this.#next) return;
    this.#endWait(null);
    if (this.#run === null) this.#promote();
  }

  onEnded(member: Member, number: number, outcome: WireOutcome, memoryBytes: number | undefined): void {
    const run = this.#run;
    if (member !== this.#current || run?.number !== number || run.decided !== null) return;
    const { maxMemoryBytes, withValues } = this.#rules;
    member.runs++;
    if (memoryBytes !== undefined) member.memoryBytes = memoryBytes;
    this.#isHeavy = maxMemoryBytes !== null && member.memoryBytes > maxMemoryBytes;
    this.#end(run, heeding(run.assignment.reservation, fromWire(outcome, withValues)));
  }

  /** Gives whether that is for the pool to judge: nobody has asked for this end, or waits for this child. */
  onDown(member: Member, end: ChildEnd, error: Error | null): boolean {
    if (member === this.#next) {
      this.#next = null;
      return !this.#endWait(error ?? new Error(end.how));
    }
    if (member !== this.#current) return false;
    this.#current = null;
    const run = this.#run;
    if (run === null) return true;
    if (run.decided === null) this.#events.onLost();
    const { reservation } = run.assignment;
    const outcome = run.decided ?? heeding(reservation, lostRun(member.label, end));
    this.#end(run, "limitMs" in outcome ? { ...outcome, isStopped: true } : outcome, true);
    return false;
  }

  /** Brings it back to what it should have: a child, or a successor of one that is to go. */
  settle(): void {
    if (this.#run === null) this.#settle();
  }

  get #isSpent(): boolean {
    const { maxRuns } = this.#rules;
    return maxRuns !== null && this.#current !== null && this.#current.runs >= maxRuns;
  }

  #end(run: SlotRun, outcome: Outcome, isOutside = false): void {
    this.#forget(run);
    this.#settle();
    this.#events.onEnd(run, outcome, isOutside);
  }

  #forget(run: SlotRun): void {
    for (const timer of run.limits) timer.cancel();
    run.timer?.cancel();
    run.assignment.reservation.onReason = null;
    this.#run = null;
  }

  /** Without a run. */
  #settle(): void {
    if (this.#isLeaving) {
      for (const member of [this.#current, this.#next]) member?.leave();
      this.#current = this.#next = null;
      return this.#events.onLeft(this);
    }
    if (this.#isSpare && this.#current !== null && !this.#isSpent && !this.#isHeavy) this.#dropNext();
    this.#isSpare = false;
    if (this.#next?.ready === true) return this.#promote();
    if (this.#current === null) {
      this.#current = this.#next ?? this.#rules.begin(this);
      this.#next = null;
    } else if (this.#isSpent || this.#isHeavy) this.#beginNext();
  }

  #promote(): void {
    this.#current?.leave();
    this.#current = this.#next;
    this.#next = null;
    this.#isHeavy = false;
    this.#events.onFree();
  }

  #beginNext(): void {
    this.#next ??= this.#rules.begin(this);
  }

  #beginSpare(): void {
    if (this.#next !== null) return;
    this.#isSpare = true;
    this.#beginNext();
  }

  #dropNext(): void {
    this.#next?.leave();
    this.#next = null;
    this.#isSpare = false;
  }

  /** Whether somebody waits for a new child. */
  #endWait(error: Error | null): boolean {
    const waiting = this.#onNext;
    this.#onNext = null;
    if (error === null) waiting?.resolve();
    else waiting?.reject(error);
    return waiting !== null;
  }

  #tellReason(run: SlotRun, reason: SunbeatError): void {
    const { clock, terminateGraceMs } = this.#rules;
    const { reservation } = run.assignment;
    const { lostBecause, lost: isLost, revoked, stopping, unlocked } = reservation;
    run.reason ??= reason;
    const flags = { lostBecause, revoked, stopping, unlocked };
    this.#current?.stop({ run: run.number, ...flags, reason: errorToWire(run.reason) });
    if (run.timer !== null || !(isLost || revoked)) return;
    run.timer = clock.after(terminateGraceMs, () => {
      this.#kill(run, reservation.lost ? { kind: "abandoned" } : { kind: "revoked" });
    });
  }

  #kill(run: SlotRun, outcome: Outcome): void {
    if (run.decided !== null) return;
    run.decided = outcome;
    run.timer?.cancel();
    run.timer = this.#rules.clock.after(KILL_LIMIT_MS, () => {
      this.#current = null;
      this.#events.onOverrun();
      this.#end(run, outcome, true);
    });
    this.#current?.kill();
  }
}

/** One that was told to stop has that end, whatever it did on its way out: it may not have heard before it failed. */
function heeding({ lost: isLost, revoked }: Reservation, outcome: Outcome): Outcome {
  if (outcome.kind !== "failed" && outcome.kind !== "retried" && outcome.kind !== "lost") return outcome;
  if (isLost) return { kind: "abandoned" };
  return revoked ? { kind: "revoked" } : outcome;
}

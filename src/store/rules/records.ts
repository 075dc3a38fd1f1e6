/**
 * The port between the rules and a store whose steps run in this process. A rule says what is to happen; a store does each
 * move in its best way and keeps its indexes in step. All is synchronous and belongs to one step, which is done wholly or not
 * at all. What a finder gave is handed back to moves as it came; after a move a rule finds anew what it needs to know anew.
 */
import type { EpochMs } from "../../core/clock.js";
import type { MessageLane, MessageLock, MessageRate, MessageUnique } from "../../tasks/message.js";
import type { Dropped } from "../contracts/consumer.js";
import type { DeliveryRef } from "../contracts/delivery.js";
import type { Cursor, EntryPut } from "../contracts/entries.js";
import type { LedgerRange, LedgerRow } from "../contracts/ledger.js";
import type { LockEvent } from "../contracts/lock-inspection.js";
import type { ResultRecord, StoredResult } from "../contracts/results.js";
import type { GraphRecords } from "./graph-records.js";
import type { HistoryRecords } from "./history-records.js";
import type { LaneRecords, PauseRecords } from "./queue-records.js";
import type { RateRecords } from "./rate-records.js";
import type { Blocker, FREED_BLOCKERS, MessageState, Revoked } from "./states.js";
import type { UniqueRecords } from "./unique-records.js";

export interface Records {
  /** The store's clock, read once for the step. */
  readonly now: EpochMs;
  readonly messages: MessageRecords;
  readonly results: ResultRecords;
  readonly locks: LockRecords;
  readonly entries: EntryRecords;
  readonly graphs: GraphRecords;
  readonly rates: RateRecords;
  readonly uniques: UniqueRecords;
  readonly lanes: LaneRecords;
  readonly pauses: PauseRecords;
  readonly history: HistoryRecords;
  readonly failed: FailedRecords;
  /** What `release` is to look at before the step is over. */
  readonly freed: Freed;
  /** What the step has ended that waited and is not to run, for the reply. */
  readonly dropped: Dropped[];
  /** Something has arrived in the queue. */
  notify(queue: string): void;
  /** Some claim, from whatever queue, has something to do at `at`. */
  wakeBy(at: EpochMs): void;
  /** The consumer that claims in this step claims again by then; null: it waits until it is notified. */
  nextClaimBy(at: EpochMs | null): void;
  /** When housekeeping next has something to do; null: never. */
  nextWakeAt(): EpochMs | null;
  publish(topic: string, payload: string): void;
  isCurrentTerm(term: string): boolean;
}

/**
 * By the kind of blocker: entries of which a run may have ended while another one is buffered; locks of which a permit may have
 * come free; parts that have ended; unique keys whose messages have let go of them while others wait.
 */
export type Freed = Readonly<Record<(typeof FREED_BLOCKERS)[number], Set<string>>>;

/** Messages of tasks that have failed for good, apart from all others. */
export interface FailedRecords {
  /** In place of one of the same id. The oldest of its queue go where there are too many. */
  keep(message: Known, until: EpochMs): void;
}

/** A message whose instants are absolute. */
export interface Sent {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly priority: number;
  readonly eta: EpochMs | null;
  readonly expires: EpochMs | null;
  readonly maxDeliveries: number;
  readonly resultTtlMs: number;
  readonly idTtlMs: number;
  readonly entry: string | null;
  readonly body: string;
  readonly lock: MessageLock | null;
  readonly rate: MessageRate | null;
  readonly unique: MessageUnique | null;
  readonly lane: MessageLane | null;
}

/** What moves need to know of a stored message. */
export type Known = Pick<Sent, "id" | "queue" | "eta" | "entry" | "resultTtlMs" | "idTtlMs">;

export interface Leased extends Known {
  readonly revoked: Revoked;
}

/** What tells how long a message may wait. */
export interface Perishable {
  readonly state: MessageState;
  readonly revoked: Revoked;
  readonly expires: EpochMs | null;
}

export interface Found extends Known, Perishable {
  readonly task: string;
  /** What a blocked one waits for. */
  readonly blocker: Blocker | null;
  readonly retries: number;
  readonly deliveries: number;
  readonly enqueuedAt: EpochMs;
}

/** One that a claim may hand out. */
export interface Ready
  extends Known, Omit<Perishable, "state">, Pick<Sent, "task" | "priority" | "maxDeliveries" | "body"> {
  readonly retries: number;
  readonly deliveries: number;
  readonly enqueuedAt: EpochMs;
  /** In a fair queue; null: it has none. */
  readonly turn: number | null;
}

/** One whose lease has ended. */
export interface Lapsed extends Known, Pick<Sent, "task" | "maxDeliveries"> {
  readonly deliveries: number;
}

export interface Delivered extends Lapsed {
  /** End of its lease. */
  readonly until: EpochMs;
}

export interface Lease {
  readonly token: string;
  readonly worker: string;
  readonly until: EpochMs;
}

export interface MessageRecords {
  /** How many ready messages of a queue are worth reading at once. */
  readonly readAhead: number;
  isStored(id: string): boolean;
  find(id: string): Found | null;
  /** The message that is leased under this token. */
  leased(ref: DeliveryRef): Leased | null;
  /** The same, with what a request for its lock needs, and a return of one that was lost. */
  delivered(ref: DeliveryRef): Delivered | null;
  /** At most `limit`, as of all that follows: the foremost first. */
  ready(queue: string, limit: number): readonly Ready[];
  hasReady(queue: string): boolean;
  dueScheduled(limit: number): readonly Known[];
  endedLeases(limit: number): readonly Lapsed[];
  /** Blocked ones that have waited for their locks as long as they may. */
  overdueBlocked(limit: number): readonly Found[];
  /** Ready, scheduled, and blocked by what counts. */
  waitingIn(queue: string, limit: number): readonly Known[];
  /** Whether so many of these are in the queue, or more. */
  holds(queue: string, count: number): boolean;
  dead(id: string): Known | null;
  lockOf(message: Known): MessageLock | null;

  /** Null, and nothing is stored, when a message of this id is stored or a result of it is kept. */
  insertUnlessKnown(sent: Sent, state: "ready" | "scheduled", turn: number | null): Known | null;
  /** One that its entry buffers, and that is not known. */
  insertBuffered(sent: Sent): void;
  /** What was sent of one that is buffered. */
  bufferedSent(message: Known): Omit<Sent, "rate" | "lane" | "unique">;
  /** One that waits for other parts, in place of whatever had its id. */
  insertPart(sent: Sent): void;
  /** To a worker, one delivery more. */
  lease(message: Known, lease: Lease): void;
  extendLease(message: Known, until: EpochMs): void;
  /** A scheduled one whose eta has come. */
  promote(message: Known): void;
  /** Back from a worker into its queue, with its age. */
  requeue(message: Known, options: { readonly isCounted: boolean }): void;
  /** Back from a worker for later, as young as a message sent now. "retry": counts are those of another try. */
  postpone(message: Known, eta: EpochMs, why: "retry" | "defer"): void;
  /** Out of wherever it is. A delivery that is under way does not count. */
  block(message: Known, blocker: "lock" | "part" | "rate" | "unique"): void;
  /** Back into its queue, with its age: the queue; null when it is not blocked by this. */
  unblock(id: string, blocker: "lock" | "rate" | "unique"): string | null;
  /** What a later sending says in its place. "move": to where its eta has it, with its age. */
  rewrite(message: Known, content: Pick<Sent, "body" | "eta" | "expires">, where: "stay" | "move"): void;
  /** A buffered one into its queue, as old as this step. */
  sendBuffered(message: Known): void;
  /** One that waited for other parts, or for its graph to be complete, into its queue: as if just sent, or with the age it has. */
  sendPart(message: Known, eta: EpochMs | null, expires: EpochMs | null, age: "new" | "kept"): void;
  /** It does not expire any more. */
  clearExpires(message: Known): void;
  deadLetter(message: Known, reason: string): void;
  /** A dead letter, as if just sent. */
  redrive(message: Known): void;
  remove(message: Known): void;
  markRevoked(message: Known, how: Revoked): void;
  /** Of one that is ready, in a fair queue: its turn among those of its priority, until it gets another. */
  setTurn(message: Known, priority: number, turn: number): void;
  /** The message with its lock. */
  setLock(message: Known, lock: MessageLock): Known;
  isRevokedId(id: string): boolean;
  rememberRevoked(id: string, until: EpochMs): void;
}

export interface ResultRecords {
  /** Whether a record, or a mark, is kept. */
  isKept(id: string): boolean;
  /** The record, not a mark. */
  kept(id: string): StoredResult | null;
  /** Over whatever was there; whoever waits hears of a final one, kept or not. */
  keep(id: string, record: ResultRecord, ttlMs: number): void;
  /** Until when a record is kept that is there; not after now: no longer. */
  keepUntil(id: string, until: EpochMs): void;
  /** A mark in place of a record; whoever waits need not any more. */
  mark(id: string, ttlMs: number): void;
  drop(id: string): void;
}

/** One who waits for a lock, holds a permit of it, or has a ticket from before. */
export interface LockRequest {
  readonly lock: string;
  readonly kind: "task" | "process";
  /** Of a task its id, of a process the name of the waiter. */
  readonly id: string;
  readonly label: string;
  /** Order among those that wait. */
  readonly ticket: number;
  /** "absent": one that neither waits nor holds a permit, and keeps its ticket: a task, or a process that was passed over. */
  readonly status: "waiting" | "holding" | "absent";
  readonly since: EpochMs;
  /**
   * Of a holder the end of the permit; of a process that waits, how long it counts as alive; of one that was passed over, how
   * long its ticket is kept; of a task that waits, null.
   */
  readonly until: EpochMs | null;
  /** How long a permit that was granted to one who waits may lie unused. */
  readonly grantMs: number;
  readonly token: string | null;
  /** Null until a worker has taken the task, or the process has fetched its permit. */
  readonly fence: number | null;
  /** When a task has waited too long; null: never. */
  readonly waitDeadline: EpochMs | null;
}

export type Newcomer = Pick<
  LockRequest,
  "lock" | "kind" | "id" | "label" | "until" | "grantMs" | "waitDeadline"
> & { readonly capacity: number };

export interface LockRecords {
  /** Null: nobody holds it or waits for it. */
  capacity(lock: string): number | null;
  /** Of a lock that is there. */
  setCapacity(lock: string, capacity: number): void;
  heldCount(lock: string): number;
  endedHolders(lock: string): readonly LockRequest[];
  firstWaiting(lock: string): LockRequest | null;
  /** Processes among the first `limit` who wait, by name. */
  nextProcesses(lock: string, limit: number): readonly string[];
  /** Processes that were passed over and whose tickets are kept no longer. */
  endedTickets(lock: string): readonly LockRequest[];
  holder(lock: string, token: string): LockRequest | null;
  ofProcess(lock: string, waiter: string): LockRequest | null;
  ofMessage(message: Pick<Known, "id">): LockRequest | null;
  /** Names of locks that are to be looked at now, and of those with ended permits or tickets: at most `limit`. */
  due(limit: number): readonly string[];
  ended(limit: number): readonly string[];
  /** When a claim looks at a lock that somebody waits for. */
  wakeAt(lock: string): EpochMs;

  /** Behind all who wait; the lock is made when it is not there. */
  enqueue(newcomer: Newcomer, message: Known | null): void;
  /** A task that is absent, at its old ticket. False: there is none. */
  enqueueAgain(message: Known, lock: MessageLock): boolean;
  /** A permit without a number. */
  grant(request: LockRequest, until: EpochMs): void;
  /** A process fetches its permit. */
  fetch(request: LockRequest, fence: number): void;
  /** A process has not fetched its permit: it is absent, and its ticket is kept. */
  passOver(request: LockRequest, until: EpochMs): void;
  /** A process that was passed over waits again, at its old ticket. */
  comeBack(request: LockRequest, until: EpochMs): void;
  /** Until when a permit holds, or a waiting process counts as alive. */
  setUntil(request: LockRequest, until: EpochMs): void;
  setFence(request: LockRequest, fence: number | null): void;
  /** With the lease of its message. False when it has a lock and no permit. */
  extendPermitOf(message: Known, until: EpochMs): boolean;
  /** Neither waiting nor holding; it keeps its ticket. */
  setAbsent(request: LockRequest): void;
  remove(request: LockRequest): void;
  /** Has a claim look at the lock when its next permit ends; gives that instant. */
  watch(lock: string): EpochMs;
  /** Of a lock for which nobody waits; without holders and tickets it is gone. */
  unwatch(lock: string): void;
  nextFence(): number;
  addHistory(event: LockEvent, request: LockRequest, fence: number | null, tookMs: number | null): void;
}

/** A run that waits for the unfinished runs of its entry. */
export interface BufferedRun {
  readonly entry: string;
  readonly id: string;
  readonly due: EpochMs;
  readonly term: string | null;
  /** A triggered run counts for nothing. */
  readonly isTriggered: boolean;
  readonly maxRuns: number | null;
  readonly timeoutMs: number | null;
  /** Released then even if others still run; null: only when they have ended. */
  readonly graceEnd: EpochMs | null;
}

export interface JudgedEntry {
  readonly revision: string;
  readonly etag: number;
  readonly due: EpochMs | null;
  readonly lastDue: EpochMs | null;
  readonly pausedAt: EpochMs | null;
  readonly disabled: string | null;
  readonly runs: number;
}

/** What a tick leaves of an entry. */
export interface Advance {
  readonly cursor: Cursor | null;
  readonly basis: string | null;
  readonly lastDue: EpochMs | null;
  readonly sent: number;
  readonly disable: string | null;
}

export interface EntryRecords {
  find(name: string): JudgedEntry | null;
  write(item: EntryPut): void;
  remove(name: string): void;
  advance(name: string, advance: Advance): void;
  /** A buffered run of it was sent, which changes it. */
  countRun(name: string, isCounted: boolean): void;
  /** A run of it has succeeded in this step. Of an entry that is gone nothing is kept. */
  noteSuccess(name: string): void;
  /** Disables it once its runs have reached the limit, and clears its cursor; one that is disabled keeps its reason. */
  disableWhenSpent(name: string, maxRuns: number): void;

  /** When the newest unfinished run was sent; null: none is unfinished. */
  newestRunAt(entry: string): EpochMs | null;
  /** The oldest ones, at most `limit` unless all are at hand. */
  unfinishedRuns(entry: string, limit: number): { readonly runs: readonly Found[]; readonly isAll: boolean };
  buffered(entry: string): BufferedRun | null;
  /** Entries whose buffered run is to be looked at now. */
  dueBuffered(limit: number): readonly string[];
  /** Its message is blocked. `wakeAt` null: only an ending run releases it. */
  buffer(run: BufferedRun, wakeAt: EpochMs | null): void;
  setBufferedWake(entry: string, wakeAt: EpochMs | null): void;
  /** The entry buffers it no more. Its message stays as it is. */
  unbuffer(run: BufferedRun): void;
  forgetMaxRuns(entry: string): void;

  record(row: Omit<LedgerRow, "kind" | "at">): void;
  recordRange(entry: string, range: LedgerRange, term: string | null): void;
}

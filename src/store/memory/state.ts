/**
 * Everything a memory store knows. Every verb of the six contracts is one synchronous step on it, so no step ever
 * sees another half done. Each message, entry, buffered run, result, graph and revocation is in at most one heap at a time:
 * what is due next is found without looking at what is not due.
 */
import type { Clock, EpochMs } from "../../core/clock.js";
import { StoreError } from "../../core/errors.js";
import type { Logger } from "../../core/logger.js";
import type { MessageUnique } from "../../tasks/message.js";
import type { CancelRange, Edge } from "../../tasks/part.js";
import type { AuditRecord } from "../contracts/audit.js";
import type { HeaderMark, SeenNode } from "../contracts/presence.js";
import type { StoredCalendar } from "../contracts/calendars.js";
import type { BasisWalk, Cursor } from "../contracts/entries.js";
import type { AlertMute, AlertRecord, OutboxRow } from "../contracts/alerts.js";
import type { Candidate, LeaseName } from "../contracts/leases.js";
import type { LedgerRecord } from "../contracts/ledger.js";
import type { LockRecord } from "../contracts/lock-inspection.js";
import type { PausedQueue } from "../contracts/queues.js";
import type { StoredResult } from "../contracts/results.js";
import type { FoundGraph, FoundPart } from "../rules/graph-records.js";
import type { TodoLine } from "../rules/todo.js";
import type { TaskLimit } from "../contracts/limits.js";
import type { Bucket } from "../rules/bucket.js";
import type { Backlog } from "../rules/rate-records.js";
import type { BufferedRun, LockRequest, Sent } from "../rules/records.js";
import type { Blocker, MessageState, Revoked } from "../rules/states.js";
import type { UniqueKey } from "../rules/unique-records.js";
import type { RecordRow } from "../rules/record-query.js";
import { type KeptStats, newStats } from "./kept-stats.js";
import { FailedLetters } from "./failed-letters.js";
import { Heap, type HeapItem } from "./heap.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface Message extends Mutable<Sent>, HeapItem {
  state: MessageState;
  /** What it waits for while it is blocked. */
  blocker: Blocker | null;
  /** Grows with every sending, retry and return from the dead letters: the age inside a priority. */
  sequence: number;
  retries: number;
  deliveries: number;
  enqueuedAt: EpochMs;
  /** In a fair queue; null: it has none yet. */
  turn: number | null;
  /** Of the current delivery; null when nobody has it. */
  token: string | null;
  /** End of the lease. */
  until: EpochMs;
  revoked: Revoked;
  deadReason: string;
  deadAt: EpochMs;
  /** Grows with every dead letter. */
  deadNumber: number;
  /** Where it is among the unfinished runs of its entry; -1 when it is not one. */
  runSlot: number;
  /** Its request for its lock, from the first time it asked; null: none. */
  lockRequest: Request | null;
  /** Where it waits for a token. */
  backlog: MessageBacklog | null;
}

export interface MessageBacklog extends Mutable<Backlog>, HeapItem {
  readonly tie: number;
  readonly waiting: Heap<Message>;
  readonly turn: BacklogTurn;
}

/** An item is in one heap at a time: this one stands for the turns of a backlog. */
export interface BacklogTurn extends HeapItem {
  backlog: MessageBacklog | null;
}

export interface Request extends Mutable<LockRequest>, HeapItem {
  /** Null for a process. */
  readonly message: Message | null;
  /** Of a task that waits only so long. */
  readonly deadline: WaitDeadline | null;
}

export interface Lock extends HeapItem {
  readonly name: string;
  capacity: number;
  readonly holders: Set<Request>;
  /** By ticket. */
  readonly waiters: Heap<Request>;
  /** Processes that were passed over. */
  readonly skipped: Set<Request>;
  /** When a permit of a lock that somebody waits for ends unless it is extended; Infinity: nobody waits. */
  wakeAt: EpochMs;
  /** Of processes, by the name of the waiter. */
  readonly processes: Map<string, Request>;
}

/** When a blocked message has waited too long. */
export interface WaitDeadline extends HeapItem {
  readonly message: Message;
  readonly at: EpochMs;
}

/** One consumer's latch. */
export interface Listener {
  notify(): void;
  close(): void;
}

export interface Queue {
  readonly name: string;
  readonly ready: Heap<Message>;
  scheduled: number;
  leased: number;
  blocked: number;
  dead: number;
  /** By the instants at which claims look at them, and by the turns of claimants. */
  readonly backlogs: Heap<MessageBacklog>;
  readonly turns: Heap<BacklogTurn>;
  readonly listeners: Set<Listener>;
}

/** What a fair queue knows of the messages of one priority. */
export interface Turns {
  /** The last one that was taken. */
  taken: number;
  /** Lane -> the last one that it was given. */
  readonly lanes: Map<string, number>;
}

export interface KeptResult extends HeapItem {
  readonly id: string;
  /** Null: a mark, which keeps the id known. */
  readonly stored: StoredResult | null;
  readonly until: EpochMs;
}

/** One who waits for a final record. */
export interface ResultWaiter {
  /** Null: the task has ended and left no record. */
  settle(outcome: StoredResult | StoreError | null): void;
  /** The message has begun to wait: it may end there by itself. */
  look(): void;
}

export interface Revocation extends HeapItem {
  readonly id: string;
  readonly until: EpochMs;
}

export interface Buffered extends Mutable<BufferedRun>, HeapItem {
  /** When to look again; Infinity when only an ending run can release it. */
  wakeAt: EpochMs;
}

export interface Entry extends HeapItem {
  readonly name: string;
  owner: string;
  version: number;
  definition: string;
  revision: string;
  etag: number;
  cursor: Cursor | null;
  pausedAt: EpochMs | null;
  disabled: string | null;
  disabledAt: EpochMs | null;
  lastDue: EpochMs | null;
  lastSuccessAt: EpochMs | null;
  basis: string | null;
  previousName: string | null;
  runs: number;
  /** Order among entries that are due at the same millisecond. */
  readonly sequence: number;
  buffered: Buffered | null;
}

export interface KeptRecord extends RecordRow {
  readonly entry: string | null;
}

export type Part = Mutable<FoundPart>;

export interface PartList {
  readonly edges: Edge[];
  /** Kinds and targets of the edges. */
  readonly known: Set<string>;
  readonly cancels: CancelRange[];
  hasCancelled: boolean;
  /** What was added to its group. */
  readonly values: string[];
}

export interface Graph extends Mutable<FoundGraph>, HeapItem {
  /** Each at its place, less one; those before `first` were dropped. */
  readonly parts: Part[];
  first: number;
  readonly lists: Map<string, PartList>;
  readonly pinned: Set<Part>;
}

export interface EntryLedger {
  /** In order of due; a range stands at its `from`. */
  records: LedgerRecord[];
  oldestAt: EpochMs;
}

export interface Leader extends Candidate {
  readonly term: string;
  until: EpochMs;
}

export interface Lease {
  leader: Leader | null;
  epoch: number;
}

export interface KeptNode extends Omit<SeenNode, "status"> {
  /** It is lost from then on. */
  readonly until: EpochMs;
}

export interface Watch {
  readonly types: readonly string[];
  readonly until: EpochMs;
}

export interface Subscription {
  readonly handler: (payload: string) => void;
}

export interface MemoryState {
  readonly clock: Clock;
  readonly logger: Logger;
  closed: boolean;
  /** Instant of the step that is under way. */
  now: EpochMs;
  /** One counter for ages, tokens, etags and turns: they only need to grow. */
  sequence: number;

  /** Waiting, leased and dead. */
  readonly messages: Map<string, Message>;
  readonly queues: Map<string, Queue>;
  /** Fair queues by name, their turns by priority. */
  readonly fair: Map<string, Map<number, Turns>>;
  readonly paused: Map<string, PausedQueue>;
  readonly scheduled: Heap<Message>;
  readonly leased: Heap<Message>;
  /** When each consumer looks by itself, as its last claim told it, or sooner; Infinity: one may not look at all. */
  nextClaimBy: EpochMs;
  /** In the order in which they died. */
  readonly dead: Set<Message>;
  readonly revocations: Map<string, Revocation>;
  readonly revocationEnds: Heap<Revocation>;

  readonly results: Map<string, KeptResult>;
  readonly resultEnds: Heap<KeptResult>;
  /** Who waits for a final record. */
  readonly waiters: Map<string, Set<ResultWaiter>>;

  readonly entries: Map<string, Entry>;
  readonly dueEntries: Heap<Entry>;
  /** Unfinished runs by entry name, also of entries that were removed meanwhile. */
  readonly runs: Map<string, Message[]>;
  readonly bufferedWakes: Heap<Buffered>;
  readonly ledgers: Map<string, EntryLedger>;

  /** Those that somebody holds or waits for. */
  readonly locks: Map<string, Lock>;
  /** Those with a line, by the end of the permit that ends first, or earlier. */
  readonly lockWakes: Heap<Lock>;
  readonly waitDeadlines: Heap<WaitDeadline>;
  /** What happened to locks, oldest first; the oldest go in parts. */
  readonly lockHistory: LockRecord[];
  fence: number;

  /** Records of ended attempts, oldest first; the oldest go in parts. */
  readonly taskRecords: KeptRecord[];
  recordSeq: number;
  readonly stats: KeptStats;
  /** Messages of failed tasks by id, oldest first. */
  readonly failed: FailedLetters;

  /** By the names of tasks. */
  readonly limits: Map<string, TaskLimit>;
  readonly buckets: Map<string, Bucket>;
  /** By bucket and queue. */
  readonly backlogs: Map<string, MessageBacklog>;

  readonly graphs: Map<string, Graph>;
  readonly parts: Map<string, Part>;
  /** By the instant at which they are to be dropped. */
  readonly graphEnds: Heap<Graph>;
  readonly todo: TodoLine[];

  readonly uniqueKeys: Map<string, UniqueKey>;
  /** By the ids of messages. */
  readonly uniqueMessages: Map<string, MessageUnique>;

  /** By name. */
  readonly calendars: Map<string, StoredCalendar>;
  basisWalk: BasisWalk;

  /** Who has each lease, and the last epoch that it gave. */
  readonly leases: Record<LeaseName, Lease>;
  /** Those that stand and those that are over, oldest first. */
  readonly alerts: Map<string, AlertRecord>;
  /** By kind and subject. */
  readonly mutes: Map<string, AlertMute>;
  /** Oldest first. */
  readonly outbox: Map<string, Mutable<OutboxRow> & { dueAt: EpochMs }>;
  /** By name. */
  readonly nodes: Map<string, KeptNode>;
  readonly watches: Map<string, Watch>;
  /** Oldest first. */
  readonly marks: HeaderMark[];
  /** Oldest first; the oldest go in parts. */
  readonly audit: AuditRecord[];

  readonly subscriptions: Map<string, Set<Subscription>>;
}

export function newState(clock: Clock, logger: Logger): MemoryState {
  return {
    clock,
    logger,
    closed: false,
    now: clock.now(),
    sequence: 0,
    messages: new Map(),
    queues: new Map(),
    fair: new Map(),
    paused: new Map(),
    scheduled: new Heap(),
    leased: new Heap(),
    nextClaimBy: Infinity,
    dead: new Set(),
    revocations: new Map(),
    revocationEnds: new Heap(),
    results: new Map(),
    resultEnds: new Heap(),
    waiters: new Map(),
    entries: new Map(),
    dueEntries: new Heap(),
    runs: new Map(),
    bufferedWakes: new Heap(),
    ledgers: new Map(),
    locks: new Map(),
    lockWakes: new Heap(),
    waitDeadlines: new Heap(),
    lockHistory: [],
    fence: 0,
    taskRecords: [],
    recordSeq: 0,
    stats: newStats(),
    failed: new FailedLetters(),
    limits: new Map(),
    buckets: new Map(),
    backlogs: new Map(),
    graphs: new Map(),
    parts: new Map(),
    graphEnds: new Heap(),
    todo: [],
    uniqueKeys: new Map(),
    uniqueMessages: new Map(),
    calendars: new Map(),
    basisWalk: { basis: null, walk: null },
    leases: { beat: { leader: null, epoch: 0 }, watch: { leader: null, epoch: 0 } },
    alerts: new Map(),
    mutes: new Map(),
    outbox: new Map(),
    nodes: new Map(),
    watches: new Map(),
    marks: [],
    audit: [],
    subscriptions: new Map(),
  };
}

/** The instant of the step that begins; throws SUNBEAT_CLOSED after close. */
export function enter(state: MemoryState): EpochMs {
  if (state.closed) throw closedError();
  state.now = state.clock.now();
  return state.now;
}

export function closedError(): StoreError {
  return new StoreError("SUNBEAT_CLOSED", "memory store: closed; open a new one to go on", {
    retryable: false,
  });
}

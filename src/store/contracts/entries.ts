/**
 * Entries of the beat: definition and cursor.
 *
 * The cursor is the next occurrence that is not yet accounted for. `tick` moves it in the same atomic step that
 * sends the message and writes the ledger row, and only for the current term, the expected revision and the
 * expected cursor: so however many beats believe that they lead, each due time is accounted for once.
 */
import type { EpochMs } from "../../core/clock.js";
import type { LedgerRange } from "./ledger.js";
import type { NewMessage } from "./sender.js";

export interface Cursor {
  /** The occurrence's own instant. */
  readonly due: EpochMs;
  /** When it is to be sent: due plus jitter, never before due. */
  readonly dispatchAt: EpochMs;
}

export interface EntryDefinition {
  readonly name: string;
  /** "runtime", or "code:" and the name of the app whose code declares it. */
  readonly owner: string;
  /** Deploy number of the owner; whoever puts sees to it that a lower one never overwrites a higher. */
  readonly version: number;
  /** Canonical JSON, opaque to the store. */
  readonly definition: string;
  /** Hash of `definition`. */
  readonly revision: string;
}

/** An entry as it is stored. */
export interface EntryRecord extends EntryDefinition {
  /** Changes with every write to the entry, a tick too: the token for `put` and `remove`. Never used twice. */
  readonly etag: number;
  readonly cursor: Cursor | null;
  /** Since when it is paused by an operator, or null. */
  readonly pausedAt: EpochMs | null;
  /** Why it does not run any more ("left-code", "renamed", "max-runs", "ended", "disabled"), or null. */
  readonly disabled: string | null;
  /** When `disabled` was set. */
  readonly disabledAt: EpochMs | null;
  /** The newest occurrence accounted for. */
  readonly lastDue: EpochMs | null;
  /** Occurrences sent; triggered runs are not counted. */
  readonly runs: number;
  /**
   * Outside data with which the cursor was computed, opaque to the store: as the last write of the cursor gave it. Absent where that
   * gave none, and while the entry is disabled.
   */
  readonly basis?: string;
}

/** An entry, and what runs of it. */
export interface EntrySnapshot extends EntryRecord {
  /**
   * Runs sent that have not ended: their message waits, and has not expired, or is held by a worker. Where they are hundreds,
   * a store may count expired ones among them until they are dropped.
   */
  readonly unfinished: number;
  /** A run waits for the running one to end, and has not expired. */
  readonly buffered: boolean;
  /** When a run of it, of the schedule or triggered, succeeded last; null: none has since the entry is there. */
  readonly lastSuccessAt: EpochMs | null;
  /** The name under which it ran before, as a put gave it. */
  readonly previousName?: string;
}

export interface EntryPut extends EntryDefinition {
  /** The etag that was read; null: the entry must not exist. */
  readonly expect: number | null;
  readonly cursor: Cursor | null;
  /** That of the cursor; absent: none. */
  readonly basis?: string;
  readonly pausedAt: EpochMs | null;
  readonly disabled: string | null;
  /** Absent: what is there stays. */
  readonly previousName?: string;
  /** What it ran under the previous name, in the place of what it ran before. Absent: what is there stays. */
  readonly ran?: Pick<EntryRecord, "lastDue" | "runs">;
  /** Written in the same step, e.g. what a pause left out. */
  readonly ledger: readonly LedgerRange[];
}

/** "conflict": the entry has changed since it was read; read it again and decide again. */
export type PutOutcome = "stored" | "conflict";

export const OVERLAP_POLICIES = ["allow", "skip", "queue-one", "cancel-running"] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/**
 * What happens when a run is due while earlier runs of the entry are unfinished.
 * allow: sent all the same. skip: recorded as skipped("overlap"). queue-one: held until the running ones end; a run
 * already buffered is recorded as skipped("replaced"). cancel-running: the running ones are revoked with terminate, the
 * new one is buffered until they end, at most `graceMs`, counted from the first that was asked to stop for a buffered run.
 * A run whose message waits when it expires has ended: the tick drops it, a thousand at most, and a buffered run is sent then,
 * by a claim at the latest.
 * A message with a lock takes its permit when it is sent. When that is busy, "skip" records skipped("locked"); under
 * the other policies the run is sent all the same, waits in line, and counts as unfinished meanwhile.
 * A buffered run has no ledger row until it is sent, replaced, revoked or removed; when released it keeps its id and
 * due instant, and `runs` and `maxRuns` count it then; after an entry was put in another revision the next tick does
 * that, since `maxRuns` may have changed. Its eta and expires count from when it was buffered; one that has expired keeps the
 * result that tells so, also where it is replaced, revoked or removed.
 */
export interface Overlap {
  readonly policy: OverlapPolicy;
  /** Runs sent longer ago than this count as ended; null: never. A buffered run is released when this has passed. */
  readonly timeoutMs: number | null;
  /** cancel-running: how long the running ones may take to stop. */
  readonly graceMs: number;
}

export type PlannedOccurrence =
  | { readonly kind: "send"; readonly due: EpochMs; readonly message: NewMessage; readonly overlap: Overlap }
  | { readonly kind: "skip"; readonly due: EpochMs; readonly reason: string }
  | ({ readonly kind: "range" } & LedgerRange);

/** The first instant that it accounts for. */
export function dueFrom(planned: PlannedOccurrence): EpochMs {
  return planned.kind === "range" ? planned.from : planned.due;
}

/** The last one. */
export function dueTo(planned: PlannedOccurrence): EpochMs {
  return planned.kind === "range" ? planned.to : planned.due;
}

export interface TickItem {
  readonly entry: string;
  readonly revision: string;
  /**
   * `cursor.due` that was read; null for an entry without a next occurrence (sent once at start), where a plan
   * that is not after `lastDue` has "moved".
   */
  readonly expect: EpochMs | null;
  /** In order of time; oldest first. */
  readonly plan: readonly PlannedOccurrence[];
  readonly next: Cursor | null;
  /** That of `next`; absent: none. */
  readonly basis?: string;
  /** Set when there is no next occurrence: why. The entry is disabled with this reason. */
  readonly disable: string | null;
  /** Once `runs` reaches it the entry is disabled with "max-runs" and its cursor cleared; null: no limit. */
  readonly maxRuns: number | null;
}

/**
 * "stale": another revision is stored. "moved": the cursor is elsewhere, so somebody did this already.
 * "early": a due time lies in the store's future, so the planner's clock is wrong. "paused": paused or disabled.
 * "gone": no such entry. In all these cases nothing of the item was done. Where several apply, the answer is the
 * first of gone, stale, moved, early, paused.
 */
export type TickItemOutcome =
  | { readonly outcome: "ticked"; readonly occurrences: readonly OccurrenceOutcome[] }
  | { readonly outcome: "stale" | "moved" | "early" | "paused" | "gone" };

/**
 * What became of each planned occurrence, in order; "overlap", "locked" and "buffered" by the overlap policy, "skipped" for skips
 * and ranges, and for a send where the buffered run goes first and is the last of `maxRuns`. "sent" also for a message that was a duplicate or had expired: its result tells.
 * "not-unique": another message has its unique key; recorded as skipped("not-unique"), as is a buffered run when it would be sent.
 */
export type OccurrenceOutcome = "sent" | "skipped" | "overlap" | "locked" | "buffered" | "not-unique";

/** "fenced": the term is not the current one or its lease has ended; nothing at all was done. */
export type TickReply =
  | { readonly outcome: "fenced"; readonly now: EpochMs }
  | { readonly outcome: "ticked"; readonly now: EpochMs; readonly items: readonly TickItemOutcome[] };

export interface DueReply {
  /** Entries whose `dispatchAt` has come, earliest first; paused and disabled ones are not among them. */
  readonly entries: readonly EntryRecord[];
  /** When the next one after these comes; null: none. */
  readonly nextAt: EpochMs | null;
  readonly now: EpochMs;
}

/** An entry's place in the order of `upcoming`. */
export interface UpcomingPlace {
  readonly dispatchAt: EpochMs;
  readonly name: string;
}

/** With which outside data the cursors were computed; texts that are opaque to the store. */
export interface BasisWalk {
  /** The basis of which every entry was last told; null: none yet. */
  readonly basis: string | null;
  /** How far a walk over the entries has come; null: none is under way. */
  readonly walk: string | null;
}

export type TriggerOutcome = OccurrenceOutcome | "gone";

export interface EntryStore {
  get(names: readonly string[]): Promise<(EntrySnapshot | null)[]>;
  /** In order of name, those after `after`, in one order that paging can follow. */
  list(options: { readonly after?: string; readonly limit: number }): Promise<EntrySnapshot[]>;
  /** Keeps what the entry ran before: `lastDue`, `runs`, `lastSuccessAt`, `previousName`, unfinished and buffered runs. Judges each item alone. */
  put(items: readonly EntryPut[]): Promise<PutOutcome[]>;
  /** Deletes the entry and a run it holds (skipped("removed")); its ledger stays until retention ends it. */
  remove(name: string, expect: number): Promise<"removed" | "conflict" | "gone">;
  /** Cost independent of the number of entries that are not due. `limit` 0 asks only for `nextAt`. */
  due(limit: number): Promise<DueReply>;
  /** Entries that are to be sent some day, in order of `dispatchAt`, then of name in an order of the store's own, those after `after`. */
  upcoming(options: { readonly after: UpcomingPlace | null; readonly limit: number }): Promise<EntryRecord[]>;
  basisWalk(): Promise<BasisWalk>;
  /** "fenced": the term is not the current one; nothing was done. */
  putBasisWalk(term: string, walk: BasisWalk): Promise<"stored" | "fenced">;
  tick(term: string, items: readonly TickItem[]): Promise<TickReply>;
  /**
   * Sends a run now, outside the schedule, also of a paused or disabled entry: cursor and `runs` stay. A null overlap
   * forces it. Its ledger row is due now, reason "triggered". The same message id again changes nothing.
   */
  trigger(name: string, message: NewMessage, overlap: Overlap | null): Promise<TriggerOutcome>;
}

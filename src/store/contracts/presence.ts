/**
 * Who is there. A node is a process with a worker, a beat, or both, known by its name. It appears again before its time is over; one
 * that is silent for longer is lost. Presence is a hint of what runs where: leases alone decide who may act.
 */
import type { EpochMs } from "../../core/clock.js";

export type NodeKind = "worker" | "beat" | "worker+beat";
export type NodeState = "starting" | "running" | "draining" | "stopping";

export interface WorkerFacts {
  readonly queues: readonly { readonly name: string; readonly paused: boolean }[];
  readonly concurrency: number;
  readonly pool: string;
  readonly autoscale: { readonly max: number; readonly min: number } | null;
  readonly running: number;
  readonly prefetched: number;
  readonly unsettled: number;
  /** Runs that have ended since the start, whatever became of them. */
  readonly processed: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly retried: number;
  /** Names of its tasks, at most 500, and the hash of all. */
  readonly tasks: readonly string[];
  readonly tasksHash: string;
  readonly lastClaimAt: EpochMs | null;
  /** Since when the store does not answer it; null: it does. */
  readonly outage: EpochMs | null;
}

export interface BeatFacts {
  readonly role: "leading" | "following";
  readonly term: string | null;
  readonly nextDue: EpochMs | null;
  readonly lagMs: number;
  /** Since when something due waits for `maxStartsPerSecond`; null: nothing does; absent: an older version does not say. */
  readonly limitedSince?: EpochMs | null;
  readonly sent: number;
  readonly skipped: number;
  readonly entries: number;
  readonly quarantined: number;
  readonly buffered: number;
  /** Version of its time zone data; absent: an older version does not say. */
  readonly tz?: string;
}

export interface NodeRecord {
  readonly node: string;
  /** Random, new for each process. */
  readonly boot: string;
  readonly kind: NodeKind;
  readonly app: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly nodeVersion: string;
  readonly startedAt: EpochMs;
  readonly state: NodeState;
  /** When the event loop turned last, by the node's clock. */
  readonly loopAt: EpochMs;
  readonly lagMs: number;
  /** Bytes. */
  readonly rss: number;
  readonly heap: number;
  /** Of one minute. */
  readonly loadavg: number;
  /** The store's clock less the node's. */
  readonly clockOffsetMs: number;
  /** Verbs of remote control that it answers. */
  readonly verbs: readonly string[];
  /** Version of the messages that it reads. */
  readonly workVersion: number;
  readonly worker: WorkerFacts | null;
  readonly beat: BeatFacts | null;
}

export interface SeenNode extends NodeRecord {
  /** When it appeared last, by the store's clock. */
  readonly seenAt: EpochMs;
  /** "lost": silent past its time, and it did not say that it leaves. Listed for a day. */
  readonly status: "alive" | "lost";
}

export interface PresenceReply {
  readonly now: EpochMs;
  /** The boot that has the name now: another one's, where this node must not use it. */
  readonly holder: string;
  /** Types of events that somebody watches, of all watches that have not ended, sorted; "*": all. */
  readonly watching: readonly string[];
  /** Marks of `revokeByHeaders` that hold: what a worker gets that matches ends REVOKED before it starts. */
  readonly marks: readonly HeaderMark[];
}

/** A lost node is listed for so long. */
export const LOST_LISTED_MS = 86_400_000;
/** So many lost nodes are kept, those that were lost last; so many marks, the newest. */
export const LOST_NODES = 1_000;
export const MARKS = 100;

export interface HeaderMark {
  readonly headers: Readonly<Record<string, string>>;
  readonly until: EpochMs;
}

export interface PresenceStore {
  /**
   * The node is there for `ttlMs` from now. A name that another boot has, alive, is not taken, unless `takeOver`; nothing is written
   * then and `holder` says whose it is.
   */
  appear(node: NodeRecord, ttlMs: number, takeOver?: boolean): Promise<PresenceReply>;
  /** It has ended by its own will, and is not listed any more; of another boot's name nothing is done. */
  leave(node: string, boot: string, reason: string): Promise<void>;
  /** Living and lost ones, by name. */
  nodes(): Promise<readonly SeenNode[]>;
  /** Somebody watches these types of events for `ttlMs` from now; 0 ends it. Publishes on the channel topic "watch". */
  watch(id: string, types: readonly string[], ttlMs: number): Promise<void>;
  /** For `ttlMs`, what carries these headers does not begin. At most 100 are kept, the oldest out. Publishes on the topic "marks". */
  mark(headers: Readonly<Record<string, string>>, ttlMs: number): Promise<void>;
}

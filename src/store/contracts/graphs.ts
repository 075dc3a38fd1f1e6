/**
 * Graphs of tasks: parts that wait for one another.
 *
 * A part with a task is a message; until its edges have arrived it is blocked by `part`, and stands in no queue. When it ends,
 * in whatever way and by whatever verb, the step that ends it tells those who follow: at most `FOLLOWED_AT_ONCE` edges; what is left is
 * written down (`todo`) and done by the housekeeping of claims, in order, before anything else of its kind. A part ends once: in
 * the step of the delivery token that is current.
 */
import type { EpochMs } from "../../core/clock.js";
import type { FollowerList, NewPart } from "../../tasks/part.js";
import type { StoredResult } from "./stored-result.js";

/** Edges that one step follows, and parts that one portion brings. */
export const FOLLOWED_AT_ONCE = 300;

/** An unsealed graph is dropped so long after its last portion. */
export const UNSEALED_MS = 3_600_000;

/** A portion of a graph. Nothing of it runs before the last one, which seals it. */
export interface GraphPortion {
  readonly id: string;
  readonly name: string;
  /** Part whose end is that of the graph. */
  readonly output: string;
  /** How long the graph and the results of its parts are kept once it is over. */
  readonly keepMs: number;
  /** At most `FOLLOWED_AT_ONCE`. */
  readonly parts: readonly NewPart[];
  /** Whole lists, or edges behind those that were brought before. */
  readonly lists: readonly FollowerList[];
  readonly seal: boolean;
  /** Parts that the portions before it have brought; absent: none. */
  readonly before?: number;
  /**
   * By queue, how many messages may wait there. The first portion alone is judged by them, and refused when one of these queues holds
   * as many. Absent: there is none.
   */
  readonly bounds?: ReadonlyMap<string, number> | undefined;
}

/**
 * "duplicate": the graph is sealed, and its record is kept. "behind": a portion before it is not there any more, since the store
 * has gone back in time; all of them are to come again. "full": a queue of the bounds is. Nothing was changed.
 */
export type OpenOutcome = "open" | "sealed" | "duplicate" | "behind" | "full";

/** "running": also one whose output has ended while other parts have not. It follows the output part. */
export type GraphState = "open" | "running" | "succeeded" | "failed" | "revoked";

export interface GraphRecord {
  readonly id: string;
  readonly name: string;
  /** "open": not sealed yet. */
  readonly state: GraphState;
  /** Parts with a task. */
  readonly size: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Revoked before they began, or never to run since a part before them failed. */
  readonly unrun: number;
  /** Parts that have not ended. At 0 it is over. */
  readonly open: number;
  readonly createdAt: EpochMs;
  /** Kept until then; null: while parts are open, or for ever once it was saved. */
  readonly until: EpochMs | null;
  readonly output: string;
  /** Of an output that is a join: the text of its source. */
  readonly value: string | null;
}

export type PartState = "blocked" | "waiting" | "running" | "succeeded" | "failed" | "revoked" | "unrun";

export interface PartRecord {
  readonly id: string;
  /** Null: a join. */
  readonly task: string | null;
  readonly state: PartState;
  /** Of one that is unrun: the part whose failure is why. */
  readonly culprit: string | null;
  /** Who waits for it. */
  readonly followers: readonly string[];
}

/** What a claim tells of a part, with its delivery. */
export interface DeliveredPart {
  readonly graph: string;
  /** The output of a part with one input, where it is under 64 kB; absent: it has none, or is to be read. */
  readonly input?: StoredResult;
  /** Of an error callback: the failure that made it run. */
  readonly culprit?: { readonly task: string; readonly result: StoredResult };
}

/** A graph that a step has brought to an end, or into another state, for those who tell of it. */
export interface GraphChange {
  readonly id: string;
  readonly name: string;
  readonly state: "running" | "succeeded" | "failed" | "revoked";
  /** How many it has then. */
  readonly parts: number;
}

export interface Graphs {
  /** Idempotent: a part that is known stays as it is. */
  open(portion: GraphPortion): Promise<OpenOutcome>;
  get(ids: readonly string[]): Promise<(GraphRecord | null)[]>;
  /** In the order written, grown ones after those they grew from or at the end; from behind `after`. Null: no such graph. */
  parts(
    id: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly PartRecord[] | null>;
  /** Newest first; from behind `after`, an id. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<readonly GraphRecord[]>;
  /** Records of parts, in order: as many of them, at least one, as fit into 500 records and about 1 MB. */
  outputs(ids: readonly string[]): Promise<readonly (StoredResult | null)[]>;
  /** Texts of the sources that were added to the group of a list, in the order of their parents' ends. */
  added(id: string, list: string): Promise<readonly string[]>;
  /**
   * From this step on no part begins. Those that wait end as revoked in portions; with `terminate` those that run are told to
   * stop, on the topic "graph" (payload: the id). Nothing follows. "over": it had ended.
   */
  cancel(id: string, options: { readonly terminate: boolean }): Promise<"cancelled" | "over" | "unknown">;
  /** What failed, was revoked or did not run begins anew, in portions. "refused": it is not over, has succeeded, or was revoked. */
  resume(id: string): Promise<"resumed" | "refused" | "unknown">;
  /** Kept until it is forgotten, under a name that people read. */
  save(id: string, name: string | null): Promise<"saved" | "unknown">;
  /** Drops the graph, the results of its parts and what waits of it, in portions; one that is not over is cancelled first. */
  forget(id: string): Promise<void>;
}

/** Graphs as the rules see them: the part of the port (records.ts) that graphs need. */
import type { EpochMs } from "../../core/clock.js";
import type { CancelRange, Edge, FollowerList, NewPart } from "../../tasks/part.js";
import type { GraphChange, GraphState } from "../contracts/graphs.js";
import type { PartEnd, TodoLine } from "./todo.js";

/** blocked: edges are still to arrive. waiting: it has begun, and has not ended. */
export type PartStage = "blocked" | "waiting" | PartEnd;

export interface NewGraph {
  readonly id: string;
  readonly name: string;
  readonly output: string;
  readonly keepMs: number;
}

export interface FoundGraph extends NewGraph {
  /** "running": sealed, and not over. "open": it is not sealed. */
  readonly state: GraphState;
  readonly size: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly unrun: number;
  /** Parts that have not ended, joins too. */
  readonly open: number;
  readonly createdAt: EpochMs;
  /** When it is to be dropped; null: not while parts are open, nor once it was saved. */
  readonly until: EpochMs | null;
  readonly isSaved: boolean;
  /** It is being dropped, and nobody is told of it any more. */
  readonly isForgotten: boolean;
}

/** The count of a graph to which an end belongs. */
export const COUNT_OF_END = {
  succeeded: "succeeded",
  failed: "failed",
  revoked: "unrun",
  unrun: "unrun",
} as const;

export interface FoundPart {
  readonly id: string;
  readonly graph: string;
  /** Order in its graph. */
  readonly place: number;
  /** Null: a join. */
  readonly task: string | null;
  readonly stage: PartStage;
  readonly value: string | null;
  readonly list: string | null;
  readonly pending: number;
  readonly inputs: readonly string[] | null;
  /** Parts that name it and have not succeeded. */
  readonly takers: number | null;
  /** Of one that is unrun the part whose failure is why; of an error callback that has begun, the one whose failure it tells. */
  readonly culprit: string | null;
  /** It waits for edges that tell of failures: seen while its graph is resumed. */
  readonly isCallback: boolean;
  /** Its record is kept until its graph is over, or dropped. */
  readonly isPinned: boolean;
  /** How long its record is kept after that. */
  readonly ttlMs: number;
  /** From its release; null: what its message says. */
  readonly etaMs: number | null;
  readonly expiresMs: number | null;
  /** The part that has taken its place; null: none. */
  readonly replacedBy: string | null;
  /** What ids of parts that grew from it begin with, behind the graph's; null: none grew. */
  readonly grown: string | null;
}

/** What is kept of an end. */
export type PartEnding = Pick<FoundPart, "culprit" | "isPinned" | "ttlMs">;

export interface GraphRecords {
  /** Edges, and parts of whole graphs, that this step may still handle: `FOLLOWED_AT_ONCE` at first. */
  stepsLeft: number;
  /** Graphs that this step has brought into another state, until somebody tells of them. */
  changes: GraphChange[];
  /** Whether there is any part: looked at once a step. */
  readonly hasParts: boolean;
  find(id: string): FoundGraph | null;
  part(id: string): FoundPart | null;
  /** Of a graph, in order, from behind `place`. */
  partsBehind(graph: string, place: number, limit: number): readonly FoundPart[];
  /** Those of a graph whose records are pinned. */
  pinned(graph: string, limit: number): readonly FoundPart[];
  /** Edges of a list, in order, from behind the first `at`. */
  edges(graph: string, list: string, at: number, limit: number): readonly Edge[];
  /** Graphs whose time is over. */
  overdue(limit: number): readonly FoundGraph[];
  hasTodo(): boolean;

  /** An unsealed one. */
  begin(graph: NewGraph): FoundGraph;
  seal(graph: FoundGraph): FoundGraph;
  setUntil(graph: FoundGraph, until: EpochMs | null): void;
  setState(graph: FoundGraph, state: GraphState): void;
  save(graph: FoundGraph, name: string | null): void;
  markForgotten(graph: FoundGraph): void;
  remove(graph: FoundGraph): void;
  /** Of the part that came last. */
  lastPlace(graph: string): number;
  /** Blocked, behind all others of the graph. `task` null: a join. False: it is known. */
  addPart(graph: string, part: NewPart, task: string | null): boolean;
  /** Edges that are not known. */
  addList(graph: string, list: FollowerList): void;
  addValues(graph: string, list: string, values: readonly string[]): void;
  /** What the list cancels, the first time it is asked since its graph began, or was resumed. */
  takeCancels(graph: string, list: string): readonly CancelRange[];
  restoreCancels(graph: string): void;
  /** Drops lists of the graph; gives the number of rows, at most `limit`. */
  dropLists(graph: string, limit: number): number;

  /** An edge has arrived; gives how many have not. */
  countDown(part: FoundPart): number;
  addPending(part: FoundPart, count: number): void;
  startPart(part: FoundPart, culprit: string | null): void;
  /** Gives its graph as it is then. */
  endPart(part: FoundPart, end: PartEnd, of: PartEnding): FoundGraph;
  /** One that has ended is open again. */
  reopenPart(part: FoundPart, stage: "blocked" | "waiting"): void;
  markCallback(part: FoundPart): void;
  setReplacedBy(part: FoundPart, id: string): void;
  setGrown(part: FoundPart, prefix: string): void;
  /** One that named it has succeeded; gives how many have not. */
  countTaken(part: FoundPart): number;
  setPinned(part: FoundPart, isPinned: boolean, ttlMs: number): void;
  removePart(part: FoundPart): void;

  /** "front": it goes on before all others. */
  putTodo(line: TodoLine, where: "front" | "end"): void;
  takeTodo(): TodoLine | null;
  dropTodo(graph: string): void;
}

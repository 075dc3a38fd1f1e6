/** Lines of what follows and is not done yet. Each says how far it is. */
import type { GraphChange } from "../contracts/graphs.js";

export type PartEnd = "succeeded" | "failed" | "revoked" | "unrun";

interface Line {
  readonly graph: string;
}

/** A part has ended: those behind the first `at` edges of its list are to hear of it. */
export interface FollowLine extends Line {
  readonly kind: "follow";
  readonly source: string;
  readonly end: PartEnd;
  readonly at: number;
}

/** Parts behind `place` that wait for nothing begin. */
export interface StartLine extends Line {
  readonly kind: "start";
  readonly place: number;
}

/** Parts with these numbers are revoked, and what grew from them. */
export interface RangeLine extends Line {
  readonly kind: "range";
  /** What their ids begin with, behind the graph's; empty: nothing. */
  readonly prefix: string;
  readonly from: number;
  /** Null: all. */
  readonly to: number | null;
}

export interface CancelLine extends Line {
  readonly kind: "cancel";
  readonly terminate: boolean;
  readonly place: number;
}

/** "reopen": what has not succeeded is blocked again. "count": it waits for what has not succeeded. "go": it begins. */
export interface ResumeLine extends Line {
  readonly kind: "resume";
  readonly phase: "reopen" | "count" | "go";
  readonly place: number;
  /** Within the list of the next part. */
  readonly at: number;
}

export interface UnpinLine extends Line {
  readonly kind: "unpin";
}

/** Of a graph that was saved. */
export interface PinLine extends Line {
  readonly kind: "pin";
  readonly place: number;
}

export interface DropLine extends Line {
  readonly kind: "drop";
}

/** A step that could not tell of it has changed the graph. */
export interface TellLine extends Line {
  readonly kind: "tell";
  readonly change: GraphChange;
}

export type TodoLine =
  FollowLine | StartLine | RangeLine | CancelLine | ResumeLine | UnpinLine | PinLine | DropLine | TellLine;

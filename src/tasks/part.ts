/**
 * Graphs of tasks as plain data: parts, and the edges between them. A sender compiles a form to this, a worker what grows from
 * a run; stores keep it and follow its edges; none of them knows what a chain or a chord is.
 */
import type { NewMessage } from "./message.js";

/**
 * When an edge lets its target begin. success: what it comes from has succeeded. any: it has ended, well or badly. failure: it has
 * failed, was revoked, or cannot run; the target runs once, at the first such end. replace: the target has replaced itself, and ends as what the
 * edge comes from does, with a copy of its record.
 */
export type EdgeKind = "success" | "any" | "failure" | "replace";

export interface Edge {
  /** The part that waits. */
  readonly to: string;
  readonly kind: EdgeKind;
}

/**
 * At the first failure of a part whose list has it, all parts of the graph with a number in [from, to), and what grew from them,
 * are revoked where they have not begun, and told to stop where they have: `group(..., { errors: "cancel" })`.
 */
export interface CancelRange {
  readonly from: number;
  readonly to: number;
}

/** Who follows a part. Members of one group share one list. */
export interface FollowerList {
  /** Unique in its graph: "0", "1", ..., and of one that grew from a part "<that part's number text>/<n>". */
  readonly key: string;
  readonly edges: readonly Edge[];
  readonly cancels?: readonly CancelRange[];
}

/** A part of a graph, before the store has it. */
export interface NewPart {
  /**
   * "<graph>:<number>", numbers from 0 in the order written; of one that grew from part p "<p>/<n>", or where p has over 200
   * characters "<graph>:~<first 16 hex digits of SHA-256 of p>/<n>".
   */
  readonly id: string;
  /** Null: a join. It has no task, succeeds when its last edge has arrived, and its value is told by `value`. */
  readonly message: NewMessage | null;
  /** Of a join: the text of the `Source` that is its value; else null. */
  readonly value: string | null;
  /** Key of the list of those who follow it; null: nobody does. */
  readonly list: string | null;
  /** Edges that are to arrive before it may begin. 0: it begins when the graph does. */
  readonly pending: number;
  /** Parts whose outputs it takes, where these are at most 8; null: more, or a whole group. */
  readonly inputs: readonly string[] | null;
  /**
   * How many parts with `inputs` name this one. Its output is kept while any of them has not succeeded; null: until the graph has
   * ended, since a join, a part with more inputs, or whoever asks for the value of the graph reads it.
   */
  readonly takers: number | null;
}

/** The graph that a part of this id would belong to; null: its text is not that of a part. Whether it is one, its record says. */
export function graphOfPart(id: string): string | null {
  const at = id.lastIndexOf(":");
  return at > 0 ? id.slice(0, at) : null;
}

/** Inputs that a part names one by one. */
export const MOST_NAMED_INPUTS = 8;

/** What a form compiles to. */
export interface CompiledGraph {
  readonly id: string;
  /** For people: the name of a workflow, or of the form ("chain", "group", "chord"). */
  readonly name: string;
  readonly parts: readonly NewPart[];
  readonly lists: readonly FollowerList[];
  /** The part that the state of the graph follows, and whose record is its value. */
  readonly output: string;
}

/** What a run adds to the graph that it belongs to, or makes of a message that was none: part of its successful end. */
export interface Growth {
  readonly parts: readonly NewPart[];
  readonly lists: readonly FollowerList[];
  /** Of a run that replaces itself: the part whose end is its own; null: it only adds. */
  readonly output: string | null;
  /** Of a run that adds: the list that its group shares, and for each addition the text of its value's `Source`. */
  readonly added: {
    readonly list: string;
    readonly outputs: readonly string[];
    readonly values: readonly string[];
  } | null;
}

/**
 * Where a value comes from, as JSON. A number or a text: the output of that part of the same graph ("<graph>:<it>").
 * ["list", key, ...items]: a list of sources; with a key, the values that were added to the group of that list stand behind.
 * ["run", from, to, step]: within a list, the parts from, from + step, ... up to and with to. ["settled", source]: its end, good or bad.
 */
export type Source =
  | number
  | string
  | readonly ["list", string | null, ...(Source | readonly ["run", number, number, number])[]]
  | readonly ["settled", Source];

/**
 * What a part takes: where it goes among its arguments, and what it is. Positions count in the finished list, and rise. A
 * "failure" is that of the part which made an error callback run. A "stream" is a list that is read in pages.
 */
export type Take = readonly [
  position: number,
  source: Source | readonly ["failure"] | readonly ["stream", Source],
];

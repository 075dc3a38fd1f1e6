/** Rows of graphs and parts, as the rules see them. */
import type { FoundGraph, FoundPart } from "../rules/graph-records.js";
import type { Transaction } from "./transaction.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export type Graph = Mutable<FoundGraph>;
export type Part = Mutable<FoundPart>;

export const GRAPH = `id, name, output, keep_ms AS keepMs, state, size, succeeded, failed, unrun, open, created_at AS createdAt,
  until, saved, forgotten`;
export const PART = `id, graph, seq AS place, task, stage, value, list, pending, inputs, takers, culprit, callback, pinned,
  ttl_ms AS ttlMs, eta_ms AS etaMs, expires_ms AS expiresMs, stand_in AS replacedBy, grown`;

export interface GraphRow extends Omit<FoundGraph, "isSaved" | "isForgotten"> {
  readonly saved: number;
  readonly forgotten: number;
}

export interface PartRow extends Omit<FoundPart, "inputs" | "isCallback" | "isPinned"> {
  /** JSON. */
  readonly inputs: string | null;
  readonly callback: number;
  readonly pinned: number;
}

export function graphOf(row: GraphRow): Graph {
  return {
    id: row.id,
    name: row.name,
    output: row.output,
    keepMs: row.keepMs,
    state: row.state,
    size: row.size,
    succeeded: row.succeeded,
    failed: row.failed,
    unrun: row.unrun,
    open: row.open,
    createdAt: row.createdAt,
    until: row.until,
    isSaved: row.saved === 1,
    isForgotten: row.forgotten === 1,
  };
}

/** Field by field: the spread of a row costs as much as its statement. */
export function partOf(row: PartRow): Part {
  return {
    id: row.id,
    graph: row.graph,
    place: row.place,
    task: row.task,
    stage: row.stage,
    value: row.value,
    list: row.list,
    pending: row.pending,
    inputs: row.inputs === null ? null : (JSON.parse(row.inputs) as string[]),
    takers: row.takers,
    culprit: row.culprit,
    isCallback: row.callback === 1,
    isPinned: row.pinned === 1,
    ttlMs: row.ttlMs,
    etaMs: row.etaMs,
    expiresMs: row.expiresMs,
    replacedBy: row.replacedBy,
    grown: row.grown,
  };
}

export function writeGraph(at: Transaction, graph: Graph): void {
  const { id, name, state, size, succeeded, failed, unrun, open, until, isSaved, isForgotten } = graph;
  at.run(
    `UPDATE graph SET name = ?, state = ?, size = ?, succeeded = ?, failed = ?, unrun = ?, open = ?, until = ?, saved = ?,
       forgotten = ? WHERE id = ?`,
    ...[name, state, size, succeeded, failed, unrun, open, until, isSaved ? 1 : 0, isForgotten ? 1 : 0, id],
  );
}

export function writePart(at: Transaction, part: Part): void {
  const { place, stage, pending, takers, culprit, isCallback, isPinned, ttlMs, replacedBy, grown } = part;
  at.run(
    `UPDATE part SET stage = ?, pending = ?, takers = ?, culprit = ?, callback = ?, pinned = ?, ttl_ms = ?, stand_in = ?,
       grown = ? WHERE seq = ?`,
    ...[
      stage,
      pending,
      takers,
      culprit,
      isCallback ? 1 : 0,
      isPinned ? 1 : 0,
      ttlMs,
      replacedBy,
      grown,
      place,
    ],
  );
}

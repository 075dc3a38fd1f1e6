/**
 * The end of a part. It ends once: in the step of the delivery token that is current, or where it waits. Whoever ends one calls
 * `partEnded`; `release` tells those who follow before the step is over.
 */
import type { EpochMs } from "../../core/clock.js";
import type { ResultRecord } from "../contracts/results.js";
import { recordEnd } from "./history.js";
import type { FoundGraph, FoundPart } from "./graph-records.js";
import { releaseTicket } from "./permits.js";
import type { Known, Records } from "./records.js";
import type { PartEnd } from "./todo.js";
import { endUnique } from "./unique.js";

/** Of a record that is kept until its graph is over: as long as numbers of 14 digits are instants. */
export const PINNED_UNTIL: EpochMs = 99_999_999_999_999;

export const REVOKED: ResultRecord = { state: "REVOKED", payload: null, reason: "revoked" };

/**
 * The part that a message is; null: it is none. A store without graphs is asked once a step. One that had replaced itself and has
 * ended had its message: that which has its id now is another.
 */
export function partOf({ graphs }: Records, id: string): FoundPart | null {
  const part = graphs.hasParts ? graphs.part(id) : null;
  return part && (part.replacedBy === null || isOpen(part)) ? part : null;
}

export function isOpen({ stage }: FoundPart): boolean {
  return stage === "blocked" || stage === "waiting";
}

export function isOver({ state, open }: FoundGraph): boolean {
  return state !== "open" && open === 0;
}

export function endByRecord({ state }: ResultRecord): PartEnd {
  if (state === "REVOKED") return "revoked";
  return state === "FAILURE" ? "failed" : "succeeded";
}

/** False: it had ended before, and nothing follows. */
export function partEnded(
  records: Records,
  part: FoundPart,
  end: PartEnd,
  { record, ttlMs, culprit = null }: { record: ResultRecord; ttlMs: number; culprit?: string | null },
): boolean {
  if (!isOpen(part)) return false;
  const { graphs, freed } = records;
  // What has failed is told by error callbacks, and waits for a resume.
  const isPinned = end !== "succeeded" || part.takers !== 0;
  const graph = graphs.endPart(part, end, { culprit: culprit ?? part.culprit, isPinned, ttlMs });
  keepRecord(records, part.id, record, isPinned ? null : ttlMs);
  if (end === "succeeded") for (const input of part.inputs ?? []) unpin(records, input);
  if (graph.state === "running") freed.part.add(part.id);
  if (isOver(graph)) closeGraph(records, graph);
  return true;
}

/** `ttlMs` null: until its graph is over. */
function keepRecord({ results, now }: Records, id: string, record: ResultRecord, ttlMs: number | null): void {
  results.keep(id, record, ttlMs ?? PINNED_UNTIL - now);
}

/** One that takes this output has succeeded. When all have, it is kept like any result. */
export function unpin({ graphs, results, now }: Records, id: string): void {
  const part = graphs.part(id);
  if (!part || part.takers === null || graphs.countTaken(part) > 0) return;
  if (!part.isPinned || part.stage !== "succeeded") return;
  graphs.setPinned(part, false, part.ttlMs);
  results.keepUntil(id, now + part.ttlMs);
}

/** The last part of a graph has ended. */
export function closeGraph({ graphs, now }: Records, graph: FoundGraph): void {
  const { id, name, output, keepMs, isSaved } = graph;
  if (graph.state !== "revoked") {
    const state = graphs.part(output)?.stage === "succeeded" ? "succeeded" : "failed";
    graphs.setState(graph, state);
    graphs.changes.push({ id, name, state, parts: graph.size });
    if (state === "succeeded" && !isSaved) graphs.putTodo({ kind: "unpin", graph: id }, "end");
  }
  graphs.setUntil(graph, isSaved ? null : now + keepMs);
}

/** From this step on no part of it begins, and nothing follows. Those that wait end in portions. */
export function revokeGraph(records: Records, graph: FoundGraph, terminate: boolean): void {
  const { graphs } = records;
  graphs.setState(graph, "revoked");
  graphs.setUntil(graph, null);
  if (terminate) records.publish("graph", graph.id);
  graphs.putTodo({ kind: "cancel", graph: graph.id, terminate, place: 0 }, "end");
  const revoked = graphs.find(graph.id);
  if (revoked && isOver(revoked)) closeGraph(records, revoked);
}

/** The graph that a message has become by replacing itself. */
export function revokeOwnGraph(records: Records, id: string, terminate: boolean): void {
  const { graphs } = records;
  const graph = graphs.find(id);
  if (graph?.state !== "running" || graph.output !== id) return;
  revokeGraph(records, graph, terminate);
  graphs.changes.push({ id, name: graph.name, state: "revoked", parts: graph.size });
}

/**
 * Ends a message that is a part, with its record. A message that has not succeeded stays, blocked, until its graph is dropped:
 * `resume` needs it.
 */
export function endPartOf(
  records: Records,
  message: Known,
  part: FoundPart,
  record: ResultRecord,
  ttlMs: number,
): void {
  const { messages, freed } = records;
  releaseTicket(records, message);
  endUnique(records, message);
  const end = endByRecord(record);
  if (end === "succeeded" || part.replacedBy !== null) {
    messages.remove(message);
    if (message.entry !== null) freed.entry.add(message.entry);
  } else {
    messages.block(message, "part");
  }
  if (!partEnded(records, part, end, { record, ttlMs })) {
    keepRecord(records, part.id, record, part.isPinned ? null : ttlMs);
  }
}

/** Ends a part where it waits. */
export function revokePart(records: Records, part: FoundPart, message: Known | null): void {
  if (message) {
    recordEnd(records, message, "revoked", "revoked");
    endPartOf(records, message, part, REVOKED, message.resultTtlMs);
  } else partEnded(records, part, "revoked", { record: REVOKED, ttlMs: 0 });
}

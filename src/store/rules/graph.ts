/**
 * What follows from the end of a part. A step follows a bounded number of edges; what is left is written down as lines of `todo`.
 * The worklist is in memory: what ends in this step goes first, then what lines bring. A line is taken off before it is worked on;
 * what is left of it goes back to the front, so that no old arrival meets a part that a later line has opened again.
 */
import type { Edge } from "../../tasks/part.js";
import { endOf } from "./ends.js";
import type { FoundPart } from "./graph-records.js";
import { recordEnd } from "./history.js";
import { dropUnrun } from "./messages.js";
import { isOpen, partEnded, revokeOwnGraph, revokePart } from "./parts.js";
import type { Found, Records } from "./records.js";
import { arriveInQueue } from "./send.js";
import { TO_DROP } from "./states.js";
import type { FollowLine, StartLine } from "./todo.js";
import { endUnique } from "./unique.js";

/** Tells those who follow what has ended in this step, and what ends of that. */
export function followEnded(records: Records): void {
  const { graphs, freed } = records;
  const left: FollowLine[] = [];
  for (const source of freed.part) {
    freed.part.delete(source);
    const part = graphs.part(source);
    if (!part || part.stage === "blocked" || part.stage === "waiting") continue;
    const rest = follow(records, part, { kind: "follow", graph: part.graph, source, end: part.stage, at: 0 });
    if (rest) left.push(rest);
  }
  for (const line of left.reverse()) graphs.putTodo(line, "front");
}

export function followLine(records: Records, line: FollowLine): FollowLine | null {
  const source = records.graphs.part(line.source);
  const isGoing = records.graphs.find(line.graph)?.state === "running";
  return source && isGoing ? follow(records, source, line) : null;
}

/** Gives what is left of the line; null: nothing. */
export function follow(records: Records, source: FoundPart, line: FollowLine): FollowLine | null {
  const { graphs } = records;
  const { graph, list } = source;
  if (list === null) return null;
  if (line.at === 0 && line.end !== "succeeded") cancelRanges(records, graph, list);
  let { at } = line;
  while (graphs.stepsLeft > 0) {
    const limit = graphs.stepsLeft;
    const edges = graphs.edges(graph, list, at, limit);
    graphs.stepsLeft -= edges.length;
    at += edges.length;
    for (const edge of edges) arrive(records, source, line.end, edge);
    if (edges.length < limit) return null;
  }
  return { ...line, at };
}

/** `group(..., { errors: "cancel" })`, once. */
function cancelRanges({ graphs }: Records, graph: string, list: string): void {
  const prefix = list.slice(0, Math.max(0, list.lastIndexOf("/")));
  for (const { from, to } of graphs.takeCancels(graph, list)) {
    graphs.putTodo({ kind: "range", graph, prefix, from, to }, "end");
  }
}

export function arrive(records: Records, source: FoundPart, end: FollowLine["end"], edge: Edge): void {
  const { graphs } = records;
  const target = graphs.part(edge.to);
  if (!target) return;
  const { kind } = edge;
  if (kind === "replace") return endAs(records, target, source, end);
  if (target.stage !== "blocked") return;
  // Nothing has failed: an error callback was not needed, and what hangs on it is not, either.
  const isUnneeded = end === "unrun" && source.culprit === null;
  if (isUnneeded && kind !== "failure") return endUnrun(records, target, null);
  if (end !== "succeeded" && !isUnneeded) {
    const culprit = end === "unrun" ? source.culprit : source.id;
    if (kind === "success") return endUnrun(records, target, culprit);
    if (kind === "failure") return startPart(records, target, culprit);
  }
  if (graphs.countDown(target) > 0) return;
  if (kind === "failure") endUnrun(records, target, null);
  else startPart(records, target, null);
}

/** How one has ended that another has taken the place of. */
const END_STATES = {
  succeeded: "success",
  failed: "failure",
  revoked: "revoked",
  unrun: "upstream",
} as const;

/** A part that has replaced itself ends as the one in its place, with a copy of its record. */
export function endAs(records: Records, part: FoundPart, source: FoundPart, end: FollowLine["end"]): void {
  const { entries, graphs, messages, results, freed } = records;
  if (part.stage !== "waiting") return;
  const record = results.kept(source.id) ?? { state: "SUCCESS", payload: null };
  const message = messages.find(part.id);
  if (message) {
    recordEnd(records, message, END_STATES[end], "replaced");
    endUnique(records, message);
    messages.remove(message);
    if (message.entry !== null) {
      freed.entry.add(message.entry);
      if (end === "succeeded") entries.noteSuccess(message.entry);
    }
  }
  const culprit = end === "unrun" ? (source.culprit ?? source.id) : null;
  partEnded(records, graphs.part(part.id) ?? part, end, { record, ttlMs: part.ttlMs, culprit });
}

/** It will not run, since `culprit` has not succeeded; null: of an error callback, since nothing has failed. */
export function endUnrun(records: Records, part: FoundPart, culprit: string | null): void {
  const message = part.task === null ? null : records.messages.find(part.id);
  // What is told of one that has expired, or was revoked, stays so.
  const reason = message && endOf(message, records.now);
  if (message && reason) return dropUnrun(records, message, reason);
  if (message) recordEnd(records, message, "upstream", "upstream");
  const payload = culprit === null ? null : JSON.stringify(culprit);
  const record = { state: "REVOKED", payload, reason: "upstream" };
  partEnded(records, part, "unrun", { record, ttlMs: message?.resultTtlMs ?? 0, culprit });
}

/** All it waits for has arrived. `culprit`: of an error callback, whose failure has made it begin. */
export function startPart(
  records: Records,
  part: FoundPart,
  culprit: string | null,
  from: "edges" | "graph" = "edges",
): void {
  const { graphs, messages, now } = records;
  if (part.task === null) return endJoin(records, part);
  const message = messages.find(part.id);
  if (!message) return revokePart(records, part, null);
  const reason = endOf(message, now);
  if (reason) return dropUnrun(records, message, reason);
  graphs.startPart(part, culprit);
  const eta = part.etaMs === null ? message.eta : now + part.etaMs;
  const expires = part.expiresMs === null ? message.expires : now + part.expiresMs;
  const isTimed = part.etaMs !== null || part.expiresMs !== null;
  messages.sendPart(message, eta, expires, from === "graph" && !isTimed ? "kept" : "new");
  arriveInQueue(records, { ...message, eta });
}

/** Its value is told by reference. */
function endJoin(records: Records, part: FoundPart): void {
  const record = { state: "SUCCESS", payload: `{"$source":${part.value ?? "null"}}` };
  partEnded(records, part, "succeeded", { record, ttlMs: part.ttlMs });
}

/** Parts that wait for nothing begin. */
export function startParts(records: Records, line: StartLine): StartLine | null {
  const { graphs } = records;
  if (graphs.find(line.graph)?.state !== "running") return null;
  const limit = graphs.stepsLeft;
  const parts = graphs.partsBehind(line.graph, line.place, limit);
  graphs.stepsLeft -= parts.length;
  for (const { id } of parts) {
    const part = graphs.part(id);
    if (part?.stage === "blocked" && part.pending === 0) startPart(records, part, null, "graph");
  }
  return parts.length < limit ? null : { ...line, place: parts.at(-1)?.place ?? line.place };
}

/** Ends a blocked part that was revoked. */
export function dropPart(records: Records, message: Found, reason: "expired" | "revoked"): void {
  const { graphs, messages } = records;
  const part = graphs.part(message.id);
  if (!part || !isOpen(part)) return;
  const graph = graphs.find(part.graph);
  // Before its graph is sealed those who follow it are not known: it is dropped when it would begin.
  if (graph?.state === "open") return messages.markRevoked(message, TO_DROP);
  revokeOwnGraph(records, part.id, false);
  dropUnrun(records, message, reason);
}

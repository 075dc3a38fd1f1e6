/** What is done with whole graphs, in portions: each takes a line of `todo`, and gives what is left of it. */
import { closeGraph, isOpen, isOver, partOf, PINNED_UNTIL, revokePart } from "./parts.js";
import { endAs, endUnrun, startPart } from "./graph.js";
import type { FoundGraph, FoundPart } from "./graph-records.js";
import { end } from "./messages.js";
import { releaseTicket } from "./permits.js";
import type { Records } from "./records.js";
import { NOT_REVOKED, type Revoked, TO_DROP, TO_STOP } from "./states.js";
import type { CancelLine, DropLine, PinLine, RangeLine, ResumeLine, UnpinLine } from "./todo.js";

/** The next parts of the line, and its rest behind them. */
function nextParts<L extends CancelLine | PinLine | ResumeLine>(
  { graphs }: Records,
  line: L,
): { readonly parts: readonly FoundPart[]; readonly rest: L | null } {
  const limit = graphs.stepsLeft;
  const parts = graphs.partsBehind(line.graph, line.place, limit);
  graphs.stepsLeft -= parts.length;
  const place = parts.at(-1)?.place ?? line.place;
  return { parts, rest: parts.length < limit ? null : { ...line, place } };
}

/** Parts that wait end; those at work are told, once their workers ask. */
export function cancelParts(records: Records, line: CancelLine): CancelLine | null {
  const { parts, rest } = nextParts(records, line);
  for (const part of parts) stopPart(records, part, line.terminate ? TO_STOP : TO_DROP);
  return rest;
}

/** True: it is at work. */
function stopPart(records: Records, part: FoundPart, how: Revoked): boolean {
  const { messages } = records;
  if (!isOpen(part)) return false;
  const message = part.task === null ? null : messages.find(part.id);
  if (message?.state !== "leased") {
    revokePart(records, part, message);
    return false;
  }
  if (how > message.revoked) messages.markRevoked(message, how);
  return true;
}

/** The members of a group, and what grew from them, after the first failure. */
export function cancelRange(records: Records, line: RangeLine): RangeLine | null {
  const { graphs } = records;
  const { graph, prefix, to } = line;
  const asked: string[] = [];
  let from = line.from;
  let isAll = graphs.find(graph)?.state !== "running";
  for (; !isAll && graphs.stepsLeft > 0 && (to === null || from < to); from++) {
    graphs.stepsLeft--;
    const part = graphs.part(`${graph}:${prefix === "" ? "" : `${prefix}/`}${from}`);
    if (!part) isAll = true;
    // One that has replaced itself ends as those in its place do.
    else if (part.replacedBy === null && stopPart(records, part, TO_STOP)) asked.push(part.id);
    if (part?.grown) {
      graphs.putTodo({ kind: "range", graph, prefix: part.grown, from: 0, to: null }, "end");
    }
  }
  if (asked.length > 0) records.publish("revoke", JSON.stringify(asked));
  return isAll || (to !== null && from >= to) ? null : { ...line, from };
}

const PHASES = ["reopen", "count", "go"] as const;

/** What has not succeeded begins anew. Nothing goes before all is counted. */
export function resumeParts(records: Records, line: ResumeLine): ResumeLine | null {
  if (records.graphs.find(line.graph)?.state !== "running") return null;
  const rest = line.phase === "count" ? countParts(records, line) : reopenOrGo(records, line);
  if (rest) return rest;
  const phase = PHASES[PHASES.indexOf(line.phase) + 1];
  if (phase) return { ...line, phase, place: 0, at: 0 };
  const graph = records.graphs.find(line.graph);
  if (graph?.state === "running" && isOver(graph)) closeGraph(records, graph);
  return null;
}

function reopenOrGo(records: Records, line: ResumeLine): ResumeLine | null {
  const { parts, rest } = nextParts(records, line);
  for (const part of parts) {
    if (line.phase === "reopen") reopen(records, part);
    else go(records, part.id);
  }
  return rest;
}

function reopen(records: Records, part: FoundPart): void {
  const { graphs, messages, results } = records;
  const hasCalledBack = part.stage === "failed" && part.culprit !== null;
  if (isOpen(part) || part.stage === "succeeded" || hasCalledBack) return;
  const message = part.task === null ? null : messages.find(part.id);
  if (part.task !== null && part.replacedBy === null && !message) {
    if (results.kept(part.id)?.state === "SUCCESS") {
      // A dead letter that was retried by hand: nobody follows before all is counted.
      graphs.reopenPart(part, "waiting");
      graphs.endPart(part, "succeeded", { culprit: null, isPinned: true, ttlMs: part.ttlMs });
      return;
    }
  }
  results.drop(part.id);
  graphs.reopenPart(part, part.replacedBy === null ? "blocked" : "waiting");
  if (!message) return;
  if (message.blocker !== "part") {
    // A dead letter, or one that somebody retries by hand: that run is lost, and another begins.
    releaseTicket(records, message);
    messages.block(message, "part");
  }
  if (message.revoked !== NOT_REVOKED) messages.markRevoked(message, NOT_REVOKED);
}

/** Edges of what has not succeeded. */
function countParts(records: Records, line: ResumeLine): ResumeLine | null {
  const { graphs } = records;
  let { place, at } = line;
  while (graphs.stepsLeft > 0) {
    const [part] = graphs.partsBehind(line.graph, place, 1);
    if (!part) return null;
    graphs.stepsLeft--;
    const limit = graphs.stepsLeft;
    const edges = part.list === null ? [] : graphs.edges(line.graph, part.list, at, limit);
    graphs.stepsLeft -= edges.length;
    for (const { to, kind } of edges) {
      const target = kind === "replace" ? null : graphs.part(to);
      if (target?.stage !== "blocked") continue;
      if (kind === "failure") graphs.markCallback(target);
      if (part.stage !== "succeeded") graphs.addPending(target, 1);
    }
    if (part.list !== null && edges.length === limit) at += edges.length;
    else [place, at] = [part.place, 0];
  }
  return { ...line, place, at };
}

function go(records: Records, id: string): void {
  const { graphs } = records;
  const part = graphs.part(id);
  if (!part) return;
  if (part.stage === "waiting" && part.replacedBy !== null) {
    const source = graphs.part(part.replacedBy);
    if (source && source.stage !== "blocked" && source.stage !== "waiting")
      endAs(records, part, source, source.stage);
  } else if (part.stage === "blocked" && part.pending === 0) {
    if (part.isCallback) endUnrun(records, part, null);
    else startPart(records, part, null);
  }
}

/** Outputs of a graph that has succeeded are kept like any result from then on. */
export function unpinParts({ graphs, results, now }: Records, line: UnpinLine): UnpinLine | null {
  const graph = graphs.find(line.graph);
  if (graph?.state !== "succeeded" || graph.isSaved) return null;
  const limit = graphs.stepsLeft;
  const parts = graphs.pinned(line.graph, limit);
  graphs.stepsLeft -= parts.length;
  const endedAt = graph.until === null ? now : graph.until - graph.keepMs;
  for (const part of parts) {
    graphs.setPinned(part, false, part.ttlMs);
    results.keepUntil(part.id, endedAt + (part.takers === null ? graph.keepMs : part.ttlMs));
  }
  return parts.length < limit ? null : line;
}

/** Outputs of a graph that was saved are kept as long as it is. */
export function pinParts(records: Records, line: PinLine): PinLine | null {
  const { graphs, results } = records;
  if (!graphs.find(line.graph)?.isSaved) return null;
  const { parts, rest } = nextParts(records, line);
  for (const part of parts) {
    if (part.isPinned || part.takers !== null || isOpen(part)) continue;
    graphs.setPinned(part, true, part.ttlMs);
    results.keepUntil(part.id, PINNED_UNTIL);
  }
  return rest;
}

export function dropLine(records: Records, line: DropLine): DropLine | null {
  const { graphs } = records;
  const graph = graphs.find(line.graph);
  if (!graph?.isForgotten) return null;
  const dropped = dropGraph(records, graph, graphs.stepsLeft);
  graphs.stepsLeft -= dropped;
  return graphs.find(line.graph) ? line : null;
}

/** Drops at most `limit` rows of a graph, and the graph with the last; gives their number. */
export function dropGraph(records: Records, graph: FoundGraph, limit: number): number {
  const { graphs } = records;
  const parts = graphs.partsBehind(graph.id, 0, limit);
  for (const part of parts) dropPartOf(records, graph, part);
  if (parts.length === limit) return limit;
  const lists = graphs.dropLists(graph.id, limit - parts.length);
  if (parts.length + lists === limit) return limit;
  graphs.remove(graph);
  return parts.length + lists + 1;
}

function dropPartOf(records: Records, graph: FoundGraph, part: FoundPart): void {
  const { graphs, messages, results } = records;
  const message = partOf(records, part.id) && messages.find(part.id);
  if (message?.state === "leased") messages.markRevoked(message, TO_DROP);
  // A dead letter is an operator's matter.
  else if (message && message.state !== "dead") end(records, message);
  if (graph.isForgotten) results.drop(part.id);
  else if (part.isPinned) results.keepUntil(part.id, (graph.until ?? 0) - graph.keepMs + part.ttlMs);
  graphs.removePart(part);
}

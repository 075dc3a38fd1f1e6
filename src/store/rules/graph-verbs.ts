/** What people do with graphs. Each does the same little, whatever the size of the graph: the rest is done in portions. */
import { dropGraph } from "./graph-portions.js";
import { knownGraph } from "./graph-told.js";
import { isOver, revokeGraph } from "./parts.js";
import type { Records } from "./records.js";
import { goOn, leaveChanges } from "./release.js";

export function cancelGraph(
  records: Records,
  id: string,
  terminate: boolean,
): "cancelled" | "over" | "unknown" {
  const graph = knownGraph(records, id);
  if (!graph) return "unknown";
  if (isOver(graph)) return "over";
  revokeGraph(records, graph, terminate);
  return "cancelled";
}

export function resumeGraph(records: Records, id: string): "resumed" | "refused" | "unknown" {
  const { graphs } = records;
  const graph = knownGraph(records, id);
  if (!graph) return "unknown";
  if (graph.state !== "failed") return "refused";
  graphs.setState(graph, "running");
  graphs.setUntil(graph, null);
  graphs.restoreCancels(id);
  graphs.putTodo({ kind: "resume", graph: id, phase: "reopen", place: 0, at: 0 }, "end");
  goOnUntold(records);
  return "resumed";
}

export function saveGraph(records: Records, id: string, name: string | null): "saved" | "unknown" {
  const { graphs } = records;
  const graph = knownGraph(records, id);
  if (!graph) return "unknown";
  graphs.save(graph, name);
  if (isOver(graph)) graphs.setUntil(graph, null);
  if (graph.state === "succeeded") graphs.putTodo({ kind: "pin", graph: id, place: 0 }, "end");
  goOnUntold(records);
  return "saved";
}

export function forgetGraph(records: Records, id: string): void {
  const { graphs } = records;
  const graph = knownGraph(records, id);
  if (!graph) return;
  if (!isOver(graph)) graphs.setState(graph, "revoked");
  graphs.markForgotten(graph);
  graphs.putTodo({ kind: "drop", graph: id }, "end");
  goOnUntold(records);
}

function goOnUntold(records: Records): void {
  goOn(records);
  leaveChanges(records);
}

/** Drops at most `limit` rows of graphs whose time is over; gives their number. */
export function sweepGraphs(records: Records, limit: number): number {
  let left = limit;
  while (left > 0) {
    const [graph] = records.graphs.overdue(1);
    if (!graph) break;
    left -= dropGraph(records, graph, left);
  }
  return limit - left;
}

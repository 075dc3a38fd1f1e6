/** Graphs come in portions, and grow while they run. */
import type { NewMessage } from "../../tasks/message.js";
import type { Growth, NewPart } from "../../tasks/part.js";
import { type GraphPortion, type OpenOutcome, UNSEALED_MS } from "../contracts/graphs.js";
import { dropGraph } from "./graph-portions.js";
import type { FoundGraph, FoundPart, NewGraph } from "./graph-records.js";
import { knownGraph } from "./graph-told.js";
import { boundsOf, isFull } from "./full.js";
import { keepLane } from "./lanes.js";
import { fixInstants } from "./messages.js";
import { closeGraph, isOver } from "./parts.js";
import type { Records } from "./records.js";
import { goOn, leaveChanges } from "./release.js";

/** Stores a portion. Nothing of the graph runs before the last one. */
export function openPortion(records: Records, portion: GraphPortion): OpenOutcome {
  const { graphs, now } = records;
  const { before = 0 } = portion;
  const known = knownGraph(records, portion.id);
  if (known && known.state !== "open") return "duplicate";
  if (known ? partsOf(known) < before : before > 0) return "behind";
  if (!known && isRefused(records, portion)) return "full";
  const graph = known ?? beginGraph(records, portion);
  addParts(records, graph.id, portion.parts);
  for (const list of portion.lists) graphs.addList(graph.id, list);
  if (!portion.seal) {
    graphs.setUntil(graph, now + UNSEALED_MS);
    return "open";
  }
  sealGraph(records, graph);
  goOn(records);
  leaveChanges(records);
  return "sealed";
}

/** Once it has begun no bound holds any more. */
function isRefused(records: Records, portion: GraphPortion): boolean {
  const bounds = boundsOf(portion.bounds);
  return bounds !== null && [...bounds.most.keys()].some((queue) => isFull(records, queue, bounds));
}

/** Also those that were revoked before it was sealed. */
const partsOf = ({ open, succeeded, failed, unrun }: FoundGraph): number => open + succeeded + failed + unrun;

/** In place of an older one of its id that is over, and has not been swept yet. */
function beginGraph(records: Records, graph: NewGraph): FoundGraph {
  const { graphs } = records;
  for (let older = graphs.find(graph.id); older; older = graphs.find(graph.id)) {
    dropGraph(records, older, Number.MAX_SAFE_INTEGER);
    graphs.dropTodo(graph.id);
  }
  return graphs.begin(graph);
}

function sealGraph(records: Records, graph: FoundGraph): void {
  const { graphs } = records;
  const sealed = graphs.seal(graph);
  if (isOver(sealed)) closeGraph(records, sealed);
  else graphs.putTodo({ kind: "start", graph: graph.id, place: 0 }, "front");
}

function addParts(records: Records, graph: string, parts: readonly NewPart[]): void {
  const { graphs, messages, now } = records;
  for (const part of parts) {
    if (!graphs.addPart(graph, part, part.message?.task ?? null) || !part.message) continue;
    const sent = fixInstants(withoutRelativeExpires(part.message), null, now);
    messages.insertPart(sent);
    keepLane(records, sent);
  }
}

/** It expires from its release on, or at an instant. */
function withoutRelativeExpires({ expires, ...message }: NewMessage): NewMessage {
  return { ...message, ...(expires && "at" in expires && { expires }) };
}

/** A message that is no part becomes one: that of a graph of its id. */
export function becomeGraph(records: Records, id: string, task: string, keepMs: number): FoundPart {
  const { graphs } = records;
  const graph = beginGraph(records, { id, name: task, output: id, keepMs });
  const own = { id, message: null, value: null, list: null, pending: 0, inputs: null, takers: null };
  graphs.addPart(id, own, task);
  graphs.seal(graph);
  graphs.changes.push({ id, name: task, state: "running", parts: 1 });
  const part = graphs.part(id)!;
  graphs.startPart(part, null);
  return part;
}

/** Adds what a run has made to its graph, before the run itself ends. */
export function growGraph(records: Records, part: FoundPart, growth: Growth): void {
  const { graphs } = records;
  const { graph } = part;
  const [first] = growth.parts;
  if (!first) return;
  const from = graphs.lastPlace(graph);
  addParts(records, graph, growth.parts);
  for (const list of growth.lists) graphs.addList(graph, list);
  awaitGrown(records, graph, growth.parts);
  const { added, output } = growth;
  if (added) graphs.addValues(graph, added.list, added.values);
  if (output !== null) graphs.setReplacedBy(part, output);
  const behind = first.id.slice(graph.length + 1);
  graphs.setGrown(part, behind.slice(0, Math.max(0, behind.lastIndexOf("/"))));
  graphs.putTodo({ kind: "start", graph, place: from }, "front");
}

/** Those who were there, and follow new parts, wait for these, too. */
function awaitGrown({ graphs }: Records, graph: string, parts: readonly NewPart[]): void {
  const grown = new Set(parts.map(({ id }) => id));
  const counts = new Map<string, number>();
  for (const { list } of parts) if (list !== null) counts.set(list, (counts.get(list) ?? 0) + 1);
  for (const [list, count] of counts) {
    for (const { to, kind } of graphs.edges(graph, list, 0, Number.MAX_SAFE_INTEGER)) {
      const target = kind === "replace" || grown.has(to) ? null : graphs.part(to);
      if (target?.stage === "blocked") graphs.addPending(target, count);
    }
  }
}

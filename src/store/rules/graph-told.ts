/** What is told of graphs: to those who ask, and to workers with a delivery. */
import type { DeliveredPart, GraphRecord, PartRecord, PartState } from "../contracts/graphs.js";
import type { StoredResult } from "../contracts/results.js";
import type { FoundGraph, FoundPart } from "./graph-records.js";
import { isOver } from "./parts.js";
import type { Records } from "./records.js";

/** Characters of an input that comes with its delivery, and of a page of outputs. */
const SMALL_INPUT = 65_536;
const OUTPUTS_SIZE = 1_000_000;
const OUTPUTS_COUNT = 500;
const FOLLOWERS_READ = 500;

/** A graph that is there for those who ask: not one that is being dropped, or is to be. */
export function knownGraph({ graphs, now }: Records, id: string): FoundGraph | null {
  const graph = graphs.find(id);
  return graph && isKept(graph, now) ? graph : null;
}

function isKept({ isForgotten, until }: FoundGraph, now: number): boolean {
  return !isForgotten && (until === null || until > now);
}

/** Whether nothing of its graph begins any more. */
export function isStopped({ graphs }: Records, part: FoundPart): boolean {
  return graphs.find(part.graph)?.state === "revoked";
}

export function graphRecord(records: Records, graph: FoundGraph): GraphRecord {
  const { id, name, state, size, succeeded, failed, unrun, createdAt, until, output } = graph;
  const value = records.graphs.part(output)?.value ?? null;
  const open = size - succeeded - failed - unrun;
  const kept = isOver(graph) ? until : null;
  return { id, name, state, size, succeeded, failed, unrun, open, createdAt, until: kept, output, value };
}

/** Of a page that begins behind the part `after`; null: no such graph. */
export function partRecords(
  records: Records,
  id: string,
  { after, limit }: { readonly after?: string; readonly limit: number },
): readonly PartRecord[] | null {
  if (!knownGraph(records, id)) return null;
  const last = after === undefined ? null : records.graphs.part(after);
  return records.graphs.partsBehind(id, last?.place ?? 0, limit).map((part) => {
    const culprit = part.stage === "unrun" ? part.culprit : null;
    const state = partState(records, part);
    return { id: part.id, task: part.task, state, culprit, followers: followersOf(records, part) };
  });
}

function partState({ messages }: Records, { id, task, stage }: FoundPart): PartState {
  if (stage !== "waiting" || task === null) return stage;
  return messages.find(id)?.state === "leased" ? "running" : "waiting";
}

function followersOf({ graphs }: Records, { graph, list }: FoundPart): string[] {
  const followers: string[] = [];
  if (list === null) return followers;
  for (;;) {
    const edges = graphs.edges(graph, list, followers.length, FOLLOWERS_READ);
    followers.push(...edges.map(({ to }) => to));
    if (edges.length < FOLLOWERS_READ) return followers;
  }
}

export function outputs({ results }: Records, ids: readonly string[]): (StoredResult | null)[] {
  const found: (StoredResult | null)[] = [];
  let size = 0;
  for (const id of ids.slice(0, OUTPUTS_COUNT)) {
    const record = results.kept(id);
    size += record?.payload?.length ?? 0;
    if (found.length > 0 && size > OUTPUTS_SIZE) break;
    found.push(record);
  }
  return found;
}

export function deliveredPart(records: Records, part: FoundPart): DeliveredPart {
  const { graph, inputs, culprit } = part;
  const { graphs, results } = records;
  const [only] = inputs?.length === 1 ? inputs : [];
  const input = only === undefined ? null : results.kept(only);
  const result = culprit === null ? null : results.kept(culprit);
  return {
    graph,
    ...(input && (input.payload?.length ?? 0) < SMALL_INPUT && { input }),
    ...(culprit !== null && result && { culprit: { task: graphs.part(culprit)?.task ?? "", result } }),
  };
}

/** The way of graphs into the store: in portions, of which nothing runs before the last has come. */
import { type Clock, sleep } from "../core/clock.js";
import { bounded, isRetryable } from "../core/patience.js";
import type { PublishRetry } from "../config/options.js";
import { FOLLOWED_AT_ONCE, type GraphPortion, type OpenOutcome } from "../store/contracts/graphs.js";
import type { Store } from "../store/contracts/store.js";
import type { CompiledGraph, FollowerList, NewPart } from "../tasks/part.js";

/** Characters of bodies in one portion: a portion is one step of the store. */
const MOST_TEXT = 4_000_000;
/** A portion that has not been answered by then is taken for lost. */
const STORE_TIMEOUT_MS = 10_000;

const LATE = "; the graph may have arrived, sending it again under its id is safe";

export interface GraphPublisherContext {
  readonly clock: Clock;
  readonly store: () => Promise<Store>;
  readonly retry: PublishRetry;
}

/**
 * Resolves once the store has all of it; "duplicate": it was there. Rejects with a StoreError: then nothing of it has begun, or,
 * where the answer to the last portion was lost, all of it may.
 */
export async function openGraph(
  graph: CompiledGraph,
  keepMs: number,
  context: GraphPublisherContext,
): Promise<Exclude<OpenOutcome, "open">> {
  for (const portion of portionsOf(graph, keepMs)) {
    const outcome = await openPortion(portion, context);
    if (outcome === "duplicate" || portion.seal) return outcome === "open" ? "sealed" : outcome;
  }
  return "sealed";
}

async function openPortion(
  portion: GraphPortion,
  { clock, store, retry }: GraphPublisherContext,
): Promise<OpenOutcome> {
  for (let tries = 0; ; tries++) {
    try {
      const { graphs } = await store();
      return await bounded(clock, STORE_TIMEOUT_MS, "graphs.open", graphs.open(portion), LATE);
    } catch (error) {
      // Repeating is safe: a part that is known stays as it is.
      if (!isRetryable(error) || tries >= retry.maxRetries) throw error;
      await sleep(clock, Math.min(retry.intervalStartMs + tries * retry.intervalStepMs, retry.intervalMaxMs));
    }
  }
}

/** Parts by their number, text and edges: each portion takes what the store does in one bounded step. */
export function* portionsOf(graph: CompiledGraph, keepMs: number): Generator<GraphPortion, void, undefined> {
  const { id, name, output } = graph;
  const parts = chunks(graph.parts, weightOfPart, MOST_TEXT);
  const lists = chunks([...graph.lists.flatMap(shortLists)], ({ edges }) => edges.length, FOLLOWED_AT_ONCE);
  const count = Math.max(parts.length, lists.length, 1);
  for (let n = 0; n < count; n++) {
    yield {
      ...{ id, name, output, keepMs },
      parts: parts[n] ?? [],
      lists: lists[n] ?? [],
      seal: n === count - 1,
    };
  }
}

const weightOfPart = ({ message }: NewPart): number => message?.body.length ?? 0;

/** A list of more edges than one step follows comes in pieces, the first with what it cancels. */
function shortLists(list: FollowerList): FollowerList[] {
  const { key, edges } = list;
  if (edges.length <= FOLLOWED_AT_ONCE) return [list];
  const pieces: FollowerList[] = [];
  for (let from = 0; from < edges.length; from += FOLLOWED_AT_ONCE) {
    const piece = { key, edges: edges.slice(from, from + FOLLOWED_AT_ONCE) };
    pieces.push(from === 0 ? { ...list, ...piece } : piece);
  }
  return pieces;
}

/** In order, at most `FOLLOWED_AT_ONCE` items and `most` in weight; an item that is heavier stands alone. */
function chunks<T>(items: readonly T[], weightOf: (item: T) => number, most: number): T[][] {
  const made: T[][] = [];
  let chunk: T[] = [];
  let weight = 0;
  for (const item of items) {
    const its = weightOf(item);
    if (chunk.length > 0 && (chunk.length >= FOLLOWED_AT_ONCE || weight + its > most)) {
      made.push(chunk);
      chunk = [];
      weight = 0;
    }
    chunk.push(item);
    weight += its;
  }
  if (chunk.length > 0) made.push(chunk);
  return made;
}

/** The way of graphs into the store: in portions, of which nothing runs before the last has come. */
import { StoreError } from "../core/errors.js";
import { bounded } from "../core/patience.js";
import { quote } from "../core/quote.js";
import { FOLLOWED_AT_ONCE, type GraphPortion, type OpenOutcome } from "../store/contracts/graphs.js";
import type { CompiledGraph, FollowerList, NewPart } from "../tasks/part.js";
import { asMap, type Bound, boundsOf, pausesForRoom } from "./room.js";
import { ONE_ROUND_MS, sendAgain, type SendingContext, SILENCE_MS, STORE_TIMEOUT_MS } from "./sending.js";

/** Characters of bodies in one portion: a portion is one step of the store. */
const MOST_TEXT = 4_000_000;
/** How often all of it is sent to a store that goes back in time meanwhile, as after a fail-over. */
const MOST_ROUNDS = 5;

const LATE = "; the graph may have arrived, sending it again under its id is safe";

export class GraphPublisher {
  readonly #context: SendingContext;
  #sending = 0;
  readonly #portions = new Set<Promise<unknown>>();

  constructor(context: SendingContext) {
    this.#context = context;
  }

  /**
   * Resolves once the store has all of it; "duplicate": it was there. Rejects with a StoreError: then nothing of it has begun, or,
   * where the answer to the last portion was lost, all of it may. What has come of it by then the store drops in time. With
   * SUNBEAT_QUEUE_FULL nothing has.
   */
  async open(graph: CompiledGraph, keepMs: number): Promise<"sealed" | "duplicate"> {
    this.#sending++;
    try {
      const bounds = this.#boundsOf(graph);
      const pauses = pausesForRoom(this.#context, bounds);
      for (let rounds = 1; ;) {
        const outcome = await this.#bring(graph, keepMs, bounds, rounds === 1 ? 1 : 0);
        if (outcome === "full") await pauses.next();
        else if (outcome !== "behind") return outcome;
        else if (rounds++ === MOST_ROUNDS) throw goneBack(graph.id);
      }
    } finally {
      this.#sending--;
    }
  }

  /** Of the queues of those parts that may begin at once. */
  #boundsOf({ parts }: CompiledGraph): readonly Bound[] {
    const bounds = boundsOf(this.#context.queues);
    if (bounds.length === 0) return bounds;
    const first = new Set(
      parts.flatMap(({ message, pending }) => (pending === 0 && message ? message.queue : [])),
    );
    return bounds.filter(({ queue }) => first.has(queue));
  }

  /** Resolves when nothing is on its way any more, or the store has been silent for a second. */
  async drain(): Promise<void> {
    try {
      while (this.#sending > 0 && this.#portions.size > 0) {
        const next = Promise.race(this.#portions).catch(() => undefined);
        await bounded(this.#context.clock, SILENCE_MS, "graphs.open", next);
      }
    } catch {
      // What is on its way ends with the store.
    }
  }

  /**
   * The store does one portion while the next is made ready. One that comes before its predecessor finds the store behind; all of it is sent again
   * then, one by one. The last one waits for all others: it seals the graph.
   */
  async #bring(
    graph: CompiledGraph,
    keepMs: number,
    bounds: readonly Bound[],
    ahead: number,
  ): Promise<"sealed" | "duplicate" | "behind" | "full"> {
    const onTheirWay: Promise<OpenOutcome>[] = [];
    try {
      for (const portion of portionsOf(graph, keepMs, bounds)) {
        while (onTheirWay.length > (portion.seal ? 0 : ahead)) {
          const outcome = await onTheirWay.shift()!;
          if (outcome !== "open" && outcome !== "sealed") return outcome;
        }
        const answer = this.#insist(portion);
        answer.catch(() => undefined); // it is awaited in its turn
        onTheirWay.push(answer);
      }
      const outcome = await onTheirWay.shift()!;
      return outcome === "open" ? "sealed" : outcome;
    } finally {
      // Nothing of this round comes after the first of another.
      await Promise.allSettled(onTheirWay);
    }
  }

  /** Repeating is safe: a part that is known stays as it is. */
  #insist(portion: GraphPortion): Promise<OpenOutcome> {
    const { clock, retry } = this.#context;
    const limitMs = retry.maxRetries === 0 ? ONE_ROUND_MS : STORE_TIMEOUT_MS;
    return sendAgain(this.#context, () => bounded(clock, limitMs, "graphs.open", this.#send(portion), LATE));
  }

  #send(portion: GraphPortion): Promise<OpenOutcome> {
    const answer = this.#context.store().then(({ graphs }) => graphs.open(portion));
    this.#portions.add(answer);
    const forget = (): void => void this.#portions.delete(answer);
    answer.then(forget, forget);
    return answer;
  }
}

function goneBack(id: string): StoreError {
  return new StoreError(
    "SUNBEAT_STORE_UNAVAILABLE",
    `graphs.open: the store has lost portions of graph ${quote(id)} that it had stored, ${MOST_ROUNDS} times in a row` +
      LATE,
    { retryable: true, details: { graph: id } },
  );
}

/**
 * Parts by their number, text and edges: each portion takes what the store does in one bounded step. Each brings parts, while there are
 * any left: by their number the store sees that a portion before was lost.
 */
export function* portionsOf(
  graph: CompiledGraph,
  keepMs: number,
  bounds: readonly Bound[] = [],
): Generator<GraphPortion, void, undefined> {
  const { id, name, output } = graph;
  const lists = chunks([...graph.lists.flatMap(shortLists)], ({ edges }) => edges.length, FOLLOWED_AT_ONCE);
  const share = Math.max(1, Math.floor(graph.parts.length / Math.max(1, lists.length)));
  const parts = chunks(graph.parts, weightOfPart, MOST_TEXT, share);
  const count = Math.max(parts.length, lists.length, 1);
  let before = 0;
  for (let n = 0; n < count; n++) {
    const brought = parts[n] ?? [];
    yield {
      ...{ id, name, output, keepMs },
      parts: brought,
      lists: lists[n] ?? [],
      seal: n === count - 1,
      before,
      ...(n === 0 && bounds.length > 0 && { bounds: asMap(bounds) }),
    };
    before += brought.length;
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

/** In order, at most `count` items and `most` in weight; an item that is heavier stands alone. */
function chunks<T>(
  items: readonly T[],
  weightOf: (item: T) => number,
  most: number,
  count = FOLLOWED_AT_ONCE,
): T[][] {
  const made: T[][] = [];
  let chunk: T[] = [];
  let weight = 0;
  for (const item of items) {
    const its = weightOf(item);
    if (chunk.length > 0 && (chunk.length >= Math.min(count, FOLLOWED_AT_ONCE) || weight + its > most)) {
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

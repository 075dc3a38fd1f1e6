/** Graphs in maps, their parts in lists. */
import type { EpochMs } from "../../core/clock.js";
import type { CancelRange, Edge, FollowerList, NewPart } from "../../tasks/part.js";
import { FOLLOWED_AT_ONCE, type GraphChange, type GraphState } from "../contracts/graphs.js";
import { COUNT_OF_END, type GraphRecords, type NewGraph, type PartEnding } from "../rules/graph-records.js";
import type { PartEnd, TodoLine } from "../rules/todo.js";
import { firstUntil } from "./heap.js";
import type { Graph, MemoryState, Part, PartList } from "./state.js";

export class MemoryGraphs implements GraphRecords {
  stepsLeft = FOLLOWED_AT_ONCE;
  changes: GraphChange[] = [];
  readonly #state: MemoryState;
  /** Has claims look at once. */
  readonly #wake: () => void;

  constructor(state: MemoryState, wake: () => void) {
    this.#state = state;
    this.#wake = wake;
  }

  beginStep(): void {
    this.stepsLeft = FOLLOWED_AT_ONCE;
  }

  get hasParts(): boolean {
    return this.#state.parts.size > 0;
  }

  find(id: string): Graph | null {
    return this.#state.graphs.get(id) ?? null;
  }

  part(id: string): Part | null {
    return this.#state.parts.get(id) ?? null;
  }

  partsBehind(graph: string, place: number, limit: number): readonly Part[] {
    const { parts, first } = this.#graph(graph);
    const from = Math.max(place, first);
    return parts.slice(from, from + limit);
  }

  pinned(graph: string, limit: number): readonly Part[] {
    const found: Part[] = [];
    for (const part of this.#graph(graph).pinned) {
      if (found.length === limit) break;
      found.push(part);
    }
    return found;
  }

  edges(graph: string, list: string, at: number, limit: number): readonly Edge[] {
    return (
      this.#graph(graph)
        .lists.get(list)
        ?.edges.slice(at, at + limit) ?? []
    );
  }

  overdue(limit: number): readonly Graph[] {
    return firstUntil(this.#state.graphEnds, limit, this.#state.now, ({ until }) => until ?? Infinity);
  }

  hasTodo(): boolean {
    return this.#state.todo.length > 0;
  }

  /** In order of their begin. */
  all(): readonly Graph[] {
    return [...this.#state.graphs.values()];
  }

  values(graph: string, list: string): readonly string[] {
    return this.find(graph)?.lists.get(list)?.values ?? [];
  }

  begin({ id, name, output, keepMs }: NewGraph): Graph {
    const graph: Graph = {
      ...{ id, name, output, keepMs, state: "open", size: 0, succeeded: 0, failed: 0, unrun: 0, open: 0 },
      ...{ createdAt: this.#state.now, until: null, isSaved: false, isForgotten: false, slot: -1 },
      ...{ parts: [], first: 0, lists: new Map(), pinned: new Set() },
    };
    this.#state.graphs.set(id, graph);
    return graph;
  }

  seal(graph: Graph): Graph {
    this.setUntil(graph, null);
    graph.state = "running";
    return graph;
  }

  setUntil(graph: Graph, until: EpochMs | null): void {
    this.#state.graphEnds.remove(graph);
    graph.until = until;
    if (until !== null) this.#state.graphEnds.push(graph, until, 0);
  }

  setState(graph: Pick<Graph, "id">, state: GraphState): void {
    this.#graph(graph.id).state = state;
  }

  save(graph: Graph, name: string | null): void {
    graph.isSaved = true;
    graph.name = name ?? graph.name;
  }

  markForgotten(graph: Graph): void {
    graph.isForgotten = true;
  }

  remove(graph: Graph): void {
    this.#state.graphEnds.remove(graph);
    this.#state.graphs.delete(graph.id);
  }

  lastPlace(graph: string): number {
    return this.#graph(graph).parts.length;
  }

  addPart(id: string, part: NewPart, task: string | null): boolean {
    if (this.#state.parts.has(part.id)) return false;
    const graph = this.#graph(id);
    const { value, list, pending, inputs, takers, message } = part;
    const stored: Part = {
      // Field by field: spreads cost as much as all the rest.
      id: part.id,
      graph: id,
      place: graph.parts.length + 1,
      task,
      stage: "blocked",
      value,
      list,
      pending,
      inputs,
      takers,
      culprit: null,
      isCallback: false,
      isPinned: false,
      ttlMs: 0,
      etaMs: message?.eta && "inMs" in message.eta ? message.eta.inMs : null,
      expiresMs: message?.expires && "inMs" in message.expires ? message.expires.inMs : null,
      replacedBy: null,
      grown: null,
    };
    graph.parts.push(stored);
    graph.open++;
    if (task !== null) graph.size++;
    this.#state.parts.set(stored.id, stored);
    return true;
  }

  addList(graph: string, { key, edges, cancels = [] }: FollowerList): void {
    const list = this.#list(graph, key);
    for (const edge of edges) {
      const name = `${edge.kind} ${edge.to}`;
      if (!list.known.has(name)) list.edges.push(edge);
      list.known.add(name);
    }
    if (list.cancels.length === 0) list.cancels.push(...cancels);
  }

  addValues(graph: string, list: string, values: readonly string[]): void {
    this.#list(graph, list).values.push(...values);
  }

  takeCancels(graph: string, key: string): readonly CancelRange[] {
    const list = this.#graph(graph).lists.get(key);
    if (!list || list.hasCancelled) return [];
    list.hasCancelled = true;
    return list.cancels;
  }

  restoreCancels(graph: string): void {
    for (const list of this.#graph(graph).lists.values()) list.hasCancelled = false;
  }

  dropLists(graph: string, limit: number): number {
    const { lists } = this.#graph(graph);
    let dropped = 0;
    for (const [key, { edges, values }] of lists) {
      const rest = limit - dropped;
      if (rest === 0) break;
      const gone = edges.splice(0, rest).length;
      dropped += gone + values.splice(0, rest - gone).length;
      if (edges.length + values.length === 0) lists.delete(key);
    }
    return dropped;
  }

  countDown(part: Part): number {
    return --part.pending;
  }

  addPending(part: Part, count: number): void {
    part.pending += count;
  }

  startPart(part: Part, culprit: string | null): void {
    part.stage = "waiting";
    part.culprit = culprit;
  }

  endPart(part: Part, end: PartEnd, { culprit, isPinned, ttlMs }: PartEnding): Graph {
    const graph = this.#graph(part.graph);
    part.stage = end;
    part.culprit = culprit;
    this.setPinned(part, isPinned, ttlMs);
    graph.open--;
    if (part.task !== null) graph[COUNT_OF_END[end]]++;
    return graph;
  }

  reopenPart(part: Part, stage: "blocked" | "waiting"): void {
    const graph = this.#graph(part.graph);
    const { stage: before } = part;
    if (part.task !== null && before !== "blocked" && before !== "waiting") graph[COUNT_OF_END[before]]--;
    graph.open++;
    part.stage = stage;
    part.culprit = null;
    part.pending = 0;
    this.setPinned(part, false, part.ttlMs);
  }

  markCallback(part: Part): void {
    part.isCallback = true;
  }

  setReplacedBy(part: Part, id: string): void {
    part.replacedBy = id;
  }

  setGrown(part: Part, prefix: string): void {
    part.grown = prefix;
  }

  countTaken(part: Part): number {
    part.takers = Math.max(0, (part.takers ?? 0) - 1);
    return part.takers;
  }

  setPinned(part: Part, isPinned: boolean, ttlMs: number): void {
    part.isPinned = isPinned;
    part.ttlMs = ttlMs;
    const { pinned } = this.#graph(part.graph);
    if (isPinned) pinned.add(part);
    else pinned.delete(part);
  }

  removePart(part: Part): void {
    const graph = this.#graph(part.graph);
    graph.first = part.place;
    graph.pinned.delete(part);
    this.#state.parts.delete(part.id);
  }

  putTodo(line: TodoLine, where: "front" | "end"): void {
    const { todo } = this.#state;
    if (where === "front") todo.unshift(line);
    else todo.push(line);
    this.#wake();
  }

  takeTodo(): TodoLine | null {
    return this.#state.todo.shift() ?? null;
  }

  dropTodo(graph: string): void {
    const { todo } = this.#state;
    const others = todo.filter((line) => line.graph !== graph);
    todo.splice(0, todo.length, ...others);
  }

  /** Of a graph that the rule has just found. */
  #graph(id: string): Graph {
    return this.#state.graphs.get(id)!;
  }

  #list(graph: string, key: string): PartList {
    const { lists } = this.#graph(graph);
    let list = lists.get(key);
    if (!list) {
      list = { edges: [], known: new Set(), cancels: [], hasCancelled: false, values: [] };
      lists.set(key, list);
    }
    return list;
  }
}

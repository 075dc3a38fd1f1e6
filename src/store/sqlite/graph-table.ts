/**
 * Graphs, their parts and edges as rows. A graph or part that a step has read stays at hand, and is written once, before the step
 * commits: a hundred members that end together count a join down by one statement.
 */
import type { EpochMs } from "../../core/clock.js";
import type { CancelRange, Edge, FollowerList, NewPart } from "../../tasks/part.js";
import { FOLLOWED_AT_ONCE, type GraphChange, type GraphState } from "../contracts/graphs.js";
import {
  COUNT_OF_END,
  type FoundGraph,
  type FoundPart,
  type GraphRecords,
  type NewGraph,
  type PartEnding,
} from "../rules/graph-records.js";
import type { PartEnd, TodoLine } from "../rules/todo.js";
import {
  type Graph,
  GRAPH,
  graphOf,
  type GraphRow,
  type Part,
  PART,
  partOf,
  type PartRow,
} from "./graph-rows.js";
import { writeGraph, writePart } from "./graph-rows.js";
import { LIMIT, type Transaction } from "./transaction.js";

export class GraphTable implements GraphRecords {
  stepsLeft = FOLLOWED_AT_ONCE;
  changes: GraphChange[] = [];
  readonly #at: Transaction;
  #lastPlace: number | null = null;
  readonly #graphs = new Map<string, Graph>();
  readonly #parts = new Map<string, Part>();
  readonly #changedGraphs = new Set<Graph>();
  readonly #changedParts = new Set<Part>();
  /** Whole lists that this step has read: members of a group share one. */
  readonly #lists = new Map<string, readonly Edge[]>();

  constructor(at: Transaction) {
    this.#at = at;
  }

  /** Writes what has changed. */
  flush(): void {
    for (const part of this.#changedParts) writePart(this.#at, part);
    for (const graph of this.#changedGraphs) writeGraph(this.#at, graph);
    this.#changedParts.clear();
    this.#changedGraphs.clear();
  }

  get hasParts(): boolean {
    return this.lastPlace() > 0;
  }

  find(id: string): Graph | null {
    const known = this.#graphs.get(id);
    if (known) return known;
    const row = this.#at.get<GraphRow>(`SELECT ${GRAPH} FROM graph WHERE id = ?`, id);
    return row ? this.#keepGraph(row) : null;
  }

  part(id: string): Part | null {
    const known = this.#parts.get(id);
    if (known) return known;
    const row = this.#at.get<PartRow>(`SELECT ${PART} FROM part WHERE id = ?`, id);
    return row ? this.#keepPart(row) : null;
  }

  partsBehind(graph: string, place: number, limit: number): readonly Part[] {
    const sql = `SELECT ${PART} FROM part WHERE graph = ? AND seq > ? ORDER BY seq ${LIMIT}`;
    return this.#at.all<PartRow>(sql, graph, place, limit).map((row) => this.#keepPart(row));
  }

  pinned(graph: string, limit: number): readonly Part[] {
    this.flush();
    const sql = `SELECT ${PART} FROM part WHERE graph = ? AND pinned = 1 ORDER BY seq ${LIMIT}`;
    return this.#at.all<PartRow>(sql, graph, limit).map((row) => this.#keepPart(row));
  }

  edges(graph: string, list: string, at: number, limit: number): readonly Edge[] {
    const key = `${graph}\n${list}`;
    const known = at === 0 ? this.#lists.get(key) : undefined;
    if (known) return known.slice(0, limit);
    const sql = `SELECT target AS "to", kind FROM part_edge WHERE graph = ? AND list = ? AND at >= ? ORDER BY at ${LIMIT}`;
    const edges = this.#at.all<Edge>(sql, graph, list, at, limit);
    if (at === 0 && edges.length < limit) this.#lists.set(key, edges);
    return edges;
  }

  overdue(limit: number): readonly Graph[] {
    this.flush();
    const sql = `SELECT ${GRAPH} FROM graph WHERE until IS NOT NULL AND until <= ? ORDER BY until ${LIMIT}`;
    return this.#at.all<GraphRow>(sql, this.#at.now, limit).map((row) => this.#keepGraph(row));
  }

  hasTodo(): boolean {
    const sql = "SELECT min(at) AS first FROM todo";
    return this.#at.get<{ first: number | null }>(sql)?.first !== null;
  }

  begin({ id, name, output, keepMs }: NewGraph): Graph {
    this.#at.run(
      "INSERT INTO graph (id, name, output, keep_ms, state, created_at) VALUES (?, ?, ?, ?, 'open', ?)",
      ...[id, name, output, keepMs, this.#at.now],
    );
    return this.#graph(id);
  }

  seal({ id }: FoundGraph): Graph {
    const graph = this.#graph(id);
    graph.state = "running";
    graph.until = null;
    return graph;
  }

  setUntil({ id }: FoundGraph, until: EpochMs | null): void {
    this.#graph(id).until = until;
  }

  setState({ id }: FoundGraph, state: GraphState): void {
    this.#graph(id).state = state;
  }

  save({ id }: FoundGraph, name: string | null): void {
    const graph = this.#graph(id);
    graph.isSaved = true;
    graph.name = name ?? graph.name;
  }

  markForgotten({ id }: FoundGraph): void {
    this.#graph(id).isForgotten = true;
  }

  remove({ id }: FoundGraph): void {
    this.#changedGraphs.delete(this.#graph(id));
    this.#graphs.delete(id);
    this.#at.run("DELETE FROM part_cancel WHERE graph = ?", id);
    this.#at.run("DELETE FROM graph WHERE id = ?", id);
  }

  /** Of all graphs: an order of all is one of each. */
  lastPlace(): number {
    const sql = "SELECT max(seq) AS last FROM part";
    this.#lastPlace ??= this.#at.get<{ last: number | null }>(sql)?.last ?? 0;
    return this.#lastPlace;
  }

  addPart(id: string, part: NewPart, task: string | null): boolean {
    const { value, list, pending, inputs, takers, message } = part;
    const place = this.lastPlace() + 1;
    const stored = this.#at.run(
      `INSERT INTO part (seq, id, graph, task, stage, value, list, pending, inputs, takers, eta_ms, expires_ms)
         VALUES (?, ?, ?, ?, 'blocked', ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      ...[place, part.id, id, task, value, list, pending, inputs && JSON.stringify(inputs), takers],
      message?.eta && "inMs" in message.eta ? message.eta.inMs : null,
      message?.expires && "inMs" in message.expires ? message.expires.inMs : null,
    );
    if (stored === 0) return false;
    this.#lastPlace = place;
    const graph = this.#graph(id);
    graph.open++;
    if (task !== null) graph.size++;
    return true;
  }

  addList(graph: string, { key, edges, cancels }: FollowerList): void {
    this.#lists.delete(`${graph}\n${key}`);
    let at = this.#nextAt("part_edge", graph, key);
    const sql = `INSERT INTO part_edge (graph, list, at, kind, target) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (graph, list, target, kind) DO NOTHING`;
    for (const { kind, to } of edges) at += this.#at.run(sql, graph, key, at, kind, to);
    if (!cancels || cancels.length === 0) return;
    const ranges = JSON.stringify(cancels);
    this.#at.run(
      "INSERT OR IGNORE INTO part_cancel (graph, list, ranges) VALUES (?, ?, ?)",
      graph,
      key,
      ranges,
    );
  }

  addValues(graph: string, list: string, values: readonly string[]): void {
    let at = this.#nextAt("part_added", graph, list);
    const sql = "INSERT INTO part_added (graph, list, at, value) VALUES (?, ?, ?, ?)";
    for (const value of values) at += this.#at.run(sql, graph, list, at, value);
  }

  #nextAt(table: "part_edge" | "part_added", graph: string, list: string): number {
    const sql = `SELECT max(at) AS last FROM ${table} WHERE graph = ? AND list = ?`;
    return (this.#at.get<{ last: number | null }>(sql, graph, list)?.last ?? -1) + 1;
  }

  takeCancels(graph: string, list: string): readonly CancelRange[] {
    const row = this.#at.get<{ ranges: string }>(
      "UPDATE part_cancel SET done = 1 WHERE graph = ? AND list = ? AND done = 0 RETURNING ranges",
      ...[graph, list],
    );
    return row ? (JSON.parse(row.ranges) as CancelRange[]) : [];
  }

  restoreCancels(graph: string): void {
    this.#at.run("UPDATE part_cancel SET done = 0 WHERE graph = ?", graph);
  }

  dropLists(graph: string, limit: number): number {
    let dropped = 0;
    for (const table of ["part_edge", "part_added"]) {
      const rows = `SELECT list, at FROM ${table} WHERE graph = ? ORDER BY list, at ${LIMIT}`;
      const sql = `DELETE FROM ${table} WHERE graph = ? AND (list, at) IN (${rows})`;
      dropped += this.#at.run(sql, graph, graph, limit - dropped);
    }
    return dropped;
  }

  countDown({ id }: FoundPart): number {
    return --this.#part(id).pending;
  }

  addPending({ id }: FoundPart, count: number): void {
    this.#part(id).pending += count;
  }

  startPart({ id }: FoundPart, culprit: string | null): void {
    const part = this.#part(id);
    part.stage = "waiting";
    part.culprit = culprit;
  }

  endPart({ id }: FoundPart, end: PartEnd, { culprit, isPinned, ttlMs }: PartEnding): Graph {
    const part = this.#part(id);
    part.stage = end;
    part.culprit = culprit;
    part.isPinned = isPinned;
    part.ttlMs = ttlMs;
    const graph = this.#graph(part.graph);
    graph.open--;
    if (part.task !== null) graph[COUNT_OF_END[end]]++;
    return graph;
  }

  reopenPart({ id }: FoundPart, stage: "blocked" | "waiting"): void {
    const part = this.#part(id);
    const graph = this.#graph(part.graph);
    const { stage: before } = part;
    if (part.task !== null && before !== "blocked" && before !== "waiting") graph[COUNT_OF_END[before]]--;
    graph.open++;
    part.stage = stage;
    part.culprit = null;
    part.pending = 0;
    part.isPinned = false;
  }

  markCallback({ id }: FoundPart): void {
    this.#part(id).isCallback = true;
  }

  setReplacedBy({ id }: FoundPart, by: string): void {
    this.#part(id).replacedBy = by;
  }

  setGrown({ id }: FoundPart, prefix: string): void {
    this.#part(id).grown = prefix;
  }

  countTaken({ id }: FoundPart): number {
    const part = this.#part(id);
    part.takers = Math.max(0, (part.takers ?? 0) - 1);
    return part.takers;
  }

  setPinned({ id }: FoundPart, isPinned: boolean, ttlMs: number): void {
    const part = this.#part(id);
    part.isPinned = isPinned;
    part.ttlMs = ttlMs;
  }

  removePart({ id, place }: FoundPart): void {
    const known = this.#parts.get(id);
    if (known) this.#changedParts.delete(known);
    this.#parts.delete(id);
    this.#at.run("DELETE FROM part WHERE seq = ?", place);
  }

  putTodo(line: TodoLine, where: "front" | "end"): void {
    const next = where === "front" ? "coalesce(min(at), 0) - 1" : "coalesce(max(at), 0) + 1";
    this.#at.run(
      `INSERT INTO todo (at, graph, line) SELECT ${next}, ?, ? FROM todo`,
      ...[line.graph, JSON.stringify(line)],
    );
    this.#at.wakeBy(this.#at.now);
  }

  takeTodo(): TodoLine | null {
    const sql = "DELETE FROM todo WHERE at = (SELECT min(at) FROM todo) RETURNING line";
    const row = this.#at.get<{ line: string }>(sql);
    return row ? (JSON.parse(row.line) as TodoLine) : null;
  }

  dropTodo(graph: string): void {
    this.#at.run("DELETE FROM todo WHERE graph = ?", graph);
  }

  #keepGraph(row: GraphRow): Graph {
    const graph = this.#graphs.get(row.id) ?? graphOf(row);
    this.#graphs.set(row.id, graph);
    return graph;
  }

  #keepPart(row: PartRow): Part {
    const part = this.#parts.get(row.id) ?? partOf(row);
    this.#parts.set(row.id, part);
    return part;
  }

  /** Of a graph that the rule has just found, and changes. */
  #graph(id: string): Graph {
    const graph = this.find(id)!;
    this.#changedGraphs.add(graph);
    return graph;
  }

  #part(id: string): Part {
    const part = this.part(id)!;
    this.#changedParts.add(part);
    return part;
  }
}

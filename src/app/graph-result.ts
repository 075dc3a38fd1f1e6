import { ResultError, TaskError } from "../core/errors.js";
import { assertKnownKeys, assertObject, choiceOption, integerOption, textOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { GraphProgress, GraphResult, PartsOptions, PartState, PartView } from "../canvas/index.js";
import type { GraphRecord, PartRecord } from "../store/contracts/graphs.js";
import { partPages } from "../store/contracts/part-pages.js";
import type { StoredResult } from "../store/contracts/results.js";
import { isFinal } from "../tasks/states.js";
import { AsyncResult } from "./async-result.js";
import { type GetOptions, type ResultContext, ResultReader } from "./result-reader.js";

/** What the sender of a graph knows of it; nothing of one that is found by its id. */
export interface SentGraph {
  readonly graphId: string;
  /** The part that gives its value. */
  readonly output?: string;
  readonly ancestors?: readonly string[];
  /** The task that it is alone: no graph, but a message. */
  readonly task?: string;
  readonly ignored?: boolean;
}

const PART_STATES = [
  "blocked",
  "waiting",
  "running",
  "succeeded",
  "failed",
  "revoked",
  "unrun",
] as const satisfies readonly PartState[];

/** Records asked for in one call. */
const PAGE = 500;

/**
 * What became, or becomes, of a graph. A task that was sent alone is a graph of one. Inherited verbs tell of the part that gives
 * the graph's value; its id is `id`, and in a handle of `app.graph(id)` that of the graph.
 */
export class GraphHandle<R = unknown> extends AsyncResult<R> implements GraphResult<R> {
  readonly graphId: string;
  readonly #context: ResultContext;
  readonly #reader: ResultReader;
  readonly #task: string;

  /** For the app: programs get one from `delay`, `applyAsync` or `app.graph(id)`. */
  constructor(sent: SentGraph, context: ResultContext) {
    const { graphId, output, task = "", ignored = false } = sent;
    const id = output ?? graphId;
    const target = output === undefined ? outputOf(graphId, context) : () => output;
    const reader = new ResultReader(id, context, target, ignored);
    super(id, context, { ...sent, reader });
    this.graphId = graphId;
    this.#context = context;
    this.#reader = reader;
    this.#task = task;
  }

  /** Costs the same for any size. Code: SUNBEAT_GRAPH_UNKNOWN. */
  async progress(): Promise<GraphProgress> {
    const graph = await this.#graph();
    if (graph === null) return progressOfOne(await this.#alone());
    const { state, size, succeeded, failed, unrun, open } = graph;
    return { state: state === "open" ? "running" : state, size, succeeded, failed, unrun, open };
  }

  /**
   * Its tasks in the order written; those that it grew behind those they grew from, or at the end. Codes: SUNBEAT_GRAPH_UNKNOWN,
   * SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
   */
  async *parts(options: PartsOptions = {}): AsyncGenerator<PartView, void, undefined> {
    assertKnownKeys(options, ["state", "limit", "after"], "parts");
    const { state, after } = options;
    if (state !== undefined) choiceOption(state, "parts: state", PART_STATES);
    let left = options.limit === undefined ? Infinity : integerOption(options.limit, "parts: limit", 0, 1e9);
    let begun = after === undefined;
    for await (const part of this.#views()) {
      if (left <= 0) return;
      if (begun && (state === undefined || part.state === state)) {
        left--;
        yield part;
      }
      begun ||= part.id === after;
    }
  }

  /** The values of a group once it has ended, a page at a time; of another graph the items of the list that it gave. */
  results(): R extends readonly (infer E)[] ? AsyncIterable<E> : never {
    return { [Symbol.asyncIterator]: () => this.#results() } as never;
  }

  /**
   * Handles of the members of a group, in order: of each the task that gives its value. Of another graph its output alone. Code:
   * SUNBEAT_GRAPH_UNKNOWN.
   */
  async members(): Promise<AsyncResult[]> {
    const graph = await this.#graph();
    if (graph?.value == null) return [new AsyncResult(graph?.output ?? this.id, this.#context)];
    const { output } = graph;
    const members: AsyncResult[] = [];
    for await (const { id, followers } of this.#records()) {
      if (followers.includes(output)) members.push(new AsyncResult(id, this.#context));
    }
    return members;
  }

  /** How many members of a group have succeeded. */
  async completedCount(): Promise<number> {
    const members = await this.members();
    const { results } = await this.#context.store();
    let succeeded = 0;
    for (let from = 0; from < members.length; from += PAGE) {
      const records = await results.get(members.slice(from, from + PAGE).map(({ id }) => id));
      for (const record of records) succeeded += Number(record?.state === "SUCCESS");
    }
    return succeeded;
  }

  /** Whether its value has not come, and may still. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
  }

  /** Whether its value cannot be had any more, since a part has failed, was revoked or expired. */
  override async failed(): Promise<boolean> {
    const record = await this.#reader.record();
    return record?.state === "FAILURE" || record?.reason === "upstream";
  }

  /** The same as `get`. */
  join(options?: GetOptions): Promise<R> {
    return this.get(options);
  }

  /**
   * From now on none of its parts begins, and nothing follows those that run. With `terminate` their signals abort, too.
   */
  override async revoke(options: { readonly terminate?: boolean | undefined } = {}): Promise<void> {
    assertObject(options, "revoke: options");
    const { graphs } = await this.#context.store();
    const graph = await this.#graph();
    const outcome = await graphs.cancel(this.graphId, { terminate: options.terminate ?? false });
    if (outcome === "unknown") return super.revoke(options);
    if (outcome === "cancelled") this.#tell("graph-revoked", graph);
  }

  /**
   * Runs anew what has failed, was revoked or did not run; what has succeeded stays. Codes: SUNBEAT_GRAPH_INVALID while it runs,
   * after success and when it was revoked; SUNBEAT_GRAPH_UNKNOWN.
   */
  async resume(): Promise<void> {
    const { graphs } = await this.#context.store();
    const graph = await this.#graph();
    const outcome = await graphs.resume(this.graphId);
    if (outcome === "unknown") throw this.#unknown();
    if (outcome === "resumed") return this.#tell("graph-resumed", graph);
    const ended = graph?.state === "revoked" ? "was revoked" : `has ${graph?.state}`;
    const state = graph?.open === 0 ? ended : "is still running";
    throw new TaskError(
      "SUNBEAT_GRAPH_INVALID",
      `graph ${quote(this.graphId)} ${state}: only one that is over, and has failed, can be resumed`,
      { details: { graph: this.graphId } },
    );
  }

  /** Keeps it, and the results of its parts, until it is forgotten. Code: SUNBEAT_GRAPH_UNKNOWN. */
  async save(name?: string): Promise<void> {
    const named = name === undefined ? null : textOption(name, "save: name");
    const { graphs } = await this.#context.store();
    if ((await graphs.save(this.graphId, named)) === "unknown") throw this.#unknown();
  }

  /** Removes it with the results of its parts. What has not ended is revoked. */
  override async forget(): Promise<void> {
    const { graphs } = await this.#context.store();
    if ((await this.#graph()) === null) await super.forget();
    else await graphs.forget(this.graphId);
  }

  async *#results(): AsyncGenerator<unknown, void, undefined> {
    const end = await this.#reader.end({});
    if (end instanceof ResultError) throw end;
    yield* await (await this.#reader.sources(this.graphId)).listOf(end);
  }

  /** With what each follows: a list made of several parts is left out, and stands for these. */
  async *#views(): AsyncGenerator<PartView, void, undefined> {
    const before = new Map<string, string[]>();
    for await (const { id, task, state, followers } of this.#records()) {
      const after = before.get(id) ?? [];
      before.delete(id);
      for (const follower of followers) {
        const known = before.get(follower) ?? [];
        for (const one of task === null ? after : [id]) known.push(one);
        before.set(follower, known);
      }
      if (task !== null) yield { id, task, state, after };
    }
  }

  async *#records(): AsyncGenerator<PartRecord, void, undefined> {
    const { graphs } = await this.#context.store();
    for await (const page of partPages(graphs, this.graphId)) {
      yield* page ?? [partOfOne(await this.#alone(), this.#task)];
    }
  }

  async #graph(): Promise<GraphRecord | null> {
    const { graphs } = await this.#context.store();
    return (await graphs.get([this.graphId]))[0] ?? null;
  }

  /** The record of a task that was sent alone. */
  async #alone(): Promise<StoredResult> {
    const record = await this.#reader.record(this.graphId);
    if (record === null) throw this.#unknown();
    return record;
  }

  #unknown(): ResultError {
    return unknownGraph(this.graphId);
  }

  #tell(type: "graph-revoked" | "graph-resumed", graph: GraphRecord | null): void {
    this.#context.events.emit(type, {
      ...{ graph: this.graphId, name: graph?.name ?? "", parts: graph?.size ?? 0 },
    });
  }
}

function unknownGraph(id: string): ResultError {
  return new ResultError(
    "SUNBEAT_GRAPH_UNKNOWN",
    `the store does not know a graph ${quote(id)}: it was not sent to this broker, was forgotten, or its time is over`,
    { details: { graph: id } },
  );
}

/** The store is asked once; of a task that was sent alone it is its own. */
function outputOf(id: string, { store }: ResultContext): () => Promise<string> {
  let output: string | null = null;
  return async () => {
    if (output !== null) return output;
    const { graphs, results } = await store();
    const [graph] = await graphs.get([id]);
    if (!graph && !(await results.get([id]))[0]) throw unknownGraph(id);
    return (output = graph?.output ?? id);
  };
}

function stateOfOne({ state }: StoredResult): "running" | "succeeded" | "failed" | "revoked" {
  if (!isFinal(state)) return "running";
  return ({ SUCCESS: "succeeded", FAILURE: "failed", REVOKED: "revoked" } as const)[state];
}

function progressOfOne(record: StoredResult): GraphProgress {
  const state = stateOfOne(record);
  return {
    state,
    size: 1,
    succeeded: Number(state === "succeeded"),
    failed: Number(state === "failed"),
    unrun: Number(state === "revoked"),
    open: Number(state === "running"),
  };
}

function partOfOne(record: StoredResult, task: string): PartRecord {
  const state = stateOfOne(record);
  const waits = record.state === "PENDING" || record.state === "RETRY";
  return {
    id: record.id,
    task,
    state: state === "running" && waits ? "waiting" : state,
    culprit: null,
    followers: [],
  };
}

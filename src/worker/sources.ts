/**
 * Values of sources: what a part takes, and what a join stands for. They are read from the records of the parts that a source
 * names, in pages: a list of 100,000 is never in memory as records.
 */
import { isSunbeatError, ResultError, TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Graphs } from "../store/contracts/graphs.js";
import { partPagesTo } from "../store/contracts/part-pages.js";
import type { StoredResult } from "../store/contracts/results.js";
import { assertOpen, closedReason } from "../tasks/closed-text.js";
import { culpritOf, endError } from "../tasks/end-error.js";
import { RemoteTaskError } from "../tasks/failure.js";
import type { Source } from "../tasks/part.js";
import { decodeResult } from "../tasks/payload.js";
import type { Results, Settled, TaskFailure } from "../tasks/signature.js";
import { isFinal } from "../tasks/states.js";
import { type FoundRecord, RecordLine } from "./record-line.js";

/** What a join has for a value, in the payload of its record. */
const REFERENCE = "$source";
type List = Extract<Source, readonly ["list", ...unknown[]]>;
type Item = List extends readonly ["list", string | null, ...(infer I)[]] ? I : never;

type Run = readonly ["run", number, number, number];

const isLeaf = (source: unknown): source is number | string =>
  typeof source === "number" || typeof source === "string";
const isList = (source: Source): source is List => Array.isArray(source) && source[0] === "list";

export interface SourcesParts {
  /** The graph whose parts the sources name. */
  readonly graph: string;
  readonly graphs: Pick<Graphs, "outputs" | "added" | "parts">;
  /** Records that are here already. */
  readonly known?: readonly StoredResult[];
  /** Bytes of JSON that `value` may read in all, and what is thrown beyond. */
  readonly limit?: { readonly bytes: number; readonly error: () => Error };
}

export class Sources {
  readonly #parts: SourcesParts;
  readonly #known: ReadonlyMap<string, StoredResult>;
  /** By list: what was added to its group. */
  readonly #added = new Map<string, Promise<readonly Source[]>>();
  readonly #names = new Map<string, string>();
  #bytes = 0;

  constructor(parts: SourcesParts) {
    this.#parts = parts;
    this.#known = new Map((parts.known ?? []).map((record) => [record.id, record]));
  }

  /**
   * Throws SUNBEAT_UPSTREAM_FAILED where a part that it needs has given no value, and SUNBEAT_RESULT_UNKNOWN where the record of
   * one is gone.
   */
  value(source: Source): Promise<unknown> {
    return this.#read(source, this.#line([source], true));
  }

  /** The values of a list; those of a part that gave an array. */
  async list(source: Source): Promise<Results<unknown>> {
    if (isLeaf(source)) return this.#listOf(await this.#line([source], false).next());
    if (!isList(source)) throw malformed(source);
    const [, , ...items] = source;
    let { length } = await this.#addedTo(source);
    for (const item of items) length += isRun(item) ? runLength(item) : 1;
    return { length, [Symbol.asyncIterator]: () => this.#stream(source) };
  }

  /** The same of a part whose record is here. */
  listOf(record: StoredResult): Promise<Results<unknown>> {
    return this.#listOf({ id: record.id, record });
  }

  async #listOf(found: FoundRecord): Promise<Results<unknown>> {
    const reference = found.record === null ? null : referenceOf(found.record);
    if (reference !== null) return this.list(reference);
    const values = await this.#valueOf(found);
    if (Array.isArray(values)) return resultsOf(values);
    const message = `a stream is made of a list, and task ${found.id} gave ${quote(values)}`;
    throw new TaskError("SUNBEAT_PAYLOAD_INVALID", message);
  }

  /** Of an end that is no success. */
  async failureOf(record: StoredResult, task?: string): Promise<TaskFailure> {
    const culprit = culpritOf(record);
    const cause = culprit === null ? null : await this.#recordOf(culprit);
    const told = cause !== null && cause.state !== "SUCCESS" && isFinal(cause.state) ? cause : record;
    assertOpen(told.payload, `failure of task ${told.id}`);
    const error = endError(told);
    const remote = error instanceof RemoteTaskError ? error : null;
    return {
      id: told.id,
      task: task ?? (await this.#taskOf(told.id)),
      state: told.state === "REVOKED" ? "REVOKED" : "FAILURE",
      name: remote?.remoteName ?? error.name,
      message: remote?.remoteMessage ?? error.message,
      code: remote === null ? error.code : remote.remoteCode,
    };
  }

  async *#stream(source: List): AsyncGenerator<unknown, void, undefined> {
    const line = this.#line([source], false);
    for (const item of itemsOf(source)) yield await this.#next(item, line);
    for (const item of await this.#addedTo(source)) yield await this.#next(item, line);
  }

  /** Of most sources the record is here: thousands are read without a turn for each. */
  #next(source: Source, line: RecordLine): unknown {
    const found = isLeaf(source) ? line.take() : undefined;
    return found === undefined ? this.#read(source, line) : this.#valueOf(found);
  }

  /** `line` gives the records of the source's leaves, in order. */
  async #read(source: Source, line: RecordLine): Promise<unknown> {
    if (isLeaf(source)) return this.#valueOf(await line.next());
    if (isList(source)) {
      const values: unknown[] = [];
      const read = async (items: Iterable<Source>): Promise<void> => {
        for (const item of items) {
          const value = this.#next(item, line);
          values.push(value instanceof Promise ? await value : value);
        }
      };
      await read(itemsOf(source));
      await read(await this.#addedTo(source));
      return values;
    }
    const [, of] = source;
    return isLeaf(of) ? this.#settled(() => line.next()) : this.#settledList(of);
  }

  async #settled(next: () => Promise<FoundRecord>): Promise<Settled<unknown>> {
    const found = await next();
    const { record } = found;
    if (record !== null && record.state !== "SUCCESS" && isFinal(record.state)) {
      return { status: "rejected", reason: await this.failureOf(record) };
    }
    return { status: "fulfilled", value: await this.#valueOf(found) };
  }

  /** A list fails with the first of its parts that has. Its parts are in a line of their own, since not all of them may be read. */
  async #settledList(source: Source): Promise<Settled<unknown>> {
    try {
      return { status: "fulfilled", value: await this.value(source) };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return { status: "rejected", reason: await this.failureOf(error.record) };
    }
  }

  /** A promise where it is told by reference. */
  #valueOf({ id, record }: FoundRecord): unknown {
    if (record === null || !isFinal(record.state)) {
      const why = record === null ? "is gone: it was forgotten" : `says ${record.state}`;
      const details = { taskId: id };
      throw new ResultError("SUNBEAT_RESULT_UNKNOWN", `the result of task ${id} ${why}`, { details });
    }
    if (record.state !== "SUCCESS") throw new UpstreamError(record);
    const source = referenceOf(record);
    return source === null ? decodeResult(record.payload) : this.value(source);
  }

  async #addedTo([, list]: List): Promise<readonly Source[]> {
    if (list === null) return [];
    let added = this.#added.get(list);
    if (added === undefined) {
      const { graph, graphs } = this.#parts;
      added = graphs.added(graph, list).then((texts) => texts.map(parseSource));
      this.#added.set(list, added);
    }
    return added;
  }

  /** Ids of the leaves, in the order in which `#read` asks for their records, those of a run at once. */
  async *#leaves(source: Source): AsyncGenerator<Iterable<string>, void, undefined> {
    if (isLeaf(source)) yield [this.#idOf(source)];
    else if (isList(source)) {
      const [, , ...items] = source;
      for (const item of items) {
        if (isRun(item)) yield this.#idsOf(item);
        else yield* this.#leaves(item);
      }
      for (const item of await this.#addedTo(source)) yield* this.#leaves(item);
    } else if (isLeaf(source[1])) yield [this.#idOf(source[1])];
  }

  *#idsOf(run: Run): Generator<string, void, undefined> {
    for (const number of numbersOf(run)) yield this.#idOf(number);
  }

  async *#allLeaves(sources: readonly Source[]): AsyncGenerator<Iterable<string>, void, undefined> {
    for (const source of sources) yield* this.#leaves(source);
  }

  #line(sources: readonly Source[], counts: boolean): RecordLine {
    return new RecordLine(this.#allLeaves(sources), async (ids) => {
      const records = await this.#fetch(ids);
      if (counts) for (const record of records) this.#count(record);
      return records;
    });
  }

  /** As many as the store gives in one call, at least one. */
  async #fetch(ids: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    const [first = ""] = ids;
    const known = this.#known.get(first);
    return known === undefined ? this.#parts.graphs.outputs(ids) : [known];
  }

  async #recordOf(id: string): Promise<StoredResult | null> {
    return (await this.#fetch([id]))[0] ?? null;
  }

  #count(record: StoredResult | null): void {
    const { limit } = this.#parts;
    if (limit === undefined || record?.payload == null) return;
    this.#bytes += Buffer.byteLength(record.payload);
    if (this.#bytes > limit.bytes) throw limit.error();
  }

  #idOf(leaf: number | string): string {
    return `${this.#parts.graph}:${leaf}`;
  }

  /** From a page of the graph's parts, which has the names of those behind it, too. Empty: the graph is gone. */
  async #taskOf(id: string): Promise<string> {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const { graph, graphs } = this.#parts;
    for await (const page of partPagesTo(graphs, graph, id)) {
      for (const part of page ?? []) this.#names.set(part.id, part.task ?? "");
      const found = this.#names.get(id);
      if (found !== undefined) return found;
    }
    return "";
  }
}

/** A part that is needed has given no value. */
class UpstreamError extends ResultError {
  readonly record: StoredResult;

  constructor(record: StoredResult) {
    const cause = endError(record);
    const details = { taskId: record.id, reason: record.reason ?? null };
    super("SUNBEAT_UPSTREAM_FAILED", `task ${record.id} gave no value: ${cause.message}`, { cause, details });
    this.record = record;
  }
}

function* itemsOf([, , ...items]: List): Generator<Source, void, undefined> {
  for (const item of items) {
    if (isRun(item)) yield* numbersOf(item);
    else yield item;
  }
}

function* numbersOf(run: Run): Generator<number, void, undefined> {
  const [, from, , step] = run;
  for (let left = runLength(run), at = from; left > 0; left--, at += step) yield at;
}

function isRun(item: Item): item is Run {
  return Array.isArray(item) && item[0] === "run";
}

function runLength([, from, to, step]: Run): number {
  if (!(step >= 1)) throw malformed(["run", from, to, step]);
  return Math.max(0, Math.floor((to - from) / step) + 1);
}

/**
 * The source of a join, of its record; null: a task has written it. Records of runs name their worker, those of joins, which the
 * store writes, do not: so no value of a task is taken for one.
 */
export function referenceOf({ state, payload, worker }: StoredResult): Source | null {
  if (state !== "SUCCESS" || worker !== undefined || payload === null) return null;
  if (closedReason(payload) !== null) return null;
  const value: unknown = JSON.parse(payload);
  const isReference = typeof value === "object" && value !== null && REFERENCE in value;
  return isReference ? (value[REFERENCE] as Source) : null;
}

export function parseSource(text: string): Source {
  try {
    return JSON.parse(text) as Source;
  } catch (cause) {
    if (isSunbeatError(cause)) throw cause;
    throw malformed(text);
  }
}

function malformed(source: unknown): TaskError {
  return new TaskError("SUNBEAT_MESSAGE_INVALID", `expected the source of a value, got ${quote(source)}`);
}

function resultsOf<T>(values: readonly T[]): Results<T> {
  return {
    length: values.length,

    async *[Symbol.asyncIterator]() {
      yield* values;
    },
  };
}

import { KEEP_REVOKED_MS, tellDropped } from "../control/index.js";
import { ResultError } from "../core/errors.js";
import { failureTraceback } from "../core/failure.js";
import { assertObject } from "../core/options.js";
import { partPagesTo } from "../store/contracts/part-pages.js";
import { decodeFailure } from "../tasks/failure.js";
import { graphOfPart } from "../tasks/part.js";
import { isFinal } from "../tasks/states.js";
import { type GetOptions, type ResultContext, ResultReader } from "./result-reader.js";

/** What the sender knows of a task. */
export interface SentTask {
  /** No result will be stored. */
  readonly ignored?: boolean;
  /** Ids of the tasks of its graph that it follows, the nearest first: of each the first that it follows. */
  readonly ancestors?: readonly string[];
  /** Of one whose record is that of another id. */
  readonly reader?: ResultReader;
}

const NOTHING_KNOWN: SentTask = Object.freeze({});

/** What became, or becomes, of one task. Deliberately without `then`: `await add.delay()` waits for the send alone. */
export class AsyncResult<Result = unknown> {
  /** The task's id. */
  readonly id: string;
  readonly #context: ResultContext;
  readonly #sent: SentTask;
  /** Made when somebody asks: most handles are never asked. */
  #made: ResultReader | undefined;

  /** For the app: programs get one from `delay`, `applyAsync` or `app.result(id)`. */
  constructor(id: string, context: ResultContext, sent: SentTask = NOTHING_KNOWN) {
    this.id = id;
    this.#context = context;
    this.#sent = sent;
  }

  get #reader(): ResultReader {
    const { reader, ignored = false } = this.#sent;
    return (this.#made ??= reader ?? new ResultReader(this.id, this.#context, () => this.id, ignored));
  }

  /** What it follows in its graph, first of all where it follows several; null where this process has not sent the graph. */
  get parent(): AsyncResult | null {
    const [id, ...ancestors] = this.#sent.ancestors ?? [];
    return id === undefined ? null : new AsyncResult(id, this.#context, { ancestors });
  }

  /** A state of the task, or a custom one; PENDING for an id that the store does not know. */
  async state(): Promise<string> {
    return (await this.#reader.record())?.state ?? "PENDING";
  }

  /** Whether the store knows this id: it was sent, and its result has not expired. */
  async exists(): Promise<boolean> {
    return (await this.#reader.record()) !== null;
  }

  /** Whether nothing more will happen to the task. */
  async ready(): Promise<boolean> {
    return isFinal(await this.state());
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === "SUCCESS";
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === "FAILURE";
  }

  /**
   * Waits for the end of the task and gives what it returned. The store tells, so waiting costs nothing.
   * Codes: SUNBEAT_TASK_FAILED (a RemoteTaskError), SUNBEAT_TASK_REVOKED, SUNBEAT_TASK_EXPIRED,
   * SUNBEAT_TASK_SKIPPED, SUNBEAT_LOCK_TIMEOUT, SUNBEAT_DELIVERIES_EXHAUSTED, SUNBEAT_RESULT_TIMEOUT, SUNBEAT_UPSTREAM_FAILED of a
   * part of a graph (`cause`: why the one before it failed), and SUNBEAT_RESULT_IGNORED
   * for a task sent with `ignoreResult`: at once, and at its end where somebody else sent it so under this `taskId`. Inside a
   * task it keeps that task's slot; when no slot of the worker is free, the log warns.
   */
  get(options: GetOptions & { readonly propagate: false }): Promise<Result | ResultError>;
  get(options?: GetOptions): Promise<Result>;
  async get(options: GetOptions = {}): Promise<Result | ResultError> {
    const end = await this.#reader.end(options);
    if (!(end instanceof ResultError)) return (await this.#reader.value(end)) as Result;
    if (options.propagate === false) return end;
    throw end;
  }

  /** The value, the error, or the data of a custom state; undefined where the state says all. */
  async info(): Promise<unknown> {
    const record = await this.#reader.record();
    if (record === null) return undefined;
    if (record.state === "FAILURE" || record.state === "RETRY" || record.state === "REVOKED") {
      return record.state === "RETRY" && record.payload === null ? undefined : this.#reader.errorOf(record);
    }
    return this.#reader.value(record);
  }

  /** The stack of the last failure with those of its causes, or null. */
  async traceback(): Promise<string | null> {
    const record = await this.#reader.record();
    if (record === null || record.payload === null) return null;
    if (record.state !== "FAILURE" && record.state !== "RETRY") return null;
    return failureTraceback(decodeFailure(record.payload));
  }

  /** Removes the stored result. */
  async forget(): Promise<void> {
    await (await this.#context.store()).results.forget([this.id]);
  }

  /** The tasks of its graph that follow it, in order; a list that is made of several counts as one of them. */
  async children(): Promise<AsyncResult[]> {
    const { id } = this;
    const graph = graphOfPart(id);
    if (graph === null) return [];
    const { graphs } = await this.#context.store();
    for await (const page of partPagesTo(graphs, graph, id)) {
      const found = page?.find((part) => part.id === id);
      if (found !== undefined) return found.followers.map((child) => new AsyncResult(child, this.#context));
    }
    return [];
  }

  /**
   * This task and all that follow it, each with its value, in the order in which they follow: each is waited for. Options and codes
   * as for `get`, for each of them.
   */
  async *collect(options: GetOptions = {}): AsyncGenerator<[result: AsyncResult, value: unknown], void> {
    const seen = new Set<string>();
    for (const line: AsyncResult[] = [this]; line.length > 0;) {
      const result = line.shift()!;
      if (seen.has(result.id)) continue;
      seen.add(result.id);
      yield [result, await result.get(options)];
      line.push(...(await result.children()));
    }
  }

  /**
   * Cancels the task if it has not begun. With `terminate` the `signal` of a running one aborts, too. An id that
   * the store does not know yet is refused for a day.
   */
  async revoke(options: { readonly terminate?: boolean | undefined } = {}): Promise<void> {
    assertObject(options, "revoke: options");
    const { sender } = await this.#context.store();
    const { terminate = false } = options;
    tellDropped(this.#context.events, await sender.revoke([this.id], { terminate, keepMs: KEEP_REVOKED_MS }));
  }
}

/** Tasks that have ended, and what can be done with them: the same for programs, the command line and pages. */
import { KEEP_REVOKED_MS, tellDropped } from "../control/index.js";
import type { Clock } from "../core/clock.js";
import { TaskError } from "../core/errors.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  integerOption,
  invalidOption,
  nameOption,
  textOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";
import type { Events } from "../events/index.js";
import type { TaskRecord } from "../store/contracts/history.js";
import type { Store } from "../store/contracts/store.js";
import { parseTaskQuery, type TaskQuery } from "./query.js";
import { type Change, Retry } from "./retry.js";
import { type FoundTasks, searchTasks } from "./search.js";
import { rowOf, type TaskRow } from "./task-row.js";
import { readTaskView, type TaskView } from "./task-view.js";

export interface TaskSearchOptions {
  /** Records given at most. Default 50, at most 500. */
  readonly limit?: number | undefined;
  /** Where an earlier search ended: its `next`. */
  readonly cursor?: string | undefined;
}

export interface TaskPage {
  /** Newest first. */
  readonly rows: readonly TaskRow[];
  /** Null: all was looked at. */
  readonly next: string | null;
  /** Records that were looked at. */
  readonly scanned: number;
  /** Searched back to this instant. */
  readonly reached: Date | null;
}

export interface RetryOptions {
  /** Counts, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Between steps: what was done until now, to be told; false ends it. */
  readonly onProgress?: ((done: RetryCounts) => boolean | void) | undefined;
}

export interface RetryCounts {
  /** Tasks that a query has found, each once. */
  readonly found: number;
  readonly retried: number;
  /** Nothing of it is kept, or it is on its way already. */
  readonly skipped: number;
  /** False: there may be more, since `onProgress` ended it. */
  readonly isAll: boolean;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Pick<Events, "emit">;
  readonly timezone: () => string;
  readonly send: (task: string, args: readonly unknown[], queue: string) => Promise<{ readonly id: string }>;
  /** As `GraphResult.resume`. */
  readonly resumeGraph: (id: string) => Promise<void>;
  /** Wraps whatever changes something: its row in the audit. */
  readonly audited: <T>(change: Change, run: () => Promise<T>) => Promise<T>;
}

const DEFAULT_LIMIT = 50;
const MOST_LIMIT = 500;

/** `app.tasks`. */
export class Tasks {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Records of ended attempts, newest first: `search('task:mail.* state:failure after:2h "refused"')`. It looks for a second at most, and
   * `next` says where to go on. Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN.
   */
  async search(query = "", options: TaskSearchOptions = {}): Promise<TaskPage> {
    assertKnownKeys(options, ["limit", "cursor"], "tasks.search");
    const limit = integerOption(options.limit ?? DEFAULT_LIMIT, "tasks.search: limit", 1, MOST_LIMIT);
    const cursor =
      options.cursor === undefined ? undefined : textOption(options.cursor, "tasks.search: cursor");
    const found = await this.#search(await this.#parsed(query), limit, cursor);
    const { rows, next, scanned, reached } = found;
    return { rows: rows.map(rowOf), next, scanned, reached: reached === null ? null : new Date(reached) };
  }

  /** What the store knows of a task; null: nothing. Code: SUNBEAT_OPTION_INVALID. */
  async show(id: string): Promise<TaskView | null> {
    return readTaskView(this.#parts.store, nameOption(id, "tasks.show: id"));
  }

  /**
   * Sends a task once more, under a new id, with the arguments that its record has. Codes: SUNBEAT_OPTION_INVALID, and
   * SUNBEAT_TASK_UNKNOWN where there is no record of it, or its arguments are not whole there.
   */
  async run(id: string): Promise<{ readonly id: string }> {
    const { store, send, audited } = this.#parts;
    nameOption(id, "tasks.run: id");
    const record = (await store.history.recordsOf(id)).at(-1);
    const args = argsOf(record);
    if (record === undefined || args === null) {
      const why = record ? "the arguments in its record were cut or left out" : "there is no record of it";
      throw new TaskError(
        "SUNBEAT_TASK_UNKNOWN",
        `tasks.run: expected a task whose arguments are kept, got ${quote(id)}: ${why}`,
      );
    }
    return audited({ verb: "tasks.run", target: id }, () => send(record.task, args, record.queue));
  }

  /**
   * Puts tasks back into their queues that failed or are dead letters, by id or by query: `retry({ query: "state:failure after:1h" })`.
   * A part of a graph that has failed runs again by its graph, with what else of it did not succeed. What has failed and is not kept any
   * more is skipped, and so is a part of a graph that goes on. Codes as for `search`.
   */
  async retry(
    which: string | readonly string[] | { readonly query: string },
    options: RetryOptions = {},
  ): Promise<RetryCounts> {
    assertKnownKeys(options, ["dryRun", "onProgress"], "tasks.retry");
    const dryRun =
      options.dryRun === undefined ? false : booleanOption(options.dryRun, "tasks.retry: dryRun");
    if (!Array.isArray(which) && typeof which !== "string") {
      assertObject(which, "tasks.retry: ids or { query }");
      assertKnownKeys(which, ["query"], "tasks.retry");
      return this.#retryFound(
        (which as { readonly query: string }).query,
        dryRun,
        options.onProgress ?? (() => true),
      );
    }
    const ids = [...new Set(idsOf(which, "tasks.retry: id"))];
    const retry = new Retry(this.#parts, dryRun);
    const retried = await retry.step(ids);
    return { found: ids.length, retried, skipped: ids.length - retried, isAll: true };
  }

  /** Revokes tasks, as `AsyncResult.revoke`. Code: SUNBEAT_OPTION_INVALID. */
  async revoke(
    ids: string | readonly string[],
    options: { readonly terminate?: boolean } = {},
  ): Promise<void> {
    assertKnownKeys(options, ["terminate"], "tasks.revoke");
    const { store, events, audited } = this.#parts;
    const terminate =
      options.terminate === undefined ? false : booleanOption(options.terminate, "tasks.revoke: terminate");
    const list = idsOf(ids, "tasks.revoke: id");
    const change = { verb: "tasks.revoke", target: list.join(" "), args: { terminate } };
    const revocation = { terminate, keepMs: KEEP_REVOKED_MS };
    tellDropped(events, await audited(change, () => store.sender.revoke(list, revocation)));
  }

  async #parsed(query: string): Promise<TaskQuery> {
    const { store, timezone } = this.#parts;
    return parseTaskQuery(query, await store.now(), timezone());
  }

  #search(query: TaskQuery, limit: number, cursor: string | undefined): Promise<FoundTasks> {
    const { store, clock } = this.#parts;
    return searchTasks(store.history, clock, query, { limit, ...(cursor !== undefined && { cursor }) });
  }

  /** The time at which it began bounds it: what fails while it is going on is not retried again. */
  async #retryFound(
    text: string,
    dryRun: boolean,
    onProgress: (done: RetryCounts) => boolean | void,
  ): Promise<RetryCounts> {
    const now = await this.#parts.store.now();
    const asked = parseTaskQuery(text, now, this.#parts.timezone());
    const query = { ...asked, before: Math.min(asked.before ?? now, now), state: asked.state ?? RETRIABLE };
    const seen = new Set<string>();
    const retry = new Retry(this.#parts, dryRun);
    let [retried, cursor]: [number, string | undefined] = [0, undefined];
    for (;;) {
      const page: FoundTasks = await this.#search(query, MOST_LIMIT, cursor);
      const ids = [...new Set(page.rows.map(({ id }) => id))].filter((id) => !seen.has(id));
      for (const id of ids) seen.add(id);
      retried += await retry.step(ids);
      const isOver = page.next === null;
      const done = { found: seen.size, retried, skipped: seen.size - retried, isAll: isOver };
      if (isOver || onProgress(done) === false) return done;
      cursor = page.next ?? undefined;
    }
  }
}

function idsOf(ids: unknown, what: string): readonly string[] {
  const list: unknown = typeof ids === "string" ? [ids] : ids;
  if (!Array.isArray(list)) throw invalidOption(what, "an id, or a list of ids", ids);
  return list.map((id) => nameOption(id, what));
}

/** What a retry by query means where it does not name states. */
const RETRIABLE: TaskQuery["state"] & object = ["failure", "dead", "rejected"];

/** Null: they are not whole. */
function argsOf(record: TaskRecord | undefined): readonly unknown[] | null {
  try {
    const args: unknown = JSON.parse(record?.args ?? "null");
    const isHidden = record?.args?.includes('"**"') === true;
    return Array.isArray(args) && !isHidden ? args : null;
  } catch {
    return null;
  }
}

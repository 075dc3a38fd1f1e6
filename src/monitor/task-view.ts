/** All that the store knows of one task, joined. */
import type { EpochMs } from "../core/clock.js";
import type { GraphRecord } from "../store/contracts/graphs.js";
import type { LedgerRow } from "../store/contracts/ledger.js";
import type { PeekedMessage } from "../store/contracts/queues.js";
import type { StoredResult } from "../store/contracts/results.js";
import type { Store } from "../store/contracts/store.js";
import { decodeBody, type MessageBody } from "../tasks/envelope.js";
import { graphOfPart } from "../tasks/part.js";
import { rowOf, type TaskRow } from "./task-row.js";

/** What the beat wrote when it dispatched a tick. */
export interface TaskTick {
  readonly entry: string;
  /** Null: it was sent by hand, between the ticks. */
  readonly due: Date | null;
  /** Null: the ledger has no row of it any more. */
  readonly at: Date | null;
  /** "triggered": sent by hand. */
  readonly reason: string | null;
  /** Of the beat that led. */
  readonly term: string | null;
}

/** The lock that a task needs to run. */
export interface TaskLockView {
  readonly name: string;
  /** "none": it neither holds it nor stands in line; "waiting": it is blocked by it. */
  readonly status: "held" | "waiting" | "none";
  readonly since: Date | null;
  /** In line, 1 for the foremost. */
  readonly position: number | null;
  /** Of its permit. */
  readonly fence: number | null;
}

/** Another task of the same tree. */
export interface RelatedTask {
  readonly id: string;
  /** Null: the list of a group. */
  readonly task: string | null;
  /** Of a part of a graph its state there; of others how its newest attempt ended. */
  readonly state: string;
}

/** All that the store knows of one task. */
export interface TaskView {
  readonly id: string;
  readonly task: string | null;
  readonly queue: string | null;
  /** Where its message is, while it has one. */
  readonly message: PeekedMessage | null;
  readonly result: StoredResult | null;
  /** Ended attempts, oldest first. */
  readonly attempts: readonly TaskRow[];
  /** Whether its message is kept since it failed, so that it can be retried. */
  readonly isKept: boolean;
  /** Null: no entry has sent it. */
  readonly tick: TaskTick | null;
  /** Null: it needs none, or its message is gone. */
  readonly lock: TaskLockView | null;
  /** The task that has sent it; null: none did, or its message is gone. */
  readonly parentId: string | null;
  /** The first task of its tree, or its graph; null: itself. */
  readonly rootId: string | null;
  /** The graph that it is a part of. */
  readonly graph: string | null;
  /** Other parts of its graph; without one those of its tree that have ended. At most 200. */
  readonly related: readonly RelatedTask[];
  /** There are more of them, or older ones were not looked at. */
  readonly hasMoreRelated: boolean;
}

type Source = Pick<
  Store,
  "queues" | "results" | "history" | "deadLetters" | "ledger" | "lockInspection" | "graphs"
>;

const MOST_RELATED = 200;
const MOST_ROWS = 500;
const AROUND_MS = 60_000;
/** Records that are looked at for those of its tree. */
const LOOKED_AT = 20_000;
/** Holders and waiters of a lock that are looked at. */
const MOST_IN_LINE = 500;

/** Null: nothing is known of it. */
export async function readTaskView(store: Source, id: string): Promise<TaskView | null> {
  const [message, [result = null], attempts] = await Promise.all([
    store.queues.peek(id),
    store.results.get([id]),
    store.history.recordsOf(id),
  ]);
  if (message === null && result === null && attempts.length === 0) return null;
  const last = attempts.at(-1);
  const queue = message?.queue ?? last?.queue ?? null;
  const hasFailed = result?.state === "FAILURE" || last?.state === "failure";
  const kept = hasFailed ? await store.deadLetters.failed(id) : null;
  const body = bodyOf(message?.body ?? kept?.body);
  const rootId = body?.rootId ?? last?.root ?? null;
  const [tick, lock, family] = await Promise.all([
    tickOf(store, id, message?.entry ?? last?.entry ?? null, body?.scheduledFor ?? last?.due ?? null),
    lockOf(store, id, message?.lock ?? null),
    familyOf(store, id, rootId),
  ]);
  return {
    ...{ id, task: message?.task ?? last?.task ?? null, queue, message, result },
    ...{ attempts: attempts.map(rowOf), isKept: kept !== null, tick, lock },
    ...{ parentId: body?.parentId ?? null, rootId: rootId === id ? null : rootId, ...family },
  };
}

/** Null: there is none, or it cannot be read here. */
function bodyOf(text: string | undefined): MessageBody | null {
  try {
    return text === undefined ? null : decodeBody(text);
  } catch {
    return null;
  }
}

async function tickOf(
  store: Pick<Store, "ledger">,
  id: string,
  entry: string | null,
  due: EpochMs | null,
): Promise<TaskTick | null> {
  if (entry === null) return null;
  // The row of a run that was triggered is of when the store took it, a little later than its task tells.
  const around = due === null ? {} : { after: due - AROUND_MS, before: due + AROUND_MS };
  const rows = await store.ledger.rows(entry, { ...around, limit: MOST_ROWS, keep: "newest" });
  const row = rows.find((one): one is LedgerRow => one.kind === "row" && one.taskId === id);
  const isTriggered = row?.reason === "triggered";
  const of = isTriggered ? null : (row?.due ?? due);
  return {
    ...{ entry, due: of === null ? null : new Date(of), at: row === undefined ? null : new Date(row.at) },
    ...{ reason: row?.reason ?? null, term: row?.term ?? null },
  };
}

async function lockOf(
  store: Pick<Store, "lockInspection">,
  id: string,
  name: string | null,
): Promise<TaskLockView | null> {
  if (name === null) return null;
  const found = await store.lockInspection.inspect(name, MOST_IN_LINE);
  const isIt = (one: { readonly kind: "task" | "process"; readonly id: string }): boolean =>
    one.kind === "task" && one.id === id;
  const holder = found?.holders.find(isIt);
  if (holder) {
    const { since, fence } = holder;
    return { name, status: "held", since: new Date(since), position: null, fence };
  }
  const position = found?.waiters.findIndex(isIt) ?? -1;
  const waiter = found?.waiters[position];
  if (waiter === undefined) return { name, status: "none", since: null, position: null, fence: null };
  return { name, status: "waiting", since: new Date(waiter.since), position: position + 1, fence: null };
}

type Family = Pick<TaskView, "graph" | "related" | "hasMoreRelated">;

async function familyOf(
  store: Pick<Store, "graphs" | "history">,
  id: string,
  rootId: string | null,
): Promise<Family> {
  const graph = await graphOf(store, id);
  if (graph !== null) {
    const parts = (await store.graphs.parts(graph.id, { limit: MOST_RELATED + 1 })) ?? [];
    const others = parts.filter((part) => part.id !== id).map(({ id, task, state }) => ({ id, task, state }));
    const hasMoreRelated = parts.length > MOST_RELATED;
    return { graph: graph.id, related: others.slice(0, MOST_RELATED), hasMoreRelated };
  }
  const query = { root: [rootId ?? id], limit: MOST_RELATED };
  const page = await store.history.records(query, { rows: LOOKED_AT });
  const related = new Map<string, RelatedTask>();
  for (const { id: other, task, state } of page.rows) {
    if (other !== id && !related.has(other)) related.set(other, { id: other, task, state });
  }
  return { graph: null, related: [...related.values()], hasMoreRelated: page.next !== null };
}

/** The graph whose part it is. */
export async function graphOf(store: Pick<Store, "graphs">, id: string): Promise<GraphRecord | null> {
  const name = graphOfPart(id);
  const [graph = null] = name === null ? [] : await store.graphs.get([name]);
  return graph;
}

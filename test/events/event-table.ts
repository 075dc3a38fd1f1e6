/** Every event: its fields beyond those of all, and whether it is dropped last. Docs and code are held to it. */
import type { EventMap, EventName } from "../../src/events/index.js";

type Fields<Name extends EventName> = readonly (keyof EventMap[Name])[];

export interface Row<Name extends EventName = EventName> {
  readonly fields: Fields<Name>;
  /** Dropped last. */
  readonly isKept: boolean;
}

const task = ["id", "task", "queue"] as const;
const lock = ["lock", "fence", "taskId"] as const;
const graph = ["graph", "name", "parts"] as const;
const alert = ["id", "kind", "subject", "severity", "text", "raisedAt", "detail"] as const;
const queue = ["queue", "by", "reason"] as const;

const kept = <Name extends EventName>(...fields: Fields<Name>): Row<Name> => ({ fields, isKept: true });
const other = <Name extends EventName>(...fields: Fields<Name>): Row<Name> => ({ fields, isKept: false });

export const EVENTS: { readonly [Name in EventName]: Row<Name> } = {
  "task-sent": other(...task, "eta", "expires", "parentId", "rootId", "entry"),
  "task-received": other(...task, "retries", "deliveries"),
  "task-started": other(...task, "retries", "deliveries", "waitMs", "lock"),
  "task-progress": other(...task, "done", "total", "state", "meta"),
  "task-succeeded": other(...task, "runtimeMs", "waitMs"),
  "task-failed": kept(...task, "runtimeMs", "error"),
  "task-retried": kept(...task, "runtimeMs", "error", "delayMs", "retries"),
  "task-rejected": kept(...task, "runtimeMs", "reason", "requeued"),
  "task-revoked": kept(...task, "reason"),
  "task-ignored": other(...task),
  "task-skipped": other(...task, "lock"),
  "task-lost": kept(...task, "deliveries", "error", "exit", "signal"),
  "task-cooldown": other(...task, "delayMs"),
  "task-replaced": other(...task, "graph", "parts"),
  "dead-lettered": kept(...task, "reason"),
  "worker-online": kept(),
  "worker-offline": kept("reason"),
  "worker-heartbeat": kept(
    ...(["active", "processed", "slots", "loadavg", "rss", "lagMs", "freq"] as const),
    ...(["sw_ident", "sw_ver", "sw_sys"] as const),
  ),
  "worker-lost": kept("node", "lastSeen", "leased"),
  "schedule-sent": kept("entry", "due", "taskId", "lateMs"),
  "schedule-skipped": kept("entry", "from", "to", "count", "reason"),
  "schedule-failed": kept("entry", "reason"),
  "schedule-missed": kept("entry", "due", "graceMs"),
  "schedule-changed": kept("entry", "action", "by"),
  "schedule-moved": kept("entry", "from", "to", "because", "passed"),
  "calendar-ends": kept("calendar", "to", "days", "digest"),
  "schedule-drift": kept("count", "kinds", "entries"),
  "beat-leading": kept("term"),
  "beat-stepped-down": kept("term", "reason"),
  "beat-stalled": kept("afterMs"),
  "beat-limited": kept("state", "since", "perSecond", "count"),
  "beat-missing": kept("since", "dueEntries"),
  "clock-jump": kept("byMs"),
  "lock-acquired": other(...lock),
  "lock-waiting": other("lock", "taskId", "retryInMs"),
  "lock-released": other(...lock),
  "lock-lost": kept(...lock),
  "lock-broken": kept("lock", "token"),
  "queue-paused": kept(...queue),
  "queue-resumed": kept(...queue),
  "alert-raised": kept(...alert),
  "alert-cleared": kept(...alert, "clearedAt"),
  "operator-action": kept("by", "via", "from", "verb", "target", "args", "outcome"),
  "graph-started": kept(...graph),
  "graph-succeeded": kept(...graph),
  "graph-failed": kept(...graph),
  "graph-revoked": kept(...graph),
  "graph-resumed": kept(...graph),
};

/** Fields that some events of a type leave out. */
export const OPTIONAL: Readonly<Record<string, readonly string[]>> = {
  "task-progress": ["done", "total", "state", "meta"],
  "lock-waiting": ["retryInMs"],
};

export const NAMES = Object.keys(EVENTS) as EventName[];

/** What holds for types of events by name. */

/** Those that are dropped last: they tell of failures and of changes of state, and there are few of them. */
const KEPT: ReadonlySet<string> = new Set([
  "task-failed",
  "task-retried",
  "task-rejected",
  "task-revoked",
  "task-lost",
  "dead-lettered",
  "worker-online",
  "worker-offline",
  "worker-heartbeat",
  "worker-lost",
  "schedule-sent",
  "schedule-skipped",
  "schedule-failed",
  "schedule-missed",
  "schedule-changed",
  "schedule-moved",
  "calendar-ends",
  "schedule-drift",
  "beat-leading",
  "beat-stepped-down",
  "beat-stalled",
  "beat-limited",
  "beat-missing",
  "clock-jump",
  "lock-lost",
  "lock-broken",
  "queue-paused",
  "queue-resumed",
  "alert-raised",
  "alert-cleared",
  "operator-action",
  "graph-started",
  "graph-succeeded",
  "graph-failed",
  "graph-revoked",
  "graph-resumed",
]);

/** Whether it is dropped last. */
export function isKept(type: string): boolean {
  return KEPT.has(type);
}

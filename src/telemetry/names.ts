/** Every metric that there is: docs, dashboards and alert rules name no other. */
import { CALL_SECONDS, type LabelName, type MetricFacts, type MetricKind, SECONDS } from "./registry.js";

const facts = (
  name: string,
  kind: MetricKind,
  labels: readonly LabelName[],
  help: string,
  buckets?: readonly number[],
): MetricFacts => ({ name, kind, labels, help, ...(buckets !== undefined && { buckets }) });

/** Of one node: at the health port of a worker or a beat. */
export const NODE_METRICS = {
  build: facts("sunbeat_build_info", "gauge", ["version", "node_version"], "1; the versions are its labels."),
  sent: facts(
    "sunbeat_tasks_sent_total",
    "counter",
    ["task", "queue"],
    "Messages that this process has sent.",
  ),
  tasks: facts(
    "sunbeat_tasks_total",
    "counter",
    ["task", "queue", "outcome"],
    "Runs that have ended, and messages that ended without one.",
  ),
  run: facts("sunbeat_task_run_seconds", "histogram", ["task"], "How long runs took.", SECONDS),
  wait: facts(
    "sunbeat_task_wait_seconds",
    "histogram",
    ["queue"],
    "How long tasks were ready before they began.",
    SECONDS,
  ),
  slots: facts("sunbeat_slots", "gauge", [], "Tasks that this node may run at once."),
  busy: facts("sunbeat_slots_busy", "gauge", [], "Tasks that it runs now."),
  prefetched: facts("sunbeat_prefetched", "gauge", [], "Deliveries that it has taken and not begun."),
  lag: facts(
    "sunbeat_event_loop_lag_seconds",
    "gauge",
    [],
    "The longest that its event loop was held up since it was asked last.",
  ),
  leasesLost: facts("sunbeat_leases_lost_total", "counter", [], "Deliveries whose lease ended in its hands."),
  storeCalls: facts(
    "sunbeat_store_call_seconds",
    "histogram",
    ["op"],
    "How long calls of the store took.",
    CALL_SECONDS,
  ),
  storeErrors: facts("sunbeat_store_errors_total", "counter", ["op"], "Calls of the store that failed."),
  eventsDropped: facts(
    "sunbeat_events_dropped_total",
    "counter",
    [],
    "Events that were dropped, since there were too many for those who watch.",
  ),
  recordsLeftOut: facts(
    "sunbeat_records_left_out_total",
    "counter",
    [],
    "Successes that were counted and not recorded one by one.",
  ),
  ticks: facts("sunbeat_ticks_total", "counter", ["fate"], "Due times that this beat has sent or skipped."),
  beatLag: facts(
    "sunbeat_beat_lag_seconds",
    "gauge",
    [],
    "How late the most overdue entry of its last round was.",
  ),
  beatLimited: facts(
    "sunbeat_beat_limited",
    "gauge",
    [],
    "1 where something due waits for maxStartsPerSecond.",
  ),
  limitedStarts: facts(
    "sunbeat_beat_limited_starts_total",
    "counter",
    [],
    "Starts made while something due waited for maxStartsPerSecond, counted when that ends.",
  ),
  moved: facts(
    "sunbeat_entries_moved_total",
    "counter",
    [],
    "Entries whose next due time other calendars or time zone data have moved.",
  ),
  drifted: facts(
    "sunbeat_entries_drifted",
    "gauge",
    ["kind"],
    "Entries that a beat which does not register them found stored otherwise than its code declares them.",
  ),
  leading: facts("sunbeat_beat_leading", "gauge", [], "1 where its beat leads."),
} as const satisfies Readonly<Record<string, MetricFacts>>;

/** Of the whole system: from the store. */
export const SYSTEM_METRICS = {
  messages: facts("sunbeat_queue_messages", "gauge", ["queue", "state"], "Messages by their state."),
  oldest: facts(
    "sunbeat_queue_oldest_seconds",
    "gauge",
    ["queue"],
    "How long the oldest ready message waits.",
  ),
  paused: facts("sunbeat_queue_paused", "gauge", ["queue"], "1 where the queue is paused."),
  consumers: facts("sunbeat_queue_consumers", "gauge", ["queue"], "Living workers that take from the queue."),
  nodes: facts(
    "sunbeat_nodes",
    "gauge",
    ["kind", "state"],
    "Nodes by kind and state; those that are silent are lost.",
  ),
  leader: facts("sunbeat_leader_present", "gauge", [], "1 where a beat leads."),
  nextDue: facts(
    "sunbeat_entry_next_due_timestamp_seconds",
    "gauge",
    ["entry"],
    "When the entry is due next.",
  ),
  lastSuccess: facts(
    "sunbeat_entry_last_success_timestamp_seconds",
    "gauge",
    ["entry"],
    "When a run of the entry succeeded last.",
  ),
  missed: facts(
    "sunbeat_entry_missed",
    "gauge",
    ["entry"],
    "1 where the entry was due longer ago than its grace, and nobody sent it.",
  ),
  dead: facts("sunbeat_dead_letters", "gauge", ["queue"], "Dead letters, without those kept as failed."),
  locksWaiting: facts("sunbeat_locks_waiting", "gauge", [], "Tasks and processes that wait for locks."),
  calendarEnds: facts(
    "sunbeat_calendar_ends_timestamp_seconds",
    "gauge",
    ["calendar"],
    "The end, in UTC, of the last day that the calendar covers.",
  ),
  alerts: facts("sunbeat_alerts", "gauge", ["kind", "severity"], "Alerts that stand."),
  storeBytes: facts(
    "sunbeat_store_bytes",
    "gauge",
    [],
    "What the store takes: the database file, or the memory of the Redis server that has the keys.",
  ),
} as const satisfies Readonly<Record<string, MetricFacts>>;

export const METRIC_NAMES: readonly string[] = [
  ...Object.values(NODE_METRICS),
  ...Object.values(SYSTEM_METRICS),
].map(({ name }) => name);

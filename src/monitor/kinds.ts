/** What can be wrong: names, severities and usual patience of the alerts. */
import type { AlertSeverity } from "../store/contracts/alerts.js";

export interface KindFacts {
  readonly severity: AlertSeverity;
  /** How long something is bad before it is raised; null: the rule has no wait of its own, and is raised after two looks. */
  readonly waitMs: number | null;
  /** What the subject is; null: there is one for the whole system. */
  readonly subject: "entry" | "queue" | "node" | "calendar" | null;
}

export const ALERT_KINDS = {
  /** An enabled entry exists, and no beat leads. Its wait is twice `beatLease`. */
  "beat-missing": { severity: "critical", waitMs: 30_000, subject: null },
  /** An occurrence was not sent within its grace. */
  "schedule-missed": { severity: "critical", waitMs: null, subject: "entry" },
  "run-failed": { severity: "error", waitMs: null, subject: "entry" },
  "run-overdue": { severity: "error", waitMs: 0, subject: "entry" },
  /** The leading beat cannot send it. */
  "entry-quarantined": { severity: "error", waitMs: null, subject: "entry" },
  "beat-stalled": { severity: "error", waitMs: 0, subject: "node" },
  "clock-jump": { severity: "error", waitMs: 0, subject: "node" },
  /** What is due waits for `maxStartsPerSecond`. */
  "beat-limited": { severity: "warning", waitMs: 60_000, subject: "node" },
  /** Messages are ready, and no living worker takes from the queue. */
  "queue-unattended": { severity: "critical", waitMs: 60_000, subject: "queue" },
  "queue-old": { severity: "warning", waitMs: 0, subject: "queue" },
  "worker-lost": { severity: "warning", waitMs: 0, subject: "node" },
  "dead-letters": { severity: "warning", waitMs: null, subject: "queue" },
  /** The last day that it covers is near, or over. */
  "calendar-ends": { severity: "warning", waitMs: 0, subject: "calendar" },
} as const satisfies Readonly<Record<string, KindFacts>>;

export type AlertKind = keyof typeof ALERT_KINDS;

export const ALERT_KIND_NAMES = Object.keys(ALERT_KINDS) as readonly AlertKind[];

/** Those that a node tells of itself, since nobody else can see them; they end an hour after the last time. */
export const TOLD_KINDS = ["beat-stalled", "clock-jump"] as const satisfies readonly AlertKind[];

export const SEVERITIES = ["critical", "error", "warning"] as const satisfies readonly AlertSeverity[];

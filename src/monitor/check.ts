/** One look by somebody who passes by: what is wrong now, without a node, and without waiting for a second look. */
import type { EpochMs } from "../core/clock.js";
import type { InTime } from "../core/patience.js";
import type { AlertRecord, AlertSeverity } from "../store/contracts/alerts.js";
import type { CalendarBook, Entry } from "../beat/index.js";
import { isShown, readStanding } from "./desk.js";
import { Facts, type WatchedStore } from "./facts.js";
import { ALERT_KINDS, type AlertKind, SEVERITIES } from "./kinds.js";
import type { Look } from "./look.js";
import type { AlertsConfig } from "./options.js";
import { type Finding, judge, JUDGED_KINDS, roughly } from "./rules.js";
import { detailOf, isMuted } from "./standing.js";

export interface CheckedAlert {
  readonly kind: string;
  readonly subject: string;
  readonly severity: AlertSeverity;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Checked {
  /** The worst first; none: all is well. */
  readonly alerts: readonly CheckedAlert[];
  /** The beat that leads; `until` in epoch milliseconds. */
  readonly leader: { readonly host: string; readonly until: EpochMs } | null;
  /** For how long nobody leads, where that is known. */
  readonly leaderlessMs: number | null;
  /** Living nodes with a worker. */
  readonly workers: number;
}

/** What is asked for; with nothing of it, everything is. */
export interface CheckWishes {
  readonly beat?: boolean;
  readonly schedules?: boolean;
  /** Least number of living workers. */
  readonly workers?: number;
  readonly queues?: readonly { readonly queue: string; readonly oldestMs: number }[];
  readonly entries?: readonly string[];
}

const OF_SCHEDULES: ReadonlySet<string> = new Set([
  "schedule-missed",
  "run-failed",
  "run-overdue",
  "entry-quarantined",
]);
/** Of these a look says nothing that those who watch do not know better. */
const KEPT: ReadonlySet<string> = new Set(["dead-letters"]);

export interface CheckDeps {
  readonly store: WatchedStore;
  /** Entries that code declares. */
  readonly entries: readonly Entry[];
  /** What this process knows of calendars. Absent: nothing. */
  readonly book?: CalendarBook | undefined;
  readonly config: Pick<AlertsConfig, "rules">;
  readonly inTime: InTime;
}

export async function checkNow(deps: CheckDeps, wishes: CheckWishes = {}): Promise<Checked> {
  const { store, config, inTime } = deps;
  const facts = new Facts(deps);
  const [standing, mutes, watcher] = await Promise.all([
    readStanding(deps),
    inTime("alerts.mutes", store.alerts.mutes()),
    facts.leader("watch"),
  ]);
  const look = await facts.look(new Set(wishes.entries), true);
  const found = judge(look, config).findings.filter((finding) =>
    isBad(finding, look, standing, watcher !== null),
  );
  const kept = standing.filter((record) => isShown(record) && !isJudged(record.kind));
  const all: CheckedAlert[] = [
    ...found.map(({ kind, subject, text, detail }) => {
      return { kind, subject, severity: ALERT_KINDS[kind].severity, text, detail };
    }),
    ...kept.map((record) => {
      const { kind, subject, severity, text } = record;
      return { kind, subject, severity, text, detail: detailOf(record) };
    }),
  ];
  const alerts = all
    .filter(({ kind, subject }) => !isMuted(mutes, kind, subject) && isWished(kind, subject, wishes))
    .concat(wished(look, wishes))
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  return {
    alerts,
    leader: look.leader,
    leaderlessMs: leaderlessMs(look, standing),
    workers: workersOf(look),
  };
}

const isJudged = (kind: string): boolean =>
  (JUDGED_KINDS as readonly string[]).includes(kind) && !KEPT.has(kind);

/** What has a wait of its own and no beginning in the facts is as old as those who watch say; where nobody watches, it is bad. */
function isBad(
  finding: Finding,
  { at }: Look,
  standing: readonly AlertRecord[],
  isWatched: boolean,
): boolean {
  if (KEPT.has(finding.kind)) return false;
  if (finding.since !== null || finding.waitMs === null || !isWatched) return true;
  const since = sinceOf(standing, finding.kind, finding.subject);
  return since !== null && at - since >= finding.waitMs;
}

function sinceOf(standing: readonly AlertRecord[], kind: AlertKind, subject: string): EpochMs | null {
  const record = standing.find((one) => one.kind === kind && one.subject === subject);
  const since = record && detailOf(record).since;
  return typeof since === "number" ? since : null;
}

function leaderlessMs({ leader, at }: Look, standing: readonly AlertRecord[]): number | null {
  const since = leader === null ? sinceOf(standing, "beat-missing", "") : null;
  return since === null ? null : at - since;
}

function isWished(kind: string, subject: string, wishes: CheckWishes): boolean {
  const { beat, schedules, workers, queues, entries } = wishes;
  if ([beat, schedules, workers, queues, entries].every((wish) => wish === undefined)) return true;
  if (
    beat === true &&
    (kind === "beat-missing" || kind === "beat-stalled" || kind === "beat-limited" || kind === "clock-jump")
  )
    return true;
  if (schedules === true && OF_SCHEDULES.has(kind)) return true;
  if (entries?.includes(subject) === true && OF_SCHEDULES.has(kind)) return true;
  return kind === "queue-unattended" && queues?.some(({ queue }) => queue === subject) === true;
}

function workersOf({ nodes }: Look): number {
  return nodes.filter(({ status, worker }) => status === "alive" && worker !== null).length;
}

/** What the wishes say themselves. */
function wished(look: Look, { workers, queues = [] }: CheckWishes): CheckedAlert[] {
  const found: CheckedAlert[] = [];
  const alive = workersOf(look);
  if (workers !== undefined && alive < workers) {
    const text = `${alive} ${alive === 1 ? "worker is" : "workers are"} alive, ${workers} wanted`;
    found.push({
      kind: "workers-missing",
      subject: "",
      severity: "critical",
      text,
      detail: { alive, workers },
    });
  }
  for (const { queue, oldestMs } of queues) {
    const oldest = look.queues.find((one) => one.queue === queue)?.oldestReadyAt ?? null;
    if (oldest === null || look.at - oldest <= oldestMs) continue;
    const text = `the oldest ready message waits for ${roughly(look.at - oldest)}, ${roughly(oldestMs)} wanted at most`;
    found.push({
      kind: "queue-old",
      subject: queue,
      severity: "critical",
      text,
      detail: { oldestReadyAt: oldest },
    });
  }
  return found;
}

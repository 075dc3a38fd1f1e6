/**
 * What is wrong, from one look. Pure: no store, no clock, no log.
 *
 * A rule gives what is bad now, and since when, where the facts say it. Whether that is told of, and when, is decided by
 * standing.ts, which knows what was bad before.
 */
import { GRACE_MS } from "../beat/misfire.js";
import type { EpochMs } from "../core/clock.js";
import { maskCredentials } from "../core/credentials.js";
import { formatDuration } from "../core/duration.js";
import { daysLeft, TOLD_DAYS } from "../beat/calendar-ends.js";
import { formatInstant } from "./instants.js";
import type { AlertKind } from "./kinds.js";
import type { EntryRuns, EntryTerms, Look, WatchedQueue } from "./look.js";
import type { AlertRule, AlertsConfig } from "./options.js";

export interface Finding {
  readonly kind: AlertKind;
  readonly subject: string;
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Since when it is bad; null: since it was first seen. */
  readonly since: EpochMs | null;
  /** It is raised when it has been bad for so long; null: after two looks. */
  readonly waitMs: number | null;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** Whether this look says anything about it: what it says nothing about stays as it is. */
  judges(kind: string, subject: string): boolean;
}

/** A node that is lost for longer is told of no more. */
const LOST_FOR_MS = 3_600_000;
/** How long presence holds (MONITORING.md 5): a node is lost from then on. */
export const PRESENCE_MS = 30_000;

type Rule = (look: Look, rule: AlertRule) => Finding[];

const FAILED: ReadonlySet<string> = new Set(["failure", "dead", "rejected", "expired"]);
/** States that say nothing about whether the work can be done. */
const NEUTRAL: ReadonlySet<string> = new Set(["retry", "revoked", "skipped", "upstream"]);

const RULES: Partial<Record<AlertKind, Rule>> = {
  "beat-missing": beatMissing,
  "schedule-missed": scheduleMissed,
  "run-failed": runFailed,
  "run-overdue": runOverdue,
  "queue-unattended": queueUnattended,
  "queue-old": queueOld,
  "worker-lost": workerLost,
  "dead-letters": deadLetters,
  "calendar-ends": calendarEnds,
};

/** Kinds that a look judges. The others are told of by the nodes that they happen to. */
export const JUDGED_KINDS = Object.keys(RULES) as readonly AlertKind[];

export function judge(look: Look, config: Pick<AlertsConfig, "rules">): Judgement {
  const findings = JUDGED_KINDS.flatMap((kind) => {
    const rule = config.rules.get(kind);
    return rule === undefined ? [] : RULES[kind]!(look, rule);
  });
  const missed = new Set(look.overdue.map(({ entry }) => entry));
  return {
    findings,
    judges(kind, subject) {
      if (kind === "schedule-missed") return !look.overdueIsCut || missed.has(subject);
      if (kind === "run-failed") return (look.runs.get(subject)?.ended ?? null) !== null;
      if (kind === "run-overdue") return look.runs.has(subject);
      return (JUDGED_KINDS as readonly string[]).includes(kind);
    },
  };
}

function beatMissing({ leader, hasEntries, overdue }: Look, { graceMs }: AlertRule): Finding[] {
  if (leader !== null || !hasEntries) return [];
  return [
    {
      ...{ kind: "beat-missing", subject: "", since: null, waitMs: graceMs },
      text: "no beat leads: nothing is sent by schedule; start sunbeat beat",
      detail: { dueEntries: overdue.length },
    },
  ];
}

function calendarEnds({ calendars, at }: Look): Finding[] {
  return calendars.flatMap(({ name, to }): Finding[] => {
    const days = daysLeft(to, at);
    if (days > TOLD_DAYS) return [];
    return [
      {
        ...{ kind: "calendar-ends", subject: name, since: null, waitMs: 0 },
        text: `the calendar covers days until ${to}; later days count as open: import the years that follow`,
        detail: { to, days },
      },
    ];
  });
}

function scheduleMissed({ overdue, nodes, at }: Look, rule: AlertRule): Finding[] {
  const limitedSince = Math.min(
    ...nodes.map(({ status, beat }) => (status === "alive" ? (beat?.limitedSince ?? Infinity) : Infinity)),
  );
  return overdue.flatMap((entry): Finding[] => {
    const graceMs = entry.graceMs ?? rule.graceMs ?? 0;
    const lateMs = at - entry.dispatchAt;
    // What waits for the budget of the beat is late, not missed.
    if (entry.mute || lateMs <= graceMs || entry.dispatchAt >= limitedSince - GRACE_MS) return [];
    const when = formatInstant(entry.due, entry.timezone, at);
    return [
      {
        ...{ kind: "schedule-missed", subject: entry.entry, since: entry.dispatchAt + graceMs, waitMs: null },
        text: `due ${when}, ${ago(lateMs)}, nobody sent it (grace ${formatDuration(graceMs)})`,
        detail: { due: entry.due, graceMs },
      },
    ];
  });
}

function runFailed({ runs, at }: Look, rule: AlertRule): Finding[] {
  return eachEntry(runs, ({ ended, failures, timezone }, entry) => {
    const most = failures ?? rule.failures;
    const told = (ended ?? []).filter(({ state }) => !NEUTRAL.has(state));
    const success = told.findIndex(({ state }) => !FAILED.has(state));
    const failed = success < 0 ? told : told.slice(0, success);
    const [newest] = failed;
    if (newest === undefined || failed.length < most) return [];
    const many = failed.length === 1 ? "its last run failed" : `its last ${failed.length} runs failed`;
    // It is told to pages, chats and logs.
    const error = newest.error === null ? null : maskCredentials(newest.error);
    const why = error === null ? "" : `: ${error}`;
    return [
      {
        ...{ kind: "run-failed", subject: entry, since: newest.at, waitMs: rule.graceMs },
        text: `${many}, ${formatInstant(newest.at, timezone, at)}${why}`,
        detail: { failures: failed.length, task: newest.id, error },
      },
    ];
  });
}

function runOverdue({ runs, at }: Look): Finding[] {
  return eachEntry(runs, ({ unfinished }, entry) => {
    if (unfinished === null || at - unfinished.sentAt <= unfinished.runtimeMs) return [];
    const { id, sentAt, runtimeMs } = unfinished;
    return [
      {
        ...{ kind: "run-overdue", subject: entry, since: sentAt + runtimeMs, waitMs: 0 },
        text: `run ${id} was sent ${ago(at - sentAt)} and has not ended (runtime ${formatDuration(runtimeMs)})`,
        detail: { task: id, sentAt, runtimeMs },
      },
    ];
  });
}

function eachEntry(
  runs: ReadonlyMap<string, EntryRuns>,
  rule: (runs: EntryRuns & EntryTerms, entry: string) => Finding[],
): Finding[] {
  return [...runs].flatMap(([entry, found]) => (found.active && !found.mute ? rule(found, entry) : []));
}

function queueUnattended({ queues, nodes }: Look, { graceMs }: AlertRule): Finding[] {
  const attended = new Set(
    nodes
      .filter(({ status, state }) => status === "alive" && (state === "running" || state === "starting"))
      .flatMap(({ worker }) => worker?.queues ?? [])
      .map(({ name }) => name),
  );
  return queues.flatMap((found): Finding[] => {
    if (found.paused || found.ready === 0 || attended.has(found.queue)) return [];
    return [
      {
        ...{ kind: "queue-unattended", subject: found.queue, since: null, waitMs: graceMs },
        text: `${found.ready} ready, and no living worker takes from it`,
        detail: { ready: found.ready },
      },
    ];
  });
}

function queueOld({ queues, at }: Look, { graceMs }: AlertRule): Finding[] {
  return queues.flatMap((found: WatchedQueue): Finding[] => {
    const { queue, paused, oldestReadyAt, ready } = found;
    if (paused || ready === 0 || oldestReadyAt === null || at - oldestReadyAt <= (graceMs ?? 0)) return [];
    return [
      {
        ...{ kind: "queue-old", subject: queue, since: oldestReadyAt + (graceMs ?? 0), waitMs: 0 },
        text: `the oldest of ${ready} ready waits for ${roughly(at - oldestReadyAt)}`,
        detail: { ready, oldestReadyAt },
      },
    ];
  });
}

function workerLost({ nodes, at }: Look, { graceMs }: AlertRule): Finding[] {
  return nodes.flatMap((node): Finding[] => {
    const silentMs = at - node.seenAt;
    if (node.status !== "lost" || silentMs > PRESENCE_MS + LOST_FOR_MS) return [];
    const leased = (node.worker?.running ?? 0) + (node.worker?.prefetched ?? 0);
    const had = node.worker === null ? "" : `, had ${leased} ${leased === 1 ? "task" : "tasks"}`;
    return [
      {
        ...{
          kind: "worker-lost",
          subject: node.node,
          since: node.seenAt + PRESENCE_MS,
          waitMs: graceMs ?? 0,
        },
        text: `${node.kind} on ${node.host} (pid ${node.pid}) is silent, last seen ${ago(silentMs)}${had}`,
        detail: { lastSeen: node.seenAt, leased, boot: node.boot },
      },
    ];
  });
}

/** Any number is a finding: standing.ts knows the number that was there before. */
function deadLetters({ queues }: Look): Finding[] {
  return queues.flatMap(({ queue, dead }): Finding[] => {
    if (dead === 0) return [];
    return [
      {
        ...{ kind: "dead-letters", subject: queue, since: null, waitMs: null },
        text: `${dead} dead ${dead === 1 ? "letter" : "letters"}: sunbeat dead list --queue ${queue}`,
        detail: { count: dead },
      },
    ];
  });
}

function ago(ms: number): string {
  return `${roughly(ms)} ago`;
}

/** In its two largest units, for people. */
export function roughly(ms: number): string {
  const step = ms >= 86_400_000 ? 3_600_000 : ms >= 3_600_000 ? 60_000 : 1_000;
  return formatDuration(Math.max(step, Math.floor(ms / step) * step));
}

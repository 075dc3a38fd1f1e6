/** How the system does, in one object: computed once for all who look, from parts that are read as seldom as their freshness allows. */
import { type AlertView, type AppCore, countDrift, type QueueView } from "../app/index.js";
import type { DriftKind } from "../beat/index.js";
import { cached } from "../core/cached.js";
import type { EpochMs } from "../core/clock.js";
import { maskCredentials } from "../core/credentials.js";
import { examine, type Finding } from "../doctor/index.js";
import { figuresOf } from "../monitor/index.js";
import type { StatDelta, StatPoint } from "../store/contracts/history.js";
import type { LeaderInfo } from "../store/contracts/leases.js";
import type { SeenNode } from "../store/contracts/presence.js";

export interface Overview {
  readonly now: EpochMs;
  readonly broker: string;
  readonly alerts: readonly AlertView[];
  readonly leader: LeaderView | null;
  readonly nodes: NodeCounts;
  readonly next: readonly NextTick[];
  readonly entries: { readonly total: number; readonly paused: number; readonly disabled: number };
  /** Of the last hour, a slot a minute. */
  readonly minutes: readonly MinuteView[];
  readonly wait: Percentiles;
  readonly run: Percentiles;
  readonly queues: readonly QueueView[];
  /** Of the leading beat since it started. */
  readonly ticks: { readonly sent: number; readonly skipped: number };
  /** Failures of the last day, of one task and one error together, newest first. */
  readonly failures: readonly FailureGroup[];
  readonly doctor: { readonly errors: number; readonly warnings: number; readonly unknown: number };
  /** Entries that are stored otherwise than the code of this app declares them, by kind, and the first of their names. */
  readonly drift: {
    readonly kinds: Partial<Record<DriftKind, number>>;
    readonly entries: readonly string[];
  };
}

export interface LeaderView extends LeaderInfo {
  readonly lagMs: number | null;
  readonly nextDue: EpochMs | null;
}

export interface NodeCounts {
  readonly alive: number;
  readonly lost: number;
  readonly workers: number;
  readonly beats: number;
  readonly slots: number;
  readonly running: number;
}

export interface NextTick {
  readonly entry: string;
  readonly due: EpochMs;
}

export interface MinuteView {
  readonly at: EpochMs;
  readonly ok: number;
  readonly failed: number;
  readonly retried: number;
}

export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface FailureGroup {
  readonly task: string;
  readonly error: string;
  readonly count: number;
  readonly last: Date;
  readonly id: string;
}

const HOUR_MS = 3_600_000;
/** What takes long to read is read anew behind the back of those who look. */
const STALE_MS = 10_000;
const NEXT_TICKS = 5;
const ENTRIES_A_PAGE = 1_000;
const FAILURES = 200;
const FAILURE_GROUPS = 8;
const DRIFTED = 5;

export class Overviews {
  readonly read: () => Promise<Overview>;
  readonly findings: () => Promise<readonly Finding[]>;
  readonly nodes: () => Promise<readonly SeenNode[]>;

  constructor(core: AppCore) {
    const { clock, lazyStore: store } = core;
    const nodes = cached(clock, 1_500, () => core.nodes.list());
    const leader = cached(clock, 1_500, () => store.leases.leader());
    const queues = cached(clock, 1_000, () => core.queues.list());
    const alerts = cached(clock, 2_000, () => core.alerts.list({ standing: true, limit: 100 }));
    const stats = cached(clock, 15_000, () => readMinutes(core), STALE_MS);
    const entries = cached(clock, 15_000, () => readEntries(core), STALE_MS);
    const drift = cached(clock, 15_000, () => readDrift(core), STALE_MS);
    const failures = cached(clock, 10_000, () => readFailures(core), STALE_MS);
    this.nodes = nodes;
    this.findings = cached(clock, 60_000, () => examine(core), STALE_MS);
    this.read = cached(clock, 900, async () => {
      const [now, found, lead, held, standing, points, known, failed, findings, drifted] = await Promise.all([
        ...([store.now(), nodes(), leader(), queues(), alerts()] as const),
        ...([stats(), entries(), failures(), this.findings(), drift()] as const),
      ]);
      const beat =
        found.find((node) => node.status === "alive" && node.beat?.role === "leading")?.beat ?? null;
      const of = (verdict: Finding["verdict"]): number =>
        findings.filter((finding) => finding.verdict === verdict).length;
      return {
        ...{ now, broker: core.brokerLabel, alerts: standing, queues: held, failures: failed },
        leader:
          lead === null ? null : { ...lead, lagMs: beat?.lagMs ?? null, nextDue: beat?.nextDue ?? null },
        nodes: countNodes(found),
        next: known.next,
        entries: known.counts,
        ...minutesOf(points, now),
        ticks: { sent: beat?.sent ?? 0, skipped: beat?.skipped ?? 0 },
        drift: drifted,
        doctor: { errors: of("error"), warnings: of("warning"), unknown: of("unknown") },
      };
    });
  }
}

function countNodes(nodes: readonly SeenNode[]): NodeCounts {
  const alive = nodes.filter(({ status }) => status === "alive");
  const workers = alive.flatMap(({ worker }) => worker ?? []);
  return {
    ...{ alive: alive.length, lost: nodes.length - alive.length, workers: workers.length },
    beats: alive.filter(({ beat }) => beat !== null).length,
    slots: workers.reduce((sum, { concurrency }) => sum + concurrency, 0),
    running: workers.reduce((sum, { running }) => sum + running, 0),
  };
}

async function readMinutes({ lazyStore: store }: AppCore): Promise<readonly StatPoint[]> {
  const now = await store.now();
  return store.history.stats({ from: now - HOUR_MS, to: now + 1, step: "minute" });
}

function minutesOf(points: readonly StatPoint[], now: EpochMs): Pick<Overview, "minutes" | "wait" | "run"> {
  const byMinute = new Map(points.map((point) => [point.at, point.tasks]));
  const last = Math.floor(now / 60_000) * 60_000;
  const minutes = Array.from({ length: 60 }, (_, index) => {
    const at = last - (59 - index) * 60_000;
    const tasks = byMinute.get(at) ?? [];
    const sum = (of: (delta: StatDelta) => number): number =>
      tasks.reduce((all, delta) => all + of(delta), 0);
    return {
      at,
      ok: sum(({ ok }) => ok),
      failed: sum(({ failed }) => failed),
      retried: sum(({ retried }) => retried),
    };
  });
  const [all] = figuresOf(
    points.map((point) => ({ ...point, tasks: point.tasks.map((delta) => ({ ...delta, task: "" })) })),
  );
  const none = { p50: null, p95: null };
  return { minutes, wait: all?.wait ?? none, run: all?.run ?? none };
}

async function readEntries({ lazyStore: { entries } }: AppCore): Promise<{
  readonly next: readonly NextTick[];
  readonly counts: Overview["entries"];
}> {
  const next: NextTick[] = [];
  const counts = { total: 0, paused: 0, disabled: 0 };
  for (let after: string | undefined; ;) {
    const page = await entries.list({ limit: ENTRIES_A_PAGE, ...(after !== undefined && { after }) });
    for (const { name, cursor, pausedAt, disabled } of page) {
      counts.total++;
      if (disabled !== null) counts.disabled++;
      else if (pausedAt !== null) counts.paused++;
      else if (cursor !== null) next.push({ entry: name, due: cursor.dispatchAt });
    }
    next.sort((a, b) => a.due - b.due);
    next.splice(NEXT_TICKS);
    if (page.length < ENTRIES_A_PAGE) return { next, counts };
    after = page.at(-1)!.name;
  }
}

/** Pauses are told by the entries: an operator wants them. */
async function readDrift({ schedules }: AppCore): Promise<Overview["drift"]> {
  const found = (await schedules.drift()).filter(({ kind }) => kind !== "paused");
  return { kinds: countDrift(found), entries: found.slice(0, DRIFTED).map(({ entry }) => entry) };
}

async function readFailures({ tasks }: AppCore): Promise<readonly FailureGroup[]> {
  const { rows } = await tasks.search("state:failure,dead,rejected after:24h", { limit: FAILURES });
  const groups = new Map<string, FailureGroup>();
  for (const { task, error, reason, at, id } of rows) {
    const what = maskCredentials(error ?? reason ?? "");
    const key = `${task}\n${what}`;
    const known = groups.get(key);
    groups.set(
      key,
      known ? { ...known, count: known.count + 1 } : { task, error: what, count: 1, last: at, id },
    );
  }
  return [...groups.values()].slice(0, FAILURE_GROUPS);
}

/** What has to hold between two quiet points of the mixed soak, by the log outside the store, by what was sent, and by the store. */
import type { Store } from "../../src/store/contracts/store.js";
import { UNIQUE_POLICIES } from "../../src/tasks/message.js";
import type { UniqueLine } from "./fault-log.js";
import { type Asked, LIMITS, type Paused, type Sent, THROTTLE_MS } from "./mixed-load.js";
import { judgeUnique } from "./unique-invariants.js";

interface Line {
  readonly at: number;
  readonly pid: number;
}

/** A run began, or its function has done all it does. */
export interface RunLine extends Line {
  readonly kind: "began" | "finished";
  readonly task: string;
  readonly id: string;
  /** The worker. */
  readonly by: string;
  readonly retries: number;
  readonly queue: string;
  readonly args: readonly unknown[];
}

interface CooldownLine extends Line {
  readonly kind: "cooldown";
  readonly by: string;
  readonly id: string;
  readonly ms: number;
}

interface AlarmLine extends Line {
  readonly kind: "alarm";
  readonly graph: string;
  readonly id: string;
}

/** Of a worker whose heap holds nothing that could be collected; in bytes. */
export interface GaugeLine extends Line {
  readonly kind: "gauge";
  readonly heap: number;
  readonly external: number;
  readonly resources: number;
}

export type MixedLine = RunLine | CooldownLine | AlarmLine | GaugeLine | (Line & Asked);

export interface Phase {
  readonly lines: readonly MixedLine[];
  readonly sent: readonly Sent[];
  readonly paused: readonly Paused[];
  /** When workers were ended, by name; the watched one never is. */
  readonly ends: ReadonlyMap<string, number>;
}

const PAGE = 500;
/** A worker hears of a pause, and what it has prefetched goes back; a cooldown is in the store: on a machine that is busy with other work. */
const HEARD_MS = 1_300;
/** What the starts of a second have of those of the seconds before. */
const LATE_SHARE = 0.5;

export async function judgeMixed(store: Store, phase: Phase): Promise<readonly string[]> {
  return [...(await judgeEnds(store, phase)), ...judgeRuns(phase)];
}

/** Each has ended as its kind says. */
async function judgeEnds(store: Store, { sent, lines }: Phase): Promise<string[]> {
  const broken: string[] = [];
  const wrong = ({ kind, id }: Sent, what: string): unknown => broken.push(`${kind} ${id}: ${what}`);
  const finished = new Set(lines.flatMap((line) => (line.kind === "finished" ? [line.id] : [])));
  const alarms = new Map<string, number>();
  for (const line of lines)
    if (line.kind === "alarm") alarms.set(line.graph, (alarms.get(line.graph) ?? 0) + 1);
  for (let from = 0; from < sent.length; from += PAGE) {
    const page = sent.slice(from, from + PAGE);
    const graphs = await store.graphs.get(page.map(({ id, isGraph }) => (isGraph ? id : "none")));
    const ids = page.map(({ id, isGraph }, index) => (isGraph ? (graphs[index]?.output ?? id) : id));
    const results = await store.results.get(ids);
    page.forEach((each, index) => {
      const { wants, text = "", isGraph, alarms: wanted = 0 } = each;
      const [graph, result] = [graphs[index], results[index]];
      if (wants === null) return finished.has(each.id) || wrong(each, "never ran");
      const state = isGraph ? graph?.state : result?.state;
      if (!wants.includes(state ?? "nothing")) {
        return wrong(
          each,
          `is ${state}, ${result?.payload?.slice(0, 200)}, ${result?.reason}; wanted ${wants.join(" or ")}`,
        );
      }
      if (graph && graph.open > 0) wrong(each, `${graph.open} parts are open`);
      if (!(result?.payload ?? "").includes(text)) wrong(each, `gave ${result?.payload?.slice(0, 200)}`);
      // A callback may run twice where its worker was killed in it, and counts once.
      const rung = alarms.get(each.id) ?? 0;
      if (wanted === 0 ? rung > 0 : rung === 0) wrong(each, `${rung} error callbacks; wanted ${wanted}`);
      return undefined;
    });
  }
  return broken;
}

function judgeRuns(phase: Phase): string[] {
  const { lines } = phase;
  const begun = lines.filter((line): line is RunLine => line.kind === "began").sort((a, b) => a.at - b.at);
  return [
    ...repeats(phase, begun),
    ...rates(begun),
    ...cooldowns(phase, begun),
    ...pauses(phase, begun),
    ...permits(phase),
    ...uniques(phase),
  ];
}

/** Their runs may come to nothing without a worker's end: the child ends, or they come back by themselves. */
const COMING_BACK = new Set(["exits", "tired"]);

/** A try runs once on each worker, and on another one only where that one was ended. */
function repeats({ ends }: Phase, begun: readonly RunLine[]): string[] {
  const tries = new Map<string, RunLine[]>();
  for (const run of begun) {
    if (COMING_BACK.has(run.task)) continue;
    const name = `${run.task} ${run.id} try ${run.retries}`;
    tries.set(name, [...(tries.get(name) ?? []), run]);
  }
  return [...tries].flatMap(([name, runs]) => {
    const workers = runs.map(({ by }) => by);
    if (new Set(workers).size < runs.length) return [`${name}: twice on one of ${workers.join(", ")}`];
    return workers.slice(0, -1).flatMap((by) => (ends.has(by) ? [] : [`${name}: again, though ${by} lives`]));
  });
}

/** In each second as many as come due in it, the burst of one, and those that were late. */
function rates(begun: readonly RunLine[]): string[] {
  const late = 1 + LATE_SHARE;
  const most = { rated: LIMITS.rated * late + 1, weighed: LIMITS.weighed * late + 1 + 5 };
  return Object.entries(most).flatMap(([task, tokens]) => {
    const byKey = new Map<unknown, RunLine[]>();
    for (const run of begun) {
      if (run.task !== task) continue;
      const key = task === "rated" ? run.args[0] : "";
      byKey.set(key, [...(byKey.get(key) ?? []), run]);
    }
    return [...byKey].flatMap(([key, runs]) => {
      const taken = mostIn(1_000, runs, ({ args }) => (task === "weighed" ? Number(args[0]) : 1));
      return taken > tokens ? [`${task} ${String(key)}: ${taken} tokens in a second, of ${tokens}`] : [];
    });
  });
}

/** The most in any such time. */
function mostIn(ms: number, runs: readonly RunLine[], weightOf: (run: RunLine) => number): number {
  let [most, sum, first] = [0, 0, 0];
  for (const run of runs) {
    sum += weightOf(run);
    while (runs[first]!.at <= run.at - ms) sum -= weightOf(runs[first++]!);
    most = Math.max(most, sum);
  }
  return most;
}

/** Nothing begins while the bucket is shut. One whose worker was ended at that moment has shut nothing. */
function cooldowns({ lines, ends }: Phase, begun: readonly RunLine[]): string[] {
  const runs = begun.filter(({ task }) => task === "tired");
  return lines.flatMap((line) => {
    if (line.kind !== "cooldown" || ends.has(line.by)) return [];
    const [from, to] = [line.at + Math.min(line.ms, HEARD_MS), line.at + line.ms];
    return runs
      .filter(({ at }) => at > from && at < to)
      .map(({ id }) => `tired ${id}: began in the cooldown of ${line.id}`);
  });
}

function pauses({ paused }: Phase, begun: readonly RunLine[]): string[] {
  const runs = begun.filter(({ queue }) => queue === "pausable");
  return paused.flatMap(({ from, to }) =>
    runs
      .filter(({ at }) => at > from + HEARD_MS && at < to)
      .map(({ id, at }) => `pausable ${id}: began ${at - from} ms after a pause of ${to - from} ms`),
  );
}

/** Never more than the permits at once. A run that its worker did not live to finish has ended with it. */
function permits({ lines, ends }: Phase): string[] {
  const changes: { readonly at: number; readonly by: 1 | -1 }[] = [];
  const open = new Map<string, RunLine>();
  for (const line of lines) {
    if ((line.kind !== "began" && line.kind !== "finished") || line.task !== "guarded") continue;
    changes.push({ at: line.at, by: line.kind === "began" ? 1 : -1 });
    if (line.kind === "began") open.set(`${line.id} ${line.by}`, line);
    else open.delete(`${line.id} ${line.by}`);
  }
  for (const { by, at } of open.values()) changes.push({ at: ends.get(by) ?? at, by: -1 });
  // One that ends in the millisecond in which another begins has ended before.
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let [running, most] = [0, 0];
  for (const { by } of changes) most = Math.max(most, (running += by));
  return most > LIMITS.guarded ? [`guarded: ${most} at once`] : [];
}

/** At most one at a time of each key, the latest runs; and one of a throttle in its time. */
function uniques({ lines, sent }: Phase): string[] {
  const own = lines.flatMap((line): UniqueLine[] => {
    if (line.kind === "asking" || line.kind === "asked") return [{ ...line, by: "" }];
    if ((line.kind !== "began" && line.kind !== "finished") || !line.task.startsWith("once.")) return [];
    const { kind, at, id, by } = line;
    return [{ kind, at, id, by, policy: line.task.slice("once.".length), asked: "" }];
  });
  const broken = UNIQUE_POLICIES.flatMap((policy) => judgeUnique(own, policy).broken);
  const first = new Map<string, Sent>();
  for (const each of sent) if (each.kind === "throttled" && !first.has(each.id)) first.set(each.id, each);
  const keys = new Map(
    lines.flatMap((line) =>
      line.kind === "began" && line.task === "throttled" ? [[line.id, line.args[0]]] : [],
    ),
  );
  for (const one of first.values()) {
    for (const other of first.values()) {
      if (one === other || keys.get(one.id) !== keys.get(other.id) || other.asked < one.asked) continue;
      if (other.answered - one.asked < THROTTLE_MS)
        broken.push(`throttled ${one.id} and ${other.id}: in one second`);
    }
  }
  return broken;
}

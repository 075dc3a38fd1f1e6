/**
 * Statistics in rings of slots: nothing is swept and nothing grows. A slot belongs to an instant; one that still holds an older
 * instant counts as empty, and is written over.
 */
import type { EpochMs } from "../../core/clock.js";
import {
  joinDeltas,
  type QueueSample,
  type StatDelta,
  type StatPoint,
  type StatStep,
} from "../contracts/history.js";

interface Ring {
  readonly stepMs: number;
  readonly slots: number;
  /** Of which it is computed. */
  readonly from: StatStep | null;
}

export const RINGS: Readonly<Record<StatStep, Ring>> = {
  minute: { stepMs: 60_000, slots: 120, from: null },
  "10min": { stepMs: 600_000, slots: 144, from: "minute" },
  hour: { stepMs: 3_600_000, slots: 336, from: "10min" },
};

/** Names of tasks, as of queues; the rest are counted together. */
export const MOST_NAMES = 200;
export const OTHER_NAMES = "(other)";
/** A number of one boot comes within seconds of the one before. */
const BOOT_KEPT_MS = 3_600_000;
/** A name that nobody has counted for so long makes room for another. */
export const NAME_KEPT_MS = 14 * 86_400_000;

export type StatKind = "task" | "queue";

/** What a slot holds of a name, as JSON. */
export interface StatRecords {
  /** Null: the slot of this instant holds nothing of the name. */
  slot(step: StatStep, at: EpochMs, kind: StatKind, name: string): string | null;
  put(step: StatStep, at: EpochMs, kind: StatKind, name: string, text: string): void;
  names(kind: StatKind): readonly string[];
  addName(kind: StatKind, name: string): void;
  /** Names of which the newest slot is older. */
  dropNames(before: EpochMs): void;
  lastNumber(boot: string): number | null;
  setLastNumber(boot: string, number: number): void;
  dropBoots(before: EpochMs): void;
  /** Up to which instant a ring is computed. */
  rolledTo(step: StatStep): EpochMs | null;
  setRolledTo(step: StatStep, at: EpochMs): void;
}

interface Statistics {
  readonly now: EpochMs;
  readonly stats: StatRecords;
}

export function slotAt(step: StatStep, at: EpochMs): EpochMs {
  return at - (at % RINGS[step].stepMs);
}

/** A number that came before adds nothing. */
export function addDeltas(
  { stats, now }: Statistics,
  boot: string,
  number: number,
  deltas: readonly StatDelta[],
): void {
  if (number <= (stats.lastNumber(boot) ?? -Infinity)) return;
  stats.setLastNumber(boot, number);
  const at = slotAt("minute", now);
  for (const delta of deltas) {
    const task = placeOf(stats, "task", delta.task);
    const before = stats.slot("minute", at, "task", task);
    const sum = before === null ? { ...delta, task } : joinDeltas(JSON.parse(before) as StatDelta, delta);
    stats.put("minute", at, "task", task, JSON.stringify({ ...sum, task }));
  }
}

export function putSamples({ stats, now }: Statistics, samples: readonly QueueSample[]): void {
  const at = slotAt("minute", now);
  for (const sample of samples) {
    const queue = placeOf(stats, "queue", sample.queue);
    const before = stats.slot("minute", at, "queue", queue);
    const isShared = queue !== sample.queue && before !== null;
    const sum = isShared ? joinSamples(JSON.parse(before) as QueueSample, sample) : sample;
    stats.put("minute", at, "queue", queue, JSON.stringify({ ...sum, queue }));
  }
}

function placeOf(stats: StatRecords, kind: StatKind, name: string): string {
  const names = stats.names(kind);
  if (names.includes(name)) return name;
  const place = names.length < MOST_NAMES ? name : OTHER_NAMES;
  if (!names.includes(place)) stats.addName(kind, place);
  return place;
}

/** Computes what has ended since the last time, and the slot before once more, to the same effect. */
export function rollUpStats({ stats, now }: Statistics): void {
  for (const step of ["10min", "hour"] as const) {
    for (const at of windows(step, stats.rolledTo(step), now)) {
      const { from, stepMs } = RINGS[step];
      for (const kind of ["task", "queue"] as const) {
        for (const name of stats.names(kind)) {
          const texts = slotsOf(from!, at, at + stepMs).map((each) => stats.slot(from!, each, kind, name));
          const text = rolled(kind, texts);
          if (text !== null) stats.put(step, at, kind, name, text);
        }
      }
      stats.setRolledTo(step, at);
    }
  }
  stats.dropNames(now - NAME_KEPT_MS);
  stats.dropBoots(now - BOOT_KEPT_MS);
}

/** Beginnings of slots that have ended and whose parts are still there. */
export function windows(step: StatStep, rolledTo: EpochMs | null, now: EpochMs): EpochMs[] {
  const { stepMs, from } = RINGS[step];
  const reach = RINGS[from!].stepMs * RINGS[from!].slots;
  const oldest = slotAt(step, now - reach) + stepMs;
  return slotsOf(step, Math.max(rolledTo ?? -Infinity, oldest), slotAt(step, now));
}

export function slotsOf(step: StatStep, from: EpochMs, to: EpochMs): EpochMs[] {
  const { stepMs } = RINGS[step];
  const first = Math.ceil(from / stepMs) * stepMs;
  return Array.from(
    { length: Math.max(0, Math.ceil((to - first) / stepMs)) },
    (_, index) => first + index * stepMs,
  );
}

/** One slot of several; null: none of them holds anything. */
export function rolled(kind: StatKind, texts: readonly (string | null)[]): string | null {
  const found = texts.filter((text) => text !== null);
  if (found.length === 0) return null;
  if (kind === "task") {
    return JSON.stringify(found.map((text) => JSON.parse(text) as StatDelta).reduce(joinDeltas));
  }
  const samples = found.map((text) => JSON.parse(text) as QueueSample);
  // The last tells how things stood at the end; the oldest of all waits longest.
  const oldestMs = Math.max(...samples.map((sample) => sample.oldestMs));
  return JSON.stringify({ ...samples.at(-1), oldestMs });
}

export function joinSamples(one: QueueSample, other: QueueSample): QueueSample {
  return {
    queue: one.queue,
    scheduled: one.scheduled + other.scheduled,
    ready: one.ready + other.ready,
    leased: one.leased + other.leased,
    blocked: one.blocked + other.blocked,
    dead: one.dead + other.dead,
    oldestMs: Math.max(one.oldestMs, other.oldestMs),
  };
}

export interface StatQuery {
  readonly names?: readonly string[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly step: StatStep;
}

/** Instants of the slots that a query means and that a ring still has. */
export function instantsOf({ from, to, step }: StatQuery, now: EpochMs): EpochMs[] {
  const { stepMs, slots } = RINGS[step];
  const oldest = slotAt(step, now) - (slots - 1) * stepMs;
  return slotsOf(step, Math.max(slotAt(step, from), oldest), Math.min(to, now + 1));
}

export function readStats({ stats, now }: Statistics, query: StatQuery): StatPoint[] {
  const meant = (kind: StatKind): readonly string[] =>
    stats.names(kind).filter((name) => query.names?.includes(name) ?? true);
  const [tasks, queues] = [meant("task"), meant("queue")];
  return instantsOf(query, now).flatMap((at) =>
    pointOf(
      at,
      tasks.map((name) => stats.slot(query.step, at, "task", name)),
      queues.map((name) => stats.slot(query.step, at, "queue", name)),
    ),
  );
}

/** Nothing where the slot is empty. */
export function pointOf(
  at: EpochMs,
  tasks: readonly (string | null)[],
  queues: readonly (string | null)[],
): StatPoint[] {
  const read = <T>(texts: readonly (string | null)[]): T[] =>
    texts.filter((text) => text !== null).map((text) => JSON.parse(text) as T);
  const point = { at, tasks: read<StatDelta>(tasks), queues: read<QueueSample>(queues) };
  return point.tasks.length + point.queues.length === 0 ? [] : [point];
}

/** Where things stand on a timeline: pure, so that what is drawn of a night on which the clocks change is tested. */
import {
  dayOf,
  daysOf,
  instantOf,
  type LocalDay,
  localDate,
  type Stretch,
  stretchOf,
  timeOfDay,
  zoneSpan,
  type ZoneSpan,
} from "./zones.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const VIEWS = ["day", "week", "month"] as const;
export type View = (typeof VIEWS)[number];

export interface Range {
  readonly from: number;
  /** Not among it. */
  readonly to: number;
}

/** The local day, the week from Monday on, or the month in which a date lies. */
export function rangeOf(view: View, date: string, zone: string): Range {
  const local = localDate(date) ?? 0;
  const [first, last] = localEnds(view, local);
  const span = zoneSpan(first, last, zone);
  return { from: instantOf(first, span), to: instantOf(last, span) };
}

function localEnds(view: View, local: number): readonly [number, number] {
  if (view === "day") return [local, local + DAY_MS];
  const day = new Date(local);
  if (view === "week") {
    const monday = local - ((day.getUTCDay() + 6) % 7) * DAY_MS;
    return [monday, monday + 7 * DAY_MS];
  }
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
  return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
}

/** The date to go to by `count` days, weeks or months. */
export function shifted(view: View, date: string, count: number): string {
  const local = localDate(date) ?? 0;
  const [first] = localEnds(view, local);
  const day = new Date(first);
  if (view === "month") day.setUTCMonth(day.getUTCMonth() + count);
  else day.setUTCDate(day.getUTCDate() + count * (view === "week" ? 7 : 1));
  return day.toISOString().slice(0, 10);
}

export function dateOf(at: number, zone: string): string {
  return dayOf(at, zoneSpan(at, at, zone)).date;
}

/** `factor` below 1: nearer to the middle, or to `around`. No narrower than ten seconds. */
export function zoomed({ from, to }: Range, factor: number, around = (from + to) / 2): Range {
  const width = Math.max(10_000, Math.round((to - from) * factor));
  const share = (around - from) / Math.max(1, to - from);
  const begin = Math.round(around - width * share);
  return { from: begin, to: begin + width };
}

/** 0 to 1 over a range. */
export const share = (at: number, { from, to }: Range): number => (at - from) / Math.max(1, to - from);

export interface AxisTick {
  readonly at: number;
  readonly label: string;
  /** The first of its local day. */
  readonly isDay: boolean;
}

const STEPS_MS = [
  ...[1_000, 2_000, 5_000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 56, 112].map((days) => days * DAY_MS),
];

/** Round local times, at most `most` of them: after a fold they come again, and in a gap there are none. */
export function axisOf(range: Range, span: ZoneSpan, most: number): AxisTick[] {
  const width = range.to - range.from;
  const step = STEPS_MS.find((ms) => width / ms <= most) ?? STEPS_MS.at(-1)!;
  const ticks: AxisTick[] = [];
  const edges = [range.from, ...span.changes.map(({ at }) => at), range.to]
    .filter((at) => at >= range.from && at <= range.to)
    .sort((a, b) => a - b);
  for (let index = 0; index + 1 < edges.length; index++) {
    const [from, to] = [edges[index]!, edges[index + 1]!];
    const offset = span.offsetAt(from);
    for (let local = Math.ceil((from + offset) / step) * step; local - offset < to; local += step) {
      const isDay = local % DAY_MS === 0;
      const label = isDay ? new Date(local).toISOString().slice(5, 10) : timeOfDay(local, step < MINUTE_MS);
      ticks.push({ at: local - offset, label, isDay });
    }
  }
  return ticks;
}

/** A local day as a row in which equal local times stand below each other. */
export interface DayRow extends LocalDay {
  readonly weekday: string;
  /** Local times that are skipped or come twice, as shares of the day. */
  readonly stretches: readonly (Stretch & { readonly left: number; readonly right: number })[];
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

export function rowsOf(range: Range, span: ZoneSpan): DayRow[] {
  return daysOf(range.from, range.to, span).map((day) => ({
    ...day,
    weekday: WEEKDAYS[new Date(day.local).getUTCDay()]!,
    stretches: span.changes
      .map(stretchOf)
      .map((stretch) => ({
        ...stretch,
        left: Math.max(0, (stretch.fromLocal - day.local) / DAY_MS),
        right: Math.min(1, (stretch.toLocal - day.local) / DAY_MS),
      }))
      .filter(({ left, right }) => left < right),
  }));
}

export interface Place {
  readonly row: number;
  /** Share of the local day. */
  readonly x: number;
  /** 1 and 2 in a stretch that comes twice; null elsewhere. */
  readonly pass: 1 | 2 | null;
}

/** Null: in none of the rows. */
export function placeOf(at: number, rows: readonly DayRow[], span: ZoneSpan): Place | null {
  const row = rows.findIndex(({ from, to }) => at >= from && at < to);
  const day = rows[row];
  if (day === undefined) return null;
  const local = span.localOf(at);
  const fold = day.stretches.find(
    ({ kind, fromLocal, toLocal }) => kind === "fold" && local >= fromLocal && local < toLocal,
  );
  const pass = fold === undefined ? null : at < fold.at ? 1 : 2;
  return { row, x: Math.min(1, Math.max(0, (local - day.local) / DAY_MS)), pass };
}

/** Those that lie in one slot of `slots` over the width, where they would cover each other otherwise. */
export function binsOf<T>(items: readonly T[], x: (item: T) => number, slots: number): Map<number, T[]> {
  const bins = new Map<number, T[]>();
  for (const item of items) {
    const slot = Math.min(slots - 1, Math.max(0, Math.floor(x(item) * slots)));
    const bin = bins.get(slot);
    if (bin === undefined) bins.set(slot, [item]);
    else bin.push(item);
  }
  return bins;
}

/** Whether marks of `size` pixels would lie on each other, for the most part. */
export function isCrowded(xs: readonly number[], width: number, size: number): boolean {
  let close = 0;
  const sorted = [...xs].sort((a, b) => a - b);
  for (let index = 1; index < sorted.length; index++) {
    if ((sorted[index]! - sorted[index - 1]!) * width < size * 0.6) close++;
  }
  return close > sorted.length * 0.3 && close > 5;
}

/** The share below which `share` of all values lie; null: there is none. */
export function quantile(values: readonly number[], part: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)]!;
}

export interface Bar {
  readonly from: number;
  readonly to: number;
}

/** Below each other where they overlap: the lane of each, in the order given; beyond `most` they share the last one. */
export function lanesOf(bars: readonly Bar[], most: number): number[] {
  const ends: number[] = [];
  const order = bars.map((bar, index) => ({ ...bar, index })).sort((a, b) => a.from - b.from);
  const lanes = Array<number>(bars.length).fill(0);
  for (const { from, to, index } of order) {
    const free = ends.findIndex((end) => end <= from);
    const lane = free >= 0 ? free : Math.min(ends.length, most - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, to);
    lanes[index] = lane;
  }
  return lanes;
}

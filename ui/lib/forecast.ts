/** Forecasts as they are drawn: their time, their columns, and the cells of a calendar. Pure. */
import type { Range } from "./timeline.js";
import { dayOf, daysOf, instantOf, type ZoneSpan, zoneSpan } from "./zones.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const SPANS = ["day", "week", "year"] as const;
export type ForecastSpan = (typeof SPANS)[number];
export const STEPS = ["minute", "hour", "day"] as const;
export type Step = (typeof STEPS)[number];

export const STEP_MS: Readonly<Record<Step, number>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** What a span can be cut into: neither a few pieces nor too many. */
export const STEPS_OF: Readonly<Record<ForecastSpan, readonly Step[]>> = {
  day: ["minute", "hour"],
  week: ["hour", "minute", "day"],
  year: ["day", "hour"],
};

const DAYS_OF: Readonly<Record<ForecastSpan, number>> = { day: 1, week: 7, year: 365 };

/** Where steps begin: those of a day are local days, the first of them what is left of it. */
export function beginsOf({ from, to }: Range, stepMs: number, span: ZoneSpan): number[] {
  if (stepMs === DAY_MS) return daysOf(from, to, span).map((day) => Math.max(from, day.from));
  return Array.from(
    { length: Math.max(1, Math.ceil((to - from) / stepMs)) },
    (_, step) => from + step * stepMs,
  );
}

/** From the begin of the local hour or day in which `from` lies. */
export function forecastRange(span: ForecastSpan, from: number, zone: string): Range {
  const clocks = zoneSpan(from, from, zone);
  const unit = span === "year" ? DAY_MS : HOUR_MS;
  const local = Math.floor(clocks.localOf(from) / unit) * unit;
  const to = local + DAYS_OF[span] * DAY_MS;
  return { from: instantOf(local, clocks), to: instantOf(to, zoneSpan(from, to, zone)) };
}

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Column {
  /** The step that it shows: of those that it stands for the one with the most starts. */
  readonly step: number;
  readonly from: number;
  /** Not among it. */
  readonly to: number;
}

export function columnsOf(totals: readonly number[], most: number): Column[] {
  const count = Math.max(1, Math.min(totals.length, most));
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * totals.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * totals.length) / count));
    let step = from;
    for (let at = from; at < to; at++) if ((totals[at] ?? 0) > totals[step]!) step = at;
    return { step, from, to };
  });
}

/** The largest by their sums; all others are one. */
export function largest(series: readonly Series[], totals: readonly number[], most: number): Series[] {
  const sum = ({ values }: Series): number => values.reduce((all, one) => all + one, 0);
  const shown = [...series].sort((a, b) => sum(b) - sum(a)).slice(0, most);
  const rest = totals.map((total, step) => total - shown.reduce((all, { values }) => all + values[step]!, 0));
  return rest.some((value) => value > 0) ? [...shown, { name: "others", values: rest }] : shown;
}

/** What stays when some are left out. */
export function withoutSome(totals: readonly number[], left: readonly Series[]): number[] {
  return totals.map((total, step) => left.reduce((rest, { values }) => rest - values[step]!, total));
}

/** The steps with the most, the largest first; where all are alike there is none. */
export function peaksOf(totals: readonly number[], most: number): number[] {
  const usual = Math.max(...totals.map((total) => total), 0);
  const least = totals.filter((total) => total > 0).sort((a, b) => a - b)[Math.floor(totals.length / 4)] ?? 0;
  if (usual <= least) return [];
  return totals
    .map((total, step) => ({ total, step }))
    .filter(({ total }) => total > least)
    .sort((a, b) => b.total - a.total || a.step - b.step)
    .slice(0, most)
    .map(({ step }) => step);
}

export interface HeatCell {
  readonly at: number;
  readonly value: number;
  readonly row: number;
  readonly column: number;
}

export interface Heat {
  readonly cells: readonly HeatCell[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
}

/** A day: minutes by hours. A week: hours by days. A year: weekdays by weeks. What falls together is added: an hour that comes twice. */
export function heatOf(
  range: Range,
  begins: readonly number[],
  values: readonly number[],
  kind: ForecastSpan,
  span: ZoneSpan,
): Heat {
  const first = dayOf(range.from, span).local;
  const cells = new Map<string, HeatCell>();
  const rows = new Map<number, string>();
  const columns = new Map<number, string>();
  for (const [step, value] of values.entries()) {
    const at = begins[step] ?? range.to;
    const { row, column, rowName, columnName } = cellAt(span.localOf(at), first, kind);
    rows.set(row, rowName);
    columns.set(column, columnName);
    const key = `${row} ${column}`;
    const before = cells.get(key);
    cells.set(
      key,
      before === undefined ? { at, value, row, column } : { ...before, value: before.value + value },
    );
  }
  const order = (names: ReadonlyMap<number, string>): number[] => [...names.keys()].sort((a, b) => a - b);
  const [rowKeys, columnKeys] = [order(rows), order(columns)];
  return {
    rows: rowKeys.map((key) => rows.get(key)!),
    columns: columnKeys.map((key) => columns.get(key)!),
    cells: [...cells.values()].map((cell) => ({
      ...cell,
      row: rowKeys.indexOf(cell.row),
      column: columnKeys.indexOf(cell.column),
    })),
  };
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

function cellAt(
  local: number,
  first: number,
  kind: ForecastSpan,
): { readonly row: number; readonly column: number; readonly rowName: string; readonly columnName: string } {
  const iso = new Date(local).toISOString();
  const day = Math.floor((local - first) / DAY_MS);
  const hour = Math.floor(local / HOUR_MS) % 24;
  if (kind === "day") {
    const minute = Math.floor(local / MINUTE_MS) % 60;
    const [row, column] = [day * 24 + hour, minute];
    return { row, column, rowName: `${iso.slice(11, 13)}:00`, columnName: String(minute).padStart(2, "0") };
  }
  if (kind === "week") {
    const rowName = `${WEEKDAYS[weekdayOf(local)]!} ${iso.slice(5, 10)}`;
    return { row: day, column: hour, rowName, columnName: iso.slice(11, 13) };
  }
  const weekday = weekdayOf(local);
  const week = Math.floor((Math.floor(local / DAY_MS) - weekday + 4) / 7);
  const isFirst = Number(iso.slice(8, 10)) <= 7;
  return {
    row: weekday,
    column: week,
    rowName: WEEKDAYS[weekday]!,
    columnName: isFirst ? iso.slice(5, 7) : "",
  };
}

/** Monday is 0. */
const weekdayOf = (local: number): number => (new Date(local).getUTCDay() + 6) % 7;

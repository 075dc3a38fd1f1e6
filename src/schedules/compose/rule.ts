import type { EpochMs } from "../../core/clock.js";
import type { LocalParts } from "../local/parts.js";
import type { Lint, LintOptions, Schedule, ScheduleJSON, ScheduleNote } from "../schedule.js";
import type { Language } from "../telling/language.js";
import type { ScheduleDefaults } from "./defaults.js";

/** A date on which a schedule has no run since a calendar, or a list of dates, says so. */
export interface DayOff {
  /** In the zone of the restriction: "2027-12-24". */
  readonly date: string;
  /** The first run that is left out. */
  readonly at: EpochMs;
  /** "closed: Epiphany (DE-BY)", "except 24 December". */
  readonly reason: string;
}

/** What a schedule that is made of others does with them. */
export interface Rule {
  /** How many operations stand one on the other. */
  readonly depth: number;
  /** Whether `previous` is known: a custom schedule may have none. */
  readonly knowsPast: boolean;
  readonly parts: LocalParts | null;
  readonly zoneName: string | undefined;
  readonly separationMs: number | undefined;
  readonly occurrenceKey?: ((instant: EpochMs) => string | undefined) | undefined;
  readonly following?: ((due: EpochMs) => EpochMs | null) | undefined;
  next(after: EpochMs): EpochMs | null;
  previous(before: EpochMs): EpochMs | null;
  tell(language: Language): string;
  lints(options: LintOptions): Lint[];
  notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[];
  /** Those of the notes that tell of changes of the zone. */
  nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[];
  /** Of what it is made of, and its own. */
  daysOff(from: EpochMs, to: EpochMs): readonly DayOff[];
  toJSON(): ScheduleJSON;
  withDefaults(bind: (schedule: Schedule) => Schedule, defaults: ScheduleDefaults): Rule;
}

/** What a rule reads of a schedule that is ours. */
interface Readable extends Schedule {
  readonly parts?: LocalParts | null;
  readonly zoneName?: string | undefined;
  readonly rule?: Rule;
  nights?(from: EpochMs, to: EpochMs): readonly ScheduleNote[];
  daysOff?(from: EpochMs, to: EpochMs): readonly DayOff[];
}

export function partsOf(schedule: Schedule): LocalParts | null {
  return (schedule as Readable).parts ?? null;
}

export function zoneNameOf(schedule: Schedule): string | undefined {
  return (schedule as Readable).zoneName;
}

export function depthOf(schedule: Schedule): number {
  return (schedule as Readable).rule?.depth ?? 0;
}

export function knowsPast(schedule: Schedule): boolean {
  return (schedule as Readable).rule?.knowsPast ?? typeof schedule.previous === "function";
}

const OUR_TYPES = new Set(
  "crontab reboot interval solar clocked calendar union filter offset shift".split(" "),
);

/**
 * The JSON of a schedule; one that has none, or passes on that of another, is named by a type that nothing reads back.
 */
export function jsonOf(schedule: Schedule): ScheduleJSON {
  const json = schedule.toJSON?.() ?? { type: "custom" };
  const isOurs = "withDefaults" in schedule;
  return isOurs || !OUR_TYPES.has(json.type) ? json : { type: "custom", value: json };
}

export function nightsOf(schedule: Schedule, from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
  return (schedule as Readable).nights?.(from, to) ?? [];
}

export function daysOffIn(schedule: Schedule, from: EpochMs, to: EpochMs): readonly DayOff[] {
  return (schedule as Readable).daysOff?.(from, to) ?? [];
}

/** The occurrence after the one at `due`. */
export function followingOf(schedule: Schedule, due: EpochMs): EpochMs | null {
  if (schedule.following !== undefined) return schedule.following(due);
  return schedule.next(due + (schedule.separationMs ?? 0));
}

/** In one order, whoever wrote them in which; equal ones once. */
export function sortedByText<T>(values: readonly T[], jsonOf_: (value: T) => unknown): T[] {
  const texts = new Map(values.map((value) => [JSON.stringify(jsonOf_(value)), value]));
  return [...texts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}

/** The instant before `before`; a custom schedule may not know it. */
export function previousOf(schedule: Schedule, before: EpochMs): EpochMs | null {
  return schedule.previous?.(before) ?? null;
}

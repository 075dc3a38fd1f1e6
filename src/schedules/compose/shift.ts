import type { EpochMs } from "../../core/clock.js";
import { isSunbeatError, ScheduleError } from "../../core/errors.js";
import { boundTree, canonical, maskOfTree } from "../days/days-tree.js";
import { tellRollDays } from "../days/describe-days.js";
import { rolled, type RollName } from "../days/roll.js";
import type { DaysTree } from "../days/tree.js";
import { notesBetween } from "../local/notes.js";
import { compileParts, onOtherDays, zoneLintsOf, type Compiled, type LocalParts } from "../local/parts.js";
import { ZONE_LINTS } from "../local/zone-lints.js";
import type { Lint, LintOptions, Schedule, ScheduleJSON, ScheduleNote } from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import type { Language } from "../telling/language.js";
import { textOf } from "../telling/text-of.js";
import { localOf } from "../zone.js";
import { within } from "../days/day-mask.js";
import type { ScheduleDefaults } from "./defaults.js";
import { shiftLints } from "./shift-lints.js";
import { daysOffIn, depthOf, jsonOf, partsOf, zoneNameOf, type DayOff, type Rule } from "./rule.js";

export const ROLLS: Readonly<Record<string, RollName>> = {
  "previous business day": "previous",
  "next business day": "next",
  "nearest business day": "nearest",
  "next business day in the month": "month",
};

/** Also where its days are those of a calendar that nobody has given yet. */
function hasDays(of: Schedule): boolean {
  try {
    return partsOf(of) !== null;
  } catch (error) {
    if (isSunbeatError(error) && error.code === "SUNBEAT_CALENDAR_UNKNOWN") return true;
    throw error;
  }
}

/** A local schedule whose days are moved to business days. */
export class ShiftRule implements Rule {
  readonly of: Schedule;
  readonly to: RollName;
  readonly depth: number;
  readonly knowsPast = true;
  readonly separationMs = undefined;
  readonly #days: DaysTree;
  readonly #by: number;
  readonly #defaults: ScheduleDefaults;
  #parts: LocalParts | undefined;
  #compiled: Compiled | undefined;

  /** Throws SUNBEAT_SCHEDULE_INVALID for a schedule without days and times. */
  constructor(of: Schedule, to: RollName, days: DaysTree, by: number, defaults: ScheduleDefaults = {}) {
    if (!hasDays(of)) {
      throw new ScheduleError(
        "SUNBEAT_SCHEDULE_INVALID",
        `shift: expected a crontab or a calendar, whose days can be moved, got ${textOf(of, ENGLISH)}; ` +
          "put .shift first, before windows that are judged on instants",
        { details: { field: "shift" } },
      );
    }
    this.of = of;
    this.to = to;
    this.#days = days;
    this.#by = by;
    this.#defaults = defaults;
    this.depth = depthOf(of) + 1;
  }

  get zoneName(): string | undefined {
    return zoneNameOf(this.of);
  }

  get parts(): LocalParts {
    return (this.#parts ??= this.#shifted());
  }

  #shifted(): LocalParts {
    const parts = partsOf(this.of)!;
    const business = maskOfTree(this.#days, this.#defaults);
    const roll = { to: this.to, by: this.#by };
    if (parts.end === Infinity) return onOtherDays(parts, (days) => rolled(days, business, roll));
    // An end binds the day before it is rolled.
    const last = compileParts(parts).previous(parts.end);
    const lastDay = last === null ? -Infinity : Math.floor(localOf(parts.zone, last) / 86_400_000);
    const moved = onOtherDays(parts, (days) => rolled(within(days, -Infinity, lastDay), business, roll));
    return { ...moved, end: Infinity };
  }

  get #search(): Compiled {
    return (this.#compiled ??= compileParts(this.parts));
  }

  next(after: EpochMs): EpochMs | null {
    return this.#search.next(after);
  }

  previous(before: EpochMs): EpochMs | null {
    return this.#search.previous(before);
  }

  tell(language: Language): string {
    const business = tellRollDays(boundTree(this.#days, this.#defaults), language);
    return `${textOf(this.of, language)}, ${language.shifted(this.to, this.#by, business)}`;
  }

  lints({ from, ...options }: LintOptions): Lint[] {
    const { local } = this.#search;
    // The nights of the days that were moved are not those of the days before.
    const inner = (this.of.lints?.({ from, ...options }) ?? []).filter(({ code }) => !ZONE_LINTS.has(code));
    if (local.never) {
      const message = "no business day is near: this schedule never fires";
      return [...inner.filter(({ code }) => code !== "never"), { code: "never", field: "shift", message }];
    }
    if (from === undefined) return inner;
    const business = maskOfTree(this.#days, this.#defaults);
    return [
      ...inner,
      ...zoneLintsOf(this.parts, local, from),
      ...shiftLints(partsOf(this.of)!, business, { to: this.to, by: this.#by }, from),
    ];
  }

  notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return this.nights(from, to);
  }

  nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return notesBetween(this.#search.local, from, to);
  }

  /** What it moves itself is not left out. */
  daysOff(from: EpochMs, to: EpochMs): readonly DayOff[] {
    return daysOffIn(this.of, from, to);
  }

  toJSON(): ScheduleJSON {
    return {
      type: "shift",
      of: jsonOf(this.of),
      to: this.to,
      days: canonical(boundTree(this.#days, this.#defaults)),
      ...(this.#by !== 0 && { by: this.#by }),
    };
  }

  withDefaults(bind: (schedule: Schedule) => Schedule, defaults: ScheduleDefaults): ShiftRule {
    return new ShiftRule(bind(this.of), this.to, this.#days, this.#by, defaults);
  }
}

import type { EpochMs } from "../../core/clock.js";
import type { Lint, LintOptions, Schedule, ScheduleJSON, ScheduleNote } from "../schedule.js";
import type { Language } from "../telling/language.js";
import { textOf } from "../telling/text-of.js";
import { MAX_INSTANT } from "../zone.js";
import {
  daysOffIn,
  depthOf,
  followingOf,
  jsonOf,
  knowsPast,
  nightsOf,
  previousOf,
  zoneNameOf,
  type DayOff,
  type Rule,
} from "./rule.js";

/** Each occurrence of a schedule moved by so much. */
export class OffsetRule implements Rule {
  readonly of: Schedule;
  readonly offsetMs: number;
  readonly depth: number;
  readonly knowsPast: boolean;
  readonly parts = null;
  readonly separationMs: number | undefined;
  readonly occurrenceKey: Rule["occurrenceKey"];

  constructor(of: Schedule, offsetMs: number) {
    this.of = of;
    this.offsetMs = offsetMs;
    this.depth = depthOf(of) + 1;
    this.knowsPast = knowsPast(of);
    this.separationMs = of.separationMs;
    this.occurrenceKey =
      of.occurrenceKey === undefined ? undefined : (at) => of.occurrenceKey!(at - offsetMs);
  }

  get zoneName(): string | undefined {
    return zoneNameOf(this.of);
  }

  next(after: EpochMs): EpochMs | null {
    return this.#moved(this.of.next(after - this.offsetMs));
  }

  previous(before: EpochMs): EpochMs | null {
    return this.#moved(previousOf(this.of, before - this.offsetMs));
  }

  following(due: EpochMs): EpochMs | null {
    return this.#moved(followingOf(this.of, due - this.offsetMs));
  }

  #moved(at: EpochMs | null): EpochMs | null {
    return at === null || Math.abs(at + this.offsetMs) > MAX_INSTANT ? null : at + this.offsetMs;
  }

  tell(language: Language): string {
    const span = language.names.span(this.offsetMs);
    return language.moved(span, this.offsetMs < 0, textOf(this.of, language));
  }

  lints(options: LintOptions): Lint[] {
    return this.of.lints?.(options) ?? [];
  }

  notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return this.of.notes?.(from - this.offsetMs, to - this.offsetMs).map((note) => this.#told(note)) ?? [];
  }

  nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return nightsOf(this.of, from, to);
  }

  daysOff(from: EpochMs, to: EpochMs): readonly DayOff[] {
    return daysOffIn(this.of, from - this.offsetMs, to - this.offsetMs);
  }

  /** What was left out is told where it would have been; a night is where it is. */
  #told(note: ScheduleNote): ScheduleNote {
    return note.kind === "left-out" ? { ...note, at: note.at + this.offsetMs } : note;
  }

  toJSON(): ScheduleJSON {
    return { type: "offset", of: jsonOf(this.of), offsetMs: this.offsetMs };
  }

  withDefaults(bind: (schedule: Schedule) => Schedule): OffsetRule {
    return new OffsetRule(bind(this.of), this.offsetMs);
  }
}

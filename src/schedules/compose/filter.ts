import type { EpochMs } from "../../core/clock.js";
import { compileParts, restricted, type Compiled as CompiledParts, type LocalParts } from "../local/parts.js";
import type { Local } from "../local/local.js";
import { notesBetween } from "../local/notes.js";
import type { DaysTree } from "../days/tree.js";
import type { Edge, Lint, LintOptions, Schedule, ScheduleJSON, ScheduleNote } from "../schedule.js";
import { boundSpec, cellsOf } from "../windows/cells.js";
import type { Language } from "../telling/language.js";
import { textOf } from "../telling/text-of.js";
import { tellGroup } from "../windows/describe.js";
import { specToJSON } from "../windows/json.js";
import { sunWindowLints } from "../windows/lints.js";
import { negated, schedulesIn, type WindowSpec } from "../windows/spec.js";
import { zone } from "../zone.js";
import { daysOffOf } from "./days-off.js";
import type { ScheduleDefaults } from "./defaults.js";
import { filterLints } from "./filter-lints.js";
import { leftOutNotes, MOST_NOTES } from "./filter-notes.js";
import { piecesOf, sourceOf } from "./filter-pieces.js";
import { OffsetRule } from "./offset.js";
import { FilterSearch, type Bounds } from "./filter-search.js";
import {
  daysOffIn,
  depthOf,
  followingOf,
  jsonOf,
  knowsPast,
  nightsOf,
  partsOf,
  sortedByText,
  zoneNameOf,
  type DayOff,
  type Rule,
} from "./rule.js";

/** A group of windows, of which one must hold. */
type Group = readonly WindowSpec[];

/** What a search needs, made at its first one. */
interface Compiled {
  /** The local schedule within all windows that are judged by its own local time; null: it has none. */
  readonly local: CompiledParts | null;
  readonly search: FilterSearch;
  /** Whether nothing is left, proved. */
  readonly isNever: boolean;
}

/**
 * The occurrences of a schedule that lie in every group of windows, and between two instants. What is judged by the
 * local time of a local schedule becomes part of its days and times; the rest is searched by leaps: the schedule names
 * an instant, the windows name one before which they do not hold.
 */
export class FilterRule implements Rule {
  readonly of: Schedule;
  readonly keep: readonly Group[];
  readonly bounds: Bounds;
  readonly depth: number;
  readonly knowsPast: boolean;
  readonly separationMs: number | undefined;
  readonly occurrenceKey: Rule["occurrenceKey"];
  readonly defaults: ScheduleDefaults;
  #parts: LocalParts | null | undefined;
  #made: Compiled | undefined;

  constructor(of: Schedule, keep: readonly Group[], bounds: Bounds, defaults: ScheduleDefaults = {}) {
    this.of = of;
    this.keep = keep;
    this.bounds = bounds;
    this.depth = Math.max(depthOf(of), ...keep.flat().flatMap(schedulesIn).map(depthOf)) + 1;
    this.knowsPast = knowsPast(of);
    this.separationMs = of.separationMs;
    this.occurrenceKey = of.occurrenceKey === undefined ? undefined : (instant) => of.occurrenceKey!(instant);
    this.defaults = defaults;
  }

  /** A restriction of a restriction is one. */
  static on(of: Schedule, keep: readonly Group[], bounds: Bounds): FilterRule {
    const rule = (of as { readonly rule?: unknown }).rule;
    return rule instanceof FilterRule ? rule.with(keep, bounds) : new FilterRule(of, keep, bounds);
  }

  with(keep: readonly Group[], { startAt = -Infinity, endAt = Infinity }: Bounds): FilterRule {
    const start = Math.max(startAt, this.bounds.startAt ?? -Infinity);
    const end = Math.min(endAt, this.bounds.endAt ?? Infinity);
    const bounds = {
      ...(start !== -Infinity && { startAt: start }),
      ...(end !== Infinity && { endAt: end }),
    };
    return new FilterRule(this.of, [...this.keep, ...keep], bounds, this.defaults);
  }

  get zoneName(): string | undefined {
    return zoneNameOf(this.of);
  }

  /** Null where something is judged on instants, or belongs to the day before: then it is no set of days and times. */
  get parts(): LocalParts | null {
    const { startAt, endAt } = this.bounds;
    if (startAt !== undefined || endAt !== undefined) return null;
    return this.keep.every((group) => this.#isByLabel(group) && !group.some(isNight))
      ? this.#labelParts()
      : null;
  }

  get zone(): string {
    return zoneNameOf(this.of) ?? this.defaults.timezone ?? "UTC";
  }

  #isByLabel(group: Group): boolean {
    const parts = partsOf(this.of);
    return (
      parts !== null &&
      group.every(
        (spec) =>
          spec.from === undefined &&
          !("instants" in spec) &&
          (spec.timezone === undefined || spec.timezone === parts.zone.name),
      )
    );
  }

  #labelParts(): LocalParts | null {
    if (this.#parts !== undefined) return this.#parts;
    const groups = this.keep.filter((group) => this.#isByLabel(group));
    const cells = groups.map((group) => group.flatMap((spec) => cellsOf(spec, this.defaults)!));
    this.#parts = cells.reduce<LocalParts | null>(
      (parts, each) => (parts === null ? null : restricted(parts, each)),
      partsOf(this.of),
    );
    return this.#parts;
  }

  get #compiled(): Compiled {
    return (this.#made ??= this.#compile());
  }

  #compile(): Compiled {
    const parts = this.#labelParts();
    const local = parts === null ? null : compileParts(parts);
    const { pieces, isNever } = piecesOf(
      this.of,
      this.keep.filter((group) => !this.#isByLabel(group)),
      { zoneOf: (spec) => zone(spec.timezone ?? this.zone), defaults: this.defaults },
    );
    const { startAt = -Infinity, endAt = Infinity } = this.bounds;
    return {
      local,
      search: new FilterSearch(
        local === null ? sourceOf(this.of) : { ...local, cost: 1 },
        pieces,
        this.bounds,
      ),
      isNever: local?.local.never === true || isNever || startAt >= endAt,
    };
  }

  get local(): { readonly local: Local; readonly parts: LocalParts } | null {
    const { local } = this.#compiled;
    return local === null ? null : { local: local.local, parts: this.#labelParts()! };
  }

  /** Whether days or hours are asked of instants that were moved before. */
  get isAfterOffset(): boolean {
    const { rule } = this.of as { readonly rule?: unknown };
    return rule instanceof OffsetRule && this.keep.some((group) => group.some(isOfDay));
  }

  get isNever(): boolean {
    return this.#compiled.isNever;
  }

  /** How far the last `next` looked when it gave up; Infinity: it did not. */
  get reached(): EpochMs {
    return this.#compiled.search.reached;
  }

  /** The occurrences that this group leaves out, of those that the groups before it keep. */
  leftOutBy(index: number): FilterRule {
    return this.#outside(this.keep.slice(0, index), index);
  }

  /** The occurrences that this group alone leaves out. */
  without(index: number): FilterRule {
    return this.#outside(
      this.keep.filter((_, i) => i !== index),
      index,
    );
  }

  #outside(others: readonly Group[], index: number): FilterRule {
    const outside = this.keep[index]!.map((spec) => [negated(spec)]);
    return new FilterRule(this.of, [...others, ...outside], this.bounds, this.defaults);
  }

  next(after: EpochMs): EpochMs | null {
    const { search, isNever } = this.#compiled;
    return isNever ? null : search.next(after);
  }

  previous(before: EpochMs): EpochMs | null {
    const { search, isNever } = this.#compiled;
    return isNever ? null : search.previous(before);
  }

  following(due: EpochMs): EpochMs | null {
    if (this.#compiled.local !== null) return this.next(due);
    const first = followingOf(this.of, due);
    return first === null ? null : this.next(first - 1);
  }

  tell(language: Language): string {
    const { startAt, endAt } = this.bounds;
    const { instant } = language.names;
    return [
      textOf(this.of, language),
      ...this.keep.map((group) => tellGroup(group, language)),
      ...(startAt === undefined ? [] : [language.from(instant(startAt))]),
      ...(endAt === undefined ? [] : [language.untilBefore(instant(endAt))]),
    ].join(", ");
  }

  lints(options: LintOptions): Lint[] {
    const { from } = options;
    if (from === undefined) return filterLints(this, options);
    const windows = this.keep.flat().flatMap((spec) => {
      return sunWindowLints(spec, zone(spec.timezone ?? this.zone), this.defaults, from);
    });
    return [...filterLints(this, options), ...windows];
  }

  notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    const left = leftOutNotes(this, from, to);
    return [...this.nights(from, to), ...left].slice(0, MOST_NOTES).sort((a, b) => a.at - b.at);
  }

  nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    const { local } = this.#compiled;
    return local === null ? nightsOf(this.of, from, to) : notesBetween(local.local, from, to);
  }

  daysOff(from: EpochMs, to: EpochMs): readonly DayOff[] {
    const { startAt = from, endAt = to } = this.bounds;
    const [begin, end] = [Math.max(from, startAt), Math.min(to, endAt)];
    return begin < end ? [...daysOffIn(this.of, begin, end), ...daysOffOf(this, begin, end)] : [];
  }

  /** Whether a window is judged in a zone that nobody chose. */
  get needsZone(): boolean {
    return (
      zoneNameOf(this.of) === undefined &&
      this.defaults.timezone === undefined &&
      this.keep.some((group) => group.some((spec) => spec.timezone === undefined && needsZone(spec)))
    );
  }

  toJSON(): ScheduleJSON {
    const own = zoneNameOf(this.of);
    const written = (spec: WindowSpec): object => {
      const { timezone = this.zone, ...bound } = boundSpec(spec, this.defaults);
      const decides = needsZone(spec) && timezone !== own;
      return specToJSON(decides ? { ...bound, timezone } : bound, jsonOf);
    };
    const same = (json: object): object => json;
    const keep = this.keep.map((group) => {
      const any = sortedByText(group.map(written), same);
      return any.length === 1 ? any[0]! : { any };
    });
    return { type: "filter", of: jsonOf(this.of), keep: sortedByText(keep, same), ...this.bounds };
  }

  withDefaults(bind: (schedule: Schedule) => Schedule, defaults: ScheduleDefaults): FilterRule {
    const boundEdges = (spec: WindowSpec): WindowSpec => {
      if ("instants" in spec) return { ...spec, instants: bind(spec.instants) };
      if (spec.from === undefined) return spec;
      const { from, to } = spec;
      return {
        ...spec,
        from: typeof from === "string" ? from : bind(from),
        to: typeof to === "string" ? to : bind(to),
      };
    };
    return new FilterRule(
      bind(this.of),
      this.keep.map((group) => group.map(boundEdges)),
      this.bounds,
      defaults,
    );
  }
}

/** Instants and two events of the Sun are windows in no zone, unless days are asked for. */
function needsZone(spec: WindowSpec): boolean {
  if ("instants" in spec) return false;
  const { from, to, days } = spec as { from?: Edge; to?: Edge; days?: DaysTree };
  return from === undefined || days !== undefined || typeof from === "string" || typeof to === "string";
}

/** Whether a window goes over midnight and belongs to the day on which it began. */
function isNight({ hours, days }: WindowSpec): boolean {
  return hours !== undefined && days !== undefined && hours[1] <= hours[0];
}

function isOfDay(spec: WindowSpec): boolean {
  return spec.days !== undefined || spec.hours !== undefined;
}

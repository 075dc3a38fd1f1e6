import type { EpochMs } from "../../core/clock.js";
import { durationMs, type Duration } from "../../core/duration.js";
import { ScheduleError } from "../../core/errors.js";
import { askedInstant, instantMs, type InstantLike } from "../../core/instant.js";
import { assertKnownKeys, integerOption } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { treeOf } from "../days/days-like.js";
import { treeIn, type DaysLike, type DaysTree } from "../days/tree.js";
import type { LocalParts } from "../local/parts.js";
import { refuseAs } from "../refuse-as.js";
import type {
  BuiltInSchedule,
  Edge,
  Lint,
  LintOptions,
  Roll,
  Schedule,
  ScheduleJSON,
  ScheduleLike,
  ScheduleNote,
  ShiftOptions,
  TimeWindow,
  WindowOptions,
} from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import { TELL, type Language } from "../telling/language.js";
import { negated, specIn, specOf, type WindowSpec } from "../windows/spec.js";
import type { ScheduleDefaults } from "./defaults.js";
import { FilterRule } from "./filter.js";
import { OffsetRule } from "./offset.js";
import type { DayOff, Rule } from "./rule.js";
import { ROLLS, ShiftRule } from "./shift.js";
import { UnionRule } from "./union.js";

const MOST_MEMBERS = 100;
/** So many operations stand one on the other at most. */
export const DEEPEST = 16;

function invalid(message: string, details: Record<string, unknown> = {}): ScheduleError {
  return new ScheduleError("SUNBEAT_SCHEDULE_INVALID", message, { details });
}

/** A schedule that can be restricted, moved and joined with others. */
export abstract class Composable implements BuiltInSchedule {
  abstract next(after: EpochMs): EpochMs | null;
  abstract previous(before: EpochMs): EpochMs | null;
  abstract lints(options?: LintOptions): Lint[];
  abstract toJSON(): ScheduleJSON;
  declare readonly separationMs?: number;

  /** @internal One line for people in a language. */
  abstract [TELL](language: Language): string;

  describe(): string {
    return this[TELL](ENGLISH);
  }

  following(due: EpochMs): EpochMs | null {
    return this.next(due + (this.separationMs ?? 0));
  }

  notes(_from: EpochMs, _to: EpochMs): readonly ScheduleNote[] {
    return [];
  }

  /** @internal Those of the notes that tell of changes of the zone. */
  nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return this.notes(from, to);
  }

  /** @internal Dates in [`from`, `to`) on which it would run, did a calendar or a list of dates not say otherwise. */
  daysOff(_from: EpochMs, _to: EpochMs): readonly DayOff[] {
    return [];
  }

  /** The same schedule with what the app and the entry supply where it says nothing of its own. */
  withDefaults(_defaults: ScheduleDefaults): Composable {
    return this;
  }

  /** @internal The days and times of a local schedule; null for any other. */
  get parts(): LocalParts | null {
    return null;
  }

  /** @internal In which restrictions are judged that name no zone; undefined: it has none. */
  get zoneName(): string | undefined {
    return this.parts?.zone.name;
  }

  or(...others: ScheduleLike[]): Composable {
    return joined([this, ...others]);
  }

  onDays(days: DaysLike, options: { readonly timezone?: string | undefined } = {}): Composable {
    refuseAs("SUNBEAT_SCHEDULE_INVALID", () => assertKnownKeys(options, ["timezone"], "onDays: options"));
    return restrict(this, [[specIn(treeOf(days, "onDays"), options.timezone)]]);
  }

  between(from: Edge, to: Edge, options: WindowOptions = {}): Composable {
    return restrict(this, [[specOf(from, to, options)]]);
  }

  only(...windows: (TimeWindow | DaysLike)[]): Composable {
    if (windows.length === 0) throw invalid("only: expected a window or days, got nothing");
    return restrict(this, [windows.map((window) => specIn(window))]);
  }

  except(...what: (TimeWindow | DaysLike | Schedule)[]): Composable {
    if (what.length === 0) throw invalid("except: expected a window, days or a schedule, got nothing");
    return restrict(
      this,
      what.map((each) => [negated(isSchedule(each) ? { instants: each } : specIn(each))]),
    );
  }

  offset(by: Duration): Composable {
    const offsetMs = refuseAs("SUNBEAT_SCHEDULE_INVALID", () => durationMs(by, "offset"));
    return eachMember(this, (member) => moved(member, offsetMs));
  }

  shift(to: Roll, options: ShiftOptions = {}): Composable {
    refuseAs("SUNBEAT_SCHEDULE_INVALID", () => assertKnownKeys(options, ["days", "by"], "shift: options"));
    const roll = typeof to === "string" && Object.hasOwn(ROLLS, to) ? ROLLS[to] : undefined;
    if (roll === undefined) {
      const known = Object.keys(ROLLS).map((name) => JSON.stringify(name));
      throw invalid(`shift: expected ${known.join(" or ")}, got ${quote(to)}`, {
        field: "to",
        value: quote(to),
      });
    }
    const by = refuseAs("SUNBEAT_SCHEDULE_INVALID", () =>
      integerOption(options.by ?? 0, "shift: by", -366, 366),
    );
    const days: DaysTree =
      options.days === undefined ? "business" : (treeIn(options.days) ?? treeOf(options.days, "shift: days"));
    return eachMember(this, (member) => new Composed(new ShiftRule(member, roll, days, by)));
  }

  startAt(instant: InstantLike): Composable {
    const startAt = refuseAs("SUNBEAT_SCHEDULE_INVALID", () => instantMs(instant, "startAt"));
    return eachMember(this, (member) => new Composed(FilterRule.on(member, [], { startAt })));
  }

  endAt(instant: InstantLike): Composable {
    const endAt = refuseAs("SUNBEAT_SCHEDULE_INVALID", () => instantMs(instant, "endAt"));
    return eachMember(this, (member) => new Composed(FilterRule.on(member, [], { endAt })));
  }
}

/** A schedule made of others. */
export class Composed extends Composable {
  /** @internal */
  readonly rule: Rule;

  /** @internal Made by the methods of schedules, `union`, `compose`. Throws SUNBEAT_SCHEDULE_INVALID. */
  constructor(rule: Rule) {
    super();
    if (rule.depth > DEEPEST) {
      throw invalid(`schedule: expected at most ${DEEPEST} operations one on the other, got ${rule.depth}`);
    }
    this.rule = rule;
    if (rule.separationMs !== undefined) {
      Object.defineProperty(this, "separationMs", { value: rule.separationMs, enumerable: true });
    }
    if (rule.occurrenceKey !== undefined) {
      const keyOf = (instant: EpochMs): string | undefined => rule.occurrenceKey!(instant);
      Object.defineProperty(this, "occurrenceKey", { value: keyOf });
    }
    Object.freeze(this);
  }

  next(after: EpochMs): EpochMs | null {
    const from = askedInstant(after, "next: after");
    return Number.isNaN(from) ? null : this.rule.next(from);
  }

  previous(before: EpochMs): EpochMs | null {
    const to = askedInstant(before, "previous: before");
    return Number.isNaN(to) ? null : this.rule.previous(to);
  }

  override following(due: EpochMs): EpochMs | null {
    return this.rule.following?.(due) ?? (this.rule.following ? null : super.following(due));
  }

  [TELL](language: Language): string {
    return this.rule.tell(language);
  }

  lints(options: LintOptions = {}): Lint[] {
    return this.rule.lints(options);
  }

  override notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return this.rule.notes(from, to);
  }

  override nights(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return this.rule.nights(from, to);
  }

  override daysOff(from: EpochMs, to: EpochMs): readonly DayOff[] {
    return this.rule.daysOff(from, to);
  }

  toJSON(): ScheduleJSON {
    return this.rule.toJSON();
  }

  override withDefaults(defaults: ScheduleDefaults): Composable {
    const rule = this.rule.withDefaults((schedule) => bound(schedule, defaults), defaults);
    return rule instanceof UnionRule && rule.members.length === 1
      ? composed(rule.members[0]!)
      : new Composed(rule);
  }

  override get parts(): LocalParts | null {
    return this.rule.parts;
  }

  override get zoneName(): string | undefined {
    return this.rule.zoneName;
  }
}

/** A schedule with the defaults of its app; one that is not ours has none to take. */
export function bound(schedule: Schedule, defaults: ScheduleDefaults): Schedule {
  return schedule instanceof Composable ? schedule.withDefaults(defaults) : schedule;
}

/** Whether `value` can be asked for the next instant: all that a custom schedule must have. */
function isSchedule(value: unknown): value is Schedule {
  return treeIn(value) === undefined && typeof (value as { next?: unknown } | null)?.next === "function";
}

/** What operators act on: the members of a union, each by itself. */
function membersOf(schedule: Schedule): readonly Schedule[] {
  return schedule instanceof Composed && schedule.rule instanceof UnionRule
    ? schedule.rule.members
    : [schedule];
}

function eachMember(schedule: Composable, change: (member: Schedule) => Composable): Composable {
  const members = membersOf(schedule);
  return members.length === 1 ? change(members[0]!) : new Composed(new UnionRule(members.map(change)));
}

function restrict(schedule: Composable, keep: readonly (readonly WindowSpec[])[]): Composable {
  return eachMember(schedule, (member) => new Composed(FilterRule.on(member, keep, {})));
}

/** Schedules with an offset of their own keep it there; the others are moved from outside. */
function moved(member: Schedule, offsetMs: number): Composable {
  const own = (member as { movedBy?: (offsetMs: number) => Composable | undefined }).movedBy?.(offsetMs);
  if (own !== undefined) return own;
  if (member instanceof Composed && member.rule instanceof OffsetRule) {
    const total = member.rule.offsetMs + offsetMs;
    return total === 0 ? composed(member.rule.of) : new Composed(new OffsetRule(member.rule.of, total));
  }
  return offsetMs === 0 ? composed(member) : new Composed(new OffsetRule(member, offsetMs));
}

/** The schedule itself where it has the methods, else a union of one. */
export function composed(schedule: Schedule): Composable {
  return schedule instanceof Composable ? schedule : new Composed(new UnionRule([schedule]));
}

let everySeconds: ((seconds: number) => Schedule) | undefined;

/** Intervals are made by a module that builds upon this one: it says how, when it is loaded. */
export function takeNumbersAs(make: (seconds: number) => Schedule): void {
  everySeconds = make;
}

/** The union of schedules, numbers of seconds and lists of these. Throws SUNBEAT_SCHEDULE_INVALID. */
export function joined(schedules: readonly ScheduleLike[]): Composable {
  const members = flat(schedules, 0);
  if (members.length === 0) throw invalid("union: expected at least one schedule, got none");
  if (members.length > MOST_MEMBERS) {
    throw invalid(`union: expected at most ${MOST_MEMBERS} schedules, got ${members.length}`);
  }
  const unique = [...new Set(members)];
  return unique.length === 1 ? composed(unique[0]!) : new Composed(new UnionRule(unique));
}

function flat(schedules: readonly ScheduleLike[], depth: number): Schedule[] {
  return schedules.flatMap((each: unknown): readonly Schedule[] => {
    if (typeof each === "number" && everySeconds !== undefined) return [everySeconds(each)];
    if (Array.isArray(each) && depth < DEEPEST) return flat(each as ScheduleLike[], depth + 1);
    if (isSchedule(each)) return membersOf(each);
    throw invalid(`union: expected schedules, or numbers of seconds, got ${quote(each)}`, {
      value: quote(each),
    });
  });
}

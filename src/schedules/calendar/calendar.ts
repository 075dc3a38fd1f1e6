import type { EpochMs } from "../../core/clock.js";
import { askedInstant, instantMs, type InstantLike } from "../../core/instant.js";
import { assertKnownKeys, choiceOption, integerOption } from "../../core/options.js";
import { Composable } from "../compose/composable.js";
import type { ScheduleDefaults } from "../compose/defaults.js";
import { boundTree, canonical, maskOfTree } from "../days/days-tree.js";
import { tellRule } from "../days/describe-rule.js";
import { ruleFromJSON } from "../days/days-json.js";
import { calendarInvalid, RULE_KEYS, ruleOf, type DaysRule } from "../days/rule-options.js";
import { dayOfText } from "../days/day-mask.js";
import type { LocalDate, RuleTree } from "../days/tree.js";
import { DST_NAMES, FOLD_POLICIES, GAP_POLICIES, type DstOption } from "../local/dst.js";
import { notesBetween } from "../local/notes.js";
import { compileParts, type Compiled, type LocalParts } from "../local/parts.js";
import { refuseAs } from "../refuse-as.js";
import type { Lint, LintOptions, ScheduleJSON, ScheduleNote } from "../schedule.js";
import { TELL, type Language } from "../telling/language.js";
import { zone } from "../zone.js";
import { calendarLints } from "./lints.js";
import { secondsOf, timesOf, type CalendarTimes, type TimesJSON } from "./times.js";

export interface CalendarOptions extends Omit<DaysRule, "until"> {
  /** Times of day. Default "00:00". */
  readonly at?: CalendarTimes | undefined;
  /** The last day, which is included, or an instant, which is not. Default no end. */
  readonly until?: InstantLike | undefined;
  /** Only so many occurrences from `from` on, 1 to 100,000. Not together with `until`. Default all. */
  readonly count?: number | undefined;
  /** IANA name. Default the app's, else UTC. */
  readonly timezone?: string | undefined;
  /** What happens when the zone's offset changes. Default the app's, else "vixie". */
  readonly dst?: DstOption | undefined;
}

/** What a calendar is made of, checked. */
export interface CalendarParts {
  readonly rule: RuleTree;
  readonly times: TimesJSON;
  readonly untilMs?: EpochMs | undefined;
  readonly count?: number | undefined;
  readonly timezone?: string | undefined;
  readonly dst?: DstOption | undefined;
  /** The RRULE that it was written as. */
  readonly text?: string | undefined;
}

const MOST_COUNTED = 100_000;
/** More times than this are counted in a description. */
const LISTED_TIMES = 6;
const OPTIONS = [...RULE_KEYS, "at", "count", "timezone", "dst"];

/** Days of a rule at times of day in a zone (docs/calendar.md). Immutable. Made by `calendar()`. */
export class CalendarSchedule extends Composable {
  readonly timezone: string;
  /** @internal */
  readonly made: CalendarParts;
  readonly #defaults: ScheduleDefaults;
  readonly #dst: DstOption;
  #parts: LocalParts | undefined;
  #compiled: Compiled | undefined;

  /** @internal Use `calendar()`. */
  constructor(made: CalendarParts, defaults: ScheduleDefaults = {}) {
    super();
    this.made = made;
    this.timezone = made.timezone ?? defaults.timezone ?? "UTC";
    this.#dst = made.dst ?? defaults.dst ?? "vixie";
    this.#defaults = defaults;
    Object.freeze(this);
  }

  override get parts(): LocalParts {
    return (this.#parts ??= this.#made());
  }

  #made(): LocalParts {
    const { rule, times, untilMs = Infinity, count } = this.made;
    const isStep = "everyMs" in times;
    const parts = {
      blocks: [{ days: maskOfTree({ rule }, this.#defaults), seconds: secondsOf(times) }],
      zone: zone(this.timezone),
      dst: this.#dst,
      jobClass: isStep ? ("wildcard" as const) : ("fixed" as const),
      end: untilMs,
    };
    if (count === undefined) return parts;
    const all = compileParts(parts);
    let last = all.next((dayOfText(rule.from!)! - 3) * 86_400_000);
    for (let i = 1; i < count && last !== null; i++) last = all.next(last);
    return last === null ? parts : { ...parts, end: last + 1 };
  }

  override get zoneName(): string {
    return this.timezone;
  }

  get #search(): Compiled {
    return (this.#compiled ??= compileParts(this.parts));
  }

  next(after: EpochMs): EpochMs | null {
    return this.#search.next(askedInstant(after, "next: after"));
  }

  previous(before: EpochMs): EpochMs | null {
    const to = askedInstant(before, "previous: before");
    return this.#search.previous(to);
  }

  override withDefaults(defaults: ScheduleDefaults): CalendarSchedule {
    return new CalendarSchedule(this.made, defaults);
  }

  [TELL](language: Language): string {
    const { rule, times, untilMs, count } = this.made;
    const { date, instant } = language.names;
    const parts = [
      `${tellRule(rule, language)} ${timesText(times, language)}`,
      ...(rule.from === undefined ? [] : [language.from(date(rule.from))]),
      ...(rule.until === undefined ? [] : [language.until(date(rule.until))]),
      ...(untilMs === undefined ? [] : [language.untilBefore(instant(untilMs))]),
      ...(count === undefined ? [] : [language.times(count)]),
    ];
    return `${parts.join(", ")}${this.timezone === "UTC" ? "" : ` (${this.timezone})`}`;
  }

  lints(options: LintOptions = {}): Lint[] {
    return calendarLints(this, this.#search.local, options);
  }

  override notes(from: EpochMs, to: EpochMs): readonly ScheduleNote[] {
    return notesBetween(this.#search.local, from, to);
  }

  toJSON(): ScheduleJSON {
    const { rule, times, untilMs, count, text } = this.made;
    const { rule: bound } = canonical(boundTree({ rule }, this.#defaults)) as { readonly rule: RuleTree };
    return {
      type: "calendar",
      ...bound,
      at: times,
      ...(untilMs !== undefined && { until: untilMs }),
      ...(count !== undefined && { count }),
      timezone: this.timezone,
      ...(this.#dst !== "vixie" && { dst: this.#dst }),
      ...(text !== undefined && { text }),
    };
  }
}

function timesText(times: TimesJSON, language: Language): string {
  if ("everyMs" in times) return language.atEvery(times.everyMs, times.from, times.to);
  if (times.length <= LISTED_TIMES) return language.at(times);
  return language.atMany(times.length, times[0]!, times.at(-1)!);
}

/**
 * A calendar: every so many days, weeks, months or years, on these days, at these times of day.
 * Throws SUNBEAT_CALENDAR_INVALID, SUNBEAT_DAYS_INVALID, SUNBEAT_TIMEZONE_INVALID.
 *
 *     calendar({ every: "2 weeks", on: ["mon", "thu"], at: ["08:00", "17:30"], from: "2027-01-04" })
 *     calendar({ every: "month", on: "last business day", at: "18:00" })
 */
export function calendar(options: CalendarOptions): CalendarSchedule {
  refuseAs("SUNBEAT_CALENDAR_INVALID", () => assertKnownKeys(options, OPTIONS, "calendar"));
  const { at, until, count, timezone, dst, ...days } = options;
  const isDate = typeof until === "string" && /^\d{4}-\d\d-\d\d$/.test(until);
  const rule = ruleOf({ ...days, ...(isDate && { until: until as LocalDate }) });
  return new CalendarSchedule({
    rule,
    ...ends(rule, isDate ? undefined : until, count),
    ...local(at, timezone, dst),
  });
}

function ends(rule: RuleTree, until: unknown, count: unknown): Pick<CalendarParts, "untilMs" | "count"> {
  if (count !== undefined) {
    if (until !== undefined || rule.until !== undefined) {
      throw calendarInvalid("count", "expected count or until, got both", count);
    }
    if (rule.from === undefined) {
      throw calendarInvalid(
        "from",
        "expected a date, as count is counted from it, got undefined",
        undefined,
        'write from: "2027-01-04"',
      );
    }
    refuseAs("SUNBEAT_CALENDAR_INVALID", () => integerOption(count, "calendar: count", 1, MOST_COUNTED));
    return { count: count as number };
  }
  if (until === undefined) return {};
  return {
    untilMs: refuseAs("SUNBEAT_CALENDAR_INVALID", () => instantMs(until as InstantLike, "calendar: until")),
  };
}

function local(
  at: unknown,
  timezone: unknown,
  dst: unknown,
): Pick<CalendarParts, "times" | "timezone" | "dst"> {
  if (timezone !== undefined) zone(timezone as string);
  return {
    times: timesOf(at),
    ...(timezone !== undefined && { timezone: timezone as string }),
    ...(dst !== undefined && { dst: dstOf(dst) }),
  };
}

/** One spelling of each rule, as in a crontab. Throws SUNBEAT_CALENDAR_INVALID. */
export function dstOf(value: unknown): DstOption {
  return refuseAs("SUNBEAT_CALENDAR_INVALID", () => {
    if (typeof value !== "object" || value === null) return choiceOption(value, "calendar: dst", DST_NAMES);
    assertKnownKeys(value, ["gap", "fold"], "calendar: dst");
    const { gap = "after", fold = "first" } = value as { gap?: unknown; fold?: unknown };
    const policy = {
      gap: choiceOption(gap, "calendar: dst.gap", GAP_POLICIES),
      fold: choiceOption(fold, "calendar: dst.fold", FOLD_POLICIES),
    };
    return policy.gap === "after" && policy.fold === "first" ? "vixie" : policy;
  });
}

/** The inverse of `toJSON`. JSON without a zone takes the app's. Throws as `calendar`. */
export function calendarFromJSON(json: ScheduleJSON): CalendarSchedule {
  const { type: _type, at, until, count, timezone, dst, text, ...days } = json;
  const isDate = typeof until === "string";
  const rule = ruleFromJSON({ ...days, ...(isDate && { until }) });
  const step =
    typeof at === "object" && at !== null && "everyMs" in at ? (at as Record<string, unknown>) : undefined;
  const times =
    step === undefined
      ? at
      : { every: { milliseconds: step["everyMs"] }, from: step["from"], to: step["to"] };
  const isComplete = timezone !== undefined;
  return new CalendarSchedule({
    rule,
    ...ends(rule, isDate ? undefined : until, count),
    ...local(times, timezone, dst ?? (isComplete ? "vixie" : undefined)),
    ...(text !== undefined && { text: textIn(text) }),
  });
}

function textIn(text: unknown): string {
  if (typeof text === "string" && text.length <= 4_096) return text;
  throw calendarInvalid("text", "expected the RRULE that it was written as", text);
}

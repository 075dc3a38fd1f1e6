/** A civil date: "2027-03-28", from 0001-01-01 to 9999-12-31. */
export type LocalDate = `${number}-${number}-${number}`;
export type Weekday = "sun" | "mon" | "tue" | "wed" | "thu" | "fri" | "sat";
export type WeekdayRange = Weekday | `${Weekday}-${Weekday}`;

/** A set of civil dates. Knows no zone and no time. Made by `weekdays`, `dates`, `businessDays`, `holidays`, `days`. */
export interface Days {
  /** Throws SUNBEAT_DAYS_INVALID for what is no date, SUNBEAT_CALENDAR_UNKNOWN for a calendar that nobody gave. */
  has(date: LocalDate): boolean;
  /** The first date of the set after a date, or null for none. Throws as `has`. */
  next(after: LocalDate): LocalDate | null;
  /** The last date of the set before a date, or null for none. Throws as `has`. */
  previous(before: LocalDate): LocalDate | null;
  /** The dates of both. Throws SUNBEAT_DAYS_INVALID. */
  and(other: DaysLike): Days;
  /** The dates of either. Throws SUNBEAT_DAYS_INVALID. */
  or(other: DaysLike): Days;
  /** All other dates. */
  not(): Days;
  /** One line for people. */
  describe(): string;
  /** Plain data; equal for sets that are the same by the laws of sets. */
  toJSON(): object;
}

/** What is taken where days are wanted: a weekday, a range of them, a date, "business", or a list that is their union. */
export type DaysLike = Days | "business" | WeekdayRange | LocalDate | readonly DaysLike[];

/** The days of a rule of a calendar, as its JSON has them. */
export interface RuleTree {
  readonly every: number;
  readonly unit: "day" | "week" | "month" | "year";
  /** Numbers of days, weekdays, or ordinals such as "2nd fri", "last business day". */
  readonly on?: readonly (number | string)[];
  /** Months of a year, 1 to 12. */
  readonly in?: readonly number[];
  readonly from?: string;
  readonly until?: string;
  readonly position?: readonly number[];
  readonly missing?: "clamp";
  readonly weekStart?: Weekday;
  readonly business?: DaysTree;
}

/** A set of days as data. "business" is what the app means by it, Monday to Friday where no app says so. */
export type DaysTree =
  | "business"
  | { readonly weekdays: readonly number[] }
  | { readonly dates: readonly (string | readonly [from: string, to: string])[] }
  | { readonly calendar: string }
  | { readonly business: { readonly closed?: DaysTree; readonly weekend?: readonly number[] } }
  | { readonly rule: RuleTree }
  | { readonly all: readonly DaysTree[] }
  | { readonly any: readonly DaysTree[] }
  | { readonly not: DaysTree };

/** Days off by date, under a name: see `holidays`. */
export interface CalendarDays {
  readonly days: readonly (LocalDate | { readonly date: LocalDate; readonly name?: string })[];
}

/** What day sets refer to by name. */
export interface DaysDefaults {
  /** What "business" means where a schedule does not say. */
  readonly business?: Days | undefined;
  /** The calendar of a name; undefined: there is none. */
  readonly calendars?: ((name: string) => CalendarDays | undefined) | undefined;
}

/** Where a set of days keeps its tree. */
export const TREE = Symbol("sunbeat.days");

/** Whether it was made by this package. */
export function isDays(value: unknown): value is Days {
  return treeIn(value) !== undefined;
}

/** The tree of a set made by this package; undefined for anything else. */
export function treeIn(value: unknown): DaysTree | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { readonly [TREE]?: DaysTree })[TREE];
}

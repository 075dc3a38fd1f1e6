/** The six fields in the order in which they are written. */
export const FIELD_NAMES = ["second", "minute", "hour", "dayOfMonth", "monthOfYear", "dayOfWeek"] as const;

export type FieldName = (typeof FIELD_NAMES)[number];

/** What may stand in one field. */
export interface FieldSpec {
  readonly name: FieldName;
  /** How messages call it. */
  readonly label: string;
  readonly min: number;
  /** The largest number that may be written. */
  readonly max: number;
  /** How many different values there are; day of week has one fewer than numbers, as 0 and 7 are both Sunday. */
  readonly size: number;
  /** Lower-case names and their values. */
  readonly names: ReadonlyMap<string, number>;
  /** What a value of this field is, for messages. */
  readonly noun: string;
  /** The largest value that H may pick: day 28 is the last that every month has. */
  readonly hashMax: number;
}

const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

export const MONTH_NAMES: readonly string[] = MONTHS.map(capital);
export const WEEKDAY_NAMES: readonly string[] = WEEKDAYS.map(capital);

function capital(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}

/** Each name in full and as its first three letters, nothing between. */
function named(names: readonly string[], first: number): ReadonlyMap<string, number> {
  return new Map(
    names.flatMap((name, i) => [
      [name, i + first],
      [name.slice(0, 3), i + first],
    ]),
  );
}

const NO_NAMES: ReadonlyMap<string, number> = new Map();

function numeric(name: FieldName, label: string, min: number, max: number, hashMax = max): FieldSpec {
  return {
    name,
    label,
    min,
    max,
    size: max - min + 1,
    names: NO_NAMES,
    noun: `a number from ${min} to ${max}`,
    hashMax,
  };
}

export const FIELDS: Readonly<Record<FieldName, FieldSpec>> = {
  second: numeric("second", "second", 0, 59),
  minute: numeric("minute", "minute", 0, 59),
  hour: numeric("hour", "hour", 0, 23),
  dayOfMonth: numeric("dayOfMonth", "day of month", 1, 31, 28),
  monthOfYear: {
    ...numeric("monthOfYear", "month", 1, 12),
    names: named(MONTHS, 1),
    noun: "a month (jan..dec or 1-12)",
  },
  dayOfWeek: {
    ...numeric("dayOfWeek", "day of week", 0, 7, 6),
    size: 7,
    names: named(WEEKDAYS, 0),
    noun: "a weekday (sun..sat or 0-7)",
  },
};

/** Names that stand for a whole crontab, lower case only. "@reboot" has no fields and is handled apart. */
export const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

export const REBOOT = "@reboot";

export function isNickname(word: string): boolean {
  return NICKNAMES.has(word) || word === REBOOT;
}

/**
 * Crons judged value by value, in UTC, apart from the code of src: what cron, Kubernetes and Quartz say of one second. Knows no step that
 * jumps over values, so it cannot miss one.
 */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY_MS = 86_400_000;

export interface Flavour {
  /** The number of Sunday: 0 in cron, 1 in Quartz. */
  readonly sunday: 0 | 1;
  /** How two day fields combine that are both set. */
  readonly bothDays: (dayField: string, weekdayField: string) => "and" | "or";
}

/** Debian's cron: a field whose text begins with a star lets the other decide. */
export const VIXIE: Flavour = {
  sunday: 0,
  bothDays: (day, weekday) => (day.startsWith("*") || weekday.startsWith("*") ? "and" : "or"),
};

/** Of Kubernetes: only a star without a step is one. */
export const ROBFIG: Flavour = {
  sunday: 0,
  bothDays: (day, weekday) =>
    [day, weekday].some((field) => field.split(",").some((item) => item === "*" || item === "?"))
      ? "and"
      : "or",
};

export const QUARTZ: Flavour = { sunday: 1, bothDays: () => "and" };

function numberOf(text: string, names: readonly string[], first: number): number {
  const at = names.findIndex((name) => text.toLowerCase().startsWith(name));
  return at === -1 ? Number(text) : at + first;
}

/** Whether a value is one of a field: items one by one, ranges walked in a circle. */
function holds(
  field: string,
  value: number,
  min: number,
  max: number,
  names: readonly string[] = [],
): boolean {
  return field.split(",").some((item) => {
    const [range = "", stepText] = item.split("/");
    const step = Number(stepText ?? 1);
    const isAll = range === "*" || range === "?" || range === "";
    const [fromText = "", toText] = range.split("-");
    const from = isAll ? min : numberOf(fromText, names, min);
    const to =
      isAll || (toText === undefined && stepText !== undefined)
        ? max
        : numberOf(toText ?? fromText, names, min);
    for (let at = from, walked = 0; walked <= max - min + 1; at = at === max ? min : at + 1, walked++) {
      if (at === value && walked % step === 0) return true;
      if (at === to) return false;
    }
    return false;
  });
}

function monthLength(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** `L`, `L-3`, `LW`, `15W` and numbers. */
function holdsDay(field: string, year: number, month: number, day: number): boolean {
  const last = monthLength(year, month);
  const isWorkday = (of: number): boolean =>
    ![0, 6].includes(new Date(Date.UTC(year, month - 1, of)).getUTCDay());
  return field.split(",").some((item) => {
    const [, back] = /^L(?:-(\d+))?$/.exec(item) ?? [];
    if (item.startsWith("L") && !item.includes("W")) return day === last - Number(back ?? 0);
    if (!item.includes("W")) return holds(item, day, 1, 31);
    const wanted = item === "LW" ? last : Number(item.slice(0, -1));
    if (wanted > last) return false;
    const near = item === "LW" ? [0, -1, -2] : [0, -1, 1, -2, 2];
    return day === near.map((by) => wanted + by).find((of) => of >= 1 && of <= last && isWorkday(of));
  });
}

/** `5L`, `friL`, `5#2` and numbers; `sunday` says which number Sunday has. */
function holdsWeekday(field: string, date: Date, sunday: 0 | 1): boolean {
  const weekday = date.getUTCDay();
  const day = date.getUTCDate();
  const last = monthLength(date.getUTCFullYear(), date.getUTCMonth() + 1);
  const of = (text: string): number => (numberOf(text, DAYS, sunday) - sunday + 7) % 7;
  return field.split(",").some((item) => {
    if (item === "L") return weekday === 6;
    if (/L$/i.test(item)) return weekday === of(item.slice(0, -1)) && day > last - 7;
    if (item.includes("#")) {
      const [name = "", nth] = item.split("#");
      return weekday === of(name) && Math.ceil(day / 7) === Number(nth);
    }
    if (sunday === 1) return holds(item, weekday + 1, 1, 7, DAYS);
    return (
      holds(item, weekday, 0, 6, DAYS) ||
      (weekday === 0 && /(^|-)7/.test(item) && holds(item, 7, 0, 7, DAYS)) ||
      (/-7/.test(item) && holds(item, weekday, 0, 7, DAYS))
    );
  });
}

/** The instants of second, minute, hour, day, month, weekday and year in [from, to), which begin at midnights of UTC. */
export function* pointwise(
  fields: readonly string[],
  from: number,
  to: number,
  flavour: Flavour,
): Generator<number> {
  const [second = "", minute = "", hour = "", day = "", month = "", weekday = "", year = "*"] = fields;
  const within = (field: string, size: number) =>
    [...Array(size).keys()].filter((value) => holds(field, value, 0, size - 1));
  const [seconds, minutes, hours] = [within(second, 60), within(minute, 60), within(hour, 24)];
  for (let midnight = from; midnight < to; midnight += DAY_MS) {
    const date = new Date(midnight);
    const [y, m, d] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    if (!holds(month, m, 1, 12, MONTHS) || !holds(year, y, 1970, 2099)) continue;
    const isDay = holdsDay(day, y, m, d);
    const isWeekday = holdsWeekday(weekday, date, flavour.sunday);
    if (flavour.bothDays(day, weekday) === "and" ? !(isDay && isWeekday) : !(isDay || isWeekday)) continue;
    for (const h of hours)
      for (const min of minutes) for (const s of seconds) yield midnight + ((h * 60 + min) * 60 + s) * 1_000;
  }
}

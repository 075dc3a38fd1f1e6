import { quote } from "../core/quote.js";
import { Refusal } from "./findings.js";
import { LAST_YEAR } from "./years.js";

/** A Quartz expression as a crontab of ours. */
export interface QuartzCrontab {
  /** Five fields, or six with seconds first; needs `extended` where `isExtended`. */
  readonly text: string;
  readonly isExtended: boolean;
  /** Ascending; undefined: every year. */
  readonly years: readonly number[] | undefined;
  /** Whether neither day field is `?`, as Spring writes it and Quartz refuses. */
  readonly withoutMark: boolean;
  /** Whether a weekday was a number. */
  readonly hasNumberedDay: boolean;
}

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const LONGEST = 1_024;

/**
 * Second, minute, hour, day of month, month, day of week and year, as Quartz and AWS number them: 1 is Sunday, `n/step` runs to the end
 * of the field, one day field is `?`. Throws `Refusal`; values out of range are left to `crontab`.
 */
export function quartzCrontab(fields: readonly string[]): QuartzCrontab {
  const [second = "0", minute = "", hour = "", day = "", month = "", weekday = "", year] = fields;
  if (fields.some((field) => field.length > LONGEST)) throw new Refusal("a field is too long");
  const withoutMark = day !== "?" && weekday !== "?";
  const hasNumberedDay = /(?:^|[,/-])[0-9]/.test(weekday.replace(/[#/]\d+/g, ""));
  if (day === "?" && weekday === "?")
    throw new Refusal("one of the two day fields must say which days, both are ?");
  if (withoutMark && hasNumberedDay) {
    throw new Refusal(
      `without ? in a day field ${quote(weekday)} is no day of Quartz; Spring counts weekdays from Monday 1, Quartz from Sunday 1: write names`,
    );
  }
  if (withoutMark && day !== "*" && weekday !== "*") {
    throw new Refusal(
      "day of month and day of week are both set: Quartz refuses that, Spring wants both to match",
    );
  }
  const days = ranged(day, "31").toUpperCase();
  const weekdays = each(weekday, weekdayItem);
  const time = [ranged(minute, "59"), ranged(hour, "23")];
  const seconds = second === "0" || second === "00" ? [] : [ranged(second, "59")];
  const date = [
    days === "?" ? "*" : days,
    ranged(month.toLowerCase(), "12"),
    weekdays === "?" ? "*" : weekdays,
  ];
  return {
    text: [...seconds, ...time, ...date].join(" "),
    isExtended: /[LW]/.test(days) || /[L#]/.test(weekdays),
    years: year === undefined ? undefined : yearsOf(year),
    withoutMark,
    hasNumberedDay,
  };
}

function each(field: string, item: (text: string) => string): string {
  return field.split(",").map(item).join(",");
}

/** `n/step` as a range to the end of the field, `/step` as a step of all. */
function ranged(field: string, last: string): string {
  return each(field, (item) => {
    const [, from, step] = /^(\w*)\/(\d+)$/.exec(item) ?? [];
    if (step === undefined) return item;
    const isWhole = from === "" || (last !== "31" && last !== "12" ? Number(from) === 0 : Number(from) === 1);
    return isWhole ? `*/${step}` : `${from}-${last}/${step}`;
  });
}

function weekdayItem(item: string): string {
  if (item === "*" || item === "?" || /^\*\/\d+$/.test(item)) return item;
  if (/^\/\d+$/.test(item)) return `*${item}`;
  if (/^L$/i.test(item)) return "sat";
  const last = /^(\w+)L$/i.exec(item);
  if (last !== null) return `${weekdayOf(last[1]!)}L`;
  const nth = /^(\w+)#(\d+)$/.exec(item);
  if (nth !== null) return `${weekdayOf(nth[1]!)}#${nth[2]}`;
  const [, from, to, step] = /^(\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item) ?? [];
  if (from === undefined) throw new Refusal(`day of week: ${quote(item)} is no item of Quartz`);
  const end = to ?? (step === undefined ? undefined : "sat");
  return `${weekdayOf(from)}${end === undefined ? "" : `-${weekdayOf(end)}`}${step === undefined ? "" : `/${step}`}`;
}

/** A number of Quartz, 1 is Sunday, as a name; a name as it is. */
function weekdayOf(text: string): string {
  if (!/^\d+$/.test(text)) return text.toLowerCase();
  const name = WEEKDAYS[Number(text) - 1];
  if (name === undefined) throw new Refusal(`day of week: ${text} is outside 1-7, 1 is Sunday`);
  return name;
}

const FIRST_YEAR = 1970;

function yearsOf(field: string): readonly number[] | undefined {
  if (field === "*" || field === "?") return undefined;
  const years = new Set<number>();
  for (const item of field.split(",")) {
    const [, from, to, step] = /^(\d{4}|\*)(?:-(\d{4}))?(?:\/(\d{1,3}))?$/.exec(item) ?? [];
    const first = from === "*" ? FIRST_YEAR : Number(from);
    const last = to === undefined ? (step === undefined && from !== "*" ? first : LAST_YEAR) : Number(to);
    const isRange = first >= FIRST_YEAR && last <= LAST_YEAR && first <= last && Number(step ?? 1) > 0;
    if (from === undefined || !isRange) {
      throw new Refusal(`year: ${quote(item)} is no year of ${FIRST_YEAR}-${LAST_YEAR}`);
    }
    for (let year = first; year <= last; year += Number(step ?? 1)) years.add(year);
  }
  return [...years].sort((a, b) => a - b);
}

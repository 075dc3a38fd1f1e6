import { valuesOf, type Bits } from "../bits.js";
import type { CompiledCrontab } from "./compile.js";
import { isComplete } from "./expand.js";
import { MONTH_NAMES, WEEKDAY_NAMES } from "./fields.js";
import type { Field, Item } from "./syntax.js";

/** More times of day than this are told as minutes and hours. */
const LISTED_TIMES = 6;

/** One line for people: "at 04:00 on day 1 or 15, or on Wednesday (Europe/Paris)". */
export function describe(crontab: CompiledCrontab): string {
  const { settings, never } = crontab;
  const time = timePhrase(crontab);
  const days = daysPhrase(crontab);
  const daily = days === "" && /^at \d/.test(time) ? "every day" : days;
  const zone = settings.timezone === "UTC" ? "" : ` (${settings.timezone})`;
  return `${never ? "never: " : ""}${time}${daily === "" ? "" : ` ${daily}`}${zone}`;
}

function timePhrase(crontab: CompiledCrontab): string {
  const { values } = crontab;
  const { second, minute, hour } = crontab.expression.fields;
  const seconds = values.second === undefined ? [0] : valuesOf(values.second);
  const minutes = valuesOf(values.minute);
  const hours = valuesOf(values.hour);
  if (seconds.length * minutes.length * hours.length <= LISTED_TIMES) {
    const times = hours.flatMap((h) =>
      minutes.flatMap((m) => seconds.map((s) => clock(h, m, second === undefined ? -1 : s))),
    );
    return `at ${list(times, "and")}`;
  }
  const secondPhrase =
    second === undefined || (seconds.length === 1 && seconds[0] === 0)
      ? ""
      : every("second", second, values.second!);
  const anyMinute = isComplete(values.minute, minute.spec);
  const anyHour = isComplete(values.hour, hour.spec);
  let minutePhrase = every("minute", minute, values.minute);
  // "every second of every minute of every hour" says no more than its first part; "at second 15" says less.
  if (secondPhrase !== "")
    minutePhrase =
      anyMinute && anyHour && secondPhrase.startsWith("every ")
        ? ""
        : `of ${minutePhrase.replace(/^at /, "")}`;
  const stepped = /^(?:of )?every /.test(minutePhrase);
  const hourPhrase = anyHour
    ? stepped || (minutePhrase === "" && secondPhrase !== "")
      ? ""
      : "of every hour"
    : hours.length > 1 && stepOf(hour) !== undefined
      ? `of every ${ordinal(stepOf(hour)!)} hour from ${clock(hours[0]!, 0, -1)}`
      : `of ${hours.length === 1 ? "hour" : "hours"} ${runs(hours, String, "and")}`;
  return [secondPhrase, minutePhrase, hourPhrase].filter((phrase) => phrase !== "").join(" ");
}

/** "every minute", "every 5 minutes", "at minutes 15 and 45". */
function every(unit: "second" | "minute", field: Field, bits: Bits): string {
  const values = valuesOf(bits);
  if (isComplete(bits, field.spec)) return `every ${unit}`;
  const step = stepOf(field);
  if (step !== undefined && field.spec.size % step === 0) return `every ${step} ${unit}s`;
  return `at ${unit}${values.length === 1 ? "" : "s"} ${runs(values, String, "and")}`;
}

/** The step of a field that is nothing but a step over its whole range. */
function stepOf(field: Field): number | undefined {
  const [item, ...rest] = field.items;
  if (item?.kind !== "range" || rest.length > 0 || !item.star || item.step === 1) return undefined;
  return item.step < field.spec.size ? item.step : undefined;
}

function daysPhrase({ expression, values, days }: CompiledCrontab): string {
  const { dayOfMonth, dayOfWeek } = expression.fields;
  const dayStep = stepOf(dayOfMonth);
  const day =
    dayStep !== undefined
      ? `every ${ordinal(dayStep)} day of the month from day 1`
      : list(dayParts(valuesOf(values.dayOfMonth), dayOfMonth.items));
  const weekday = list([
    ...(isEmpty(values.dayOfWeek)
      ? []
      : [runs(mondayFirst(valuesOf(values.dayOfWeek)), (value) => WEEKDAY_NAMES[value % 7]!)]),
    ...dayOfWeek.items.flatMap(specialPhrase),
  ]);
  const month = monthPhrase(expression.fields.monthOfYear, values.monthOfYear);
  const anyDay = isComplete(values.dayOfMonth, dayOfMonth.spec);
  const anyWeekday = isComplete(values.dayOfWeek, dayOfWeek.spec);
  if (!days.both) {
    // Either field may match: one that takes every day leaves nothing for the other to say.
    if (anyDay || anyWeekday) return month;
    return `on ${day}, or on ${weekday}${month === "" ? "" : `, ${month}`}`;
  }
  const parts = [anyDay ? "" : `on ${day}`, anyDay && !anyWeekday ? `on ${weekday}` : "", month];
  if (!anyDay && !anyWeekday) parts.push(`if it is ${weekday}`);
  return parts.filter((part) => part !== "").join(" ");
}

function dayParts(days: readonly number[], items: readonly Item[]): string[] {
  const plain = days.length === 0 ? [] : [named(runs(days, String))];
  return [...plain, ...items.flatMap(specialPhrase)];
}

function named(days: string): string {
  return `${days.includes("to") ? "days" : "day"} ${days}`;
}

function specialPhrase(item: Item): string[] {
  switch (item.kind) {
    case "range":
    case "hash":
      return [];
    case "last":
      if (item.back === 0) return ["the last day of the month"];
      return [`${item.back} day${item.back === 1 ? "" : "s"} before the last day of the month`];
    case "nearest-weekday":
      return [`the weekday nearest to day ${item.day}`];
    case "last-weekday":
      return ["the last weekday of the month"];
    case "nth": {
      const which = item.nth === 0 ? "last" : ["first", "second", "third", "fourth", "fifth"][item.nth - 1]!;
      return [`the ${which} ${WEEKDAY_NAMES[item.weekday]!} of the month`];
    }
  }
}

function monthPhrase(field: Field, months: Bits): string {
  return isComplete(months, field.spec)
    ? ""
    : `in ${runs(valuesOf(months), (month) => MONTH_NAMES[month - 1]!)}`;
}

/** The weekend in one piece: Sunday as 7. */
function mondayFirst(weekdays: readonly number[]): number[] {
  return weekdays.map((weekday) => (weekday === 0 ? 7 : weekday)).sort((a, b) => a - b);
}

function isEmpty(bits: Bits): boolean {
  return bits.low === 0 && bits.high === 0;
}

/** "1, 3 or 5 to 9": three and more in a row become a range. */
function runs(values: readonly number[], name: (value: number) => string, word: "and" | "or" = "or"): string {
  const parts: string[] = [];
  for (let i = 0; i < values.length;) {
    let end = i;
    while (values[end + 1] === values[end]! + 1) end++;
    if (end - i >= 2) {
      parts.push(`${name(values[i]!)} to ${name(values[end]!)}`);
      i = end + 1;
    } else {
      parts.push(name(values[i]!));
      i++;
    }
  }
  return list(parts, word);
}

function list(parts: readonly string[], word: "and" | "or" = "or"): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${word} ${parts.at(-1)!}`;
}

function clock(hour: number, minute: number, second: number): string {
  return [hour, minute, ...(second === -1 ? [] : [second])].map((n) => String(n).padStart(2, "0")).join(":");
}

function ordinal(n: number): string {
  const tail = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${tail}`;
}

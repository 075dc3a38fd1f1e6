import { valuesOf, type Bits } from "../bits.js";
import type { Clause, DayPart, Language } from "../telling/language.js";
import { runsOf, weekdayRuns } from "../telling/runs.js";
import type { CompiledCrontab } from "./compile.js";
import { isComplete } from "./expand.js";
import type { Field, Item } from "./syntax.js";

/** More times of day than this are told as minutes and hours. */
const LISTED_TIMES = 6;

/** "at 04:00 on day 1 or 15, or on Wednesday (Europe/Paris)". */
export function tellCrontab(crontab: CompiledCrontab, language: Language): string {
  const { settings, never } = crontab;
  const times = listedTimes(crontab);
  const time =
    times === undefined
      ? clausesOf(crontab)
          .map((clause, index) => language.clause(clause, index === 0))
          .join(" ")
      : language.at(times);
  const days = daysText(crontab, language);
  const daily = days === "" && times !== undefined ? language.everyDay : days;
  const zone = settings.timezone === "UTC" ? "" : ` (${settings.timezone})`;
  const text = `${time}${daily === "" ? "" : ` ${daily}`}${zone}`;
  return never ? language.never(text) : text;
}

/** The times of day, where they are few. */
function listedTimes({ expression, values }: CompiledCrontab): string[] | undefined {
  const seconds = values.second === undefined ? [0] : valuesOf(values.second);
  const minutes = valuesOf(values.minute);
  const hours = valuesOf(values.hour);
  if (seconds.length * minutes.length * hours.length > LISTED_TIMES) return undefined;
  const hasSeconds = expression.fields.second !== undefined;
  return hours.flatMap((h) =>
    minutes.flatMap((m) => seconds.map((s) => clock(hasSeconds ? [h, m, s] : [h, m]))),
  );
}

function clausesOf({ expression, values }: CompiledCrontab): Clause[] {
  const { second, minute, hour } = expression.fields;
  const seconds = values.second === undefined ? [0] : valuesOf(values.second);
  const hours = valuesOf(values.hour);
  const anyMinute = isComplete(values.minute, minute.spec);
  const anyHour = isComplete(values.hour, hour.spec);
  const ofSecond =
    second === undefined || (seconds.length === 1 && seconds[0] === 0)
      ? undefined
      : clauseOf("second", second, values.second!);
  // "every second of every minute of every hour" says no more than its first part; "at second 15" says less.
  const saysAll = anyMinute && anyHour && ofSecond !== undefined && "every" in ofSecond;
  const ofMinute = saysAll ? undefined : clauseOf("minute", minute, values.minute);
  const clauses = [ofSecond, ofMinute].filter((clause) => clause !== undefined);
  if (!anyHour) return [...clauses, hourClause(hour, hours)];
  return "every" in clauses.at(-1)! ? clauses : [...clauses, { unit: "hour", every: 1 }];
}

function hourClause(field: Field, hours: readonly number[]): Clause {
  const step = stepOf(field);
  return hours.length > 1 && step !== undefined
    ? { unit: "hour", nth: step, from: clock([hours[0]!, 0]) }
    : { unit: "hour", runs: runsOf(hours) };
}

/** "every minute", "every 5 minutes", "at minutes 15 and 45". */
function clauseOf(unit: "second" | "minute", field: Field, bits: Bits): Clause {
  if (isComplete(bits, field.spec)) return { unit, every: 1 };
  const step = stepOf(field);
  if (step !== undefined && field.spec.size % step === 0) return { unit, every: step };
  return { unit, runs: runsOf(valuesOf(bits)) };
}

/** The step of a field that is nothing but a step over its whole range. */
function stepOf(field: Field): number | undefined {
  const [item, ...rest] = field.items;
  if (item?.kind !== "range" || rest.length > 0 || !item.star || item.step === 1) return undefined;
  return item.step < field.spec.size ? item.step : undefined;
}

function daysText({ expression, values, days }: CompiledCrontab, language: Language): string {
  const { dayOfMonth, dayOfWeek, monthOfYear } = expression.fields;
  const listed = (parts: readonly DayPart[]): string =>
    language.names.list(
      parts.map((part) => language.dayPart(part)),
      "or",
    );
  const step = stepOf(dayOfMonth);
  const monthDays = valuesOf(values.dayOfMonth);
  const day = listed(
    step === undefined
      ? [
          ...(monthDays.length === 0 ? [] : [{ days: runsOf(monthDays) }]),
          ...dayOfMonth.items.flatMap(partOf),
        ]
      : [{ step }],
  );
  const weekdays = valuesOf(values.dayOfWeek);
  const weekday = listed([
    ...(weekdays.length === 0 ? [] : [{ weekdays: weekdayRuns(weekdays) }]),
    ...dayOfWeek.items.flatMap(partOf),
  ]);
  const month = isComplete(values.monthOfYear, monthOfYear.spec)
    ? ""
    : language.months(runsOf(valuesOf(values.monthOfYear)));
  const anyDay = isComplete(values.dayOfMonth, dayOfMonth.spec);
  const anyWeekday = isComplete(values.dayOfWeek, dayOfWeek.spec);
  if (!days.both) {
    // Either field may match: one that takes every day leaves nothing for the other to say.
    if (anyDay || anyWeekday) return month;
    return `${language.either(day, weekday)}${month === "" ? "" : `, ${month}`}`;
  }
  const parts = [
    anyDay ? (anyWeekday ? "" : language.on(weekday)) : language.on(day),
    month,
    anyDay || anyWeekday ? "" : language.ifAlso(weekday),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function partOf(item: Item): DayPart[] {
  switch (item.kind) {
    case "range":
    case "hash":
      return [];
    case "last":
      return [{ last: item.back }];
    case "nearest-weekday":
      return [{ nearest: item.day }];
    case "last-weekday":
      return [{ lastWeekday: true }];
    case "nth":
      return [{ nth: item.nth, weekday: item.weekday }];
  }
}

function clock(parts: readonly number[]): string {
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

import { CYCLE_DAYS, firstDayOf } from "../civil.js";
import { periodic } from "../days/day-mask.js";
import type { LocalParts } from "../local/parts.js";
import { zone, type Zone } from "../zone.js";
import type { Bits } from "../bits.js";
import { Calendar } from "./calendar.js";
import { DayRule, someDayMatches } from "./days.js";
import { policyOf, type DstPolicy, type JobClass } from "../local/dst.js";
import { expand, isComplete } from "./expand.js";
import type { Expression } from "./expression.js";
import type { FieldName } from "./fields.js";
import { Occurrences } from "../local/occurrences.js";
import type { Settings } from "./options.js";
import type { Field } from "./syntax.js";

/** An expression under its settings, ready to be searched and talked about. */
export interface CompiledCrontab {
  readonly expression: Expression;
  readonly settings: Settings;
  /** What each field stands for; `second` is absent in crontabs of five fields. */
  readonly values: Readonly<Record<Exclude<FieldName, "second">, Bits>> & { readonly second?: Bits };
  readonly days: DayRule;
  readonly zone: Zone;
  readonly jobClass: JobClass;
  readonly policy: DstPolicy;
  readonly calendar: Calendar;
  /** Whether no date ever matches, as for 30 February. */
  readonly never: boolean;
}

export function compile(expression: Expression, settings: Settings): CompiledCrontab {
  const { fields } = expression;
  const bits = (field: Field): Bits => expand(field, settings.hashKey);
  const values = {
    ...(fields.second === undefined ? {} : { second: bits(fields.second) }),
    minute: bits(fields.minute),
    hour: bits(fields.hour),
    dayOfMonth: bits(fields.dayOfMonth),
    monthOfYear: bits(fields.monthOfYear),
    dayOfWeek: bits(fields.dayOfWeek),
  };
  const days = new DayRule(
    fields.dayOfMonth,
    values.dayOfMonth,
    fields.dayOfWeek,
    values.dayOfWeek,
    settings.dayMatch,
  );
  const jobClass = settings.class === "auto" ? classOf(fields, values) : settings.class;
  const { second, minute, hour, monthOfYear: month } = values;
  return {
    expression,
    settings,
    values,
    days,
    zone: zone(settings.timezone),
    jobClass,
    policy: policyOf(settings.dst, jobClass),
    calendar: new Calendar({ ...(second === undefined ? {} : { second }), minute, hour, month, days }),
    never: !someDayMatches(days, month),
  };
}

/** Rule R1: a job whose seconds, minutes or hours are all of them follows real time. */
function classOf(fields: Expression["fields"], values: CompiledCrontab["values"]): JobClass {
  const followsTime = (["second", "minute", "hour"] as const).some((name) => {
    const field = fields[name];
    return field !== undefined && (field.text.startsWith("*") || isComplete(values[name]!, field.spec));
  });
  return followsTime ? "wildcard" : "fixed";
}

/** The search through a crontab's instants, null when there are none. */
export function occurrencesOf(crontab: CompiledCrontab): Occurrences | null {
  return crontab.never ? null : new Occurrences(crontab.calendar, crontab.zone, crontab.policy);
}

/** The days and times of a crontab, for what restricts and moves them. */
export function partsOfCrontab({
  calendar,
  zone,
  settings,
  jobClass,
  never,
  expression,
}: CompiledCrontab): LocalParts {
  const { dayOfMonth, monthOfYear, dayOfWeek } = expression.fields;
  const seconds = never ? [] : calendar.timesOfDay().map((time) => (time * 60) / calendar.perMinute);
  const isWeekly =
    dayOfMonth.text === "*" &&
    monthOfYear.text === "*" &&
    dayOfWeek.items.every((item) => item.kind === "range");
  const days = periodic(isWeekly ? 7 : CYCLE_DAYS, (month) => calendar.maskOf(month, firstDayOf(month)));
  return { blocks: [{ days, seconds }], zone, dst: settings.dst, jobClass, end: Infinity };
}

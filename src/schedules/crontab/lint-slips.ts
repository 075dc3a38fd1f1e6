import type { Lint } from "../schedule.js";
import { valuesOf } from "../bits.js";
import type { CompiledCrontab } from "./compile.js";
import { isComplete } from "./expand.js";
import type { Expression } from "./expression.js";
import { FIELD_NAMES, WEEKDAY_NAMES, type FieldName } from "./fields.js";
import type { Field } from "./syntax.js";

/** What people write when they mean something else: a forgotten minute, and the weekdays of Quartz. */
export function slipLints(crontab: CompiledCrontab): Lint[] {
  return [...forgottenLints(crontab), ...quartzLints(crontab)];
}

/**
 * A second or minute that is `*` below a field that picks single values: { hour: 7 } runs 60 times, `* *\/2 * * *` in
 * every minute of every second hour. Below a plain range it is usual: `* 9-17 * * *`. Written as `*\/1` it is meant.
 */
function forgottenLints({ expression: { fields }, values }: CompiledCrontab): Lint[] {
  const names = FIELD_NAMES.filter((name) => fields[name] !== undefined);
  const begin = names.findIndex((name) => !isSingle(fields[name]!));
  const end = names.findIndex((name, i) => i >= begin && !isAny(fields[name]!));
  const [finest, coarser] = [names[begin], names[end]];
  if (end <= begin || (finest !== "second" && finest !== "minute") || !isPicked(fields[coarser!]!)) return [];
  const open = names.slice(begin, Math.min(end, names.indexOf("hour") + 1));
  const runs = (["second", "minute", "hour"] as const)
    .map((name) => (values[name] === undefined ? 1 : valuesOf(values[name]).length))
    .reduce((product, count) => product * count);
  const are = open.length > 1 ? "are" : "is";
  const message =
    `${open.join(" and ")} ${are} *${finest === "minute" ? " or left out" : ""}: runs ${runs} times a day` +
    `${placeOf(finest, coarser!, fields)}; ${open.map((name) => `${name} 0`).join(" and ")} ${are} probably meant`;
  const suggestion = open.map((name) => `${name}: 0`).join(", ");
  return [{ code: "forgotten-field", field: finest, message, suggestion }];
}

/** ", at every minute of hour 7", or nothing where it is every minute of a day. */
function placeOf(finest: FieldName, coarser: FieldName, fields: Expression["fields"]): string {
  if (coarser !== "minute" && coarser !== "hour") return "";
  const { text } = fields[coarser];
  return `, at every ${finest} of ${coarser}${/[^0-9H]/.test(text) ? "s" : ""} ${text}`;
}

function isAny({ text }: Field): boolean {
  return text === "*" || text === "?";
}

function isSingle({ items }: Field): boolean {
  const [item, more] = items;
  return more === undefined && item?.kind === "range" && item.from === item.to;
}

/** Whether every item picks values, be it by a step; a plain range leaves none out. */
function isPicked({ items }: Field): boolean {
  return items.every((item) => item.kind !== "range" || item.from === item.to || item.step > 1);
}

/** Numbers of weekdays beside `?`: who writes `?` comes from Quartz or AWS, where 1 is Sunday. */
function quartzLints({ expression: { fields }, values }: CompiledCrontab): Lint[] {
  const { dayOfMonth, dayOfWeek } = fields;
  const numbers = [...dayOfWeek.text.matchAll(WEEKDAY_NUMBERS)].map(([digits]) => Number(digits));
  const isTheirs = dayOfMonth.text === "?" && numbers.length > 0 && !numbers.includes(0);
  const isHashed = dayOfWeek.items.some(({ kind }) => kind === "hash");
  if (!isTheirs || isHashed || isComplete(values.dayOfWeek, dayOfWeek.spec)) return [];
  const suggestion = dayOfWeek.text.replace(WEEKDAY_NUMBERS, (digits) =>
    WEEKDAY_NAMES[Number(digits) - 1]!.slice(0, 3).toLowerCase(),
  );
  const message = `"${dayOfWeek.text}" beside ?: in Quartz and AWS 1 is Sunday, here 1 is Monday; for theirs write ${suggestion}`;
  return [{ code: "quartz-weekday", field: "dayOfWeek", message, suggestion }];
}

/** A number that is neither a step nor which weekday of the month. */
const WEEKDAY_NUMBERS = /(?<![#/0-9])[0-9]+/g;

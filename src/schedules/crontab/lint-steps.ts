import type { Lint } from "../schedule.js";
import { rangeValues } from "./expand.js";
import type { Expression } from "./expression.js";
import { FIELD_NAMES, type FieldName } from "./fields.js";
import type { Field, Item } from "./syntax.js";

type Range = Item & { readonly kind: "range" };

const PLURALS: Readonly<Record<FieldName, string>> = {
  second: "seconds",
  minute: "minutes",
  hour: "hours",
  dayOfMonth: "days of the month",
  monthOfYear: "months",
  dayOfWeek: "days of the week",
};

const GAP_UNITS: Readonly<Record<FieldName, string>> = {
  second: "s",
  minute: "min",
  hour: "h",
  dayOfMonth: "day",
  monthOfYear: "month",
  dayOfWeek: "day",
};

/** Steps that do not give the even rhythm they seem to promise. */
export function stepLints({ fields }: Expression): Lint[] {
  return FIELD_NAMES.flatMap((name) => {
    const field = fields[name];
    if (field === undefined) return [];
    return field.items.flatMap((item) =>
      item.kind === "range" && item.step > 1 ? stepLint(field, item, fields) : [],
    );
  });
}

function stepLint(field: Field, item: Range, fields: Expression["fields"]): Lint[] {
  const { spec } = field;
  const values = rangeValues(item, spec);
  const covered = rangeValues({ ...item, step: 1 }, spec).length;
  const written = item.star ? `*/${item.step}` : `${item.from}-${item.to}/${item.step}`;
  const whole = covered === spec.size;
  const text = `${written} in ${PLURALS[spec.name]}`;
  const every = whole && isAlone(field, fields) ? suggestion(spec.name, item.step) : {};
  if (item.step >= covered) {
    const once = every.suggestion === undefined ? "" : onceEvery(spec.name, values[0]!, fields);
    const message = `${text} equals ${values[0]}${once}`;
    return [{ code: "step-too-large", field: spec.name, message, ...every }];
  }
  if (!whole || spec.size % item.step === 0) return [];
  const lastGap = spec.size - (values.length - 1) * item.step;
  const unit = GAP_UNITS[spec.name];
  const gap = `the last gap is ${lastGap} ${unit.length > 3 && lastGap !== 1 ? `${unit}s` : unit}`;
  const message = `${text} fires at ${listed(spec.name, values)}; ${gap}`;
  const advice = every.suggestion === undefined ? "" : `. For a fixed period use ${every.suggestion}`;
  return [{ code: "irregular-step", field: spec.name, message: message + advice, ...every }];
}

/** Whether a field alone makes the rhythm: one value in each finer field, every value of each coarser one. */
function isAlone(field: Field, fields: Expression["fields"]): boolean {
  const place = FIELD_NAMES.indexOf(field.spec.name);
  return FIELD_NAMES.every((name, i) => {
    const other = fields[name];
    if (other === undefined || i === place) return true;
    return i < place ? singleValue(other) !== undefined : other.text === "*" || other.text === "?";
  });
}

function singleValue({ items }: Field): number | undefined {
  const [item, more] = items;
  return more === undefined && item?.kind === "range" && item.from === item.to ? item.from : undefined;
}

function onceEvery(name: FieldName, value: number, { minute }: Expression["fields"]): string {
  if (name === "minute") return `: once an hour, at :${two(value)}`;
  if (name === "second") return `: once a minute, at second ${value}`;
  return name === "hour" ? `: once a day, at ${two(value)}:${two(singleValue(minute) ?? 0)}` : "";
}

function listed(name: FieldName, values: readonly number[]): string {
  const shown = values.map((value) =>
    name === "minute" || name === "second" ? `:${two(value)}` : String(value),
  );
  return shown.length > 8 ? `${shown.slice(0, 3).join(" ")} ... ${shown.at(-1)!}` : shown.join(" ");
}

/** The interval that keeps the rhythm, for fields in which a step can be one. */
function suggestion(name: FieldName, step: number): { readonly suggestion?: string } {
  if (name !== "second" && name !== "minute" && name !== "hour") return {};
  const seconds = step * { second: 1, minute: 60, hour: 3600 }[name];
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [seconds % 60, "s"],
  ] as const;
  const text = parts.map(([count, unit]) => (count === 0 ? "" : `${count}${unit}`)).join("");
  return { suggestion: `every("${text}")` };
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

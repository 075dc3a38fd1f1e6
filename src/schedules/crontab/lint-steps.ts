import { formatDuration } from "../../core/duration.js";
import { callText } from "../call-text.js";
import type { Lint } from "../schedule.js";
import { valuesOf } from "../bits.js";
import type { CompiledCrontab } from "./compile.js";
import { isComplete, rangeValues } from "./expand.js";
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

const GAP_UNITS: Readonly<Record<FieldName, readonly [one: string, several: string]>> = {
  second: ["s", "s"],
  minute: ["min", "min"],
  hour: ["h", "h"],
  dayOfMonth: ["day", "days"],
  monthOfYear: ["month", "months"],
  dayOfWeek: ["day", "days"],
};

/** Steps that do not give the even rhythm they seem to promise. */
export function stepLints(crontab: CompiledCrontab): Lint[] {
  return FIELD_NAMES.flatMap((name) => {
    const field = crontab.expression.fields[name];
    if (field === undefined) return [];
    return field.items.flatMap((item) =>
      item.kind === "range" && item.step > 1 ? stepLint(crontab, field, item) : [],
    );
  });
}

function stepLint(crontab: CompiledCrontab, field: Field, item: Range): Lint[] {
  const { spec } = field;
  const { name } = spec;
  const values = rangeValues(item, spec);
  const covered = rangeValues({ ...item, step: 1 }, spec).length;
  const written = item.star ? `*/${item.step}` : `${item.from}-${item.to}/${item.step}`;
  // What follows is said of the whole field, so nothing else may stand in it.
  const whole = covered === spec.size && field.items.length === 1;
  const text = `${written} in ${PLURALS[name]}`;
  if (item.step >= covered) {
    const message = `${text} equals ${values[0]}${whole ? onceEvery(crontab, name, item.step, values[0]!) : ""}`;
    const instead = whole ? insteadOfOneValue(crontab, name, item.step, values[0]!) : undefined;
    return [{ code: "step-too-large", field: name, message, ...suggested(instead) }];
  }
  if (covered !== spec.size || spec.size % item.step === 0) return [];
  const gap = whole ? lastGap(crontab, name, values) : undefined;
  const instead = whole ? periodOf(crontab, name, item.step) : undefined;
  const message =
    `${text} fires at ${listed(name, values)}${gap === undefined ? "" : `; the last gap is ${gap}`}` +
    (instead === undefined ? "" : `. For a fixed period use ${instead}`);
  return [{ code: "irregular-step", field: name, message, ...suggested(instead) }];
}

function suggested(suggestion: string | undefined): { readonly suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion };
}

/** Said where the field alone makes the rhythm. */
function onceEvery(crontab: CompiledCrontab, name: FieldName, step: number, value: number): string {
  if (periodOf(crontab, name, step) === undefined) return "";
  if (name === "minute") return `: once an hour, at :${two(value)}`;
  if (name === "second") return `: once a minute, at second ${value}`;
  return `: once a day, at ${two(value)}:${two(valuesOf(crontab.values.minute)[0]!)}`;
}

function listed(name: FieldName, values: readonly number[]): string {
  const shown = values.map((value) =>
    name === "minute" || name === "second" ? `:${two(value)}` : String(value),
  );
  return shown.length > 8 ? `${shown.slice(0, 3).join(" ")} ... ${shown.at(-1)!}` : shown.join(" ");
}

/** "6 min", "1 to 5 days, by the length of the month": from the last value to the first of the next round. */
function lastGap(crontab: CompiledCrontab, name: FieldName, values: readonly number[]): string | undefined {
  const gaps =
    name === "dayOfMonth"
      ? followedMonths(crontab).flatMap((month) =>
          LENGTHS[month - 1]!.map((length) => toFirst(values, length)),
        )
      : nextRoundFollows(crontab, name)
        ? [toFirst(values, crontab.expression.fields[name]!.spec.size)]
        : [];
  if (gaps.length === 0) return undefined;
  const [least, most] = [Math.min(...gaps), Math.max(...gaps)];
  const unit = GAP_UNITS[name][most === 1 ? 0 : 1];
  return least === most ? `${most} ${unit}` : `${least} to ${most} ${unit}, by the length of the month`;
}

/** From the last of the values that a round has to the first of the next round. */
function toFirst(values: readonly number[], size: number): number {
  const first = values[0]!;
  return size + first - Math.max(...values.filter((value) => value < first + size));
}

/** Each month's lengths. */
const LENGTHS = [[31], [28, 29], [31], [30], [31], [30], [31], [31], [30], [31], [30], [31]] as const;

/** The months after which the next one belongs to the crontab too. */
function followedMonths({ values, expression: { fields } }: CompiledCrontab): number[] {
  if (!isComplete(values.dayOfWeek, fields.dayOfWeek.spec)) return [];
  const months = valuesOf(values.monthOfYear);
  return months.filter((month) => months.includes((month % 12) + 1));
}

/** Whether the round of a field (an hour for minutes) is ever followed by the next one. */
function nextRoundFollows(crontab: CompiledCrontab, name: FieldName): boolean {
  const { values } = crontab;
  switch (name) {
    case "second":
      return hasNeighbours(valuesOf(values.minute));
    case "minute":
      return hasNeighbours(valuesOf(values.hour));
    case "hour":
      return isFree(crontab, "dayOfMonth", "dayOfWeek");
    case "dayOfMonth":
    case "dayOfWeek":
      return isFree(crontab, "dayOfMonth");
    case "monthOfYear":
      // A day that all of the months have.
      return valuesOf(values.monthOfYear).every(
        (month) => valuesOf(values.dayOfMonth)[0]! <= LENGTHS[month - 1]![0],
      );
  }
}

function hasNeighbours(values: readonly number[]): boolean {
  return values.some((value, i) => values[i + 1] === value + 1);
}

function isFree({ values, expression: { fields } }: CompiledCrontab, ...names: FieldName[]): boolean {
  return names.every((name) => isComplete(values[name]!, fields[name]!.spec));
}

const SECONDS = { second: 1, minute: 60, hour: 3600 } as const;

/** The interval that keeps the rhythm, where the crontab holds nothing that an interval would lose. */
function periodOf(crontab: CompiledCrontab, name: FieldName, step: number): string | undefined {
  if (name !== "second" && name !== "minute" && name !== "hour") return undefined;
  const larger = FIELD_NAMES.slice(FIELD_NAMES.indexOf(name) + 1);
  const offset = smallerParts(crontab, name);
  if (offset === undefined || !isFree(crontab, ...larger)) return undefined;
  const options = offset === 0 ? {} : { offset: formatDuration(offset * 1000) };
  return callText("every", formatPeriod(step * SECONDS[name]), options);
}

/** The one value of the fields below, in seconds; undefined when they have several. */
function smallerParts({ values }: CompiledCrontab, name: FieldName): number | undefined {
  let seconds = 0;
  for (const smaller of FIELD_NAMES.slice(0, FIELD_NAMES.indexOf(name))) {
    const bits = values[smaller];
    const [first = 0, ...others] = bits === undefined ? [0] : valuesOf(bits);
    if (others.length > 0) return undefined;
    seconds +=
      smaller === "second" || smaller === "minute" || smaller === "hour" ? first * SECONDS[smaller] : 0;
  }
  return seconds;
}

/** Hours, not days: "48h" says where it comes from. */
function formatPeriod(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  return hours < 24
    ? formatDuration(seconds * 1000)
    : `${hours}h${seconds % 3600 === 0 ? "" : formatDuration((seconds % 3600) * 1000)}`;
}

/**
 * What to write for a step that leaves one value: the period that was meant, or the same instants without the step.
 * Intervals are counted in UTC, so a crontab keeps to the hours of other zones, and of days there is nothing that does:
 * without its star an hour makes a fixed job (rule R1).
 */
function insteadOfOneValue(
  crontab: CompiledCrontab,
  name: FieldName,
  step: number,
  value: number,
): string | undefined {
  const period = periodOf(crontab, name, step);
  if (period === undefined || (name !== "second" && name !== "minute" && name !== "hour")) return undefined;
  const { settings, expression } = crontab;
  const isUtc = settings.timezone.toUpperCase() === "UTC";
  if (!isUtc && (step * SECONDS[name]) % 86_400 === 0) return undefined;
  const sameInstants = step === expression.fields[name]!.spec.size;
  if (!sameInstants || name === "second" || (name === "minute" && isUtc)) return period;
  const texts = FIELD_NAMES.flatMap((other) =>
    other === name ? String(value) : (expression.fields[other]?.text ?? []),
  );
  return callText("crontab", texts.join(" "), settings.extended ? { extended: true } : {});
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

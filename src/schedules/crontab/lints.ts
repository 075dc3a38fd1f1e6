import type { Lint, LintOptions } from "../schedule.js";
import { valuesOf } from "../bits.js";
import type { CompiledCrontab } from "./compile.js";
import { isComplete } from "./expand.js";
import { MONTH_NAMES } from "./fields.js";
import { longestGapDays, nextDate, smallestGapMs } from "./gaps.js";
import { slipLints } from "./lint-slips.js";
import { stepLints } from "./lint-steps.js";
import { zoneLints, zoneNameLints } from "./lint-zones.js";

/** Everything that is allowed but probably not meant: docs/crontab-semantics.md has the table. */
export function lintsOf(crontab: CompiledCrontab, options: LintOptions): Lint[] {
  return [
    ...stepLints(crontab),
    ...slipLints(crontab),
    ...dayLints(crontab),
    ...dateLints(crontab, options),
    ...zoneNameLints(crontab),
    ...(options.from === undefined || crontab.never ? [] : zoneLints(crontab, options.from)),
    ...overlapLints(crontab, options),
  ];
}

function dayLints({ expression, settings, values }: CompiledCrontab): Lint[] {
  const { dayOfMonth, dayOfWeek } = expression.fields;
  const bothSet = [dayOfMonth, dayOfWeek].every((field) => field.text !== "*" && field.text !== "?");
  if (!bothSet) return [];
  const starred = [dayOfMonth, dayOfWeek].find((field) => field.starred);
  if (settings.dayMatch === "or" && starred !== undefined) {
    if (isComplete(starred === dayOfMonth ? values.dayOfMonth : values.dayOfWeek, starred.spec)) return [];
    const message = `"${starred.text}" starts with *, so both day fields must match, as in Vixie cron`;
    return [
      {
        code: "star-quirk",
        field: starred.spec.name,
        message,
        suggestion: `{ dayMatch: "and" } says so openly`,
      },
    ];
  }
  const rule = settings.dayMatch === "or" ? `when either matches (dayMatch "or")` : "when both match";
  const message = `day of month and day of week are both set: fires ${rule}`;
  return [{ code: "both-days", field: "dayOfMonth", message }];
}

function dateLints(crontab: CompiledCrontab, { from }: LintOptions): Lint[] {
  const { expression, values } = crontab;
  const dates = valuesOf(values.dayOfMonth);
  const months = valuesOf(values.monthOfYear);
  const monthName = months.map((month) => MONTH_NAMES[month - 1]!).join(" or ");
  const plain = expression.fields.dayOfMonth.items.every(
    (item) => item.kind === "range" || item.kind === "hash",
  );
  if (crontab.never) {
    const impossible = plain && dates.every((date) => date > 28);
    const subject = impossible ? `${dates.join(" or ")} ${monthName}` : "such a day";
    const message = `${subject} never comes: this schedule never fires`;
    return [{ code: "never", field: "dayOfMonth", message }];
  }
  const longest = longestGapDays(crontab, RARE_DAYS);
  if (longest > 0) {
    const leapDay = plain && dates.join() === "29" && months.join() === "2" && !isWeekdaySet(crontab);
    const most = longest < 730 ? `${longest} days` : `${Math.round(longest / 365.25)} years`;
    const rule = leapDay ? "fires on 29 February only" : `up to ${most} pass between two runs`;
    const next = from === undefined ? undefined : nextDate(crontab, from);
    return [
      {
        code: "rare",
        field: "dayOfMonth",
        message: next === undefined ? rule : `${rule}; the next is ${next}`,
      },
    ];
  }
  return plain && !isWeekdaySet(crontab) ? shortMonthsLint(dates, months) : [];
}

/** Days 29 to 31 alone, in months of which some have none of them. Counts days, not runs: one day may hold many. */
function shortMonthsLint(dates: readonly number[], months: readonly number[]): Lint[] {
  const counts = dates.map((date) => ({ date, having: monthsHaving(date, months) }));
  const [first] = counts;
  if (first === undefined || first.date < 29 || first.having.usual === months.length) return [];
  const each = counts.map(({ date, having }, i) => {
    const of = i === 0 ? ` of ${months.length === 1 ? "1 month" : `${months.length} months`}` : "";
    return `${i === 0 ? `day ${date} comes` : `day ${date}`} in ${countText(having)}${of}`;
  });
  const days = {
    usual: counts.reduce((sum, { having }) => sum + having.usual, 0),
    leap: counts.reduce((sum, { having }) => sum + having.leap, 0),
  };
  const total = `${countText(days)} ${days.leap === 1 ? "day" : "days"} a year`;
  const message = `${each.join(", ")}: ${total}; "L" with extended means the last day`;
  return [{ code: "short-months", field: "dayOfMonth", message, suggestion: "L" }];
}

/** How many there are in most years and in a leap year. */
interface YearCount {
  readonly usual: number;
  readonly leap: number;
}

function monthsHaving(date: number, months: readonly number[]): YearCount {
  const usual = months.filter((month) => MONTH_LENGTHS[month - 1]! >= date).length;
  return { usual, leap: usual + (date === 29 && months.includes(2) ? 1 : 0) };
}

function countText({ usual, leap }: YearCount): string {
  return usual === leap ? String(usual) : `${usual} or ${leap}`;
}

/** Whether the weekday has a say in which dates match. */
function isWeekdaySet({ expression, values, days }: CompiledCrontab): boolean {
  return !days.both || !isComplete(values.dayOfWeek, expression.fields.dayOfWeek.spec);
}

const RARE_DAYS = 370;
/** February without its leap day, which most years do not have. */
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function overlapLints(crontab: CompiledCrontab, { runTimeP95Ms }: LintOptions): Lint[] {
  if (runTimeP95Ms === undefined || crontab.never) return [];
  const gapMs = smallestGapMs(crontab);
  if (!(runTimeP95Ms > gapMs)) return [];
  const message = `takes ${duration(runTimeP95Ms)} (p95) but is due every ${duration(gapMs)}`;
  return [{ code: "overlap-risk", field: "schedule", message, suggestion: `overlap: "skip" or "queue-one"` }];
}

function duration(ms: number): string {
  const units: readonly [number, string][] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
  ];
  const [size, name] = units.find(([unit]) => ms >= unit) ?? [1000, "s"];
  return `${Math.round((ms / size) * 10) / 10} ${name}`;
}

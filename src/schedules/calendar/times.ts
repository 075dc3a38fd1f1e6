import { durationMs, type Duration } from "../../core/duration.js";
import { assertKnownKeys } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { calendarInvalid } from "../days/rule-options.js";
import { formatTime, secondsOfTime, type TimeOfDay } from "../local/time-of-day.js";
import { refuseAs } from "../refuse-as.js";

/** Times of day: one, several, or every so often from one to another, both included. */
export type CalendarTimes =
  | TimeOfDay
  | readonly TimeOfDay[]
  | { readonly every: Duration; readonly from: TimeOfDay; readonly to: TimeOfDay };

/** The times as JSON has them: a list, or a step in milliseconds. */
export type TimesJSON =
  readonly TimeOfDay[] | { readonly everyMs: number; readonly from: TimeOfDay; readonly to: TimeOfDay };

function time(field: string, value: unknown): number {
  const seconds = secondsOfTime(value);
  if (seconds !== undefined) return seconds;
  const short = typeof value === "string" ? /^(\d):(\d\d)$/.exec(value) : null;
  const hint = short === null ? "" : `write "0${short[1]!}:${short[2]!}"`;
  throw calendarInvalid(
    field,
    `expected a time of day such as "09:30", 00:00 to 23:59:59, got ${quote(value)}`,
    value,
    hint,
  );
}

/** Checked, sorted, each once. Throws SUNBEAT_CALENDAR_INVALID. */
export function timesOf(value: unknown): TimesJSON {
  if (value === undefined) return ["00:00"];
  if (typeof value === "string") return [formatTime(time("at", value))];
  if (Array.isArray(value)) {
    if (value.length === 0)
      throw calendarInvalid("at", "expected at least one time of day, got an empty list", value);
    const seconds = new Set(value.map((each) => time("at", each)));
    return [...seconds].sort((a, b) => a - b).map(formatTime);
  }
  if (typeof value !== "object" || value === null) time("at", value);
  refuseAs("SUNBEAT_CALENDAR_INVALID", () => assertKnownKeys(value, ["every", "from", "to"], "calendar: at"));
  const { every, from, to } = value as Record<"every" | "from" | "to", unknown>;
  const everyMs = refuseAs("SUNBEAT_CALENDAR_INVALID", () =>
    durationMs(every as Duration, "calendar: at.every"),
  );
  const first = time("at.from", from);
  const last = time("at.to", to);
  if (everyMs < 1_000 || everyMs % 1_000 !== 0) {
    throw calendarInvalid("at.every", `expected whole seconds, at least one, got ${quote(every)}`, every);
  }
  if (last < first) {
    throw calendarInvalid(
      "at.to",
      `expected a time not before from, got ${quote(to)}`,
      to,
      "for a stretch over midnight write every(...).between(from, to)",
    );
  }
  return { everyMs, from: formatTime(first), to: formatTime(last) };
}

/** Seconds from midnight, rising. */
export function secondsOf(times: TimesJSON): number[] {
  if (!("everyMs" in times)) return times.map((each) => secondsOfTime(each)!);
  const [first, last] = [secondsOfTime(times.from)!, secondsOfTime(times.to)!];
  const step = times.everyMs / 1_000;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}

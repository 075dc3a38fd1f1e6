import type { EpochMs } from "../core/clock.js";
import { ScheduleError } from "../core/errors.js";
import { instantMs, type InstantLike } from "../core/instant.js";
import { assertKnownKeys } from "../core/options.js";
import { quote } from "../core/quote.js";
import { dayNumber, lengthOf } from "./civil.js";
import { refuseAs } from "./refuse-as.js";
import type { BuiltInSchedule, Lint, ScheduleJSON } from "./schedule.js";
import { instantOf, MAX_INSTANT, zone } from "./zone.js";

export interface ClockedOptions {
  /** The zone of a local time; has no effect on an instant that needs none. Default none. */
  readonly timezone?: string | undefined;
}

/** Epoch seconds taken for milliseconds lie in January 1970; nobody schedules there. */
const PROBABLY_SECONDS = 1e10;

/** Due once, at `at`. */
export class ClockedSchedule implements BuiltInSchedule {
  readonly at: EpochMs;

  /** Takes whole epoch milliseconds. Throws SUNBEAT_CLOCKED_INVALID; `clocked` is the usual way to make one. */
  constructor(at: EpochMs) {
    if (!Number.isInteger(at) || Math.abs(at) > MAX_INSTANT) {
      throw invalid(`expected whole epoch milliseconds, got ${quote(at)}`, at);
    }
    this.at = at;
    Object.freeze(this);
  }

  next(after: EpochMs): EpochMs | null {
    return this.at > after ? this.at : null;
  }

  previous(before: EpochMs): EpochMs | null {
    return this.at < before ? this.at : null;
  }

  describe(): string {
    return `once, at ${this.#text()}`;
  }

  lints(): Lint[] {
    if (this.at === 0 || Math.abs(this.at) >= PROBABLY_SECONDS) return [];
    return [
      {
        code: "epoch-seconds",
        field: "at",
        message: `${this.at} ms after the epoch is ${this.#text()}: these are probably seconds`,
        suggestion: `clocked(${this.at * 1000})`,
      },
    ];
  }

  toJSON(): ScheduleJSON {
    return { type: "clocked", at: this.at };
  }

  #text(): string {
    return new Date(this.at).toISOString().replace(/\.000Z$/, "Z");
  }
}

function invalid(problem: string, value: unknown): ScheduleError {
  return new ScheduleError("SUNBEAT_CLOCKED_INVALID", `clocked: ${problem}`, {
    details: { value: quote(value) },
  });
}

/** An ISO 8601 date, or date and time, without an offset. */
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?$/;

/** The local time as though it were UTC; undefined: not a local time. Throws for one that no calendar has. */
function localMs(text: string): number | undefined {
  const match = LOCAL.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= lengthOf(year * 12 + month - 1) &&
    hour < 24 &&
    minute < 60;
  if (!exists || second > 59) throw invalid(`${quote(text)} is not a date and time of the calendar`, text);
  const fraction = Math.floor(Number(`0.${match[7] ?? 0}`) * 1_000);
  return dayNumber(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1_000 + fraction;
}

/**
 * One instant: a Date, epoch milliseconds, ISO 8601 text with `Z` or an offset, an object with `toMillis()` or
 * `epochMilliseconds`, or a local time as text together with `timezone`. A local time that the clocks skip means the
 * first instant after the gap; one that comes twice means the first pass. A date alone is its midnight.
 * Throws SUNBEAT_CLOCKED_INVALID, SUNBEAT_TIMEZONE_INVALID.
 *
 *     clocked("2027-03-28T02:30", { timezone: "Europe/Paris" })
 */
export function clocked(instant: InstantLike, options: ClockedOptions = {}): ClockedSchedule {
  refuseAs("SUNBEAT_CLOCKED_INVALID", () => assertKnownKeys(options, ["timezone"], "clocked: options"));
  const rules = options.timezone === undefined ? undefined : zone(options.timezone);
  const local = typeof instant === "string" ? localMs(instant) : undefined;
  if (local === undefined) {
    return new ClockedSchedule(refuseAs("SUNBEAT_CLOCKED_INVALID", () => instantMs(instant, "clocked")));
  }
  if (rules === undefined) {
    throw invalid(
      `${quote(instant)} is a local time; add "Z" or an offset such as "+02:00", or give { timezone }`,
      instant,
    );
  }
  return new ClockedSchedule(instantOf(rules, local));
}

/** The inverse of `toJSON`. Throws SUNBEAT_CLOCKED_INVALID. */
export function clockedFromJSON(json: ScheduleJSON): ClockedSchedule {
  return new ClockedSchedule(json.at as number);
}

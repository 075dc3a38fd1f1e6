import type { EpochMs } from "../core/clock.js";
import { ScheduleError } from "../core/errors.js";
import {
  askedInstant,
  instantMs,
  noSuchTime,
  whyNoSuchTime,
  type CivilTime,
  type InstantLike,
} from "../core/instant.js";
import { assertKnownKeys } from "../core/options.js";
import { quote } from "../core/quote.js";
import { dayNumber } from "./civil.js";
import { Composable } from "./compose/composable.js";
import { refuseAs } from "./refuse-as.js";
import type { Lint, ScheduleJSON } from "./schedule.js";
import { TELL, type Language } from "./telling/language.js";
import { instantOf, MAX_INSTANT, zone } from "./zone.js";

export interface ClockedOptions {
  /** The zone of a local time; has no effect on an instant that needs none. Default none. */
  readonly timezone?: string | undefined;
}

/** Epoch seconds taken for milliseconds lie in January 1970; nobody schedules there. */
const PROBABLY_SECONDS = 1e10;

/** Due once, at `at`. */
export class ClockedSchedule extends Composable {
  readonly at: EpochMs;

  /** Takes whole epoch milliseconds. Throws SUNBEAT_CLOCKED_INVALID; `clocked` is the usual way to make one. */
  constructor(at: EpochMs) {
    super();
    if (!Number.isInteger(at) || Math.abs(at) > MAX_INSTANT) {
      throw invalid(`expected whole epoch milliseconds, got ${quote(at)}`, at);
    }
    this.at = at;
    Object.freeze(this);
  }

  next(after: EpochMs): EpochMs | null {
    return this.at > askedInstant(after, "next: after") ? this.at : null;
  }

  previous(before: EpochMs): EpochMs | null {
    return this.at < askedInstant(before, "previous: before") ? this.at : null;
  }

  [TELL](language: Language): string {
    return language.once(language.names.instant(this.at));
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

  /** @internal See `Composable.offset`. */
  movedBy(offsetMs: number): ClockedSchedule {
    return new ClockedSchedule(this.at + offsetMs);
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
  const time = match.slice(1, 7).map((part: string | undefined) => Number(part ?? 0));
  const [year, month, day, hour, minute, second] = time as unknown as CivilTime;
  const reason = whyNoSuchTime([year, month, day, hour, minute, second]);
  if (reason !== undefined) throw noSuchTime("clocked", text, reason);
  const fraction = Math.floor(Number(`0.${match[7] ?? 0}`) * 1_000);
  return dayNumber(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1_000 + fraction;
}

/** The same local time as an instant of UTC: what stands before a "Z" has a "T" and a time of day. */
function withZ(local: string): string {
  const [date = "", time = "00:00"] = local.split(/[T ]/);
  return `${date}T${time}Z`;
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
  return refuseAs("SUNBEAT_CLOCKED_INVALID", () => {
    const local = typeof instant === "string" ? localMs(instant) : undefined;
    if (local === undefined) return new ClockedSchedule(instantMs(instant, "clocked"));
    if (rules !== undefined) return new ClockedSchedule(instantOf(rules, local));
    const inUtc = quote(withZ(instant as string));
    throw invalid(
      `${quote(instant)} is a local time; write clocked(${inUtc}) for UTC, another offset such as "+02:00" for "Z", ` +
        `or clocked(${quote(instant)}, { timezone })`,
      instant,
    );
  });
}

/** The inverse of `toJSON`. Throws SUNBEAT_CLOCKED_INVALID. */
export function clockedFromJSON(json: ScheduleJSON): ClockedSchedule {
  return new ClockedSchedule(json.at as number);
}

import type { EpochMs } from "../core/clock.js";
import { durationMs, formatDuration, type Duration } from "../core/duration.js";
import { ScheduleError } from "../core/errors.js";
import { askedInstant } from "../core/instant.js";
import { assertKnownKeys, LONGEST_DURATION_MS } from "../core/options.js";
import { quote } from "../core/quote.js";
import { callText } from "./call-text.js";
import { Composable, takeNumbersAs } from "./compose/composable.js";
import { refuseAs } from "./refuse-as.js";
import type { Lint, ScheduleJSON } from "./schedule.js";
import { TELL, type Language } from "./telling/language.js";
import { MAX_INSTANT } from "./zone.js";

const DAY_MS = 86_400_000;
const SHORTEST_MS = 100;
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
/** 1970-01-01, from which intervals are counted. */
const EPOCH_WEEKDAY = 4;

export interface IntervalOptions {
  /** Moves every run by this much, in either direction; taken modulo the interval. Default 0. */
  readonly offset?: Duration | undefined;
}

/** The remainder in [0, divisor): exact for every pair of safe integers, which a division is not. */
function modulo(value: number, divisor: number): number {
  const remainder = value % divisor;
  return remainder < 0 ? remainder + divisor : remainder + 0; // + 0: never -0
}

/**
 * Due at every instant that is `offsetMs` past a multiple of `everyMs`, counted from 1970-01-01T00:00Z and not
 * from the start of a process: restarts and deploys do not move it, and it cannot drift.
 */
export class IntervalSchedule extends Composable {
  readonly everyMs: number;
  /** In [0, everyMs). */
  readonly offsetMs: number;

  /** Takes whole milliseconds. Throws SUNBEAT_INTERVAL_INVALID; `every` is the usual way to make one. */
  constructor(everyMs: number, offsetMs = 0) {
    super();
    if (!Number.isSafeInteger(everyMs) || everyMs < SHORTEST_MS || everyMs > LONGEST_DURATION_MS) {
      const came = Number.isSafeInteger(everyMs)
        ? `${everyMs} ms`
        : `${quote(everyMs)}, not whole milliseconds`;
      throw new ScheduleError(
        "SUNBEAT_INTERVAL_INVALID",
        `every: expected an interval from 100ms to 100 years, got ${came}; ` +
          'write seconds as a number, or a text with units, such as every("250ms") or every("1h30m")',
        { details: { everyMs: quote(everyMs) } },
      );
    }
    if (!Number.isSafeInteger(offsetMs)) {
      throw new ScheduleError(
        "SUNBEAT_INTERVAL_INVALID",
        `every: offset: expected whole milliseconds, got ${quote(offsetMs)}`,
        { details: { offsetMs: quote(offsetMs) } },
      );
    }
    this.everyMs = everyMs;
    this.offsetMs = modulo(offsetMs, everyMs);
    Object.freeze(this);
  }

  next(after: EpochMs): EpochMs | null {
    const from = Math.max(Math.floor(askedInstant(after, "next: after")), -MAX_INSTANT - 1);
    const due = from - modulo(from - this.offsetMs, this.everyMs) + this.everyMs;
    return due <= MAX_INSTANT ? due : null; // also null for NaN and Infinity
  }

  previous(before: EpochMs): EpochMs | null {
    const to = Math.min(Math.ceil(askedInstant(before, "previous: before")), MAX_INSTANT + 1) - 1;
    const due = to - modulo(to - this.offsetMs, this.everyMs);
    return due >= -MAX_INSTANT ? due : null;
  }

  [TELL](language: Language): string {
    const { span } = language.names;
    const offset = this.offsetMs === 0 ? "" : language.offset(span(this.offsetMs));
    return `${language.every(this.everyMs)}${offset}`;
  }

  lints(): Lint[] {
    if (this.everyMs % DAY_MS !== 0) return [];
    const suggestion = this.#crontabText();
    return [
      {
        code: "whole-days",
        field: "every",
        message:
          `every ${formatDuration(this.everyMs)} means periods of exactly 24 h: where clocks change, ` +
          "the local time of the run changes too. For the same time every day use a crontab with a timezone",
        ...(suggestion !== undefined && { suggestion }),
      },
    ];
  }

  toJSON(): ScheduleJSON {
    return {
      type: "interval",
      everyMs: this.everyMs,
      ...(this.offsetMs !== 0 && { offsetMs: this.offsetMs }),
    };
  }

  /** @internal See `Composable.offset`. */
  movedBy(offsetMs: number): IntervalSchedule {
    return new IntervalSchedule(this.everyMs, this.offsetMs + offsetMs);
  }

  /** The crontab with the same instants in UTC, for the two periods that have one. */
  #crontabText(): string | undefined {
    const days = this.everyMs / DAY_MS;
    const minutes = (this.offsetMs % DAY_MS) / 60_000;
    if ((days !== 1 && days !== 7) || !Number.isInteger(minutes)) return undefined;
    const weekday = days === 1 ? "*" : WEEKDAYS[(EPOCH_WEEKDAY + Math.floor(this.offsetMs / DAY_MS)) % 7];
    const text = `${minutes % 60} ${Math.floor(minutes / 60)} * * ${weekday}`;
    return callText("crontab", text, { timezone: "UTC" });
  }
}

/**
 * A fixed period: `every(30)` (a number is seconds) is due at :00 and :30 of every minute. From 100 ms to 100
 * years, in whole milliseconds. A day is 24 h here; for "same time every day" use a crontab.
 * Throws SUNBEAT_INTERVAL_INVALID.
 *
 *     every("1h30m")    every("PT15M")    every({ minutes: 5 }, { offset: "30s" })
 */
export function every(duration: Duration, options: IntervalOptions = {}): IntervalSchedule {
  return refuseAs("SUNBEAT_INTERVAL_INVALID", () => {
    assertKnownKeys(options, ["offset"], "every: options");
    return new IntervalSchedule(
      durationMs(duration, "every"),
      durationMs(options.offset ?? 0, "every: offset"),
    );
  });
}

takeNumbersAs((seconds) => every(seconds));

/** The inverse of `toJSON`. Throws SUNBEAT_INTERVAL_INVALID. */
export function intervalFromJSON(json: ScheduleJSON): IntervalSchedule {
  return new IntervalSchedule(json.everyMs as number, json.offsetMs as number | undefined);
}

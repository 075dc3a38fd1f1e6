import { ScheduleError } from "../core/errors.js";
import { instantMs, type InstantLike } from "../core/instant.js";
import { assertKnownKeys, integerOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import { isSchedule } from "./codec.js";
import type { Schedule } from "./schedule.js";
import { MAX_INSTANT } from "./zone.js";

export interface UpcomingOptions {
  /** Only occurrences strictly after this. No default: a schedule does not know what time it is. */
  readonly after: InstantLike;
  /** At most this many, 1 to 10,000. */
  readonly count: number;
  /** Only occurrences before this. Default no end. */
  readonly until?: InstantLike | undefined;
}

const MOST = 10_000;

/**
 * The next occurrences of a schedule in order, fewer than `count` when it ends. Throws SUNBEAT_OPTION_INVALID,
 * SUNBEAT_OPTION_UNKNOWN, or SUNBEAT_SCHEDULE_INVALID for a custom schedule that does not advance.
 *
 *     upcoming(crontab("30 2 * * *"), { after: new Date(), count: 5 })
 */
export function upcoming(schedule: Schedule, options: UpcomingOptions): Date[] {
  if (!isSchedule(schedule)) {
    throw new ScheduleError(
      "SUNBEAT_SCHEDULE_INVALID",
      `upcoming: expected a schedule, an object with next(after), got ${quote(schedule)}`,
    );
  }
  assertKnownKeys(options, ["after", "count", "until"], "upcoming");
  const count = integerOption(options.count, "upcoming: count", 1, MOST);
  const until = options.until === undefined ? Infinity : instantMs(options.until, "upcoming: until");
  let last = instantMs(options.after, "upcoming: after");
  const dates: Date[] = [];
  while (dates.length < count) {
    const due = schedule.next(last);
    if (due === null) break;
    // A Date compares like a number but is none.
    if (typeof due !== "number" || !(due > last && due <= MAX_INSTANT)) {
      throw new ScheduleError(
        "SUNBEAT_SCHEDULE_INVALID",
        `upcoming: next(${last}) gave ${quote(due)}, expected a later instant or null`,
        { details: { after: last, next: quote(due) } },
      );
    }
    if (due >= until) break;
    dates.push(new Date(due));
    last = due;
  }
  return dates;
}

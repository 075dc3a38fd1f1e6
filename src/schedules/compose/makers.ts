import type { BuiltInSchedule, ScheduleLike } from "../schedule.js";
import { joined } from "./composable.js";

/**
 * The occurrences of any of several schedules, an instant of several of them once; numbers are seconds. At most 100.
 * Throws SUNBEAT_SCHEDULE_INVALID.
 */
export function union(...schedules: ScheduleLike[]): BuiltInSchedule {
  return joined(schedules);
}

/** A custom schedule with the methods of those made here, or a list as its union. Throws SUNBEAT_SCHEDULE_INVALID. */
export function compose(schedule: ScheduleLike): BuiltInSchedule {
  return joined([schedule]);
}

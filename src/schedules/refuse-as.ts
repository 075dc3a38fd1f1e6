import { ScheduleError, isSunbeatError, type ErrorCode } from "../core/errors.js";

/** Runs a check of core, so that what it refuses is refused as a schedule: a ScheduleError with `code`. */
export function refuseAs<T>(code: ErrorCode, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!isSunbeatError(error) || error instanceof ScheduleError) throw error;
    throw new ScheduleError(code, error.message, { details: error.details, cause: error });
  }
}

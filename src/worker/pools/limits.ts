import type { Clock, Timer } from "../../core/clock.js";
import { formatDuration } from "../../core/duration.js";
import { TaskError } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { Assignment } from "../assignment.js";
import { judgeTimeLimit, type Outcome } from "../outcome.js";

export function hasLimits({ definition }: Assignment): boolean {
  return definition.softTimeLimitMs !== null || definition.timeLimitMs !== null;
}

/** The time limits of a run, from now on: the soft one aborts its signal, `onHard` ends it with the outcome it is given. */
export function startLimits(
  clock: Clock,
  random: Random,
  { reservation, definition }: Assignment,
  onHard: (outcome: Outcome, error: TaskError) => void,
): readonly Timer[] {
  const { softTimeLimitMs, timeLimitMs } = definition;
  const passed = (code: "SUNBEAT_SOFT_TIME_LIMIT" | "SUNBEAT_TIME_LIMIT", limitMs: number): TaskError => {
    const name = code === "SUNBEAT_TIME_LIMIT" ? "time limit" : "soft time limit";
    const message = `${reservation.label} ran longer than its ${name} of ${formatDuration(limitMs)}`;
    return new TaskError(code, message, { details: { task: reservation.delivery.task, limitMs } });
  };
  const limits: Timer[] = [];
  if (softTimeLimitMs !== null) {
    const soft = (): void => reservation.abort(passed("SUNBEAT_SOFT_TIME_LIMIT", softTimeLimitMs));
    limits.push(clock.after(softTimeLimitMs, soft));
  }
  if (timeLimitMs !== null) {
    const hard = (): void => {
      const error = passed("SUNBEAT_TIME_LIMIT", timeLimitMs);
      onHard(judgeTimeLimit(error, timeLimitMs, { reservation, definition, random }), error);
    };
    limits.push(clock.after(timeLimitMs, hard));
  }
  return limits;
}

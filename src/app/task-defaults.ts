import type { Config } from "../config/index.js";
import type { TaskDefaults } from "../tasks/task-options.js";

/** What the app's options say for tasks that leave it open. */
export function taskDefaults(config: Config): TaskDefaults {
  return {
    ignoreResult: config.taskIgnoreResult,
    resultTtlMs: config.resultTtlMs,
    maxDeliveries: config.maxDeliveries,
    trackStarted: config.taskTrackStarted,
    timeLimitMs: config.taskTimeLimitMs,
    softTimeLimitMs: config.taskSoftTimeLimitMs,
    keepFailed: config.keepFailed,
  };
}

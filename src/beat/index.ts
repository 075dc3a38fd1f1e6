/** The beat's one door for the rest of the code. */
export { Beat, type BeatDeps, type BeatStats } from "./beat.js";
export { BEAT_DEFAULTS, type BeatOptions } from "./beat-options.js";
export type { Entry } from "./entry.js";
export { resolveEntry } from "./resolve-entry.js";
export type {
  ArgsFunction,
  CanvasEntryOptions,
  EntryLockOptions,
  EntryOptions,
  MisfireOptions,
  TaskEntryOptions,
} from "./entry-options.js";
export type { EntryView } from "./entry-view.js";
export type { Ending, ForetoldRun } from "./foretell.js";
export { MISFIRE_POLICIES, type MisfirePolicyName } from "./misfire.js";
export type { HistoryRow } from "./history.js";
export { type Prospect, Prospects } from "./prospects.js";
export type { Registration } from "./registration.js";
export { Schedules, type SchedulesDeps, type Triggered } from "./schedules.js";

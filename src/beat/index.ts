/** The beat's one door for the rest of the code. */
export type { Triggered, TriggeredTick, TriggerOptions, TriggerRange } from "./by-hand.js";
export { Beat, type BeatDeps, type BeatStats } from "./beat.js";
export { BEAT_DEFAULTS, type BeatOptions } from "./beat-options.js";
export { argsOf, type Entry, type EntryAlert } from "./entry.js";
export { isAhead, mayDepend, wholeBasis } from "./basis.js";
export { walkPlace } from "./basis-walk.js";
export { CalendarBook, digestOf, type KnownCalendar } from "./calendar-book.js";
export { calendarLints } from "./calendar-lints.js";
export { type CalendarMove, calendarMoves } from "./calendar-moves.js";
export { daysLeft, TOLD_DAYS } from "./calendar-ends.js";
export { EntryCache } from "./entry-cache.js";
export { resolveEntry } from "./resolve-entry.js";
export type {
  ArgsFunction,
  CanvasEntryOptions,
  EntryAlertOptions,
  EntryLockOptions,
  EntryOptions,
  MisfireOptions,
  TaskEntryOptions,
} from "./entry-options.js";
export type { EntryView } from "./entry-view.js";
export type { Ending, ForetoldRun } from "./foretell.js";
export { MISFIRE_POLICIES, type MisfirePolicyName } from "./misfire.js";
export type { HistoryRow } from "./history.js";
export { applyPlan } from "./apply-plan.js";
export type { CalendarAction, CalendarChange, PlannedCalendar } from "./calendar-changes.js";
export type { Lineups, RunningEntry } from "./lineups.js";
export { applyAll, dryRun, type Plan, type PlanDeps, type PlannedMove, type PlannedPeak } from "./plan.js";
export { type ExportedSchedules, storeOf } from "./plan-store.js";
export { readPlan } from "./plan-file.js";
export type { ChangeAction, EntryChange, FieldChange, PlannedState, RenameHint } from "./changes.js";
export { countDrift, type Drift, type DriftKind, driftKindOf, readDrift } from "./drift.js";
export { assertRenames } from "./rename.js";
export { codeParts, optionsFromDefinition, portableDefinition } from "./portable.js";
export { type Prospect, Prospects } from "./prospects.js";
export type { Registration } from "./registration.js";
export { Schedules, type SchedulesDeps } from "./schedules.js";

import type { Duration } from "../core/duration.js";
import type { InstantLike } from "../core/instant.js";
import type { ScheduleLike } from "../schedules/index.js";
import type { OverlapPolicy } from "../store/contracts/entries.js";
import type { SendOptions } from "../tasks/message.js";
import type { SignatureJSON, SignatureType } from "../tasks/signature.js";
import type { MisfirePolicy, MisfirePolicyName } from "./misfire.js";

/** What happens to occurrences found late. */
export interface MisfireOptions {
  /** Default "latest". */
  readonly policy?: MisfirePolicyName | undefined;
  /** Older occurrences are not run any more. Default: a day under "latest", no limit under "all". */
  readonly within?: Duration | undefined;
  /** Most runs caught up in one go under "all", 1 to 10,000. Default 1,000. */
  readonly max?: number | undefined;
}

/** Computes the arguments of one run. Called once per occurrence by the leading beat; must not be async. */
export type ArgsFunction = (occurrence: { readonly scheduledFor: Date }) => readonly unknown[];

/** A line of the beat schedule: which task, or which form of tasks, runs, and when. */
export type EntryOptions = TaskEntryOptions | CanvasEntryOptions;

export interface TaskEntryOptions extends EntryDetails {
  /** Name of a registered task. Workers have it, not necessarily this process. */
  readonly task: string;
  /** Positional arguments, or, in code entries only, a function that makes them. Default none. */
  readonly args?: readonly unknown[] | ArgsFunction | undefined;
  readonly canvas?: undefined;
}

export interface CanvasEntryOptions extends EntryDetails {
  /**
   * A form, such as a chain or a workflow, or its JSON. The entry sends the built-in task `sunbeat.canvas`, which replaces itself by
   * it: a run has ended when its graph has. `queue`, `priority`, `lane` and `headers` of `options` are defaults of all its tasks.
   */
  readonly canvas: SignatureType<[]> | SignatureJSON;
  readonly task?: undefined;
  readonly args?: undefined;
}

/** What an entry says besides what it runs. */
export interface EntryDetails {
  /** crontab, every, solar, clocked, a number of seconds, or anything with `next`. */
  readonly schedule: ScheduleLike;
  /** As for `applyAsync`, except `taskId` and callbacks: the id of a run is made of entry and instant. */
  readonly options?: Omit<SendOptions, "taskId" | "link" | "linkError"> | undefined;
  /** Default true. */
  readonly enabled?: boolean | undefined;
  /** A name is short for `{ policy }`. Default "latest" within a day. */
  readonly misfire?: MisfirePolicyName | MisfireOptions | undefined;
  /** What happens when a run is due while an earlier one has not ended. Default "allow". */
  readonly overlap?: OverlapPolicy | undefined;
  /** Runs sent longer ago than this count as ended. Default: none. */
  readonly overlapTimeout?: Duration | undefined;
  /** Delays each dispatch by a fixed share of this, given by the entry's name. Default: `spread`; 0 opts out of that. */
  readonly jitter?: Duration | undefined;
  /** Occurrences before this instant do not count. It does not move the phase of the schedule. */
  readonly startAt?: InstantLike | undefined;
  /** Occurrences from this instant on do not count: the entry ends. */
  readonly endAt?: InstantLike | undefined;
  /** The entry ends when so many occurrences were sent; skipped and triggered ones are not counted. */
  readonly maxRuns?: number | undefined;
  /**
   * A lock that each run holds, from the dispatch to its end, by name or with a capacity (default 1). When it is busy,
   * `overlap` "skip" skips the run (reason "locked"); otherwise the run waits in line.
   */
  readonly lock?: string | EntryLockOptions | undefined;
  readonly description?: string | undefined;
  /**
   * The name that this entry had in the code before: it goes on from there, with its runs and its history. Ignored when the store has no
   * such entry of this app, so that it may stay. In `beatSchedule` only.
   */
  readonly renamedFrom?: string | undefined;
  /** When operators are told of this entry (docs/alerts.md). Default: as the app's option `alerts` says. */
  readonly alert?: EntryAlertOptions | undefined;
}

export interface EntryAlertOptions {
  /** How late an occurrence may be sent before `schedule-missed` is raised. Default 60 s. */
  readonly grace?: Duration | undefined;
  /** `run-overdue` is raised when a run has not ended so long after it was sent. Default: never. */
  readonly runtime?: Duration | undefined;
  /** `run-failed` is raised when so many runs have failed one after the other, 1 to 100. Default 1. */
  readonly failures?: number | undefined;
  /** Whether nobody is told of this entry. Default false. */
  readonly mute?: boolean | undefined;
}

export interface EntryLockOptions {
  readonly name: string;
  /** How many may hold it at once, 1 to 10,000. Default 1. */
  readonly capacity?: number | undefined;
}

export const ENTRY_OPTION_KEYS = [
  "task",
  "canvas",
  "schedule",
  "args",
  "options",
  "enabled",
  "misfire",
  "overlap",
  "overlapTimeout",
  "jitter",
  "startAt",
  "endAt",
  "maxRuns",
  "lock",
  "description",
  "alert",
  "renamedFrom",
] as const satisfies readonly (keyof EntryOptions)[];

/** Misfire policy of an entry that names none. */
export const DEFAULT_MISFIRE: MisfirePolicy = Object.freeze({
  policy: "latest",
  withinMs: 86_400_000,
  max: 1_000,
});

/** How long a run that no worker takes keeps its lock. Then the lock passes on, and the run keeps its turn. */
export const LOCK_RESERVE_MS = 30_000;

/** What "cancel-running" gives the running task to stop. */
export const CANCEL_GRACE_MS = 30_000;

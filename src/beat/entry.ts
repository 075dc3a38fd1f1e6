/** An entry after its check: every default filled in, durations in milliseconds, frozen. */
import { ConfigurationError, messageOf } from "../core/errors.js";
import { assertKnownKeys, invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { Schedule, ScheduleDefaults } from "../schedules/index.js";
import type { Overlap } from "../store/contracts/entries.js";
import type { SendOptions } from "../tasks/message.js";
import { capacityOption, lockNameOption } from "../tasks/task-lock.js";
import type { ArgsFunction, EntryOptions } from "./entry-options.js";
import type { PlannedEntry } from "./planner.js";

/** The calendar of a name; undefined: there is none. */
export type Calendars = NonNullable<ScheduleDefaults["calendars"]>;

export interface Entry extends PlannedEntry {
  readonly task: string;
  readonly args: readonly unknown[] | ArgsFunction;
  readonly options: SendOptions;
  readonly enabled: boolean;
  readonly overlap: Overlap;
  readonly lock: EntryLock | null;
  readonly description: string | null;
  /** The jitter that it names; null: it names none, and `jitterMs` is the spread of the app that has read it. */
  readonly ownJitterMs: number | null;
  /** Null: as the app says. */
  readonly alert: EntryAlert | null;
  /** The name under which the code declared it before; no part of the definition. */
  readonly renamedFrom: string | null;
  /** Canonical JSON of the schedule. */
  readonly scheduleText: string;
  /** Sent once when a process first leads, instead of at instants. */
  readonly atStart: boolean;
  /** The arguments come from a function, which the definition cannot carry. */
  readonly codeArgs: boolean;
  /** The schedule is a custom one, which the definition cannot carry. */
  readonly codeSchedule: boolean;
  /** Names of the calendars that its schedule asks, in order. */
  readonly calendars: readonly string[];
  /** Whether the data of a time zone decides about its instants. */
  readonly isZoned: boolean;
  /** The schedule with other calendars than those that it has. */
  readonly withCalendars: (calendars: Calendars) => Schedule;
  /** Canonical JSON of the whole entry. */
  readonly definition: string;
  /** Hash of `definition`. */
  readonly revision: string;
}

/** What an entry says of its alerts; what is null is as the app says. */
export interface EntryAlert {
  readonly graceMs: number | null;
  readonly runtimeMs: number | null;
  readonly failures: number | null;
  readonly mute: boolean;
}

export interface EntryLock {
  readonly name: string;
  readonly capacity: number;
}

/** The arguments of the run at `scheduledFor`. Throws SUNBEAT_ENTRY_INVALID when the entry's function fails. */
export function argsOf(entry: Entry, scheduledFor: number): readonly unknown[] {
  if (typeof entry.args !== "function") return entry.args;
  let args: unknown;
  try {
    args = entry.args({ scheduledFor: new Date(scheduledFor) });
  } catch (error) {
    const message = `entry ${quote(entry.name)}: its args function threw: ${messageOf(error)}`;
    throw new ConfigurationError("SUNBEAT_ENTRY_INVALID", message, { cause: error });
  }
  if (Array.isArray(args)) return args;
  throw new ConfigurationError(
    "SUNBEAT_ENTRY_INVALID",
    `entry ${quote(entry.name)}: its args function gave ${quote(args)}; expected an array, not a promise`,
  );
}

/** Also reads the definition's form of it. */
export function entryLock(lock: EntryOptions["lock"]): EntryLock | null {
  if (lock === undefined) return null;
  const given = typeof lock === "string" ? { name: lock } : lock;
  if (typeof given !== "object" || given === null) {
    throw invalidOption("lock", "a name, or { name, capacity }", given);
  }
  assertKnownKeys(given, ["name", "capacity"], "lock");
  const { name, capacity = 1 } = given;
  return { name: lockNameOption(name, "lock"), capacity: capacityOption(capacity, "lock") };
}

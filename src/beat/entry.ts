/** An entry after its check: every default filled in, durations in milliseconds, frozen. */
import { ConfigurationError, messageOf } from "../core/errors.js";
import { assertKnownKeys, invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { Overlap } from "../store/contracts/entries.js";
import type { SendOptions } from "../tasks/message.js";
import { capacityOption, lockNameOption } from "../tasks/task-lock.js";
import type { ArgsFunction, EntryOptions } from "./entry-options.js";
import type { PlannedEntry } from "./planner.js";

export interface Entry extends PlannedEntry {
  readonly task: string;
  readonly args: readonly unknown[] | ArgsFunction;
  readonly options: SendOptions;
  readonly enabled: boolean;
  readonly overlap: Overlap;
  readonly lock: EntryLock | null;
  readonly description: string | null;
  /** Canonical JSON of the schedule. */
  readonly scheduleText: string;
  /** Sent once when a process first leads, instead of at instants. */
  readonly atStart: boolean;
  /** The arguments come from a function, which the definition cannot carry. */
  readonly codeArgs: boolean;
  /** The schedule is a custom one, which the definition cannot carry. */
  readonly codeSchedule: boolean;
  /** Canonical JSON of the whole entry. */
  readonly definition: string;
  /** Hash of `definition`. */
  readonly revision: string;
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

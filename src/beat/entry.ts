/**
 * An entry after its check: every default filled in, durations in milliseconds, frozen.
 */
import { ConfigurationError, isSunbeatError, messageOf, ScheduleError } from "../core/errors.js";
import { instantMs } from "../core/instant.js";
import {
  assertKnownKeys,
  booleanOption,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";
import { asSchedule, type ScheduleDefaults } from "../schedules/index.js";
import { type Overlap, OVERLAP_POLICIES } from "../store/contracts/entries.js";
import type { SendOptions } from "../tasks/message.js";
import { assertPayload } from "../tasks/payload.js";
import { capacityOption, lockNameOption } from "../tasks/task-lock.js";
import { makeEntry, portableOptions } from "./definition.js";
import {
  type ArgsFunction,
  CANCEL_GRACE_MS,
  DEFAULT_MISFIRE,
  ENTRY_OPTION_KEYS,
  type EntryOptions,
} from "./entry-options.js";
import { type MisfirePolicy, MISFIRE_POLICIES } from "./misfire.js";
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

/** A caught-up entry is one step of the store, so its size is bounded. */
const MOST_CAUGHT_UP = 10_000;
const LONGEST_DESCRIPTION = 1_000;

/**
 * Checks one entry. Codes: SUNBEAT_ENTRY_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID,
 * SUNBEAT_PAYLOAD_INVALID, SUNBEAT_PAYLOAD_TOO_LARGE, or the code of the schedule; the message names the entry.
 */
export function resolveEntry(name: string, options: EntryOptions, defaults: ScheduleDefaults): Entry {
  return namingEntry(name, () => {
    nameOption(name, "name");
    assertKnownKeys(options, ENTRY_OPTION_KEYS, "entry");
    if (options.schedule === undefined) throw invalidOption("schedule", "a schedule", undefined);
    const schedule = asSchedule(options.schedule, { ...defaults, hashKey: name });
    const args = checkArgs(options.args ?? []);
    return makeEntry({
      name,
      task: nameOption(options.task, "task"),
      schedule,
      args,
      options: sendOptions(options.options),
      enabled: options.enabled === undefined ? true : booleanOption(options.enabled, "enabled"),
      misfire: misfirePolicy(options.misfire),
      overlap: overlapPolicy(options),
      jitterMs: options.jitter === undefined ? 0 : durationOption(options.jitter, "jitter", 0),
      ...period(options),
      maxRuns:
        options.maxRuns === undefined
          ? null
          : integerOption(options.maxRuns, "maxRuns", 1, Number.MAX_SAFE_INTEGER),
      lock: entryLock(options.lock),
      description: descriptionText(options.description),
    });
  });
}

/** Runs `check` so that what it throws says which entry is wrong; schedule errors keep class and code. */
function namingEntry<T>(name: unknown, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    const message = `entry ${quote(name)}: ${error.message.replace(/^entry: /, "")}`;
    const init = { details: { ...error.details, entry: name }, cause: error };
    if (error instanceof ScheduleError) throw new ScheduleError(error.code, message, init);
    const code = error.code === "SUNBEAT_OPTION_INVALID" ? "SUNBEAT_ENTRY_INVALID" : error.code;
    throw new ConfigurationError(code, message, init);
  }
}

function checkArgs(args: unknown): readonly unknown[] | ArgsFunction {
  if (typeof args === "function") return args as ArgsFunction;
  if (!Array.isArray(args)) throw invalidOption("args", "an array, or a function that gives one", args);
  assertPayload(args, "args");
  // A copy: what the caller does to the array later must not change what is sent.
  return Object.freeze(JSON.parse(JSON.stringify(args)) as unknown[]);
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

function sendOptions(options: EntryOptions["options"]): SendOptions {
  if ((options as SendOptions | null | undefined)?.taskId !== undefined) {
    throw invalidOption("options.taskId", "nothing: the id of a run is made of entry and instant", options);
  }
  return portableOptions(options);
}

function misfirePolicy(misfire: EntryOptions["misfire"]): MisfirePolicy {
  const given = typeof misfire === "string" ? { policy: misfire } : (misfire ?? {});
  assertKnownKeys(given, ["policy", "within", "max"], "misfire");
  const policy = choiceOption(given.policy ?? DEFAULT_MISFIRE.policy, "misfire", MISFIRE_POLICIES);
  if (given.max !== undefined && policy !== "all") {
    throw invalidOption("misfire.max", `nothing under "${policy}": it belongs to "all"`, given.max);
  }
  if (given.within !== undefined && policy === "skip") {
    throw invalidOption(
      "misfire.within",
      'nothing under "skip", which runs no late occurrence',
      given.within,
    );
  }
  const defaultWithinMs = policy === "latest" ? DEFAULT_MISFIRE.withinMs : null;
  return {
    policy,
    withinMs:
      given.within === undefined ? defaultWithinMs : durationOption(given.within, "misfire.within", 0),
    max:
      given.max === undefined
        ? DEFAULT_MISFIRE.max
        : integerOption(given.max, "misfire.max", 1, MOST_CAUGHT_UP),
  };
}

function overlapPolicy(options: EntryOptions): Overlap {
  return {
    policy: choiceOption(options.overlap ?? "allow", "overlap", OVERLAP_POLICIES),
    timeoutMs:
      options.overlapTimeout === undefined
        ? null
        : durationOption(options.overlapTimeout, "overlapTimeout", 1),
    graceMs: CANCEL_GRACE_MS,
  };
}

function period(options: EntryOptions): { startAt: number | null; endAt: number | null } {
  const startAt = options.startAt === undefined ? null : instantMs(options.startAt, "startAt");
  const endAt = options.endAt === undefined ? null : instantMs(options.endAt, "endAt");
  if (startAt !== null && endAt !== null && endAt <= startAt) {
    throw invalidOption("endAt", "an instant after startAt", options.endAt);
  }
  return { startAt, endAt };
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

function descriptionText(description: unknown): string | null {
  if (description === undefined) return null;
  if (typeof description === "string" && description.length <= LONGEST_DESCRIPTION) return description;
  throw invalidOption("description", `text of at most ${LONGEST_DESCRIPTION} characters`, description);
}

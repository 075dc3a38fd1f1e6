/** Checks an entry as a program writes it, and fills in the defaults. */
import { ConfigurationError, isSunbeatError, ScheduleError } from "../core/errors.js";
import { instantMs } from "../core/instant.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";
import { asSchedule, type Schedule, type ScheduleDefaults } from "../schedules/index.js";
import { type Overlap, OVERLAP_POLICIES } from "../store/contracts/entries.js";
import { CANVAS_TASK } from "../tasks/built-in.js";
import type { SendOptions } from "../tasks/message.js";
import { assertPayload } from "../tasks/payload.js";
import { isSignature } from "../tasks/signature.js";
import { makeEntry, portableOptions } from "./definition.js";
import {
  type ArgsFunction,
  CANCEL_GRACE_MS,
  DEFAULT_MISFIRE,
  ENTRY_OPTION_KEYS,
  type EntryOptions,
} from "./entry-options.js";
import { type Calendars, type Entry, type EntryAlert, entryLock } from "./entry.js";
import { MISFIRE_POLICIES, type MisfirePolicy } from "./misfire.js";

/** A caught-up entry is one step of the store, so its size is bounded. */
const MOST_CAUGHT_UP = 10_000;
const LONGEST_DESCRIPTION = 1_000;

/** What an app says for entries that do not say it themselves. */
export interface EntryDefaults extends ScheduleDefaults {
  /** Jitter of those that name none. Default 0. */
  readonly spreadMs?: number;
}

/**
 * Checks one entry. Codes: SUNBEAT_ENTRY_INVALID, SUNBEAT_OPTION_UNKNOWN, SUNBEAT_DURATION_INVALID,
 * SUNBEAT_PAYLOAD_INVALID, SUNBEAT_PAYLOAD_TOO_LARGE, or the code of the schedule; the message names the entry.
 */
export function resolveEntry(name: string, options: EntryOptions, defaults: EntryDefaults): Entry {
  return namingEntry(name, () => {
    nameOption(name, "name");
    assertKnownKeys(options, ENTRY_OPTION_KEYS, "entry");
    if (options.schedule === undefined) throw invalidOption("schedule", "a schedule", undefined);
    const { spreadMs = 0, ...scheduleDefaults } = defaults;
    const withCalendars = (calendars: Calendars | undefined): Schedule =>
      asSchedule(options.schedule, { ...scheduleDefaults, calendars, hashKey: name });
    const schedule = withCalendars(defaults.calendars);
    const ownJitterMs = options.jitter === undefined ? null : durationOption(options.jitter, "jitter", 0);
    return makeEntry({
      name,
      ...whatRuns(options),
      schedule,
      withCalendars,
      options: sendOptions(options.options),
      enabled: options.enabled === undefined ? true : booleanOption(options.enabled, "enabled"),
      misfire: misfirePolicy(options.misfire),
      overlap: overlapPolicy(options),
      jitterMs: ownJitterMs ?? spreadMs,
      ownJitterMs,
      ...period(options),
      maxRuns:
        options.maxRuns === undefined
          ? null
          : integerOption(options.maxRuns, "maxRuns", 1, Number.MAX_SAFE_INTEGER),
      lock: entryLock(options.lock),
      description: descriptionText(options.description),
      alert: entryAlert(options.alert),
      renamedFrom: formerName(name, options.renamedFrom),
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

function whatRuns(options: EntryOptions): Pick<Entry, "task" | "args"> {
  const { task, args, canvas } = options;
  if (canvas === undefined) return { task: nameOption(task, "task"), args: checkArgs(args ?? []) };
  if (task !== undefined || args !== undefined) {
    throw invalidOption(
      "task and args",
      "neither beside a canvas, which names its tasks itself",
      task ?? args,
    );
  }
  const form: unknown = isSignature(canvas) ? canvas.toJSON() : canvas;
  assertObject(form, "canvas");
  return { task: CANVAS_TASK, args: checkArgs([withDefaults(form, options.options ?? {})]) };
}

/** The form's own options go before those of the entry. */
function withDefaults(form: object, { queue, priority, lane, headers }: SendOptions): object {
  const { options } = form as { readonly options?: SendOptions };
  const defaults = {
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
    ...(lane !== undefined && { lane }),
    ...options,
    ...(headers !== undefined && { headers: { ...headers, ...options?.headers } }),
  };
  return Object.keys(defaults).length === 0 ? form : { ...form, options: defaults };
}

function checkArgs(args: unknown): readonly unknown[] | ArgsFunction {
  if (typeof args === "function") return args as ArgsFunction;
  if (!Array.isArray(args)) throw invalidOption("args", "an array, or a function that gives one", args);
  assertPayload(args, "args");
  // A copy: what the caller does to the array later must not change what is sent.
  return Object.freeze(JSON.parse(JSON.stringify(args)) as unknown[]);
}

function sendOptions(options: EntryOptions["options"]): SendOptions {
  if ((options as SendOptions | null | undefined)?.taskId !== undefined) {
    throw invalidOption("options.taskId", "nothing: the id of a run is made of entry and instant", options);
  }
  const { link, linkError } = (options ?? {}) as SendOptions;
  if (link !== undefined || linkError !== undefined) {
    throw invalidOption(
      "options.link and linkError",
      "none: give the entry a canvas with callbacks",
      link ?? linkError,
    );
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

function descriptionText(description: unknown): string | null {
  if (description === undefined) return null;
  if (typeof description === "string" && description.length <= LONGEST_DESCRIPTION) return description;
  throw invalidOption("description", `text of at most ${LONGEST_DESCRIPTION} characters`, description);
}

function formerName(name: string, renamedFrom: unknown): string | null {
  if (renamedFrom === undefined) return null;
  const former = nameOption(renamedFrom, "renamedFrom");
  if (former !== name) return former;
  throw invalidOption("renamedFrom", "the name that the entry had before", renamedFrom);
}

const MOST_FAILURES = 100;

function entryAlert(alert: EntryOptions["alert"]): EntryAlert | null {
  if (alert === undefined) return null;
  assertKnownKeys(alert, ["grace", "runtime", "failures", "mute"], "alert");
  const { grace, runtime, failures, mute } = alert;
  if (grace === undefined && runtime === undefined && failures === undefined && mute === undefined)
    return null;
  return Object.freeze({
    graceMs: grace === undefined ? null : durationOption(grace, "alert.grace", 0),
    runtimeMs: runtime === undefined ? null : durationOption(runtime, "alert.runtime", 1_000),
    failures: failures === undefined ? null : integerOption(failures, "alert.failures", 1, MOST_FAILURES),
    mute: mute === undefined ? false : booleanOption(mute, "alert.mute"),
  });
}

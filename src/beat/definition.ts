/**
 * An entry as canonical JSON: what the store keeps and what the revision is the hash of. Defaults are left out, so a
 * new option with a default changes no revision. A part that only code can give is named, not encoded: `argsFrom:
 * "code"`, and a schedule of type "custom". A beat whose code lacks that part leaves the entry alone.
 */
import { createHash } from "node:crypto";
import { canonicalJSON } from "../core/canonical-json.js";
import { ConfigurationError, type ErrorCode, isSunbeatError, messageOf } from "../core/errors.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  choiceOption,
  integerOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import { quote } from "../core/quote.js";
import {
  asSchedule,
  CalendarSchedule,
  ClockedSchedule,
  CrontabSchedule,
  IntervalSchedule,
  referencesOf,
  type Schedule,
  type ScheduleJSON,
  scheduleFromJSON,
  SolarSchedule,
} from "../schedules/index.js";
import { OVERLAP_POLICIES } from "../store/contracts/entries.js";
import { resolveSendOptions } from "../tasks/message-factory.js";
import type { SendOptions, UniqueOptions } from "../tasks/message.js";
import type { Unique } from "../tasks/unique-options.js";
import { type Entry, type EntryAlert, entryLock } from "./entry.js";
import { CANCEL_GRACE_MS, DEFAULT_MISFIRE, type EntryOptions } from "./entry-options.js";
import { MISFIRE_POLICIES, type MisfirePolicy } from "./misfire.js";

/** Grows with each part of a definition that a beat of before cannot read. */
export const DEFINITION_FORM = 3;

/** What an entry consists of before its text and revision are made. */
export type EntryParts = Omit<
  Entry,
  | "scheduleText"
  | "atStart"
  | "codeArgs"
  | "codeSchedule"
  | "calendars"
  | "isZoned"
  | "definition"
  | "revision"
>;

const REVISION_LENGTH = 32;

/** Completes checked parts with what follows from them. */
export function makeEntry(parts: EntryParts): Entry {
  const scheduleJSON = jsonOf(parts.schedule);
  const text = canonicalJSON(definitionOf(parts, scheduleJSON));
  return completed(parts, scheduleJSON, canonicalJSON(scheduleJSON), {
    definition: text,
    revision: revisionOf(text),
  });
}

export function revisionOf(definition: string): string {
  return createHash("sha256").update(definition).digest("hex").slice(0, REVISION_LENGTH);
}

function completed(
  parts: EntryParts,
  scheduleJSON: ScheduleJSON,
  scheduleText: string,
  text: Pick<Entry, "definition" | "revision">,
): Entry {
  return Object.freeze({
    ...parts,
    scheduleText,
    atStart: scheduleJSON.type === "reboot",
    codeArgs: typeof parts.args === "function",
    codeSchedule: scheduleJSON.type === "custom",
    ...referencesOf(scheduleJSON),
    definition: text.definition,
    revision: text.revision,
  });
}

/**
 * The schedule as data. A custom schedule that cannot be rebuilt from its `toJSON` keeps that as `value`, so that a
 * change of its parameters changes the revision all the same.
 */
function jsonOf(schedule: Schedule): ScheduleJSON {
  const json = schedule.toJSON?.();
  if (json !== undefined && isRebuilt(schedule, json)) return json;
  return { type: "custom", ...(json !== undefined && { value: json }) };
}

const BUILT_IN = [CalendarSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule, ClockedSchedule];

/** Whether `json` makes a schedule of the same class: a wrapper that passes on another's JSON is not that one. */
function isRebuilt(schedule: Schedule, json: ScheduleJSON): boolean {
  if (BUILT_IN.some((known) => schedule instanceof known)) return true;
  try {
    const rebuilt = scheduleFromJSON(json);
    return Object.getPrototypeOf(rebuilt) === Object.getPrototypeOf(schedule);
  } catch {
    return false;
  }
}

function definitionOf(parts: EntryParts, schedule: ScheduleJSON): Record<string, unknown> {
  const { task, args, options, enabled, misfire, overlap, ownJitterMs, startAt, endAt, maxRuns } = parts;
  const { lock, description, alert } = parts;
  return {
    task,
    schedule,
    ...(typeof args === "function" ? { argsFrom: "code" } : args.length > 0 && { args }),
    ...(Object.keys(options).length > 0 && { options: optionsJSON(options) }),
    ...(!enabled && { enabled }),
    ...(!sameMisfire(misfire) && { misfire }),
    ...(overlap.policy !== "allow" && { overlap: overlap.policy }),
    ...(overlap.timeoutMs !== null && { overlapTimeoutMs: overlap.timeoutMs }),
    ...(ownJitterMs !== null && { jitterMs: ownJitterMs }),
    ...(startAt !== null && { startAt }),
    ...(endAt !== null && { endAt }),
    ...(maxRuns !== null && { maxRuns }),
    ...(lock !== null && { lock }),
    ...(description !== null && { description }),
    ...(alert !== null && { alert: alertJSON(alert) }),
  };
}

function alertJSON({ graceMs, runtimeMs, failures, mute }: EntryAlert): Record<string, unknown> {
  return {
    ...(graceMs !== null && { graceMs }),
    ...(runtimeMs !== null && { runtimeMs }),
    ...(failures !== null && { failures }),
    ...(mute && { mute }),
  };
}

function sameMisfire({ policy, withinMs, max }: MisfirePolicy): boolean {
  const usual = DEFAULT_MISFIRE;
  return policy === usual.policy && withinMs === usual.withinMs && max === usual.max;
}

/** Send options with durations in milliseconds, so that "90s" and 90 are one revision. */
export function portableOptions(options: SendOptions | undefined): SendOptions {
  const sent = resolveSendOptions(options);
  return {
    ...(sent.eta && ("at" in sent.eta ? { eta: sent.eta.at } : { countdown: milliseconds(sent.eta.inMs) })),
    ...(sent.expires && {
      expires: "at" in sent.expires ? new Date(sent.expires.at) : milliseconds(sent.expires.inMs),
    }),
    ...(sent.queue !== null && { queue: sent.queue }),
    ...(sent.priority !== null && { priority: sent.priority }),
    ...(Object.keys(sent.headers).length > 0 && { headers: { ...sent.headers } }),
    ...(sent.ignoreResult !== null && { ignoreResult: sent.ignoreResult }),
    ...(sent.resultTtlMs !== null && { resultExpires: milliseconds(sent.resultTtlMs) }),
    ...(sent.maxDeliveries !== null && { maxDeliveries: sent.maxDeliveries }),
    ...(sent.lane !== null && { lane: sent.lane }),
    ...(sent.unique !== null && { unique: portableUnique(sent.unique) }),
  };
}

function portableUnique({ key, ttlMs, until, onConflict, maxWaitMs }: Unique): UniqueOptions {
  return {
    ...(typeof key === "string" && { key }),
    ...(ttlMs !== null && { ttl: milliseconds(ttlMs) }),
    ...(until !== null && { until }),
    onConflict,
    ...(maxWaitMs !== null && { maxWait: milliseconds(maxWaitMs) }),
  };
}

const milliseconds = (ms: number) => ({ milliseconds: ms });

/** A number there would mean seconds, so an absolute expiry is marked. */
function optionsJSON(options: SendOptions): Record<string, unknown> {
  const { expires } = options;
  return expires instanceof Date ? { ...options, expires: { at: expires.getTime() } } : { ...options };
}

function optionsFromJSON(json: unknown): SendOptions {
  if (json === undefined) return {};
  const { expires } = (json ?? {}) as { expires?: { at?: unknown } };
  const at = expires?.at;
  return portableOptions(
    typeof at === "number"
      ? { ...(json as SendOptions), expires: new Date(at) }
      : (json as SendOptions | undefined),
  );
}

const DEFINITION_KEYS = [
  "task",
  "schedule",
  "args",
  "argsFrom",
  "options",
  "enabled",
  "misfire",
  "overlap",
  "overlapTimeoutMs",
  "jitterMs",
  "startAt",
  "endAt",
  "maxRuns",
  "lock",
  "description",
  "alert",
  "signature",
];

/** Of an entry that is signed by a key that this app has, but not with, or that is not to be used: "!", the code and why. */
const REFUSED = /^!(SUNBEAT_[A-Z_]+) ([^!]*)!/;

/** Throws SUNBEAT_SIGNATURE_INVALID, SUNBEAT_KEY_UNKNOWN. */
function assertTrusted(name: string, signature: unknown): void {
  const [, code, why] = REFUSED.exec(typeof signature === "string" ? signature : "") ?? [];
  if (code === undefined) return;
  throw new ConfigurationError(code as ErrorCode, `entry ${quote(name)}: ${why}; set it again`, {
    details: { entry: name },
  });
}

const DISTRUST: ReadonlySet<string> = new Set(["SUNBEAT_SIGNATURE_INVALID", "SUNBEAT_KEY_UNKNOWN"]);

/** Stands in for a part that this process has no code for: what is read of such an entry is still right. */
const UNKNOWN_SCHEDULE: Schedule = Object.freeze({ next: () => null });

/**
 * The entry of a stored definition. Parts that only code can give are stand-ins: `codeArgs` and `codeSchedule` say
 * so. `readSchedule` makes a schedule of its JSON and canonical text; `spreadMs` is the jitter of an entry that names
 * none. Throws SUNBEAT_ENTRY_INVALID.
 */
export function entryFromDefinition(
  stored: { readonly name: string; readonly definition: string; readonly revision: string },
  readSchedule: (json: ScheduleJSON, text: string) => Schedule = scheduleFromJSON,
  spreadMs = 0,
): Entry {
  const { name, definition, revision } = stored;
  try {
    const json = JSON.parse(definition) as Record<string, unknown>;
    assertObject(json, "definition");
    assertTrusted(name, json.signature);
    assertKnownKeys(json, DEFINITION_KEYS, "definition");
    const scheduleJSON = json.schedule as ScheduleJSON;
    if (typeof scheduleJSON !== "object" || scheduleJSON === null) {
      throw invalidOption("schedule", "an object", scheduleJSON);
    }
    // A part of a canonical text: its keys are in order already.
    const scheduleText = JSON.stringify(scheduleJSON);
    const custom = scheduleJSON.type === "custom";
    const schedule = custom ? UNKNOWN_SCHEDULE : readSchedule(scheduleJSON, scheduleText);
    const parts = partsFromJSON(name, json, schedule, spreadMs);
    return completed(parts, scheduleJSON, scheduleText, { definition, revision });
  } catch (error) {
    if (!isSunbeatError(error) && !(error instanceof SyntaxError)) throw error;
    if (isSunbeatError(error) && DISTRUST.has(error.code)) throw error;
    throw new ConfigurationError(
      "SUNBEAT_ENTRY_INVALID",
      `entry ${quote(name)}: its stored definition cannot be read: ${messageOf(error)}; ` +
        "set it again, or upgrade this process if a newer version wrote it",
      { details: { entry: name }, cause: error },
    );
  }
}

/** Whether this error of `entryFromDefinition` may mean that a newer version wrote the entry: it is one, but for a part. */
export function mayBeNewer(error: unknown): boolean {
  return isSunbeatError(error) && error.code === "SUNBEAT_ENTRY_INVALID" && isSunbeatError(error.cause);
}

function partsFromJSON(
  name: string,
  json: Record<string, unknown>,
  schedule: Schedule,
  spreadMs: number,
): EntryParts {
  const code = json.argsFrom === "code";
  const args = json.args ?? [];
  if (!Array.isArray(args)) throw invalidOption("args", "an array", args);
  const whole = (key: string, min: number): number | null =>
    json[key] === undefined ? null : integerOption(json[key], key, min, Number.MAX_SAFE_INTEGER);
  const ownJitterMs = whole("jitterMs", 0);
  return {
    name,
    task: nameOption(json.task, "task"),
    schedule,
    withCalendars: (calendars) => asSchedule(schedule, { calendars }),
    args: code ? () => [] : args,
    options: optionsFromJSON(json.options),
    enabled: json.enabled === undefined ? true : booleanOption(json.enabled, "enabled"),
    misfire: json.misfire === undefined ? DEFAULT_MISFIRE : misfireFromJSON(json.misfire),
    overlap: {
      policy: choiceOption(json.overlap ?? "allow", "overlap", OVERLAP_POLICIES),
      timeoutMs: whole("overlapTimeoutMs", 1),
      graceMs: CANCEL_GRACE_MS,
    },
    jitterMs: ownJitterMs ?? spreadMs,
    ownJitterMs,
    startAt: whole("startAt", Number.MIN_SAFE_INTEGER),
    endAt: whole("endAt", Number.MIN_SAFE_INTEGER),
    maxRuns: whole("maxRuns", 1),
    lock: entryLock(json.lock as EntryOptions["lock"]),
    description: typeof json.description === "string" ? json.description : null,
    alert: json.alert === undefined ? null : alertFromJSON(json.alert),
    renamedFrom: null,
  };
}

function alertFromJSON(json: unknown): EntryAlert {
  assertKnownKeys(json, ["graceMs", "runtimeMs", "failures", "mute"], "alert");
  const given = json as Record<keyof EntryAlert, unknown>;
  const whole = (key: keyof EntryAlert, min: number): number | null =>
    given[key] === undefined ? null : integerOption(given[key], `alert.${key}`, min, Number.MAX_SAFE_INTEGER);
  return {
    ...{ graceMs: whole("graceMs", 0), runtimeMs: whole("runtimeMs", 1), failures: whole("failures", 1) },
    mute: given.mute === undefined ? false : booleanOption(given.mute, "alert.mute"),
  };
}

function misfireFromJSON(json: unknown): MisfirePolicy {
  assertKnownKeys(json, ["policy", "withinMs", "max"], "misfire");
  const { policy, withinMs, max } = json as Record<keyof MisfirePolicy, unknown>;
  return {
    policy: choiceOption(policy, "misfire.policy", MISFIRE_POLICIES),
    withinMs:
      withinMs === null ? null : integerOption(withinMs, "misfire.withinMs", 0, Number.MAX_SAFE_INTEGER),
    max: integerOption(max, "misfire.max", 1, Number.MAX_SAFE_INTEGER),
  };
}

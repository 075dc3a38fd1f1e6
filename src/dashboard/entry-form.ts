/** An entry as a form has it: its schedule by the fields of its kind, durations as people write them; and back from what is stored. */
import type { EntryOptions } from "../beat/index.js";
import { formatDuration } from "../core/duration.js";
import { assertKnownKeys, assertObject, invalidOption } from "../core/options.js";
import {
  clocked,
  crontab,
  type CrontabOptions,
  every,
  type Schedule,
  scheduleFromJSON,
  solar,
  type SolarEvent,
} from "../schedules/index.js";

export type ScheduleForm =
  | ({ readonly crontab: string } & Pick<CrontabOptions, "timezone" | "dst" | "dayMatch" | "extended">)
  | { readonly every: string; readonly offset?: string }
  | {
      readonly solar: string;
      readonly latitude: number;
      readonly longitude: number;
      readonly offset?: string;
    }
  /** A local time of the zone, or milliseconds since 1970. */
  | { readonly at: string | number; readonly timezone?: string }
  /** As `toJSON` gives it. */
  | { readonly type: string };

/** As `EntryOptions`, but for what JSON has no word for. */
export interface EntryForm extends Readonly<Record<string, unknown>> {
  readonly task?: string;
  readonly schedule: ScheduleForm;
}

type Json = Readonly<Record<string, unknown>>;

/** `keptArgs`: in the place of arguments that the asker does not see. Throws the codes of the schedule, SUNBEAT_OPTION_INVALID. */
export function entryOptionsOf(form: Json, keptArgs?: readonly unknown[]): EntryOptions {
  const { schedule, startAt, endAt, options, ...rest } = form;
  const timezone = (schedule as { readonly timezone?: string } | null | undefined)?.timezone;
  return {
    ...rest,
    schedule: typeof schedule === "object" && schedule !== null ? scheduleOf(schedule as Json) : schedule,
    ...(startAt !== undefined && { startAt: instantOf(startAt, timezone) }),
    ...(endAt !== undefined && { endAt: instantOf(endAt, timezone) }),
    ...(options !== undefined && { options: sendOptionsOf(options) }),
    ...(keptArgs !== undefined && { args: keptArgs }),
  } as unknown as EntryOptions;
}

function scheduleOf(form: Json): Schedule {
  if ("type" in form) return scheduleFromJSON(form);
  const fields = (...names: readonly string[]): void => assertKnownKeys(form, names, "schedule");
  if ("crontab" in form) {
    fields("crontab", "timezone", "dst", "dayMatch", "extended");
    const { crontab: text, ...options } = form;
    return crontab(text as string, options);
  }
  if ("every" in form) {
    fields("every", "offset");
    return every(durationOf(form["every"]), offsetOf(form));
  }
  if ("solar" in form) {
    fields("solar", "latitude", "longitude", "offset");
    const { solar: event, latitude, longitude } = form;
    return solar(event as SolarEvent, latitude as number, longitude as number, offsetOf(form));
  }
  fields("at", "timezone");
  return clocked(form["at"] as string, { timezone: (form["timezone"] as string | undefined) ?? "UTC" });
}

function offsetOf({ offset }: Json): { readonly offset?: string | number } {
  return offset === undefined ? {} : { offset: durationOf(offset) };
}

/** A bare number is seconds. */
function durationOf(value: unknown): string | number {
  return typeof value === "string" && /^\d{1,15}$/.test(value.trim())
    ? Number(value)
    : (value as string | number);
}

function instantOf(value: unknown, timezone = "UTC"): unknown {
  return typeof value === "string" ? clocked(value, { timezone }).at : value;
}

function sendOptionsOf(options: unknown): unknown {
  assertObject(options, "options");
  const { expires, ...rest } = options as Json;
  const at = (expires as { readonly at?: unknown } | null | undefined)?.at;
  if (typeof at === "number") return { ...rest, expires: new Date(at) };
  return expires === undefined ? rest : { ...rest, expires: durationOf(expires) };
}

/** What would make a stored definition again. Throws SUNBEAT_OPTION_INVALID for what a form has no field for. */
export function formOf(definition: Json): EntryForm {
  const {
    schedule,
    args,
    argsFrom: _,
    misfire,
    overlapTimeoutMs,
    jitterMs,
    alert,
    options,
    ...rest
  } = definition;
  const { signature: __, ...plain } = rest;
  if (typeof schedule !== "object" || schedule === null)
    throw invalidOption("schedule", "an object", schedule);
  return {
    ...plain,
    schedule: scheduleFormOf(schedule as { readonly type: string } & Json),
    ...(Array.isArray(args) && { args }),
    ...(misfire !== undefined && { misfire: misfireFormOf(misfire as Json) }),
    ...(overlapTimeoutMs !== undefined && { overlapTimeout: textOf(overlapTimeoutMs) }),
    ...(jitterMs !== undefined && { jitter: textOf(jitterMs) }),
    ...(alert !== undefined && { alert: alertFormOf(alert as Json) }),
    ...(options !== undefined && { options: sendFormOf(options as Json) }),
  };
}

const textOf = (ms: unknown): string => formatDuration(ms as number);

const OWN_CRONTAB = new Set([
  "type",
  "minute",
  "hour",
  "dayOfMonth",
  "monthOfYear",
  "dayOfWeek",
  "second",
  "dayMatch",
]);

const OWN_SOLAR = new Set(["type", "event", "latitude", "longitude", "offsetMs"]);

function scheduleFormOf(json: { readonly type: string } & Json): ScheduleForm {
  switch (json.type) {
    case "crontab": {
      const { class: jobClass, hashKey, text, timezone, dst, extended, dayMatch } = json;
      const isPlain = Object.keys(json).every(
        (key) => OWN_CRONTAB.has(key) || ["timezone", "dst", "extended"].includes(key),
      );
      if (!isPlain || jobClass !== undefined || hashKey !== undefined || text !== undefined) return json;
      const { second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek } = json;
      const fields = [second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek] as (string | undefined)[];
      return {
        crontab: fields.filter((field) => field !== undefined).join(" "),
        ...(timezone !== undefined && { timezone: timezone as string }),
        ...(dst !== undefined && { dst: dst as CrontabOptions["dst"] }),
        ...(extended === true && { extended }),
        ...(dayMatch === "and" && { dayMatch }),
      };
    }
    case "reboot":
      return { crontab: "@reboot" };
    case "interval": {
      const { everyMs, offsetMs } = json;
      return { every: textOf(everyMs), ...((offsetMs as number) > 0 && { offset: textOf(offsetMs) }) };
    }
    case "solar": {
      const { event, latitude, longitude, offsetMs = 0 } = json as Json & { readonly offsetMs?: number };
      const isPlain = Object.keys(json).every((key) => OWN_SOLAR.has(key));
      if (typeof event !== "string" || !isPlain) return json;
      const place = { latitude: latitude as number, longitude: longitude as number };
      return { solar: event, ...place, ...(offsetMs !== 0 && { offset: textOf(offsetMs) }) };
    }
    case "clocked":
      return { at: json["at"] as number };
    default:
      return json;
  }
}

function misfireFormOf({ policy, withinMs, max }: Json): Json {
  return {
    policy,
    ...(withinMs !== null && policy !== "skip" && { within: textOf(withinMs) }),
    ...(policy === "all" && { max }),
  };
}

function alertFormOf({ graceMs, runtimeMs, ...rest }: Json): Json {
  return {
    ...rest,
    ...(graceMs !== undefined && { grace: textOf(graceMs) }),
    ...(runtimeMs !== undefined && { runtime: textOf(runtimeMs) }),
  };
}

function sendFormOf({ expires, ...rest }: Json): Json {
  const ms = (expires as { readonly milliseconds?: unknown } | undefined)?.milliseconds;
  return {
    ...rest,
    ...(expires !== undefined && { expires: typeof ms === "number" ? textOf(ms) : expires }),
  };
}

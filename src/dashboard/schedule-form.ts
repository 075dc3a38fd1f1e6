/**
 * A schedule as a form has it, and back from what is stored. A kind that has fields is written by them; all else is its JSON, with forms in
 * the place of the schedules in it and durations as people write them. A form that would not say the same is never made: the JSON stands then.
 */
import { durationMs, formatDuration } from "../core/duration.js";
import { isSunbeatError } from "../core/errors.js";
import { assertKnownKeys } from "../core/options.js";
import {
  clocked,
  crontab,
  type CrontabOptions,
  every,
  rrule,
  type RRuleOptions,
  type Schedule,
  scheduleFromJSON,
  type ScheduleJSON,
  solar,
  type SolarEvent,
  type SolarOptions,
} from "../schedules/index.js";

export type ScheduleForm =
  | ({ readonly crontab: string } & Pick<CrontabOptions, "timezone" | "dst" | "dayMatch" | "extended">)
  | { readonly every: string; readonly offset?: string }
  | ({
      readonly solar: SolarEvent;
      readonly latitude: number;
      readonly longitude: number;
      readonly offset?: string;
    } & Omit<SolarOptions, "offset">)
  /** A local time of the zone, or milliseconds since 1970. */
  | { readonly at: string | number; readonly timezone?: string }
  | ({ readonly rrule: string } & RRuleOptions)
  /** As `toJSON` gives it, with forms for the schedules in it. Of "offset" the move is `offset`, of "calendar" a step of `at` is `every`. */
  | { readonly type: string };

type Json = Readonly<Record<string, unknown>>;

/** Throws the codes of the schedule, SUNBEAT_OPTION_UNKNOWN. */
export function scheduleOf(form: Json): Schedule {
  if ("type" in form) return scheduleFromJSON(jsonOf(form));
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
    fields("solar", "latitude", "longitude", "offset", "polar", "notBefore", "notAfter", "timezone");
    const { solar: event, latitude, longitude, offset: _, ...options } = form;
    const asked = { ...options, ...offsetOf(form) };
    return solar(event as SolarEvent, latitude as number, longitude as number, asked);
  }
  if ("rrule" in form) {
    fields("rrule", "timezone", "dst");
    const { rrule: text, ...options } = form;
    return rrule(text as string, options);
  }
  fields("at", "timezone");
  return clocked(form["at"] as string, { timezone: (form["timezone"] as string | undefined) ?? "UTC" });
}

function offsetOf({ offset }: Json): { readonly offset?: string | number } {
  return offset === undefined ? {} : { offset: durationOf(offset) };
}

/** A bare number is seconds. */
export function durationOf(value: unknown): string | number {
  return typeof value === "string" && /^\d{1,15}$/.test(value.trim())
    ? Number(value)
    : (value as string | number);
}

export function instantOf(value: unknown, timezone = "UTC"): unknown {
  return typeof value === "string" ? clocked(value, { timezone }).at : value;
}

/** A form in the place of a schedule, as the JSON of the schedule. */
function jsonOf(form: Json): ScheduleJSON {
  if (!("type" in form)) return scheduleOf(form).toJSON!();
  const json = withInner(form, jsonOf);
  const instant = (name: string): Json => {
    return name in json ? { [name]: instantOf(json[name], zoneIn(form)) } : {};
  };
  switch (form["type"]) {
    case "calendar": {
      const { at, until } = json;
      const isDay = typeof until === "string" && /^\d{4}-\d\d-\d\d$/.test(until);
      return {
        ...json,
        ...(isStep(at, "every") && { at: stepJson(at) }),
        ...(!isDay && instant("until")),
      } as unknown as ScheduleJSON;
    }
    case "filter":
      return { ...json, ...instant("startAt"), ...instant("endAt") } as unknown as ScheduleJSON;
    case "offset": {
      const { offset, ...rest } = json;
      const offsetMs = offset !== undefined && {
        offsetMs: durationMs(durationOf(offset), "schedule: offset"),
      };
      return { ...rest, ...offsetMs } as unknown as ScheduleJSON;
    }
    default:
      return json as ScheduleJSON;
  }
}

function stepJson({ every: step, ...rest }: Json): Json {
  return { everyMs: durationMs(durationOf(step), "schedule: at.every"), ...rest };
}

function isStep(at: unknown, name: string): at is Json {
  return isObject(at) && name in at;
}

/** In which its local times are: of what it restricts or moves. */
export function zoneIn({ timezone, of }: Json): string | undefined {
  if (typeof timezone === "string") return timezone;
  const first: unknown = Array.isArray(of) ? of[0] : of;
  return isObject(first) ? zoneIn(first) : undefined;
}

const HOLDERS: readonly unknown[] = ["union", "filter", "offset", "shift"];

/** With another schedule in the place of each schedule in it. */
function withInner(json: Json, change: (inner: Json) => unknown): Json {
  const { type, of, keep } = json;
  if (!HOLDERS.includes(type)) return json;
  const inner = (value: unknown): unknown => (isObject(value) ? change(value) : value);
  return {
    ...json,
    of: Array.isArray(of) ? of.map(inner) : inner(of),
    ...(Array.isArray(keep) && { keep: keep.map((group) => windowWith(group, inner)) }),
  };
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function windowWith(window: unknown, inner: (value: unknown) => unknown): unknown {
  if (!isObject(window)) return window;
  const { any } = window;
  if (Array.isArray(any)) return { any: any.map((each) => windowWith(each, inner)) };
  const edges = ["from", "to", "instants"].filter((name) => name in window);
  return { ...window, ...Object.fromEntries(edges.map((name) => [name, inner(window[name])])) };
}

/** What would make a stored schedule again. */
export function scheduleFormOf(json: Json): ScheduleForm {
  return formsOf(json).find((form) => saysTheSame(form as Json, json)) ?? (json as { readonly type: string });
}

function saysTheSame(form: Json, json: Json): boolean {
  try {
    return JSON.stringify(scheduleOf(form)) === JSON.stringify(scheduleFromJSON(json));
  } catch (error) {
    if (isSunbeatError(error)) return false;
    throw error;
  }
}

export const textOf = (ms: unknown): string => formatDuration(ms as number);

/** From the one that says most by fields. */
function formsOf(json: Json): ScheduleForm[] {
  switch (json["type"]) {
    case "crontab": {
      const { second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek, dayMatch, timezone, dst, extended } =
        json;
      const fields = [second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek] as (string | undefined)[];
      const options = { ...(timezone !== undefined && { timezone }), ...(dst !== undefined && { dst }) };
      return [
        {
          crontab: fields.filter((field) => field !== undefined).join(" "),
          ...(options as CrontabOptions),
          ...(extended === true && { extended }),
          ...(dayMatch === "and" && { dayMatch }),
        },
      ];
    }
    case "reboot":
      return [{ crontab: "@reboot" }];
    case "interval": {
      const { everyMs, offsetMs } = json;
      return [{ every: textOf(everyMs), ...((offsetMs as number) > 0 && { offset: textOf(offsetMs) }) }];
    }
    case "solar": {
      const { type: _, event, offsetMs = 0, ...rest } = json;
      const offset = offsetMs !== 0 && { offset: textOf(offsetMs) };
      return [{ solar: event, ...rest, ...offset } as unknown as ScheduleForm];
    }
    case "clocked":
      return [{ at: json["at"] as number }];
    case "calendar":
      return [...rrulesOf(json), calendarFormOf(json)];
    case "offset": {
      const { offsetMs, ...rest } = withInner(json, scheduleFormOf);
      return [{ ...rest, offset: textOf(offsetMs) } as unknown as ScheduleForm];
    }
    default:
      return [withInner(json, scheduleFormOf) as { readonly type: string }];
  }
}

function rrulesOf({ text, timezone, dst }: Json): ScheduleForm[] {
  if (typeof text !== "string") return [];
  const options = { ...(timezone !== undefined && { timezone }), ...(dst !== undefined && { dst }) };
  return [{ rrule: text }, { rrule: text, ...(options as RRuleOptions) }];
}

function calendarFormOf(json: Json): ScheduleForm {
  const { at } = json;
  if (!isStep(at, "everyMs")) return json as { readonly type: string };
  const { everyMs, ...rest } = at;
  return { ...json, type: "calendar", at: { every: textOf(everyMs), ...rest } } as ScheduleForm;
}

import { formatDuration } from "../core/duration.js";
import {
  type BuiltInSchedule,
  clocked,
  crontab,
  type CrontabFields,
  type CrontabOptions,
  dates,
  every,
  type LocalDate,
  type ScheduleJSON,
  solar,
  type SolarEvent,
  union,
} from "../schedules/index.js";

/** A schedule together with the code that makes it. */
export interface Written {
  readonly schedule: BuiltInSchedule;
  /** The call as TypeScript: `crontab("0 2 * * *")`. */
  readonly source: string;
  /** Functions of the package that the call needs. */
  readonly uses: readonly string[];
  /** The schedule's JSON; where no zone is known it names none, and is in the app's. */
  readonly json: ScheduleJSON;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Plain data as TypeScript, on one line. Undefined parts are left out. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => `${keyOf(key)}: ${literal(part)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

/** A key of an object. */
export function keyOf(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return IDENTIFIER.test(key) ? key : JSON.stringify(key);
}

function call(name: string, value: unknown, options: object): string {
  const written = literal(options);
  return `${name}(${literal(value)}${written === "{}" ? "" : `, ${written}`})`;
}

/** A crontab in its zone, or in the app's where `timezone` is undefined. Throws as `crontab` does. */
export function writtenCrontab(fields: string | CrontabFields, options: CrontabOptions): Written {
  const schedule = crontab(fields, options);
  const { timezone, ...json } = schedule.toJSON();
  return {
    schedule,
    source: call("crontab", fields, options),
    uses: ["crontab"],
    json: options.timezone === undefined ? json : { ...json, timezone, type: json.type },
  };
}

/** Throws as `every` does. */
export function writtenEvery(everyMs: number, offsetMs = 0): Written {
  const options = offsetMs === 0 ? {} : { offset: formatDuration(offsetMs) };
  const schedule = every({ milliseconds: everyMs }, options);
  return {
    schedule,
    source: call("every", formatDuration(everyMs), options),
    uses: ["every"],
    json: schedule.toJSON(),
  };
}

/** An instant as text with an offset, or a local time with its zone. Throws as `clocked` does. */
export function writtenClocked(time: string, timezone?: string): Written {
  const options = timezone === undefined ? {} : { timezone };
  const schedule = clocked(time, options);
  return { schedule, source: call("clocked", time, options), uses: ["clocked"], json: schedule.toJSON() };
}

/** Throws as `solar` does. */
export function writtenSolar(event: SolarEvent, latitude: number, longitude: number): Written {
  const schedule = solar(event, latitude, longitude);
  const source = `solar(${literal(event)}, ${latitude}, ${longitude})`;
  return { schedule, source, uses: ["solar"], json: schedule.toJSON() };
}

/** One of several stays as it is. */
export function writtenUnion(members: readonly Written[]): Written {
  if (members.length === 1) return members[0]!;
  return {
    schedule: union(...members.map(({ schedule }) => schedule)),
    source: `union(${members.map(({ source }) => source).join(", ")})`,
    uses: ["union", ...members.flatMap(({ uses }) => uses)],
    json: { type: "union", of: members.map(({ json }) => json) },
  };
}

/** Only in these stretches of days, both ends included. Throws as `dates` does. */
export function writtenOnDays(
  of: Written,
  stretches: readonly { from: LocalDate; to: LocalDate }[],
): Written {
  const days = dates(stretches);
  return {
    schedule: of.schedule.onDays(days),
    source: `${of.source}.onDays(dates(${literal(stretches)}))`,
    uses: ["dates", ...of.uses],
    json: { type: "filter", of: of.json, keep: [{ days: days.toJSON() }] },
  };
}

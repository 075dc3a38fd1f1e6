import { quote } from "../core/quote.js";
import {
  asSchedule,
  clocked,
  crontab,
  every,
  scheduleFromJSON,
  solar,
  SOLAR_EVENTS,
} from "../schedules/index.js";
import type { CrontabOptions, Schedule, ScheduleJSON, SolarEvent, SolarOptions } from "../schedules/index.js";
import { durationOf } from "./local-time.js";
import type { SolarPlacing } from "./solar-flags.js";
import { usageError } from "./usage.js";

/** What a schedule on the command line may look like; stands in `--help` and in errors. */
export const SCHEDULE_FORMS = [
  [
    '"30 2 * * mon-fri"',
    "crontab: minute hour day-of-month month day-of-week; six fields have seconds first",
  ],
  ["@daily", "a nickname: @yearly @monthly @weekly @daily @hourly"],
  ["every 90s", "an interval, aligned to the clock; also 90s, 1h30m, PT15M"],
  [
    "solar:sunset:48.85:2.35",
    "event, latitude, longitude; an offset may follow, solar:sunset:48.85:2.35:-30m",
  ],
  ["at 2027-03-28T02:30", "once, at a local time, or with an offset or Z at an instant"],
  [`'{"type":"interval","everyMs":90000}'`, "JSON, as `schedule list --json` prints it"],
] as const;

const DURATION = /^(?:\d[\d.]*\s*[a-z][a-z\d.\s]*|P[\dTWDHMS.]+)$/i;

/** The kinds of schedule that a word or an option of their own begins. */
export type ScheduleKind = "crontab" | "every" | "solar" | "at";

const WORDS: Readonly<Record<string, ScheduleKind>> = {
  every: "every",
  solar: "solar",
  at: "at",
  clocked: "at",
};

/** What stands beside a text: options of a crontab, and `solar` those of an event of the Sun. */
export interface TextOptions extends CrontabOptions {
  readonly solar?: SolarPlacing;
}

/** The schedule of this kind that `text` describes, without the word that names the kind. */
export function scheduleOfKind(kind: ScheduleKind, text: string, options: TextOptions): Schedule {
  const { solar: _, ...ofCrontab } = options;
  switch (kind) {
    case "crontab":
      return crontab(text, ofCrontab);
    case "every":
      return every(durationOf(text.trim()));
    case "solar":
      return solarFromText(text.trim(), placed(options));
    case "at":
      return clocked(text.trim(), { timezone: options.timezone ?? "UTC" });
  }
}

/**
 * The schedule that a text on the command line names. Throws the schedule's own error when the form is clear
 * and the content wrong, SUNBEAT_CRONTAB_INVALID for everything that has no other form.
 */
export function scheduleFromText(text: string, options: TextOptions): Schedule {
  const trimmed = text.trim();
  const [, word = "", rest = ""] = /^(every|solar|clocked|at)\b[\s:]*(.*)$/i.exec(trimmed) ?? [];
  const kind = WORDS[word.toLowerCase()];
  if (kind !== undefined) return scheduleOfKind(kind, rest, options);
  if (trimmed.startsWith("{")) return scheduleOfJson(parseJson(trimmed), options);
  if (trimmed.length <= 64 && DURATION.test(trimmed)) return every(trimmed);
  const form = formOf(trimmed, options);
  if (form !== undefined)
    throw usageError(`schedule: ${quote(trimmed)} needs the word that tells its kind; write ${form}`);
  return scheduleOfKind("crontab", text, options);
}

/** What the JSON of a crontab leaves out is as the options beside it say. */
function scheduleOfJson(json: ScheduleJSON, options: TextOptions): Schedule {
  const { timezone, solar: _, ...own } = options;
  const beside = json.type === "crontab" ? own : json.type === "solar" ? placed(options) : {};
  return asSchedule(scheduleFromJSON({ ...beside, ...json }), { timezone });
}

/** The zone decides where there are times of day. */
function placed({ solar: placing = {}, timezone }: TextOptions): SolarOptions {
  return Object.keys(placing).length === 0 ? {} : { ...placing, timezone };
}

/** How the command line takes an event of the Sun, or an instant, that stands alone. Throws what is wrong with it. */
function formOf(text: string, options: TextOptions): string | undefined {
  if (/^\d{4}-\d\d-\d\d(?:[T ]\S*)?$/.test(text)) {
    scheduleOfKind("at", text, options);
    return `at ${text}`;
  }
  const [event = "", ...place] = text.split(/[\s:,]+/);
  if (!SOLAR_EVENTS.some((name) => name === event)) return undefined;
  if (place.length === 0) return `solar:${event}:48.85:2.35, with its latitude and longitude`;
  solarFromText(text, {});
  return `solar:${[event, ...place].join(":")}`;
}

function solarFromText(text: string, placing: SolarOptions): Schedule {
  const [event, latitude, longitude, offset, ...more] = text.split(/[\s:,]+/);
  if (event === undefined || latitude === undefined || longitude === undefined || more.length > 0) {
    throw usageError(
      `solar: expected solar:<event>:<latitude>:<longitude>[:<offset>], got ${quote(`solar:${text}`)}`,
    );
  }
  return solar(
    event as SolarEvent,
    degrees(latitude),
    degrees(longitude),
    offset === undefined ? placing : { ...placing, offset },
  );
}

/** NaN for what is no number: `solar` says then which of the two it is. */
function degrees(text: string): number {
  return text === "" ? NaN : Number(text);
}

function parseJson(text: string): ScheduleJSON {
  try {
    return JSON.parse(text) as ScheduleJSON;
  } catch (error) {
    throw usageError(`schedule: ${quote(text)} is not JSON (${(error as Error).message})`);
  }
}

/** The kinds of schedule that the form has fields for. A new kind is a row. Pure. */
import type { ScheduleForm } from "../../src/dashboard/schedule-form.js";
import { daysIn, daysText } from "./days-text.js";
import {
  choiceIn,
  degreesIn,
  type FieldRow,
  given,
  isObject,
  jsonIn,
  listIn,
  type Options,
  shown,
  textIn,
  type Texts,
  wholeIn,
  Wrong,
} from "./fields.js";

type Json = Readonly<Record<string, unknown>>;

export interface KindRow {
  readonly name: string;
  /** Those in one list stand beside each other; what stands after `details` is folded away. */
  readonly rows: readonly (readonly FieldRow[])[];
  readonly details?: readonly (readonly FieldRow[])[];
  /** Throws Wrong. */
  read(texts: Texts): ScheduleForm;
  /** Null: it is another kind. `local`: an instant as it is written in the zone of the form. */
  write(form: Json, local: (at: number) => string): Texts | null;
}

export const SUN: Options = [
  ...["sunrise", "solar_noon", "sunset", "solar_midnight", "dawn_civil", "dusk_civil", "dawn_nautical"],
  ...["dusk_nautical", "dawn_astronomical", "dusk_astronomical", "golden_hour_start", "golden_hour_end"],
  ...["golden_hour_dawn_start", "golden_hour_dawn_end", "blue_hour_start", "blue_hour_end"],
  ...["blue_hour_dawn_start", "blue_hour_dawn_end", "asr", "asr_hanafi"],
].map((event) => [event, event.replaceAll("_", " ")] as const);

export const CRONTAB_FIELDS = ["minute", "hour", "dayOfMonth", "month", "dayOfWeek"] as const;
const CRONTAB_NAMES = ["Minute", "Hour", "Day", "Month", "Weekday"] as const;

export const ZONE: FieldRow = { field: "timezone", label: "Zone", hint: "Europe/Paris", input: "zone" };
const DST: FieldRow = {
  field: "dst",
  label: "When clocks change",
  options: [
    ["", "as the app says"],
    ["vixie", "vixie: each run once, moved out of a gap"],
    ["skip", "skip: none in a gap"],
    ["wall", "wall: as the clock shows"],
  ],
};

const is =
  (field: string, ...values: readonly string[]) =>
  (texts: Texts): boolean =>
    values.includes(texts[field]!);

const CALENDAR_KEYS = ["type", "every", "unit", "on", "in", "at", "from", "until", "count"];
const CALENDAR_MORE = ["position", "missing", "weekStart", "business", "timezone", "dst"];

const hasOnly = (form: Json, ...keys: readonly string[]): boolean =>
  Object.keys(form).every((key) => keys.includes(key));

export const KINDS = {
  crontab: {
    name: "Crontab",
    rows: [
      [
        ...CRONTAB_FIELDS.map((field, index) => ({
          ...{ field, label: CRONTAB_NAMES[index]!, initial: index === 0 ? "0" : "*" },
        })),
        { field: "second", label: "Second", hint: "0" },
      ],
      [ZONE],
      [
        DST,
        {
          ...{ field: "dayMatch", label: "Day and weekday" },
          options: [
            ["", "either one (as cron)"],
            ["and", "both"],
          ],
        },
      ],
      [{ field: "extended", label: "L, W, #, ? and H are understood", input: "check" }],
    ],
    read(texts) {
      const empty = CRONTAB_FIELDS.find((field) => texts[field]!.trim() === "");
      if (empty !== undefined) throw new Wrong(empty, "a field of a crontab has something: * stands for all");
      const fields = ["second", ...CRONTAB_FIELDS].map((field) => texts[field]!.replaceAll(/\s/g, ""));
      return crontabForm(fields.join(" ").trim(), texts);
    },
    write(form) {
      if (!("crontab" in form)) return null;
      const { crontab, timezone, dayMatch, extended, dst } = form;
      const parts = crontabParts(crontab as string);
      if (parts === null) return null;
      const options = { timezone: shown(timezone), dayMatch: shown(dayMatch), dst: shown(dst) };
      return { ...parts, ...options, extended: extended === true ? "true" : "" };
    },
  },
  every: {
    name: "Interval",
    rows: [
      [
        { field: "every", label: "Every", hint: "90s, 10m, 1h30m", initial: "1h" },
        { field: "offset", label: "Moved by", hint: "0" },
      ],
    ],
    read: (texts) => ({ every: texts["every"]!.trim(), ...given({ offset: textIn(texts, "offset") }) }),
    write: (form) => ("every" in form && !("type" in form) ? textsOf(form) : null),
  },
  calendar: {
    name: "Calendar",
    rows: [
      [
        { field: "every", label: "Every", hint: "1" },
        {
          ...{ field: "unit", label: "Period", initial: "week" },
          options: ["day", "week", "month", "year"].map((unit) => [unit, unit] as const),
        },
      ],
      [
        {
          ...{ field: "on", label: "On", hint: "mon-fri; 25, -1; 2nd fri, last business day" },
          where: is("unit", "week", "month", "year"),
        },
        { field: "in", label: "In the months", hint: "3, 9", where: is("unit", "year") },
      ],
      [
        {
          ...{ field: "times", label: "Times", initial: "" },
          options: [
            ["", "at"],
            ["step", "every so often"],
          ],
        },
        { field: "at", label: "At", hint: "08:00, 17:30", where: is("times", "") },
        { field: "step", label: "Each", hint: "15m", where: is("times", "step") },
        { field: "stepFrom", label: "Begins at", hint: "09:30", where: is("times", "step") },
        { field: "stepTo", label: "Up to, included", hint: "16:00", where: is("times", "step") },
      ],
      [
        { field: "from", label: "Counted from, first day", hint: "2027-01-04" },
        { field: "until", label: "Until", hint: "2027-12-31" },
        { field: "count", label: "Only so many", hint: "12" },
      ],
      [ZONE],
    ],
    details: [
      [
        {
          field: "position",
          label: "Of these days the",
          hint: "1, -1",
          where: is("unit", "week", "month", "year"),
        },
        {
          ...{
            field: "missing",
            label: "A day that a month does not have",
            where: is("unit", "month", "year"),
          },
          options: [
            ["", "is left out"],
            ["clamp", "is its last day"],
          ],
        },
        { field: "weekStart", label: "A week begins on", hint: "mon", where: is("unit", "week") },
      ],
      [{ field: "business", label: "Business days are", hint: "as the app says; mon-fri" }, DST],
    ],
    read(texts) {
      const { unit, times } = texts;
      const isStep = times === "step";
      const step = {
        every: textIn(texts, "step"),
        from: textIn(texts, "stepFrom"),
        to: textIn(texts, "stepTo"),
      };
      return {
        ...{ type: "calendar", every: wholeIn(texts, "every") ?? 1, unit },
        ...given({
          on: unit === "day" ? undefined : listIn(texts, "on"),
          in: unit === "year" ? listIn(texts, "in") : undefined,
          at: isStep ? step : (listIn(texts, "at") ?? ["00:00"]),
          ...{ from: textIn(texts, "from"), until: textIn(texts, "until"), count: wholeIn(texts, "count") },
          position: listIn(texts, "position"),
          ...{ missing: textIn(texts, "missing"), weekStart: textIn(texts, "weekStart") },
          business: daysIn("business", texts["business"]!),
          ...{ timezone: textIn(texts, "timezone"), dst: choiceIn(texts, "dst") },
        }),
      } as ScheduleForm;
    },
    write(form, local) {
      if (form["type"] !== "calendar" || !hasOnly(form, ...CALENDAR_KEYS, ...CALENDAR_MORE)) return null;
      const { type: _, at, until, business, every, ...rest } = form;
      const step = isObject(at) ? at : null;
      return {
        ...textsOf(rest),
        ...{ every: every === 1 ? "" : shown(every), business: daysText(business) },
        until: typeof until === "number" ? local(until) : shown(until),
        ...{ times: step === null ? "" : "step", at: step === null ? shown(at) : "" },
        ...{ step: shown(step?.["every"]), stepFrom: shown(step?.["from"]), stepTo: shown(step?.["to"]) },
      };
    },
  },
  solar: {
    name: "Sun",
    rows: [
      [{ field: "event", label: "Event", options: SUN, initial: "sunset" }],
      [
        { field: "latitude", label: "Latitude", hint: "48.85" },
        { field: "longitude", label: "Longitude", hint: "2.35" },
        { field: "offset", label: "Moved by", hint: "-30m" },
      ],
    ],
    details: [
      [
        { field: "notBefore", label: "Not before", hint: "18:00" },
        { field: "notAfter", label: "Not after", hint: "21:30" },
        ZONE,
      ],
      [
        {
          ...{ field: "polar", label: "On days without the event" },
          options: [
            ["", "nothing"],
            ["clamp", "when the Sun comes nearest"],
            ["at", "at a time of day"],
            ["night", "a part of the night before sunrise, after sunset"],
            ["angle", "the part of the night that is its angle over 60"],
          ],
        },
        { field: "polarAt", label: "At", hint: "06:00", where: is("polar", "at") },
        { field: "polarNight", label: "Part of the night", hint: "1/7", where: is("polar", "night") },
      ],
    ],
    read(texts) {
      const place = { latitude: degreesIn(texts, "latitude"), longitude: degreesIn(texts, "longitude") };
      const clock = {
        ...{
          polar: polarIn(texts),
          notBefore: textIn(texts, "notBefore"),
          notAfter: textIn(texts, "notAfter"),
        },
      };
      const usesClock = Boolean(clock.notBefore ?? clock.notAfter) || texts["polar"] === "at";
      return {
        ...{ solar: choiceIn(texts, "event"), ...place },
        ...given({ offset: textIn(texts, "offset"), ...clock }),
        ...(usesClock && given({ timezone: textIn(texts, "timezone") })),
      } as ScheduleForm;
    },
    write(form) {
      if (!("solar" in form)) return null;
      const { solar, polar, ...rest } = form;
      return { ...textsOf(rest), event: shown(solar), ...polarTexts(polar) };
    },
  },
  at: {
    name: "Once",
    rows: [[{ field: "at", label: "Day and time", hint: "2027-03-28T02:30" }], [ZONE]],
    read(texts) {
      const at = textIn(texts, "at");
      if (at === undefined) throw new Wrong("at", "a day and a time are expected, such as 2027-03-28T02:30");
      return { at, ...given({ timezone: textIn(texts, "timezone") }) };
    },
    write({ at, timezone, type }, local) {
      if (at === undefined || type !== undefined) return null;
      return { at: typeof at === "number" ? local(at) : shown(at), timezone: shown(timezone) };
    },
  },
  rrule: {
    name: "RRULE",
    rows: [
      [
        {
          ...{ field: "rrule", label: "Rule of iCalendar", input: "lines" },
          hint: "DTSTART;TZID=Europe/Berlin:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=12",
        },
      ],
      [{ ...ZONE, hint: "as DTSTART says" }, DST],
    ],
    read: (texts) =>
      ({
        rrule: textIn(texts, "rrule") ?? "",
        ...given({ timezone: textIn(texts, "timezone"), dst: choiceIn(texts, "dst") }),
      }) as ScheduleForm,
    write: (form) => ("rrule" in form ? textsOf(form) : null),
  },
  text: {
    name: "Text",
    rows: [
      [
        {
          ...{ field: "text", label: "Schedule", input: "lines" },
          hint: '"30 2 * * mon-fri", "@daily", "every 90s", "solar:sunset:48.85:2.35", "at 2027-03-28T02:30", or JSON',
        },
      ],
      [ZONE],
    ],
    read: formOfText,
    write: ({ crontab, timezone, ...rest }) =>
      typeof crontab === "string" && Object.keys(rest).length === 0
        ? { text: crontab, timezone: shown(timezone) }
        : null,
  },
} as const satisfies Readonly<Record<string, KindRow>>;

export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** Fields with the texts of their values. */
export const textsOf = (form: Json): Texts =>
  Object.fromEntries(Object.entries(form).map(([field, value]) => [field, shown(value)]));

function crontabForm(text: string, texts: Texts): ScheduleForm {
  return {
    crontab: text,
    ...given({
      ...{
        timezone: textIn(texts, "timezone"),
        dayMatch: textIn(texts, "dayMatch"),
        dst: choiceIn(texts, "dst"),
      },
      extended: texts["extended"] === "true" || undefined,
    }),
  };
}

/** A crontab that was pasted into one of its fields fills all of them; null: it is none. */
export function crontabParts(text: string): Texts | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) return null;
  const fields = parts.slice(-5);
  return {
    second: parts.length === 6 ? parts[0]! : "",
    ...Object.fromEntries(CRONTAB_FIELDS.map((field, index) => [field, fields[index]!])),
  };
}

/** "every 90s", "solar:sunset:48.85:2.35", "at 2027-03-28T02:30", JSON; all else is a crontab. */
export function formOfText(texts: Texts): ScheduleForm {
  const text = textIn(texts, "text");
  if (text === undefined)
    throw new Wrong("text", 'a schedule is expected, such as "30 2 * * *" or "every 90s"');
  if (text.startsWith("{")) return jsonIn("text", text, isObject, "a schedule") as ScheduleForm;
  const [, word = "", rest = ""] = /^(every|solar|at|once)\b[\s:]*(.*)$/i.exec(text) ?? [];
  switch (word.toLowerCase()) {
    case "every":
      return { every: rest };
    case "at":
    case "once":
      return { at: rest, ...given({ timezone: textIn(texts, "timezone") }) };
    case "solar": {
      const [event = "", latitude = "", longitude = "", offset] = rest.split(/[\s:,]+/);
      const degrees = (value: string): number => degreesIn({ text: value }, "text");
      const place = { latitude: degrees(latitude), longitude: degrees(longitude) };
      return { solar: event, ...place, ...given({ offset }) } as ScheduleForm;
    }
    default:
      return /^\d+(\.\d+)?(ms|s|m|h|d|w)/i.test(text) ? { every: text } : crontabForm(text, texts);
  }
}

function polarIn(texts: Texts): unknown {
  const { polar } = texts;
  if (polar === "at") return { at: textIn(texts, "polarAt") };
  if (polar === "angle") return { night: polar };
  if (polar !== "night") return textIn(texts, "polar");
  const [part, of = "1"] = (texts["polarNight"] ?? "").split("/");
  const night = Number(part?.trim() || NaN) / Number(of);
  if (Number.isNaN(night)) throw new Wrong("polarNight", "a part of the night is expected, such as 1/7");
  return { night };
}

function polarTexts(polar: unknown): Texts {
  if (!isObject(polar)) return { polar: shown(polar) };
  const { at, night } = polar;
  if (at !== undefined) return { polar: "at", polarAt: shown(at) };
  if (typeof night !== "number") return { polar: "angle" };
  const whole = Math.round(1 / night);
  return { polar: "night", polarNight: 1 / whole === night ? `1/${whole}` : String(night) };
}

/** An entry while it is edited: a text for each field of the form, and what these texts mean. Pure. */
import type { EntryForm, ScheduleForm } from "../../src/dashboard/entry-form.js";

export const KINDS = ["crontab", "every", "solar", "at", "text"] as const;
export type Kind = (typeof KINDS)[number];

export const CRONTAB_FIELDS = ["minute", "hour", "dayOfMonth", "month", "dayOfWeek"] as const;

const EMPTY = {
  ...{ name: "", task: "", kind: "crontab" as Kind },
  ...{ minute: "0", hour: "*", dayOfMonth: "*", month: "*", dayOfWeek: "*", second: "" },
  ...{ dayMatch: "", extended: "", dst: "", timezone: "" },
  ...{
    every: "1h",
    offset: "",
    event: "sunset",
    latitude: "",
    longitude: "",
    solarOffset: "",
    at: "",
    text: "",
  },
  ...{ args: "", queue: "", priority: "", expires: "", more: "" },
  ...{ misfire: "", misfireWithin: "", misfireMax: "", overlap: "", overlapTimeout: "" },
  ...{
    jitter: "",
    lock: "",
    capacity: "",
    startAt: "",
    endAt: "",
    maxRuns: "",
    description: "",
    enabled: "true",
  },
  ...{ grace: "", runtime: "", failures: "", mute: "" },
};
/** "true" and "" for what is on or off. */
export type Draft = { readonly [Field in keyof typeof EMPTY]: (typeof EMPTY)[Field] };
export type DraftField = keyof Draft;

export const newDraft = (timezone: string): Draft => ({ ...EMPTY, timezone });

/** What a draft says; `field` is wrong. */
export type Meant = { readonly entry: EntryForm } | { readonly field: DraftField; readonly message: string };

class Wrong extends Error {
  readonly field: DraftField;

  constructor(field: DraftField, message: string) {
    super(message);
    this.field = field;
  }
}

export function entryOf(draft: Draft): Meant {
  try {
    return { entry: read(draft) };
  } catch (error) {
    if (error instanceof Wrong) return { field: error.field, message: error.message };
    throw error;
  }
}

function read(draft: Draft): EntryForm {
  const text = (field: DraftField): string | undefined => draft[field].trim() || undefined;
  const whole = (field: DraftField): number | undefined => {
    const given = text(field);
    if (given === undefined) return undefined;
    if (!/^\d{1,15}$/.test(given)) throw new Wrong(field, "a whole number is expected");
    return Number(given);
  };
  const args = jsonOf("args", draft.args, (value) => Array.isArray(value), 'an array such as ["ann", 3]');
  const more = jsonOf("more", draft.more, isObject, 'an object such as {"maxDeliveries": 5}');
  const options = given({
    ...(more as object | undefined),
    ...{ queue: text("queue"), priority: whole("priority"), expires: text("expires") },
  });
  const misfire = given({
    ...{ policy: text("misfire"), within: text("misfireWithin"), max: whole("misfireMax") },
  });
  const alert = given({
    ...{ grace: text("grace"), runtime: text("runtime"), failures: whole("failures") },
    mute: draft.mute === "true" || undefined,
  });
  const lock = text("lock");
  const capacity = whole("capacity");
  if (lock === undefined && capacity !== undefined) throw new Wrong("lock", "a capacity takes a lock");
  return {
    ...given({ task: text("task"), args, options, misfire, alert }),
    schedule: scheduleOf(draft),
    ...given({
      lock: lock === undefined || capacity === undefined ? lock : { name: lock, capacity },
      enabled: draft.enabled === "true" ? undefined : false,
      ...{ overlap: text("overlap"), overlapTimeout: text("overlapTimeout"), jitter: text("jitter") },
      ...{ startAt: text("startAt"), endAt: text("endAt"), maxRuns: whole("maxRuns") },
      description: text("description"),
    }),
  };
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && !(isObject(value) && Object.keys(value as object).length === 0),
    ),
  );
}

function jsonOf(
  field: DraftField,
  text: string,
  isRight: (value: unknown) => boolean,
  wanted: string,
): unknown {
  if (text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Wrong(field, `this is not JSON: ${(error as Error).message}`);
  }
  if (!isRight(value)) throw new Wrong(field, `JSON is expected to be ${wanted}`);
  return value;
}

function scheduleOf(draft: Draft): ScheduleForm {
  const offset = (text: string): object => (text.trim() === "" ? {} : { offset: text.trim() });
  switch (draft.kind) {
    case "crontab": {
      const empty = CRONTAB_FIELDS.find((field) => draft[field].trim() === "");
      if (empty !== undefined) throw new Wrong(empty, "a field of a crontab has something: * stands for all");
      const fields = [draft.second, ...CRONTAB_FIELDS.map((field) => draft[field])];
      return crontabForm(
        fields
          .map((field) => field.replaceAll(/\s/g, ""))
          .join(" ")
          .trim(),
        draft,
      );
    }
    case "every":
      return { every: draft.every.trim(), ...offset(draft.offset) };
    case "solar":
      return {
        solar: draft.event,
        latitude: degrees("latitude", draft.latitude),
        longitude: degrees("longitude", draft.longitude),
        ...offset(draft.solarOffset),
      };
    case "at":
      if (draft.at.trim() === "")
        throw new Wrong("at", "a day and a time are expected, such as 2027-03-28T02:30");
      return { at: draft.at.trim(), timezone: draft.timezone };
    case "text":
      return formOfText(draft);
  }
}

function crontabForm(text: string, { timezone, dayMatch, extended, dst }: Draft): ScheduleForm {
  return {
    crontab: text,
    ...(timezone !== "" && { timezone }),
    ...(dayMatch !== "" && { dayMatch: dayMatch as "or" | "and" }),
    ...(extended === "true" && { extended: true }),
    ...(dst !== "" && { dst: dst as "vixie" }),
  };
}

function degrees(field: DraftField, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value))
    throw new Wrong(field, "degrees are expected, such as 48.85");
  return value;
}

/** "every 90s", "solar:sunset:48.85:2.35", "at 2027-03-28T02:30", JSON; all else is a crontab. */
function formOfText(draft: Draft): ScheduleForm {
  const text = draft.text.trim();
  if (text === "") throw new Wrong("text", 'a schedule is expected, such as "30 2 * * *" or "every 90s"');
  if (text.startsWith("{")) return jsonOf("text", text, isObject, "a schedule") as ScheduleForm;
  const [, word = "", rest = ""] = /^(every|solar|at|once)\b[\s:]*(.*)$/i.exec(text) ?? [];
  switch (word.toLowerCase()) {
    case "every":
      return { every: rest };
    case "at":
    case "once":
      return { at: rest, timezone: draft.timezone };
    case "solar": {
      const [event = "", latitude = "", longitude = "", offset] = rest.split(/[\s:,]+/);
      const place = { latitude: degrees("text", latitude), longitude: degrees("text", longitude) };
      return { solar: event, ...place, ...(offset !== undefined && { offset }) };
    }
    default:
      return /^\d+(\.\d+)?(ms|s|m|h|d|w)/i.test(text) ? { every: text } : crontabForm(text, draft);
  }
}

/** A crontab that was pasted into one of its fields fills all of them; null: it is none. */
export function crontabParts(text: string): Partial<Draft> | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) return null;
  const fields = parts.slice(-5);
  return {
    second: parts.length === 6 ? parts[0]! : "",
    ...Object.fromEntries(CRONTAB_FIELDS.map((field, index) => [field, fields[index]!])),
  };
}

/** `local`: how an instant is written in the zone of the form. */
export function draftOf(
  name: string,
  entry: EntryForm,
  timezone: string,
  local: (at: number) => string,
): Draft {
  const json = entry as Readonly<Record<string, unknown>>;
  const object = (key: string): Readonly<Record<string, unknown>> =>
    isObject(json[key]) ? (json[key] as Readonly<Record<string, unknown>>) : {};
  const text = (value: unknown): string =>
    value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const instant = (value: unknown): string => (typeof value === "number" ? local(value) : text(value));
  const { queue, priority, expires, ...more } = object("options");
  const misfire = object("misfire");
  const alert = object("alert");
  const { lock } = json;
  return {
    ...newDraft(timezone),
    ...scheduleDraft(entry.schedule, local),
    ...{
      name,
      task: text(json["task"]),
      args: json["args"] === undefined ? "" : JSON.stringify(json["args"], null, 2),
    },
    ...{ queue: text(queue), priority: text(priority), expires: text(expires) },
    more: Object.keys(more).length === 0 ? "" : JSON.stringify(more, null, 2),
    misfire: typeof json["misfire"] === "string" ? json["misfire"] : text(misfire["policy"]),
    ...{ misfireWithin: text(misfire["within"]), misfireMax: text(misfire["max"]) },
    ...{
      overlap: text(json["overlap"]),
      overlapTimeout: text(json["overlapTimeout"]),
      jitter: text(json["jitter"]),
    },
    lock: typeof lock === "string" ? lock : text(object("lock")["name"]),
    capacity: text(object("lock")["capacity"]),
    ...{ startAt: instant(json["startAt"]), endAt: instant(json["endAt"]), maxRuns: text(json["maxRuns"]) },
    ...{ description: text(json["description"]), enabled: json["enabled"] === false ? "" : "true" },
    ...{ grace: text(alert["grace"]), runtime: text(alert["runtime"]), failures: text(alert["failures"]) },
    mute: alert["mute"] === true ? "true" : "",
  };
}

function scheduleDraft(form: ScheduleForm, local: (at: number) => string): Partial<Draft> {
  if ("crontab" in form) {
    const { crontab, timezone = "UTC", dayMatch = "", extended, dst = "" } = form;
    const options = { timezone, dayMatch, extended: extended === true ? "true" : "" };
    const parts = typeof dst === "string" ? crontabParts(crontab) : null;
    if (parts !== null) return { kind: "crontab", ...parts, ...options, dst: dst as string };
    return { kind: "text", text: typeof dst === "string" ? crontab : JSON.stringify(form), ...options };
  }
  if ("every" in form) return { kind: "every", every: form.every, offset: form.offset ?? "" };
  if ("solar" in form) {
    const { solar, latitude, longitude, offset = "" } = form;
    const place = { latitude: String(latitude), longitude: String(longitude) };
    return { kind: "solar", event: solar, ...place, solarOffset: offset };
  }
  if ("at" in form) return { kind: "at", at: typeof form.at === "number" ? local(form.at) : form.at };
  return { kind: "text", text: JSON.stringify(form) };
}

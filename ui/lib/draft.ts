/** An entry while it is edited: a text for each field of the form, and what these texts mean. Pure. */
import type { EntryForm } from "../../src/dashboard/entry-form.js";
import { given, isObject, jsonIn, shown, textIn, wholeIn, Wrong } from "./fields.js";
import { formOfMembers, type Local, type Member, membersOf, newMember } from "./schedule-draft.js";

const EMPTY = {
  ...{ name: "", task: "" },
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
/** "true" and "" for what is on or off; `when`: joined, at least one. */
export type Draft = { readonly [Field in keyof typeof EMPTY]: string } & { readonly when: readonly Member[] };
export type EntryField = keyof typeof EMPTY;

export const newDraft = (timezone: string): Draft => ({ ...EMPTY, when: [newMember("crontab", timezone)] });

/** As the command line takes a schedule. */
export function draftOfText(text: string, timezone: string): Draft {
  const member = newMember("text", timezone);
  return { ...newDraft(timezone), when: [{ ...member, texts: { ...member.texts, text } }] };
}

/** What a draft says; `field` is wrong: a name, or a path such as "when.0.minute". */
export type Meant = { readonly entry: EntryForm } | { readonly field: string; readonly message: string };

export function entryOf(draft: Draft): Meant {
  try {
    return { entry: read(draft) };
  } catch (error) {
    if (error instanceof Wrong) return { field: error.field, message: error.message };
    throw error;
  }
}

function read(draft: Draft): EntryForm {
  const { when, ...texts } = draft;
  const text = (field: EntryField): string | undefined => textIn(texts, field);
  const whole = (field: EntryField): number | undefined => wholeIn(texts, field);
  const args = jsonIn("args", draft.args, Array.isArray, 'an array such as ["ann", 3]');
  const more = jsonIn("more", draft.more, isObject, 'an object such as {"maxDeliveries": 5}');
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
    schedule: formOfMembers(when),
    ...given({
      lock: lock === undefined || capacity === undefined ? lock : { name: lock, capacity },
      enabled: draft.enabled === "true" ? undefined : false,
      ...{ overlap: text("overlap"), overlapTimeout: text("overlapTimeout"), jitter: text("jitter") },
      ...{ startAt: text("startAt"), endAt: text("endAt"), maxRuns: whole("maxRuns") },
      description: text("description"),
    }),
  };
}

export function draftOf(name: string, entry: EntryForm, timezone: string, local: Local): Draft {
  const json = entry as Readonly<Record<string, unknown>>;
  const object = (key: string): Readonly<Record<string, unknown>> => (isObject(json[key]) ? json[key] : {});
  const text = (value: unknown): string => (Array.isArray(value) ? JSON.stringify(value) : shown(value));
  const instant = (value: unknown): string => (typeof value === "number" ? local(value) : text(value));
  const { queue, priority, expires, ...more } = object("options");
  const misfire = object("misfire");
  const alert = object("alert");
  const { lock } = json;
  return {
    ...newDraft(timezone),
    when: membersOf(entry.schedule, local),
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

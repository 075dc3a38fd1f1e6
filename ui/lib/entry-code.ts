/** An entry as the code that declares it. */
import type { EntryForm, ScheduleForm } from "../../src/dashboard/entry-form.js";

type Json = Readonly<Record<string, unknown>>;

/** For `beatSchedule`. */
export function entryCode(name: string, { schedule, task, ...rest }: EntryForm): string {
  const lines = [
    ...(task === undefined ? [] : [`task: ${JSON.stringify(task)}`]),
    `schedule: ${scheduleCode(schedule)}`,
    ...Object.entries(rest).map(([key, value]) => `${key}: ${valueCode(key, value)}`),
  ];
  return `${JSON.stringify(name)}: {\n${lines.map((line) => `  ${line},\n`).join("")}},`;
}

function scheduleCode(form: ScheduleForm): string {
  if ("crontab" in form) {
    const { crontab, ...options } = form;
    return call("crontab", [crontab], options);
  }
  if ("every" in form) return call("every", [form.every], without(form, "every"));
  if ("solar" in form) {
    const { solar, latitude, longitude, ...options } = form;
    return call("solar", [solar, latitude, longitude], options);
  }
  if ("at" in form) {
    const at = typeof form.at === "number" ? new Date(form.at).toISOString() : form.at;
    return call("clocked", [at], without(form, "at"));
  }
  return `scheduleFromJSON(${literal(form)})`;
}

function call(name: string, args: readonly unknown[], options: Json): string {
  const given = Object.keys(options).length === 0 ? args : [...args, options];
  return `${name}(${given.map(literal).join(", ")})`;
}

function without(form: Json, key: string): Json {
  return Object.fromEntries(Object.entries(form).filter(([name]) => name !== key));
}

function valueCode(key: string, value: unknown): string {
  const isInstant = (key === "startAt" || key === "endAt") && typeof value === "number";
  return isInstant ? JSON.stringify(new Date(value).toISOString()) : literal(value);
}

/** JSON, but for names that need no quotation marks. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const fields = Object.entries(value).map(
    ([key, each]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${literal(each)}`,
  );
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

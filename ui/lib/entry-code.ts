/** An entry as the code that declares it. */
import type { EntryForm } from "../../src/dashboard/entry-form.js";
import { literal, scheduleCode } from "./schedule-code.js";

/** For `beatSchedule`. */
export function entryCode(name: string, { schedule, task, ...rest }: EntryForm): string {
  const lines = [
    ...(task === undefined ? [] : [`task: ${JSON.stringify(task)}`]),
    `schedule: ${scheduleCode(schedule)}`,
    ...Object.entries(rest).map(([key, value]) => `${key}: ${valueCode(key, value)}`),
  ];
  return `${JSON.stringify(name)}: {\n${lines.map((line) => `  ${line},\n`).join("")}},`;
}

function valueCode(key: string, value: unknown): string {
  const isInstant = (key === "startAt" || key === "endAt") && typeof value === "number";
  return isInstant ? JSON.stringify(new Date(value).toISOString()) : literal(value);
}

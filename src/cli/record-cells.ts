/** Records of attempts in tables. */
import type { TaskRow } from "../monitor/index.js";
import { formatLocal } from "./local-time.js";
import { spanText } from "./run-text.js";
import { type Cell, whole } from "./table.js";
import type { Format } from "./terminal.js";

const FORMATS: Readonly<Record<TaskRow["state"], Format>> = {
  success: "green",
  failure: "red",
  dead: "red",
  rejected: "red",
  retry: "yellow",
  upstream: "yellow",
  revoked: "dim",
  expired: "dim",
  ignored: "dim",
  skipped: "dim",
};

/** When it ended, its state, how long it ran and waited, task, id, why. */
export function cellsOf(row: TaskRow, timezone: string): Cell[] {
  const { at, state, runMs, waitMs, task, id } = row;
  return [
    whole(formatLocal(at.getTime(), timezone, "seconds")),
    { text: state, format: FORMATS[state] },
    timeText(runMs),
    timeText(waitMs),
    task,
    whole(id),
    whyOf(row),
  ];
}

function timeText(ms: number | null): string {
  return ms === null ? "-" : spanText(ms);
}

/** In a row the error, or the reason where there is none. */
export function whyOf({ error, reason, state, attempt }: TaskRow): string {
  const why = error ?? (reason === state ? null : reason) ?? "";
  return attempt > 1 ? `try ${attempt}${why === "" ? "" : `: ${why}`}` : why;
}

/** A record as programs see it. */
import type { TaskRecord } from "../store/contracts/history.js";

/** One record of `search`. */
export interface TaskRow extends Omit<TaskRecord, "at" | "due"> {
  readonly at: Date;
  readonly due: Date | null;
}

export function rowOf({ at, due, ...record }: TaskRecord): TaskRow {
  return { ...record, at: new Date(at), due: due === null ? null : new Date(due) };
}

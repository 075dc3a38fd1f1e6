/** Which records a query means. */
import type { EpochMs } from "../../core/clock.js";
import { isGlob, namePattern } from "../../core/glob.js";
import { readNote } from "../../tasks/note.js";
import type { RecordQuery, TaskRecord } from "../contracts/history.js";

/** As stores keep one. `seq` grows with each. */
export interface RecordRow {
  readonly seq: number;
  readonly at: EpochMs;
  readonly id: string;
  readonly note: string;
}

export function recordOf({ at, id, note }: Omit<RecordRow, "seq">): TaskRecord {
  return Object.assign({ at, id }, readNote(note)) as TaskRecord;
}

export type RecordFilter = (row: RecordRow) => TaskRecord | null;

/** Gives the record of a row that a query means, else null. Looks at the text before it takes it apart. */
export function recordFilter(query: RecordQuery): RecordFilter {
  const { after = -Infinity, before = Infinity, minRunMs } = query;
  const texts = [query.state, query.queue, query.entry].map((words) => words && new Set<string>(words));
  const [states, queues, entries] = texts;
  const [tasks, workers] = [anyOf(query.task), anyOf(query.worker)];
  const text = query.text?.toLowerCase();
  return (row) => {
    const { at, id, note } = row;
    if (at < after || at >= before) return null;
    if (query.id && !query.id.some((beginning) => id.startsWith(beginning))) return null;
    if (text !== undefined && !`${id}\t${note}`.toLowerCase().includes(text)) return null;
    if (states && ![...states].some((state) => note.includes(`\t${state}\t`))) return null;
    const record = recordOf(row);
    if (states && !states.has(record.state)) return null;
    if (queues && !queues.has(record.queue)) return null;
    if (entries && !entries.has(record.entry ?? "")) return null;
    if (tasks && !tasks(record.task)) return null;
    if (workers && !workers(record.worker ?? "")) return null;
    if (query.root && !query.root.includes(record.root ?? id)) return null;
    if (minRunMs !== undefined && (record.runMs ?? -1) < minRunMs) return null;
    if (text !== undefined && !isInText(record, text)) return null;
    return record;
  };
}

/** `text` is in lower case. */
function isInText({ args, error, reason, id }: TaskRecord, text: string): boolean {
  return [args, error, reason, id].some((field) => field !== null && field.toLowerCase().includes(text));
}

function anyOf(globs: readonly string[] | undefined): ((name: string) => boolean) | undefined {
  if (!globs) return undefined;
  const patterns = globs.filter(isGlob).map(namePattern);
  const names = new Set(globs);
  return (name) => names.has(name) || patterns.some((pattern) => pattern.test(name));
}

/** Below which row to look; without one from the newest on. */
export function rowBelow(query: Pick<RecordQuery, "cursor">): number {
  const seq = Number(query.cursor ?? Infinity);
  return Number.isNaN(seq) ? Infinity : seq;
}

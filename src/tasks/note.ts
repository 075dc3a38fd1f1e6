/**
 * What a record of an ended attempt tells, as one line: the store keeps it as it is. Fields are parted by tabs, `args` is the last; an
 * empty field stands for null.
 */
import type { EpochMs } from "../core/clock.js";
import { readableLine } from "../core/printable.js";

export interface NoteFields {
  readonly task: string;
  readonly queue: string;
  readonly state: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly deliveries: number;
  readonly worker: string | null;
  readonly entry: string | null;
  /** The occurrence of `entry` that it is. */
  readonly due: EpochMs | null;
  readonly waitMs: number | null;
  readonly runMs: number | null;
  readonly reason: string | null;
  readonly root: string | null;
  /** `Name: message`, at most 256 characters. */
  readonly error: string | null;
  /** JSON after `redact`, cut; null: none is kept. */
  readonly args: string | null;
}

/** Of each text: one line, without what steers a terminal. */
export function noteText(fields: NoteFields): string {
  const { task, queue, state, attempt, deliveries, worker, entry, due, waitMs, runMs, reason } = fields;
  const { root, error, args } = fields;
  return (
    `${noteHead(task, queue)}\t${state}\t${attempt}\t${deliveries}\t${line(worker)}\t${line(entry)}\t${due ?? ""}\t` +
    `${waitMs ?? ""}\t${runMs ?? ""}\t${line(reason)}\t${line(root)}\t${line(error)}\t${line(args)}`
  );
}

/** The same few for every task of a program: looked at once. */
const heads = new Map<string, Map<string, string>>();
const MOST_HEADS = 1_000;

function noteHead(task: string, queue: string): string {
  let ofQueue = heads.get(queue);
  let head = ofQueue?.get(task);
  if (head === undefined) {
    head = `${line(task)}\t${line(queue)}`;
    if (heads.size >= MOST_HEADS || (ofQueue?.size ?? 0) >= MOST_HEADS) heads.clear();
    ofQueue ??= new Map();
    heads.set(queue, ofQueue.set(task, head));
  }
  return head;
}

/** Most texts are in one line. */
const PLAIN = /^[ -~]*$/;

function line(text: string | null): string {
  if (text === null) return "";
  return PLAIN.test(text) ? text : readableLine(text);
}

/** Total: what is not there is empty, and what stands behind the last tab belongs to `args`. */
export function readNote(text: string): NoteFields {
  const fields = text.split("\t");
  const [task = "", queue = "", state = "", attempt = "", deliveries = "", worker, entry, due] = fields;
  return {
    task,
    queue,
    state,
    attempt: Number(attempt),
    deliveries: Number(deliveries),
    worker: textOf(worker),
    entry: textOf(entry),
    due: numberOf(due),
    waitMs: numberOf(fields[8]),
    runMs: numberOf(fields[9]),
    reason: textOf(fields[10]),
    root: textOf(fields[11]),
    error: textOf(fields[12]),
    args: textOf(fields.length > 14 ? fields.slice(13).join(" ") : fields[13]),
  };
}

function textOf(field: string | undefined): string | null {
  return field === undefined || field === "" ? null : field;
}

function numberOf(field: string | undefined): number | null {
  return field === undefined || field === "" ? null : Number(field);
}

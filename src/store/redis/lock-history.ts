import type { LockEvent, LockInspection, LockRecord, LockWaiter } from "../contracts/lock-inspection.js";
import type { PermitRef } from "../contracts/locks.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { CODES, defineScript, meanings } from "./script.js";
import { fromWire, fromWord, numberOrNull, toWord, words } from "./text.js";
/** Rows of the history of a lock in which the end of a permit is looked for. */
const LOOKED_BACK = 1_000;

const historyScript = defineScript("lock-history", ([before, found]: [string, string[]]) => ({
  before,
  found,
}));

/** The history of one lock or of all, page by page. */
export async function readHistory(
  caller: Caller,
  { lock, before, limit }: Parameters<LockInspection["history"]>[0],
): Promise<LockRecord[]> {
  caller.assertOpen();
  const records: LockRecord[] = [];
  const word = lock === undefined ? "" : toWord(lock);
  let from = before ?? "";
  do {
    const args = { lock: word, before: from, limit: limit - records.length };
    const step = await caller.call(historyScript, args);
    for (const [row = "", text = ""] of parts(step.found, 2)) records.push(...readRecord(row, text));
    from = step.before;
  } while (from !== "" && records.length < limit);
  return records;
}

/** Whether the permit of a process has ended like this a moment ago. */
export async function hasEnded(caller: Caller, { lock, token }: PermitRef, how: LockEvent): Promise<boolean> {
  const fence = fenceOf(token);
  const rows = fence === null ? [] : await readHistory(caller, { lock, limit: LOOKED_BACK });
  return rows.some((row) => row.event === how && row.fence === fence);
}

/** The number of a permit of a process, by its token: lib/records.lua. Null for that of a task. */
function fenceOf(token: string): number | null {
  const [fence = "", who = ""] = token.split(".");
  return who.startsWith(CODES.kind.process) ? Number(fence) : null;
}

/** Ids of tasks travel as they are, names of waiters escaped. */
export function readWho(letter: string, id: string): Pick<LockWaiter, "kind" | "id"> {
  return letter === CODES.kind.task
    ? { kind: "task", id: fromWire(id) }
    : { kind: "process", id: fromWord(id) };
}

const EVENTS: ReadonlyMap<string, LockEvent> = meanings(CODES.event);
const WAITED: ReadonlySet<LockEvent> = new Set(["acquired", "gave-up"]);
const HELD: ReadonlySet<LockEvent> = new Set(["released", "lost", "broken"]);

/** None for what nobody of us wrote. */
function readRecord(row: string, text: string): LockRecord[] {
  const { head = [], rest: id = "" } = words(text, 7) ?? {};
  const [letter = "", kind = "", fence = "+", at, took, lock = "", label = ""] = head;
  const event = EVENTS.get(letter);
  if (event === undefined) return [];
  return [
    {
      ...{ row, lock: fromWord(lock), event, ...readWho(kind, id), label: fromWord(label) },
      ...{ fence: numberOrNull(fence), at: Number(at) },
      waitedMs: WAITED.has(event) ? Number(took) : null,
      heldMs: HELD.has(event) ? Number(took) : null,
    },
  ];
}

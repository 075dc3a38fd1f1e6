/** Records of ended attempts in the words of scripts/lib/history.lua. */
import { noteText } from "../../tasks/note.js";
import type { RecordRow } from "../rules/record-query.js";
import { fromWire, fromWord, toWord } from "./text.js";

/** Of a worker. */
export function noteLine(id: string, note: string): string {
  return `${toWord(id)}\t${note}`;
}

/** Without what is counted elsewhere. */
export function readLine(line: string): Pick<RecordRow, "id" | "note"> {
  if (line.startsWith("\t")) return readOwnLine(line);
  const end = line.indexOf("\t");
  return { id: fromWord(line.slice(0, end)), note: line.slice(end + 1) };
}

function readOwnLine(line: string): Pick<RecordRow, "id" | "note"> {
  const [, id = "", task = "", queue = "", state = "", attempt, deliveries, entry = "", waited, reason = ""] =
    line.split("\t");
  const note = noteText({
    ...{ task: task === "+" ? "" : fromWord(task), queue: fromWord(queue), state },
    ...{ attempt: Number(attempt), deliveries: Number(deliveries), worker: null },
    ...{ entry: entry === "" ? null : fromWord(entry), due: null, waitMs: Number(waited), runMs: null },
    ...{ reason: fromWord(reason), root: null, error: null, args: null },
  });
  return { id: fromWire(fromWord(id)), note };
}

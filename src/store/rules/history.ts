/** Records of attempts that the store itself ends, with what it knows of them. */
import type { EpochMs } from "../../core/clock.js";
import { noteText } from "../../tasks/note.js";
import type { RecordState } from "../contracts/history.js";
import type { Known, Records, Sent } from "./records.js";

/** While the message is still stored. Gives its task; "": it is stored no more. */
export function recordEnd(
  records: Records,
  { id }: Pick<Known, "id">,
  state: RecordState,
  reason: string,
): string {
  const message = records.messages.find(id);
  if (message) addRecord(records, message, state, reason);
  return message?.task ?? "";
}

/** Of one that ends before it is stored. */
export function recordUnsent(records: Records, sent: Sent, state: RecordState): void {
  addRecord(records, { ...sent, retries: 0, deliveries: 0, enqueuedAt: records.now }, state, state);
}

interface Ending extends Pick<Sent, "id" | "task" | "queue" | "entry" | "eta"> {
  readonly retries: number;
  readonly deliveries: number;
  readonly enqueuedAt: EpochMs;
}

function addRecord({ history, now }: Records, ending: Ending, state: RecordState, reason: string): void {
  const { id, task, queue, entry, eta, retries, deliveries, enqueuedAt } = ending;
  const note = noteText({
    ...{ task, queue, state, attempt: retries + 1, deliveries, worker: null, entry, due: null },
    ...{ waitMs: Math.max(0, now - Math.max(enqueuedAt, eta ?? 0)), runMs: null, reason },
    ...{ root: null, error: null, args: null },
  });
  history.add(id, entry, note);
}

import type { HistoryRecords } from "../rules/history-records.js";
import type { MemoryState } from "./state.js";

/** Records kept; the oldest go in parts of a tenth. */
const MOST_RECORDS = 10_000;

export class MemoryHistory implements HistoryRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  add(id: string, entry: string | null, note: string): void {
    const { taskRecords, now } = this.#state;
    taskRecords.push({ seq: ++this.#state.recordSeq, at: now, id, entry, note });
    if (taskRecords.length >= MOST_RECORDS * 1.1) taskRecords.splice(0, taskRecords.length - MOST_RECORDS);
  }
}

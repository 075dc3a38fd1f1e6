/** Unique keys in maps. */
import type { MessageUnique } from "../../tasks/message.js";
import type { UniqueKey, UniqueRecords } from "../rules/unique-records.js";
import type { MemoryState } from "./state.js";

export class MemoryUniques implements UniqueRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  get hasAny(): boolean {
    return this.#state.uniqueMessages.size > 0;
  }

  find(key: string): UniqueKey | null {
    return this.#state.uniqueKeys.get(key) ?? null;
  }

  put(key: string, record: UniqueKey): void {
    this.#state.uniqueKeys.set(key, record);
  }

  remove(key: string): void {
    this.#state.uniqueKeys.delete(key);
  }

  ofMessage(id: string): MessageUnique | null {
    return this.#state.uniqueMessages.get(id) ?? null;
  }

  note(id: string, unique: MessageUnique): void {
    this.#state.uniqueMessages.set(id, unique);
  }

  forget(id: string): void {
    this.#state.uniqueMessages.delete(id);
  }

  /** Looks through all keys: maintenance, a worker's step does not. */
  sweep(limit: number): number {
    const { uniqueKeys, now } = this.#state;
    let dropped = 0;
    for (const [key, { endsAt, waiting }] of uniqueKeys) {
      if (dropped === limit) break;
      if (endsAt === null || endsAt > now || waiting !== null) continue;
      uniqueKeys.delete(key);
      dropped++;
    }
    return dropped;
  }
}

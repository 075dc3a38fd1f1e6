import type { PausedQueue } from "../contracts/queues.js";
import type { PauseRecords } from "../rules/queue-records.js";
import type { MemoryState } from "./state.js";

export class MemoryPauses implements PauseRecords {
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
  }

  all(): readonly PausedQueue[] {
    return this.#state.paused.size === 0 ? NONE : [...this.#state.paused.values()];
  }

  put(paused: PausedQueue): void {
    this.#state.paused.set(paused.queue, paused);
  }

  remove(queue: string): boolean {
    return this.#state.paused.delete(queue);
  }
}

const NONE: readonly PausedQueue[] = [];

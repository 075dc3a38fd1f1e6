/** Queues by name: one is made when something needs it. */
import { Heap } from "./heap.js";
import type { MemoryState, Queue } from "./state.js";

export function queueOf(state: MemoryState, name: string): Queue {
  let queue = state.queues.get(name);
  if (!queue) {
    queue = {
      ...{ name, ready: new Heap(), scheduled: 0, leased: 0, blocked: 0, dead: 0 },
      ...{ backlogs: new Heap(), turns: new Heap(), listeners: new Set() },
    };
    state.queues.set(name, queue);
  }
  return queue;
}

/** A queue that holds nothing and that nobody listens to leaves no trace. */
export function dropIdleQueue(state: MemoryState, queue: Queue): void {
  const { ready, scheduled, leased, blocked, dead, listeners } = queue;
  if (ready.size + scheduled + leased + blocked + dead + listeners.size === 0)
    state.queues.delete(queue.name);
}

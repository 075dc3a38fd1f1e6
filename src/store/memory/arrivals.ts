import type { Clock } from "../../core/clock.js";
import type { Arrivals } from "../contracts/consumer.js";
import { dropIdleQueue, queueOf } from "./queue-map.js";
import type { Listener, MemoryState } from "./state.js";

/** A latch set by arrivals in any of the queues and taken by `wait`. */
export function openArrivals(state: MemoryState, queues: readonly string[]): Arrivals {
  let latched = false;
  let closed = false;
  let wake: (() => void) | null = null;
  const listened = [...new Set(queues)].map((name) => queueOf(state, name));
  const close = (): void => {
    closed = true;
    for (const queue of listened) {
      queue.listeners.delete(listener);
      dropIdleQueue(state, queue);
    }
    wake?.();
  };
  const listener: Listener = {
    notify: () => {
      latched = true;
      wake?.();
    },
    close,
  };
  for (const queue of listened) queue.listeners.add(listener);

  return {
    async wait(timeoutMs, signal) {
      if (!latched && !closed && !signal.aborted) {
        await untilWoken(state.clock, timeoutMs, signal, (fn) => (wake = fn));
        wake = null;
      }
      latched = false;
    },
    async close() {
      close();
    },
  };
}

function untilWoken(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  onWake: (wake: () => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(timeoutMs, done);
    signal.addEventListener("abort", done, { once: true });
    onWake(done);
  });
}

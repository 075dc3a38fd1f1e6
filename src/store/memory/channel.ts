import { messageOf } from "../../core/errors.js";
import { quote } from "../../core/quote.js";
import type { Channel } from "../contracts/channel.js";
import { enter, type MemoryState, type Subscription } from "./state.js";

/** Tells the subscribers once the running step is over, so that no handler sees half a step. */
export function publish(state: MemoryState, topic: string, payload: string): void {
  for (const subscription of state.subscriptions.get(topic) ?? []) {
    queueMicrotask(() => {
      if (!state.subscriptions.get(topic)?.has(subscription)) return;
      try {
        subscription.handler(payload);
      } catch (error) {
        // A handler belongs to somebody else; the others still get their hint.
        state.logger.error(`memory store: a handler of topic ${quote(topic)} threw: ${messageOf(error)}`);
      }
    });
  }
}

export function memoryChannel(state: MemoryState): Channel {
  return {
    async publish(topic, payload) {
      enter(state);
      publish(state, topic, payload);
    },

    async subscribe(topic, handler) {
      enter(state);
      const subscription: Subscription = { handler };
      const subscriptions = state.subscriptions.get(topic) ?? new Set();
      state.subscriptions.set(topic, subscriptions.add(subscription));
      return () => {
        const current = state.subscriptions.get(topic);
        current?.delete(subscription);
        if (current?.size === 0) state.subscriptions.delete(topic);
      };
    },
  };
}

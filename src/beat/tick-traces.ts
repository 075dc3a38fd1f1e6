import type { TickItem } from "../store/contracts/entries.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import type { NewMessage } from "../tasks/message.js";
import type { SendTrace, Tracing } from "../tasks/tracing.js";

/** Traces of occurrences, from the making of their messages until the store has them. What it does not take leaves none. */
export class TickTraces {
  readonly #traces = new WeakMap<NewMessage, SendTrace>();

  /** `createMessage` for the beat: each message has a trace of its own. */
  following(createMessage: CreateMessage, tracing: Tracing): CreateMessage {
    return (request) => {
      const trace = tracing.tick();
      try {
        const message = createMessage(request, trace);
        this.#traces.set(message, trace);
        return message;
      } catch (error) {
        trace.end({ error });
        throw error;
      }
    };
  }

  sent(message: NewMessage): void {
    this.#traces.get(message)?.end(null);
  }

  failed(items: readonly TickItem[], error: unknown): void {
    for (const planned of items.flatMap(({ plan }) => plan)) {
      if (planned.kind === "send") this.#traces.get(planned.message)?.end({ error });
    }
  }
}

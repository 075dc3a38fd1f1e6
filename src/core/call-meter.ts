/** Who hears of each call of the store: which it was, how long it took, and what it gave, or that it failed. */
import type { Clock } from "./clock.js";

export type CallOutcome = { readonly value: unknown } | { readonly error: unknown };
export type CallListener = (op: string, ms: number, outcome: CallOutcome) => void;

/** Costs nothing while nobody listens. */
export class CallMeter {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #listeners = new Set<CallListener>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** Gives the function that ends it. */
  on(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Gives the call back. */
  measured<T>(op: string, call: Promise<T>): Promise<T> {
    return this.#listeners.size === 0 ? call : this.#measured(op, call);
  }

  async #measured<T>(op: string, call: Promise<T>): Promise<T> {
    const startedAt = this.#clock.monotonicMs();
    const tell = (outcome: CallOutcome): void => {
      const ms = this.#clock.monotonicMs() - startedAt;
      for (const listener of this.#listeners) listener(op, ms, outcome);
    };
    try {
      const value = await call;
      tell({ value });
      return value;
    } catch (error) {
      tell({ error });
      throw error;
    }
  }
}

/** Calls that wait for something to happen: their time says nothing about the store. */
export function isWait(op: string): boolean {
  return op === "results.wait" || op === "consumer.listen";
}

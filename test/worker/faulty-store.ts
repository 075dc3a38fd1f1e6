/** A store that fails as networks do: it refuses, does the step and loses the answer, or answers late. */
import type { Clock } from "../../src/core/clock.js";
import { StoreError } from "../../src/core/errors.js";
import type { Store } from "../../src/store/contracts/store.js";

export type Fault = "none" | "refused" | "reply-lost" | "late" | "final";

export interface Call {
  readonly verb: string;
  readonly args: readonly unknown[];
  readonly fault: Fault;
}

export class FaultyStore {
  readonly calls: Call[] = [];
  readonly store: Store;
  /** Calls whose answer is not there yet, by verb; and the most that were so at once. */
  inFlight = 0;
  mostInFlight = 0;

  /** `faultOf` decides for each call of senders, consumers, results, and for `sweep`. */
  constructor(inner: Store, clock: Clock, faultOf: (verb: string, count: number) => Fault, lateMs = 15_000) {
    const wrap = <T extends object>(target: T, watched: readonly string[]): T =>
      new Proxy(target, {
        get: (object, key) => {
          const method: unknown = Reflect.get(object, key);
          if (typeof method !== "function" || typeof key !== "string") return method;
          return async (...args: unknown[]): Promise<unknown> => {
            const fault = faultOf(key, this.calls.length);
            this.calls.push({ verb: key, args, fault });
            const counted = watched.includes(key);
            if (counted) this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
            try {
              if (fault === "final")
                throw new StoreError("SUNBEAT_STORE_CORRUPT", "broken", { retryable: false });
              if (fault === "refused") throw unavailable();
              const answer = (await method.apply(object, args)) as unknown;
              if (fault === "reply-lost") throw unavailable();
              if (fault === "late") await new Promise<void>((resolve) => clock.after(lateMs, resolve));
              return answer;
            } finally {
              if (counted) this.inFlight--;
            }
          };
        },
      });
    const consumer = wrap(inner.consumer, ["claim", "settle"]);
    const [sender, results] = [wrap(inner.sender, []), wrap(inner.results, [])];
    const { sweep } = wrap({ sweep: (limit: number) => inner.sweep(limit) }, []);
    this.store = { ...inner, sweep, sender, consumer, results };
  }

  count(verb: string): number {
    return this.calls.filter((call) => call.verb === verb).length;
  }
}

function unavailable(): StoreError {
  return new StoreError("SUNBEAT_STORE_UNAVAILABLE", "connection reset", { retryable: true });
}

/** A store as a process sees it that is paused, cut off or dead. */
import { sleep } from "../../src/core/clock.js";
import { StoreError } from "../../src/core/errors.js";
import type { Store } from "../../src/store/contracts/index.js";
import type { ManualClock } from "../../src/testing/manual-clock.js";

export interface Faults {
  /** Calls of this name, or "all" of them, reach the store `delayMs` late. */
  delay: string | null;
  delayMs: number;
  /** Calls reach nobody and are never answered. */
  dead: boolean;
  /** This call, or "all" of them, fail. */
  fail: string | null;
  /** Called before a call reaches the store, and before its answer is given: the process may die there. */
  before: ((call: string) => Promise<void> | void) | null;
  after: ((call: string) => Promise<void> | void) | null;
  /** How often each call was made. */
  readonly calls: Record<string, number>;
  /** Calls and outcomes of those that were answered with one. */
  readonly answers: string[];
}

export function faulty(store: Store, clock: ManualClock): { readonly store: Store; readonly faults: Faults } {
  const faults: Faults = {
    ...{ delay: null, delayMs: 40_000, dead: false, fail: null, before: null, after: null },
    ...{ calls: {}, answers: [] },
  };
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function" || typeof key !== "string") return value;
        return async (...args: unknown[]) => {
          faults.calls[key] = (faults.calls[key] ?? 0) + 1;
          if (faults.before !== null) await faults.before(key);
          if (faults.dead) return new Promise(() => undefined);
          if (faults.fail === key || faults.fail === "all") {
            throw new StoreError("SUNBEAT_STORE_UNAVAILABLE", "connection refused", { retryable: true });
          }
          if (faults.delay === key || faults.delay === "all") await sleep(clock, faults.delayMs);
          const answer = (await Reflect.apply(value, target, args)) as { outcome?: string } | undefined;
          if (faults.after !== null) {
            await faults.after(key);
            if (faults.dead) return new Promise(() => undefined);
          }
          if (answer?.outcome !== undefined) faults.answers.push(`${key} ${answer.outcome}`);
          return answer;
        };
      },
    });
  const wrapped = wrap({
    ...store,
    leases: wrap(store.leases),
    entries: wrap(store.entries),
    // Subscriptions are handed through: a dead process hears, but cannot act.
    channel: store.channel,
  });
  return { store: wrapped, faults };
}

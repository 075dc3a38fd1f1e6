/** What a store hands to the conformance suite, and what a case of the suite is. */
import type { Store } from "../../../src/store/contracts/store.js";
import type { ManualClock } from "../../../src/testing/manual-clock.js";

/**
 * What a store may be unable to do. A store declares it with a reason, and the runner prints the reason in place
 * of the cases that need it.
 * durable: what was written is there after the store was closed and opened again.
 */
export const CAPABILITIES = ["durable"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What a store cannot do, and why. */
export type Incapabilities = Readonly<Partial<Record<Capability, string>>>;

/** An empty store and the clock that rules it, made anew for every case. */
export interface Harness {
  /** Rules `store`, its peers and what `reopen` gives. */
  readonly clock: ManualClock;
  readonly store: Store;
  /** A second handle on the same data, as another process would have. One process may give `store` itself. */
  readonly peer: () => Promise<Store>;
  /** Closes every handle and opens the data again; undefined for a store that keeps nothing. */
  readonly reopen: () => Promise<Store> | undefined;
  /** Closes every handle and deletes the data. */
  readonly dispose: () => Promise<void>;
}

/** One sentence of a contract, and the program that disputes it. Assertions throw; no test runner is needed. */
export interface ConformanceCase {
  /** The contract: "broker: claim", "entries: tick". */
  readonly group: string;
  /** A sentence that is true of every store. */
  readonly name: string;
  readonly because?: string;
  readonly needs?: Capability;
  readonly run: (harness: Harness) => Promise<void>;
}

/** The cases of one group, from pairs of name and program. */
export function group(
  name: string,
  cases: Readonly<Record<string, ConformanceCase["run"] | Omit<ConformanceCase, "group" | "name">>>,
): ConformanceCase[] {
  return Object.entries(cases).map(([sentence, body]) => ({
    group: name,
    name: sentence,
    ...(typeof body === "function" ? { run: body } : body),
  }));
}

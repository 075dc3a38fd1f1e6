/** The promises of docs/reliability.md, by their letters. */
export const PROMISES = ["D1", "D2", "E1", "E2", "L1"] as const;

export type PromiseName = (typeof PROMISES)[number];

/**
 * ok: nothing to do. warning: a promise holds under more conditions than it must, or operators are misled. error: a
 * promise is broken. unknown: it could not be read, which is never taken for good.
 */
export type Verdict = "ok" | "warning" | "error" | "unknown";

/** What was found about one setting of a store. */
export interface Finding {
  /** By the name under which it is changed. */
  readonly setting: string;
  /** Null where it could not be read. */
  readonly value: string | null;
  readonly verdict: Verdict;
  /** The promises that this value weakens; of an unknown one, those that it may weaken. */
  readonly weakens: readonly PromiseName[];
  /** What it means and what to do, one sentence; empty where there is nothing to say. */
  readonly advice: string;
}

export function fine(setting: string, value: string, note = ""): Finding {
  return { setting, value, verdict: "ok", weakens: [], advice: note };
}

export function warning(
  setting: string,
  value: string,
  weakens: readonly PromiseName[],
  advice: string,
): Finding {
  return { setting, value, verdict: "warning", weakens, advice };
}

/** Breaks every promise: nothing can be sent, or what was sent may vanish. */
export function broken(setting: string, value: string | null, advice: string): Finding {
  return { setting, value, verdict: "error", weakens: PROMISES, advice };
}

export function unread(setting: string, weakens: readonly PromiseName[], advice: string): Finding {
  return { setting, value: null, verdict: "unknown", weakens, advice };
}

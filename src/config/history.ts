import type { Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  durationOption,
  integerOption,
} from "../core/options.js";

/** What is kept of tasks that have ended: a record of each attempt. */
export interface HistoryOptions {
  /** Default true. */
  readonly enabled?: boolean | undefined;
  /** Default 7 days. */
  readonly maxAge?: Duration | undefined;
  /** Records kept, the newest. Default 500,000. */
  readonly maxRows?: number | undefined;
  /** Characters of the arguments, as JSON after `redact`. 0: none. Default 256, and 0 where `encryption` is set. At most 10,000. */
  readonly args?: number | undefined;
  /**
   * Successes of a second for which one process writes records; those beyond are counted alone. Runs of entries, and whatever did not
   * succeed, are always recorded. Default 1,000.
   */
  readonly successRate?: number | undefined;
}

export interface HistoryConfig {
  readonly enabled: boolean;
  readonly maxAgeMs: number;
  readonly maxRows: number;
  readonly args: number;
  readonly successRate: number;
}

export const HISTORY_DEFAULTS = {
  enabled: true,
  maxAge: "7d",
  maxRows: 500_000,
  args: 256,
  successRate: 1_000,
} as const;

const MOST = Number.MAX_SAFE_INTEGER;
const MOST_ARGS = 10_000;

/** `isSealed`: whether arguments are secret to those who read the store. */
export function historyOption(given: HistoryOptions, isSealed: boolean): HistoryConfig {
  assertObject(given, "history");
  assertKnownKeys(given, Object.keys(HISTORY_DEFAULTS), "history");
  const defaults = HISTORY_DEFAULTS;
  return Object.freeze({
    enabled: booleanOption(given.enabled ?? defaults.enabled, "history.enabled"),
    maxAgeMs: durationOption(given.maxAge ?? defaults.maxAge, "history.maxAge", 1_000),
    maxRows: integerOption(given.maxRows ?? defaults.maxRows, "history.maxRows", 1, MOST),
    args: integerOption(given.args ?? (isSealed ? 0 : defaults.args), "history.args", 0, MOST_ARGS),
    successRate: integerOption(given.successRate ?? defaults.successRate, "history.successRate", 0, MOST),
  });
}

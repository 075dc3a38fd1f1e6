/**
 * The log of the lock fault suites, outside the store: one line of JSON for each thing that a process did or heard.
 * Instants are of the machine's clock, which is also that of a Redis server on it and of SQLite.
 */
import { existsSync, readFileSync } from "node:fs";
import type { EpochMs } from "../../src/core/clock.js";

interface Line {
  /** The process. */
  readonly by: string;
  readonly at: EpochMs;
}

/** The first request of an acquisition, before it is sent; and the first answer that it stands in line. */
export interface LineLine extends Line {
  readonly what: "asks" | "waits";
  readonly waiter: string;
  readonly lock: string;
}

/** The store gave a permit; `at` by the store's clock. A task that runs is a waiter of its own for each delivery. */
export interface GrantedLine extends Line {
  readonly what: "granted";
  readonly waiter: string;
  readonly lock: string;
  readonly token: string;
  readonly fence: number;
  /** No later than its end by the store. */
  readonly until: EpochMs;
}

/** The store has extended it, to `until` at least. */
export interface ExtendedLine extends Line {
  readonly what: "extended";
  readonly token: string;
  readonly until: EpochMs;
}

/** "holds": at this instant, read before it looked at its signal, that was not aborted. */
export interface HoldingLine extends Line {
  readonly what: "holds" | "releases" | "released" | "lost" | "refused" | "written";
  readonly token: string;
}

/** Leaving the line: before it is sent, and when it was answered. */
export interface CancelLine extends Line {
  readonly what: "cancels" | "left";
  readonly waiter: string;
  /** The store has told just before that the permit is there. */
  readonly atGrant: boolean;
}

export interface FailedLine extends Line {
  readonly what: "failed";
  readonly code: string;
}

/** The machine let the process stand still from `from` to `at`, or the store took so long to answer. */
export interface StalledLine extends Line {
  readonly what: "stalled";
  readonly from: EpochMs;
}

export interface RunLine extends Line {
  readonly what: "runs";
  readonly n: number;
  readonly retries: number;
  readonly deliveries: number;
}

export type LockLine =
  LineLine | GrantedLine | ExtendedLine | HoldingLine | CancelLine | FailedLine | StalledLine | RunLine;

/** In the order in which they were written. A line that a kill has cut off is left out. */
export function readLockLog(file: string): LockLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as LockLine);
}

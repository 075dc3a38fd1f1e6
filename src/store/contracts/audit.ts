/** Who did what: a row for each change by a person or a program that steers. The newest 10,000 are kept. */
import type { EpochMs } from "../../core/clock.js";

/** So many rows are kept. */
export const AUDIT_ROWS = 10_000;

export interface AuditPut {
  /** User and machine, or the name that the dashboard knows. */
  readonly by: string;
  readonly via: "cli" | "dashboard" | "api" | "program";
  /** Address or node from where. */
  readonly from: string;
  readonly verb: string;
  /** Task, entry, queue, node, lock: what it was done to. */
  readonly target: string;
  /** JSON, after `redact`. */
  readonly args: string;
  /** "ok", or a code of an error. */
  readonly outcome: string;
}

export interface AuditRecord extends AuditPut {
  readonly id: string;
  readonly at: EpochMs;
}

export interface AuditStore {
  /** Gives the types of events that somebody watches, as `PresenceReply.watching`: who steers may be no node that hears of watches. */
  add(row: AuditPut): Promise<readonly string[]>;
  /** Newest first; `before`: the id of the last one seen. */
  list(options: {
    readonly limit: number;
    readonly before?: string;
    readonly by?: string;
    readonly target?: string;
  }): Promise<readonly AuditRecord[]>;
}

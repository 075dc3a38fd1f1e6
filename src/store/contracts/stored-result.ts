/** The record of what became of a task. */
import type { EpochMs } from "../../core/clock.js";

export interface ResultRecord {
  /** A state of tasks/states.ts, or a custom one set by `updateState`. */
  readonly state: string;
  /** Encoded value or error, opaque to the store; null where the state says all. */
  readonly payload: string | null;
  /**
   * Why, where the store itself ended the task: "expired", "revoked", "deliveries-exhausted", "lock-timeout"; or "upstream" of a part
   * that did not run since one before it failed: then `payload` is the JSON text of that one's id.
   */
  readonly reason?: string;
  /** Who ran it. */
  readonly worker?: string;
}

export interface StoredResult extends ResultRecord {
  readonly id: string;
  /** When the record was written, by the store's clock. */
  readonly at: EpochMs;
}

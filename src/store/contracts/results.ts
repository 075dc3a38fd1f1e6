/** What became of tasks. */
import type { DeliveryRef } from "./delivery.js";
import type { ResultRecord, StoredResult } from "./stored-result.js";

export type { ResultRecord, StoredResult } from "./stored-result.js";

export interface Results {
  /**
   * The stored record; without one, a record derived from where the message is: PENDING while it waits or is blocked,
   * RECEIVED while a worker holds it, `at` being the store's now; null for an id the store does not know, or of which only
   * a mark is left (`idTtlMs`).
   *
   * A message that waits when it expires has ended, though no claim has come by to drop it: before any record that is not
   * final goes REVOKED with reason "expired", `at` being its `expires`. So has one that was revoked in a worker's hands and
   * waits again (reason "revoked"). What is told so is what its drop writes, whenever and by whom it is dropped.
   */
  get(ids: readonly string[]): Promise<(StoredResult | null)[]>;
  /**
   * The record once its state is final, as `get` tells it. Pushed by the store, not polled for over a network; the instant at
   * which a message expires that waits is awaited here. Null when `signal` aborts first, and soon for a
   * task that ended without a result and left a mark. A result already there is returned at once.
   */
  wait(id: string, signal: AbortSignal): Promise<StoredResult | null>;
  /**
   * Writes the state of a running delivery (STARTED, progress, custom); "lost" when the token is not current. A final
   * record is never overwritten.
   */
  update(ref: DeliveryRef, record: ResultRecord, ttlMs: number): Promise<"updated" | "lost">;
  /** Writes a result without a delivery. A final record is never overwritten. */
  put(id: string, record: ResultRecord, ttlMs: number): Promise<void>;
  /** Marks of ids go, too. */
  forget(ids: readonly string[]): Promise<void>;
}

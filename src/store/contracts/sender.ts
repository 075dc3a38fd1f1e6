/** What senders ask of the queue. Judges each message or id alone, answers in order; may be repeated after a lost reply. */
import type { NewMessage } from "../../tasks/message.js";

export type { NewMessage, When } from "../../tasks/message.js";

/**
 * "duplicate": a message of this id is waiting, leased, or among the dead letters, or its result is kept, or a mark that stands
 * for one (`idTtlMs`): nothing was changed.
 * "expired": `expires` had passed; a REVOKED result with reason "expired" was written instead.
 */
export type EnqueueOutcome = "queued" | "duplicate" | "expired";

export interface Sender {
  /** `limitMs`: how long a store that is away is waited for; without it the store decides. */
  enqueue(
    messages: readonly NewMessage[],
    options?: { readonly limitMs?: number },
  ): Promise<EnqueueOutcome[]>;
  /**
   * Waiting messages are dropped with a REVOKED result (reason "revoked", or "expired" where that came first); so is a run that an entry holds, its ledger
   * row says skipped("revoked"). Leased messages are dropped when they would be claimed again; with `terminate`, the
   * heartbeat also tells their worker. Unknown ids are remembered for `keepMs` and dropped when claimed.
   * Publishes the ids on the channel topic "revoke" when `terminate` is set, else on "cancel": then a task that a worker
   * holds and has not begun is not to begin.
   */
  revoke(
    ids: readonly string[],
    options: { readonly terminate: boolean; readonly keepMs: number },
  ): Promise<void>;
}

/** What senders ask of the queue. Judges each message or id alone, answers in order; may be repeated after a lost reply. */
import type { NewMessage } from "../../tasks/message.js";
import type { Dropped } from "./consumer.js";

export type { NewMessage, When } from "../../tasks/message.js";

/**
 * "duplicate": a message of this id is waiting, leased, or among the dead letters, or its result is kept, or a mark that stands
 * for one (`idTtlMs`): nothing was changed.
 * "expired": `expires` had passed; a REVOKED result with reason "expired" was written instead.
 * "full": its queue holds as many as the bound of this call lets wait; nothing was changed. So are all behind it that are for that queue.
 */
export type EnqueueOutcome = "queued" | "duplicate" | "expired" | "full" | NotUnique;

/**
 * Another message has the unique key of this one, of which nothing was stored. joined: it stands for this one, with its own body, or, as
 * `onConflict` says, with the body, eta and expires of this one. refused: under "refuse". Of a "queued" one that has to wait behind the
 * other nothing is told.
 */
export type NotUnique = { readonly joined: string } | { readonly refused: string };

export interface EnqueueOptions {
  /** How long a store that is away is waited for; without it the store decides. */
  readonly limitMs?: number;
  /**
   * By queue, how many messages may wait there: ready, scheduled, and blocked by a lock, a rate or a unique key. Of others there is
   * no bound.
   */
  readonly bounds?: ReadonlyMap<string, number> | undefined;
}

export interface Sender {
  enqueue(messages: readonly NewMessage[], options?: EnqueueOptions): Promise<EnqueueOutcome[]>;
  /**
   * Waiting messages are dropped with a REVOKED result (reason "revoked", or "expired" where that came first); so is a run that an entry holds, its ledger
   * row says skipped("revoked"). Leased messages are dropped when they would be claimed again; with `terminate`, the
   * heartbeat also tells their worker. Unknown ids are remembered for `keepMs` and dropped when claimed.
   * Publishes the ids on the channel topic "revoke" when `terminate` is set, else on "cancel": then a task that a worker
   * holds and has not begun is not to begin. Gives what it has dropped.
   */
  revoke(
    ids: readonly string[],
    options: { readonly terminate: boolean; readonly keepMs: number },
  ): Promise<Dropped[]>;
}

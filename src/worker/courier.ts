import { isSunbeatError } from "../core/errors.js";
import type {
  AdmitReply,
  ClaimReply,
  ClaimRequest,
  SettleOutcome,
  SettleReply,
} from "../store/contracts/consumer.js";
import type { Store } from "../store/contracts/store.js";
import { type Ending, refOf } from "./outbox.js";
import type { Reporter } from "./report.js";
import type { Slots } from "./slots.js";
import type { StoreCalls } from "./store-calls.js";

/** Ends told in one call: a step of the store is bounded. */
const MAX_BATCH = 1_000;

/**
 * Brings what ended to the store and what was claimed back. A call that fails leaves everything in the outbox, and
 * it is sent again: settling is idempotent by token. Every method rejects with what the store threw.
 */
export class Courier {
  readonly #store: Store;
  readonly #calls: StoreCalls;
  readonly #slots: Slots;
  readonly #reporter: Reporter;
  readonly #limitMs: number | undefined;

  /** `limitMs` bounds each call; absent: as `calls` does. */
  constructor(store: Store, calls: StoreCalls, slots: Slots, reporter: Reporter, limitMs?: number) {
    this.#store = store;
    this.#calls = calls;
    this.#slots = slots;
    this.#reporter = reporter;
    this.#limitMs = limitMs;
  }

  /** Deliveries that go back, and requests for locks: each a call before. */
  async sendRest(): Promise<void> {
    const { outbox } = this.#slots;
    if (outbox.returns.length > 0) await this.#sendReturns();
    if (outbox.admissions.length > 0) await this.#sendAdmissions();
  }

  /** Settles what ended and claims, in one call. Null when nothing was claimed for. */
  async exchange(claim: ClaimRequest | null): Promise<ClaimReply | null> {
    const { outbox } = this.#slots;
    const batch = outbox.settlements.splice(0, MAX_BATCH);
    if (batch.length === 0) return claim === null ? null : await this.#claim(claim);
    const work = this.#store.consumer.settle(
      batch.map((item) => item.settlement),
      claim,
    );
    let reply: SettleReply;
    try {
      reply = await this.#bounded("settle", work);
    } catch (error) {
      for (const item of batch) item.resent = true;
      outbox.settlements = [...batch, ...outbox.settlements];
      this.#awaitLate(
        error,
        work.then((late) => late.claimed),
      );
      throw error;
    }
    batch.forEach((item, index) => {
      if (reply.repeated) item.resent = true;
      this.#settled(item, reply.outcomes[index]!);
    });
    this.#tellDeadLettered(reply.claimed);
    return reply.claimed;
  }

  async #claim(claim: ClaimRequest): Promise<ClaimReply> {
    const work = this.#store.consumer.claim(claim);
    try {
      const reply = await this.#bounded("claim", work);
      this.#tellDeadLettered(reply);
      return reply;
    } catch (error) {
      this.#awaitLate(error, work);
      throw error;
    }
  }

  /** No worker held them, so none but the one that claimed can tell. */
  #tellDeadLettered(reply: ClaimReply | null): void {
    for (const message of reply?.deadLettered ?? []) this.#reporter.deadLettered(message);
  }

  /** An answer that comes after we stopped waiting may carry deliveries: they go back instead of lying idle. */
  #awaitLate(error: unknown, work: Promise<ClaimReply | null>): void {
    if (!isSunbeatError(error) || error.code !== "SUNBEAT_STORE_TIMEOUT")
      return void work.catch(() => undefined);
    work.then(
      (late) => {
        this.#tellDeadLettered(late);
        if (late !== null) this.#slots.returnLate(late.deliveries);
      },
      () => undefined,
    );
  }

  #settled(item: Ending, outcome: SettleOutcome): void {
    this.#slots.held.delete(item.settlement.token);
    if (outcome === "settled") this.#reporter.ended(item.reservation, item.outcome, item.runtimeMs);
    else if (item.resent) this.#reporter.unclear(item.reservation, item.outcome);
    else this.#reporter.ended(item.reservation, { kind: "abandoned" }, item.runtimeMs);
  }

  async #sendReturns(): Promise<void> {
    const { outbox, held } = this.#slots;
    const batch = outbox.returns.splice(0, MAX_BATCH);
    try {
      await this.#bounded(
        "giveBack",
        this.#store.consumer.giveBack(batch.map((item) => refOf(item.reservation))),
      );
    } catch (error) {
      outbox.returns = [...batch, ...outbox.returns];
      throw error;
    }
    for (const { reservation, outcome } of batch) {
      held.delete(reservation.delivery.token);
      if (outcome === null) this.#reporter.returned(reservation);
      else this.#reporter.ended(reservation, outcome, 0);
    }
  }

  /** A lost answer is asked for again: the store gives the same one. */
  async #sendAdmissions(): Promise<void> {
    const { outbox } = this.#slots;
    const batch = outbox.admissions.splice(0, MAX_BATCH);
    const work = this.#store.consumer.admit(batch.map(({ request }) => request));
    let replies: AdmitReply[];
    try {
      replies = await this.#bounded("admit", work);
    } catch (error) {
      outbox.admissions = [...batch, ...outbox.admissions];
      throw error;
    }
    batch.forEach((item, index) => this.#slots.answered(item, replies[index]!));
  }

  #bounded<T>(what: string, work: Promise<T>): Promise<T> {
    return this.#calls.bounded(what, work, this.#limitMs);
  }
}

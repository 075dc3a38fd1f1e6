import type { Clock } from "../core/clock.js";
import { isSunbeatError } from "../core/errors.js";
import type { InTime } from "../core/patience.js";
import type {
  ClaimReply,
  ClaimRequest,
  Consumer,
  Settlement,
  SettleOutcome,
  SettleReply,
} from "../store/contracts/consumer.js";
import type { Counters } from "./counters.js";
import type { Heartbeat } from "./heartbeat.js";
import type { Notes } from "./note.js";
import { type Outcome, settlementOf } from "./outcome.js";
import type { Reporter } from "./report.js";
import { refOf, Reservation } from "./reservation.js";

/** Ends told in one call: a step of the store is bounded. */
const MAX_BATCH = 1_000;
/** Lost deliveries remembered. */
const MOST_LOST = 1_000;

/** The end of a delivery on its way to the store. */
interface Ending {
  readonly reservation: Reservation;
  readonly outcome: Outcome;
  readonly runtimeMs: number;
  readonly settlement: Settlement;
  /** Sent before without an answer, so that "lost" may mean that the first try was stored. */
  resent: boolean;
}

/** A delivery on its way back; with an outcome when it was run, null when it was not even started. */
interface Return {
  readonly reservation: Reservation;
  readonly outcome: Outcome | null;
}

export interface Claimed extends ClaimReply {
  /** Monotonic instant at which the claim was sent: leases are trusted from there. */
  readonly askedAt: number;
}

export interface CompleterParts {
  readonly clock: Clock;
  readonly consumer: Pick<Consumer, "claim" | "settle" | "giveBack">;
  readonly inTime: InTime;
  readonly reporter: Reporter;
  readonly heartbeat: Heartbeat;
  readonly hostname: string;
  /** Null: no records are written. */
  readonly notes?: Notes | null;
  /** Null: nothing is counted. */
  readonly counters?: Counters | null;
  /** How long messages are kept that have failed for good; 0: they are not. */
  readonly failedKeptMs?: number;
}

/**
 * Brings ends and returns to the store, and a claim with them: the last part of the line.
 *
 * Whatever the store does not take stays unsettled here and is sent again: settling is idempotent by token. `exchange` and
 * `flush` reject with what the store threw.
 */
export class Completer {
  readonly #parts: CompleterParts;
  readonly #onEnd: () => void;
  /** Why leases of deliveries that have ended here were lost, by id: for those that die of it. */
  readonly #lost = new Map<string, string>();
  #endings: Ending[] = [];
  #returns: Return[] = [];

  /** `onEnd` is called at each end and return: the store is to be told, or a slot is free. */
  constructor(parts: CompleterParts, onEnd: () => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
  }

  /** Ends and returns that the store does not have yet. */
  get unsettled(): number {
    return this.#endings.length + this.#returns.length;
  }

  /** Successes without a record, since the start. */
  get recordsLeftOut(): number {
    return this.#parts.notes?.leftOut ?? 0;
  }

  /** Whether there are ends, and nobody but those who wait for results misses them: they wait for a rate limit already. */
  get canWait(): boolean {
    const isPaced = ({ reservation: { paced, lock, delivery } }: Ending): boolean =>
      paced && lock === null && delivery.part === undefined;
    return this.#returns.length === 0 && this.#endings.length > 0 && this.#endings.every(isPaced);
  }

  /** `resultTtlMs` 0: no result is kept. `runtimeMs` 0: it did not run. */
  complete(reservation: Reservation, outcome: Outcome, resultTtlMs: number, runtimeMs: number): void {
    const { reporter, hostname, notes, failedKeptMs } = this.#parts;
    const settlement = settlementOf(reservation, outcome, resultTtlMs, hostname, failedKeptMs);
    if (settlement === null) {
      this.#drop(reservation);
      reporter.ended(reservation, outcome, runtimeMs);
    } else if (settlement === "give-back") this.#returns.push({ reservation, outcome });
    else {
      const note = notes?.of(reservation, outcome, runtimeMs) ?? null;
      if (note !== null) Object.assign(settlement, { note });
      this.#endings.push({ reservation, outcome, runtimeMs, settlement, resent: false });
    }
    this.#onEnd();
  }

  /** A delivery that was not started. */
  giveBack(reservation: Reservation): void {
    this.#returns.push({ reservation, outcome: null });
    this.#onEnd();
  }

  /** Returns, then ends and the claim in one call. Null when nothing was claimed. */
  async exchange(claim: ClaimRequest | null): Promise<Claimed | null> {
    const { clock, inTime } = this.#parts;
    await this.#sendReturns(inTime);
    const askedAt = clock.monotonicMs();
    const batch = this.#endings.splice(0, MAX_BATCH);
    const claimed = batch.length > 0 ? await this.#settle(batch, claim, inTime) : await this.#claim(claim);
    return claimed && { ...claimed, askedAt };
  }

  /** Everything that is left, in bounded tries. */
  async flush(inTime: InTime): Promise<void> {
    while (this.unsettled > 0) {
      await this.#sendReturns(inTime);
      const batch = this.#endings.splice(0, MAX_BATCH);
      if (batch.length > 0) await this.#settle(batch, null, inTime);
    }
  }

  async #settle(batch: Ending[], claim: ClaimRequest | null, inTime: InTime): Promise<ClaimReply | null> {
    const settlements = batch.map(({ settlement }) => settlement);
    const work = this.#parts.consumer.settle(settlements, claim);
    let reply: SettleReply;
    try {
      reply = await inTime("settle", work);
    } catch (error) {
      for (const ending of batch) ending.resent = true;
      this.#endings = [...batch, ...this.#endings];
      this.#awaitLate(
        error,
        work.then((late) => {
          this.#parts.reporter.graphs(late.graphs);
          return late.claimed;
        }),
      );
      throw error;
    }
    batch.forEach((ending, index) => {
      if (reply.repeated) ending.resent = true;
      this.#settled(ending, reply.outcomes[index]!);
    });
    this.#parts.reporter.graphs(reply.graphs);
    this.#tellClaimed(reply.claimed);
    return reply.claimed;
  }

  async #claim(claim: ClaimRequest | null): Promise<ClaimReply | null> {
    if (claim === null) return null;
    const work = this.#parts.consumer.claim(claim);
    try {
      const reply = await this.#parts.inTime("claim", work);
      this.#tellClaimed(reply);
      return reply;
    } catch (error) {
      this.#awaitLate(error, work);
      throw error;
    }
  }

  /** An answer that comes after we stopped waiting may carry deliveries: they go back instead of lying idle. */
  #awaitLate(error: unknown, work: Promise<ClaimReply | null>): void {
    if (!isSunbeatError(error) || error.code !== "SUNBEAT_STORE_TIMEOUT")
      return void work.catch(() => undefined);
    work.then(
      (late) => {
        this.#tellClaimed(late);
        for (const delivery of late?.deliveries ?? []) {
          this.giveBack(new Reservation(delivery, -Infinity, this.#parts.clock, 0));
        }
      },
      () => undefined,
    );
  }

  /** What the claim has done besides: nobody else tells of it. */
  #tellClaimed(reply: ClaimReply | null): void {
    const { reporter } = this.#parts;
    reporter.graphs(reply?.graphs);
    for (const message of reply?.dropped ?? []) reporter.dropped(message);
    this.#tellDeadLettered(reply);
  }

  /** No worker held them any more, so none but the one that claimed can tell. This one may have had them before. */
  #tellDeadLettered(reply: ClaimReply | null): void {
    const deadLettered = reply?.deadLettered ?? [];
    if (deadLettered.length === 0) return;
    const { heartbeat, reporter } = this.#parts;
    const kept = new Map(heartbeat.kept.map((reservation) => [reservation.delivery.id, reservation]));
    for (const message of deadLettered) {
      const reservation = kept.get(message.id);
      reservation?.look();
      const because = reservation?.lostBecause ?? this.#lost.get(message.id);
      reporter.deadLettered(message, because === undefined ? because : `this worker had it, and ${because}`);
    }
  }

  #settled({ reservation, outcome, runtimeMs, resent }: Ending, answer: SettleOutcome): void {
    const { reporter, counters } = this.#parts;
    if (answer === "lost") reservation.look();
    this.#drop(reservation);
    if (answer === "settled") {
      counters?.count(reservation.delivery.task, outcome, runtimeMs, reservation.waitMs);
      reporter.ended(reservation, outcome, runtimeMs);
    } else if (resent) reporter.unclear(reservation, outcome);
    else reporter.ended(reservation, { kind: "abandoned" }, runtimeMs);
  }

  #drop(reservation: Reservation): void {
    const { delivery, lostBecause } = reservation;
    this.#parts.heartbeat.drop(reservation);
    if (lostBecause === null) return;
    this.#lost.set(delivery.id, lostBecause);
    if (this.#lost.size <= MOST_LOST) return;
    const [oldest] = this.#lost.keys();
    this.#lost.delete(oldest!);
  }

  async #sendReturns(inTime: InTime): Promise<void> {
    if (this.#returns.length === 0) return;
    const { consumer, reporter } = this.#parts;
    const batch = this.#returns.splice(0, MAX_BATCH);
    try {
      await inTime("giveBack", consumer.giveBack(batch.map(({ reservation }) => refOf(reservation))));
    } catch (error) {
      this.#returns = [...batch, ...this.#returns];
      throw error;
    }
    for (const { reservation, outcome } of batch) {
      this.#drop(reservation);
      if (outcome === null) reporter.returned(reservation);
      else reporter.ended(reservation, outcome, 0);
    }
  }
}

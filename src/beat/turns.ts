/** The rhythm of a beat that leads: rounds, upkeep between them, and sleep until something is due. */
import type { Clock, EpochMs } from "../core/clock.js";
import type { Latch } from "../core/latch.js";
import type { LoopMark } from "../core/loop-mark.js";
import type { Logger } from "../core/logger.js";
import type { Patience } from "../core/patience.js";
import type { Events } from "../events/index.js";
import type { AtStart } from "./at-start.js";
import type { BasisKeeper } from "./basis-walk.js";
import type { CalendarEnds } from "./calendar-ends.js";
import type { BeatOptions } from "./beat-options.js";
import type { StartBudget } from "./budget.js";
import type { Lead } from "./leader.js";
import type { Maintenance } from "./maintenance.js";
import type { NewerBeats } from "./newer-beats.js";
import type { RoundReply, Rounds } from "./round.js";
import type { StoreClock } from "./store-clock.js";

/** How often the store's clock is asked again while it is in doubt. */
const HOLD_POLL_MS = 1_000;
/** Pause after a round that got nothing done although something was due. */
const FIRST_STUCK_MS = 50;
const LONGEST_STUCK_MS = 5_000;

interface TurnsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  readonly options: Pick<BeatOptions, "leaseMs" | "maxLoopIntervalMs">;
  /** Woken when an entry is edited. */
  readonly latch: Latch;
  readonly storeClock: StoreClock;
  readonly rounds: Rounds;
  readonly budget: StartBudget;
  readonly basis: BasisKeeper;
  readonly calendarEnds: CalendarEnds;
  readonly newer: NewerBeats;
  readonly patience: Patience;
  readonly mark: LoopMark;
  /** Those of this process are others now. */
  readonly onCalendars: () => Promise<void>;
  readonly atStart: AtStart;
  readonly maintenance: Maintenance;
  /** Waits after a failure. */
  waitOut(error: unknown, signal: AbortSignal): Promise<void>;
}

export class Turns {
  readonly #deps: TurnsDeps;
  #roundCount = 0;
  #last: RoundReply | null = null;
  /** Store time at which the present run of rounds without sleep began; null: the next round begins one. */
  #burstFrom: EpochMs | null = null;
  /** Monotonic start of the first round that is not done; null: the last one is. */
  #undoneSince: number | null = null;
  /** The walk over the entries has more to do. */
  #isWalking = false;
  /** Rounds in a row that found something due and got nothing done. */
  #stuck = 0;

  constructor(deps: TurnsDeps) {
    this.#deps = deps;
  }

  stats(): {
    readonly rounds: number;
    readonly nextAt: EpochMs | null;
    readonly lagMs: number;
    readonly limitedSince: EpochMs | null;
  } {
    return {
      limitedSince: this.#deps.budget.limitedSince,
      rounds: this.#roundCount,
      nextAt: this.#last?.nextAt ?? null,
      lagMs: this.#last?.lagMs ?? 0,
    };
  }

  /** The term has ended. */
  over(): void {
    this.#deps.rounds.over();
    this.#last = null;
    this.#burstFrom = null;
    this.#undoneSince = null;
    this.#isWalking = false;
  }

  /** A round, and the sleep until the next one. */
  async turn(lead: Lead): Promise<void> {
    let pauseMs: number;
    try {
      const reply = await this.#watched(lead);
      this.#last = reply;
      if (reply.outcome === "fenced") return lead.end("fenced: the store has another term");
      if (reply.outcome === "untrusted") return;
      if (this.#deps.rounds.quarantine.size > 0 && this.#deps.newer.stand) {
        return lead.end("a newer beat stands, and may know the entries that this one cannot send");
      }
      this.#stuck = reply.more && !reply.progress && reply.limitedMs === null ? this.#stuck + 1 : 0;
      pauseMs = this.#pauseAfter(reply);
      if (pauseMs > 0 && reply.outcome === "done") {
        await this.#deps.maintenance.step(reply.now);
        pauseMs = Math.min(this.#pauseAfter(reply), this.#deps.maintenance.nextInMs());
      }
      this.#deps.patience.succeeded();
    } catch (error) {
      this.#burstFrom = null;
      return this.#deps.waitOut(error, lead.signal);
    }
    if (pauseMs <= 0) return;
    this.#burstFrom = null;
    this.#deps.logger.debug(`beat: Waking up in ${(pauseMs / 1_000).toFixed(2)} seconds.`);
    this.#deps.storeClock.sleeping(this.#last.nextAt, pauseMs);
    this.#deps.mark.turns(pauseMs);
    await this.#deps.latch.wait(pauseMs, lead.signal);
    this.#deps.storeClock.sleeping(null, 0);
  }

  /**
   * One round under the watchdog: no round done for the length of a lease ends the term. Failed rounds count on, since
   * a process that can renew its lease but not tick would keep the lead from those that can.
   */
  async #watched(lead: Lead): Promise<RoundReply> {
    const { clock, logger, events, options, basis, rounds } = this.#deps;
    const since = (this.#undoneSince ??= clock.monotonicMs());
    const watchdog = clock.after(since + options.leaseMs - clock.monotonicMs(), () => {
      if (lead.signal.aborted) return;
      const afterMs = Math.round(clock.monotonicMs() - since);
      logger.error(`beat: no round was done for ${afterMs} ms, longer than the lease`);
      events.emit("beat-stalled", { afterMs });
      lead.end("stalled");
    });
    try {
      this.#roundCount++;
      this.#deps.latch.reset();
      if (this.#deps.atStart.pending && !this.#deps.storeClock.holding) await this.#deps.atStart.run(lead);
      if (await basis.refresh()) await this.#deps.onCalendars();
      await basis.announce(lead);
      const reply = await rounds.run(lead, (now) => this.#judgedAt(now));
      if (reply.outcome === "done" && lead.trusted()) this.#isWalking = await basis.step(lead, reply.now);
      this.#deps.calendarEnds.look(reply.now);
      this.#undoneSince = null;
      return reply;
    } finally {
      watchdog.cancel();
    }
  }

  /**
   * Lateness is judged as of the beginning of a burst of rounds, or of the time in which the beat is limited: what waits only
   * because of what was due before it has not been missed.
   */
  #judgedAt(now: EpochMs): EpochMs {
    this.#burstFrom ??= now;
    const busyMs = Math.max(0, now - this.#burstFrom);
    return this.#deps.budget.limitedSince ?? now - Math.min(busyMs, this.#deps.options.leaseMs);
  }

  /** Zero: go on at once. */
  #pauseAfter(reply: RoundReply): number {
    const { maxLoopIntervalMs } = this.#deps.options;
    if (reply.outcome === "held") return HOLD_POLL_MS;
    const { atStart, budget, clock } = this.#deps;
    if (atStart.pending || reply.limitedMs !== null) {
      // What fills in while the round is under way is not waited for.
      return Math.min(maxLoopIntervalMs, budget.waitMs(clock.monotonicMs()));
    }
    if ((reply.more && reply.progress) || this.#isWalking) return 0;
    const untilNext =
      reply.nextAt === null ? Infinity : Math.max(1, this.#deps.storeClock.until(reply.nextAt));
    const untilRetry = this.#deps.rounds.quarantine.nextInMs() ?? Infinity;
    if (reply.more) {
      const stuckMs = Math.min(FIRST_STUCK_MS * 2 ** Math.min(this.#stuck - 1, 16), LONGEST_STUCK_MS);
      return Math.min(stuckMs, untilNext);
    }
    return Math.min(untilNext, untilRetry, maxLoopIntervalMs);
  }
}

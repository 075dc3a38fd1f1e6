/**
 * Who leads: the election of the one beat that dispatches.
 *
 *     competing --leading--> leading --stop--> resigned
 *         ^  \                  |
 *         |   following:        | not renewed in time, another leads, fenced, stalled
 *         |   sleep, compete    v
 *         +-------------- stepped down
 *
 * - A term is one uninterrupted holding of the lead. Each has a nonce of its own, kept while competing, so that an
 *   attempt whose answer was lost is recognised as ours when it is repeated.
 * - The lease is renewed each third of its length. The leader trusts it only until `start of the attempt + lease -
 *   margin` on the monotonic clock: from the start, since the store may have granted it then and answered late. Past
 *   that it stops by itself, whatever its timers did. The store refuses its ticks even so ("fenced"): the trust only
 *   saves useless work.
 * - A follower sleeps until the leader's lease ends, for the length of a lease at most, or until the topic "leader" says
 *   that it was given up.
 * - Losing the lead is never an exit: it steps down, gives back what may still be held, and competes again.
 * - A renewal still under way at the end is waited for before the lead is given back; one that answers even later is
 *   given back again. Otherwise nobody would lead until that lease ends.
 */
import { type Clock, sleep, untilStoreShows } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import type { LoopMark } from "../core/loop-mark.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import type { Channel } from "../store/contracts/channel.js";
import type { Candidate, Election, Leases } from "../store/contracts/leases.js";
import { Latch } from "../core/latch.js";
import { bounded, inTime, type InTime, type LastTime, Patience } from "../core/patience.js";
import type { ClockReading } from "./clock-guard.js";
import { isFinal, tellEnd } from "./endings.js";
import type { NewerBeats } from "./newer-beats.js";

/** A lead that cannot be given up ends by itself, and nobody who ends waits for more. */
const RESIGN_MS = 1_000;

export interface LeaderDeps {
  readonly leases: Leases;
  readonly channel: Channel;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly leaseMs: number;
  readonly host: string;
  readonly version: string;
  readonly newer: Pick<NewerBeats, "stand" | "tell">;
  /** How long an answer is waited for once the beat is to end. */
  readonly last: LastTime;
  /** Of the loop that competes, and then sends; the renewal beside it is judged by the lease. */
  readonly mark: LoopMark;
  /** Every answer of the store carries its clock. */
  readonly onReading: (reading: ClockReading) => void;
}

/** One term, as its holder sees it. */
export class Lead {
  readonly term: string;
  readonly #ended = new AbortController();
  readonly #clock: Clock;
  #trustedUntil: number;

  constructor(term: string, clock: Clock, trustedUntil: number) {
    this.term = term;
    this.#clock = clock;
    this.#trustedUntil = trustedUntil;
  }

  /** Aborts when the term is over for us; the reason is a text. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Whether we may still act. Ask after every await that may have slept: a timer may come late. */
  trusted(): boolean {
    if (!this.signal.aborted && this.#clock.monotonicMs() >= this.#trustedUntil) {
      this.end("the lease was not renewed in time");
    }
    return !this.signal.aborted;
  }

  /** For the renewal. */
  extend(trustedUntil: number): void {
    this.#trustedUntil = trustedUntil;
  }

  /** Ends the term on our side. Only the first reason counts. */
  end(reason: string): void {
    this.#ended.abort(reason);
  }
}

interface Attempt {
  readonly election: Election;
  readonly startedAt: number;
}

export class Leader {
  readonly #deps: LeaderDeps;
  readonly #id: string;
  readonly #latch: Latch;
  readonly #patience: Patience;
  /** A third of the lease, so that a failed renewal leaves time for another. */
  readonly #inTime: InTime;
  #renewal: Promise<void> = Promise.resolve();
  #nonce: string;
  /** Term of the leader last named in the log. */
  #followed: string | null = null;

  constructor(deps: LeaderDeps) {
    this.#deps = deps;
    this.#id = deps.random.uuid();
    this.#nonce = deps.random.uuid();
    this.#latch = new Latch(deps.clock);
    this.#inTime = inTime(deps.clock, deps.leaseMs / 3, deps.last);
    this.#patience = new Patience("beat: the election", deps);
  }

  /** Why the last attempt failed, while attempts fail; else null. */
  get trouble(): string | null {
    return this.#patience.message;
  }

  /** Begins to listen for a lead that was given up. The returned function ends it. */
  listen(): Promise<() => void> {
    return this.#deps.channel.subscribe("leader", () => this.#latch.notify());
  }

  /** Competes until this process leads, and renews from then on. Null when `stop` aborts first or a failure is final. */
  async acquire(stop: AbortSignal): Promise<Lead | null> {
    this.#nonce = this.#deps.random.uuid();
    while (!stop.aborted) {
      const { clock, leaseMs, mark, newer } = this.#deps;
      if (newer.stand) await sleep(clock, leaseMs / 30, stop); // it goes first
      mark.turns(leaseMs / 3);
      this.#latch.reset();
      let pauseMs: number;
      try {
        const { election, startedAt } = await this.#attempt();
        if (election.outcome === "leading") return this.#begin(election.term, startedAt);
        const { leader, now } = election;
        this.#follow(leader.term, leader.host, leader.until);
        newer.tell(leader.version);
        pauseMs = Math.max(1, untilStoreShows(leader.until, now, leaseMs));
      } catch (error) {
        if (isFinal(error)) {
          tellEnd(this.#deps.logger, error);
          return null;
        }
        pauseMs = this.#patience.failed(error);
      }
      mark.turns(pauseMs);
      await this.#latch.wait(pauseMs, stop);
    }
    // An attempt whose answer did not come may have won after all.
    if (this.#patience.message !== null) await this.#resign();
    return null;
  }

  /** Ends the term here and, where it is still ours, in the store. Never rejects. */
  async release(lead: Lead): Promise<void> {
    lead.end("released");
    await this.#renewal;
    await this.#resign();
  }

  #begin(term: string, startedAt: number): Lead {
    this.#followed = null;
    const lead = new Lead(term, this.#deps.clock, startedAt + this.#trustMs);
    this.#renewal = this.#renew(lead, startedAt);
    return lead;
  }

  async #renew(lead: Lead, startedAt: number): Promise<void> {
    const { clock, leaseMs } = this.#deps;
    let trustedUntil = startedAt + this.#trustMs;
    let nextAt = startedAt + leaseMs / 3;
    while (lead.trusted()) {
      await sleep(clock, Math.min(nextAt, trustedUntil) - clock.monotonicMs(), lead.signal);
      if (!lead.trusted()) return;
      if (clock.monotonicMs() < nextAt) continue;
      try {
        const attempt = await this.#attempt();
        if (lead.signal.aborted) return;
        if (attempt.election.outcome !== "leading" || attempt.election.term !== lead.term) {
          return lead.end("the lease had ended in the store");
        }
        trustedUntil = attempt.startedAt + this.#trustMs;
        lead.extend(trustedUntil);
        nextAt = attempt.startedAt + leaseMs / 3;
      } catch (error) {
        if (isFinal(error)) return lead.end(messageOf(error));
        if (lead.signal.aborted) return;
        nextAt = clock.monotonicMs() + Math.min(this.#patience.failed(error), leaseMs / 12);
      }
    }
  }

  /** One vote. */
  async #attempt(): Promise<Attempt> {
    const { leases, clock, leaseMs, host, version, onReading } = this.#deps;
    const startedAt = clock.monotonicMs();
    const candidate: Candidate = { id: this.#id, nonce: this.#nonce, host, version };
    const work = leases.elect(candidate, leaseMs);
    // Nobody may wait for it when it is answered; `inTime` swallows what it rejects with.
    work.then((election) => this.#disown(candidate, election)).catch(() => undefined);
    const election = await this.#inTime("elect", work);
    onReading({ storeNow: election.now, askedAt: startedAt, answeredAt: clock.monotonicMs() });
    this.#patience.succeeded();
    return { election, startedAt };
  }

  /** Gives back a lead that was granted in answer to an attempt which nobody waits for any more. */
  async #disown(candidate: Candidate, late: Election): Promise<void> {
    if (late.outcome === "leading" && candidate.nonce !== this.#nonce) {
      await this.#deps.leases.resign(candidate);
    }
  }

  async #resign(): Promise<void> {
    const { clock, leases, logger } = this.#deps;
    const candidate = { id: this.#id, nonce: this.#nonce };
    // From here on a late answer to an attempt under this nonce is not ours.
    this.#nonce = this.#deps.random.uuid();
    try {
      await bounded(clock, RESIGN_MS, "resign", leases.resign(candidate));
    } catch (error) {
      logger.debug(`beat: could not give up the lead, its lease will end: ${messageOf(error)}`);
    }
  }

  #follow(term: string, host: string, until: number): void {
    if (this.#followed !== term) {
      this.#deps.logger.info(`beat: following ${host}, lease until ${new Date(until).toISOString()}`);
    }
    this.#followed = term;
  }

  get #trustMs(): number {
    return this.#deps.leaseMs * 0.9;
  }
}

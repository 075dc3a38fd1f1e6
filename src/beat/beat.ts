/**
 * The beat: registers the entries of the code, competes for the lead, and while it leads sends what is due.
 *
 * It keeps no list of entries. Each round asks the store what is due, and when the next one comes; until then it
 * sleeps on a local timer, woken early when an entry is edited. So an idle beat costs the same with ten entries and
 * with a hundred thousand. Only the store's clock decides what is due: the beat learns how far it is from its own
 * monotonic clock, and asks again after every sleep, which ends early when a renewal of the lead shows that it is too long.
 *
 * Nothing but `stop` and a store that is closed or replaced ends the loop. A failing store is waited out with the
 * cursors where they are; a failing entry is quarantined; a lost lead is competed for again.
 */
import type { Clock, EpochMs } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import type { Random } from "../core/random.js";
import type { Events } from "../events/index.js";
import type { Store } from "../store/contracts/store.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import { Latch } from "../core/latch.js";
import { inTime, type InTime, Patience } from "../core/patience.js";
import { AtStart } from "./at-start.js";
import type { BeatOptions } from "./beat-options.js";
import type { ClockReading } from "./clock-guard.js";
import { CodeEntries } from "./code-entries.js";
import type { Entry } from "./entry.js";
import { EntryCache } from "./entry-cache.js";
import { type Lead, Leader } from "./leader.js";
import { GRACE_MS } from "./misfire.js";
import { isFinal, tellEnd } from "./endings.js";
import type { Registration } from "./registration.js";
import { type RoundReply, Rounds } from "./round.js";
import { StoreClock } from "./store-clock.js";
import { Maintenance } from "./maintenance.js";
import { beatVersion, NewerBeats } from "./newer-beats.js";

export interface BeatDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  /** The entries that code declares. */
  readonly entries: readonly Entry[];
  readonly createMessage: CreateMessage;
  readonly options: BeatOptions;
}

export interface BeatStats {
  readonly state: "idle" | "starting" | "following" | "leading" | "stopped";
  readonly term: string | null;
  readonly sent: number;
  readonly skipped: number;
  readonly rounds: number;
  /** When the next occurrence comes, as of the last round; null: none is known, or another beat leads. */
  readonly nextAt: EpochMs | null;
  /** How late the most overdue entry of the last round was. */
  readonly lagMs: number;
  /** Why the store cannot be used at the moment, or null. */
  readonly trouble: string | null;
  /** Dispatch waits because the store's clock jumped. */
  readonly holding: boolean;
  /** Entries this process cannot send. */
  readonly quarantine: readonly { readonly entry: string; readonly reason: string }[];
  readonly registration: Registration | null;
}

/** How often the store's clock is asked again while it is in doubt. */
const HOLD_POLL_MS = 1_000;
/** Pause after a round that got nothing done although something was due. */
const FIRST_STUCK_MS = 50;
const LONGEST_STUCK_MS = 5_000;
/** A step that has not been answered so long after `stop` is not waited for: it is atomic, and the store may be away. */
const LAST_STEP_MS = 500;

export class Beat {
  readonly #deps: BeatDeps;
  readonly #stop = new AbortController();
  readonly #latch: Latch;
  readonly #storeClock: StoreClock;
  readonly #patience: Patience;
  readonly #newer: NewerBeats;
  readonly #leader: Leader;
  readonly #codeEntries: CodeEntries;
  /** Two thirds of the lease for one call. */
  readonly #inTime: InTime;
  readonly #rounds: Rounds;
  readonly #atStart: AtStart;
  readonly #maintenance: Maintenance;
  #done: Promise<void> | null = null;
  #state: BeatStats["state"] = "idle";
  #term: string | null = null;
  #roundCount = 0;
  #last: RoundReply | null = null;
  /** Store time at which the present run of rounds without sleep began; null: the next round begins one. */
  #burstFrom: EpochMs | null = null;
  /** Monotonic start of the first round that is not done; null: the last one is. */
  #undoneSince: number | null = null;
  /** Rounds in a row that found something due and got nothing done. */
  #stuck = 0;

  constructor(deps: BeatDeps) {
    const { store, clock, random, logger, options, createMessage, events } = deps;
    const { leaseMs, batch, retention, hostname, version } = options;
    this.#deps = deps;
    this.#latch = new Latch(clock);
    this.#storeClock = new StoreClock(clock, logger, events);
    this.#patience = new Patience("beat: the store", deps);
    const last = { signal: this.#stop.signal, limitMs: LAST_STEP_MS };
    this.#inTime = inTime(clock, (leaseMs * 2) / 3, last);
    const cache = new EntryCache(deps.entries);
    const { owner } = options;
    this.#codeEntries = new CodeEntries({
      ...{ store, logger, entries: deps.entries, cache, inTime: this.#inTime, owner, version },
    });
    const candidacy = beatVersion(version);
    this.#newer = new NewerBeats({
      ...{ channel: store.channel, clock, version: candidacy, leaseMs },
      onHeard: () => this.#rounds.quarantine.size > 0 && this.#latch.notify(),
    });
    this.#leader = new Leader({
      ...{ leases: store.leases, channel: store.channel, clock, random, logger, leaseMs },
      ...{ host: hostname, version: candidacy, newer: this.#newer, last },
      onReading: (reading) => this.#hear(reading),
    });
    this.#rounds = new Rounds({
      ...{
        store,
        clock,
        logger,
        events,
        createMessage,
        cache,
        inTime: this.#inTime,
        batch,
        longestMs: leaseMs / 3,
      },
      onReading: (reading) => this.#storeClock.read(reading),
    });
    this.#atStart = new AtStart({ store, inTime: this.#inTime, rounds: this.#rounds });
    this.#maintenance = new Maintenance({
      ...{ store, clock, logger, cache, retention, inTime: this.#inTime },
      intervalMs: deps.options.maintenanceIntervalMs,
    });
  }

  /** Begins. A second call changes nothing, and a stopped beat stays stopped. */
  start(): void {
    this.#done ??= this.#run();
  }

  /**
   * Ends the loop after the step under way and gives the lead up: within 1.5 s, also where the store is silent. May be
   * called twice, and before `start`.
   */
  stop(): Promise<void> {
    this.#stop.abort();
    this.#done ??= this.#run();
    return this.#done;
  }

  /** Resolves when the beat has ended, by `stop` or because the store was closed or replaced. Never rejects. */
  get done(): Promise<void> {
    return this.#done ?? Promise.resolve();
  }

  stats(): BeatStats {
    return {
      state: this.#state,
      term: this.#term,
      ...this.#rounds.tally,
      rounds: this.#roundCount,
      nextAt: this.#last?.nextAt ?? null,
      lagMs: this.#last?.lagMs ?? 0,
      trouble: this.#patience.message ?? this.#leader.trouble,
      holding: this.#storeClock.holding,
      quarantine: this.#rounds.quarantine.list(),
      registration: this.#codeEntries.registration,
    };
  }

  async #run(): Promise<void> {
    const { logger, store } = this.#deps;
    const stop = this.#stop.signal;
    const unsubscribe: (() => void)[] = [];
    if (!stop.aborted) {
      this.#state = "starting";
      logger.info("beat: Starting...");
      const listen = () => store.channel.subscribe("entries", () => this.#latch.notify());
      for (const subscribe of [listen, () => this.#leader.listen(), () => this.#newer.listen()]) {
        await this.#untilDone(async () => void unsubscribe.push(await this.#subscribed(subscribe())), stop);
      }
      await this.#untilDone(() => this.#codeEntries.register(), stop);
    }
    while (!stop.aborted) {
      this.#state = "following";
      const lead = await this.#leader.acquire(stop);
      if (lead === null) break;
      await this.#hold(lead);
    }
    for (const end of unsubscribe) end();
    this.#state = "stopped";
    logger.info("beat: stopped");
  }

  /** In time; one that holds only after we have given it up is ended again, or each try would leave one behind. */
  async #subscribed(work: Promise<() => void>): Promise<() => void> {
    try {
      return await this.#inTime("subscribe", work);
    } catch (error) {
      work.then((end) => end()).catch(() => undefined);
      throw error;
    }
  }

  /** Repeats a step until the store has done it, or `signal` aborts. */
  async #untilDone(step: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await step();
        this.#patience.succeeded();
        return;
      } catch (error) {
        await this.#waitOut(error, signal);
      }
    }
  }

  /** One term, from winning the lead to giving it up. */
  async #hold(lead: Lead): Promise<void> {
    const { logger, events } = this.#deps;
    this.#state = "leading";
    this.#term = lead.term;
    logger.info(`beat: leading (term ${lead.term})`);
    events.emit("beat-leading", { term: lead.term });
    const stop = (): void => lead.end("stopped");
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    if (this.#stop.signal.aborted) stop();
    await this.#untilDone(() => this.#codeEntries.restore(), lead.signal);
    while (lead.trusted()) await this.#turn(lead);
    this.#stop.signal.removeEventListener("abort", stop);
    await this.#leader.release(lead);
    const reason = String(lead.signal.reason);
    if (reason === "stopped") logger.info("beat: gave up the lead");
    else logger.warn(`beat: stepped down: ${reason}`);
    events.emit("beat-stepped-down", { term: lead.term, reason });
    this.#term = null;
    this.#last = null;
    this.#burstFrom = null;
    this.#undoneSince = null;
    // A term that ends at once, over and over, must not become a busy loop.
    if (reason !== "stopped") await this.#latch.wait(this.#deps.options.leaseMs / 30, this.#stop.signal);
  }

  /** A round, and the sleep until the next one. */
  async #turn(lead: Lead): Promise<void> {
    let pauseMs: number;
    try {
      const reply = await this.#watched(lead);
      this.#last = reply;
      if (reply.outcome === "fenced") return lead.end("fenced: the store has another term");
      if (reply.outcome === "untrusted") return;
      if (this.#rounds.quarantine.size > 0 && this.#newer.stand) {
        return lead.end("a newer beat stands, and may know the entries that this one cannot send");
      }
      this.#stuck = reply.more && !reply.progress ? this.#stuck + 1 : 0;
      pauseMs = this.#pauseAfter(reply);
      if (pauseMs > 0 && reply.outcome === "done") {
        await this.#maintenance.step(reply.now);
        pauseMs = Math.min(this.#pauseAfter(reply), this.#maintenance.nextInMs());
      }
      this.#patience.succeeded();
    } catch (error) {
      this.#burstFrom = null;
      return this.#waitOut(error, lead.signal);
    }
    if (pauseMs <= 0) return;
    this.#burstFrom = null;
    this.#deps.logger.debug(`beat: Waking up in ${(pauseMs / 1_000).toFixed(2)} seconds.`);
    this.#storeClock.sleeping(this.#last.nextAt, pauseMs);
    await this.#latch.wait(pauseMs, lead.signal);
    this.#storeClock.sleeping(null, 0);
  }

  /**
   * One round under the watchdog: no round done for the length of a lease ends the term. Failed rounds count on, since
   * a process that can renew its lease but not tick would keep the lead from those that can.
   */
  async #watched(lead: Lead): Promise<RoundReply> {
    const { clock, logger, events, options } = this.#deps;
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
      this.#latch.reset();
      if (this.#atStart.pending && !this.#storeClock.holding) await this.#atStart.run(lead);
      const reply = await this.#rounds.run(lead, (now) => this.#graceMs(now));
      this.#undoneSince = null;
      return reply;
    } finally {
      watchdog.cancel();
    }
  }

  /**
   * Lateness is judged as of the beginning of a burst of rounds: what waits only because the beat is still busy with
   * what was due before it has not been missed.
   */
  #graceMs(now: EpochMs): number {
    this.#burstFrom ??= now;
    const busyMs = Math.max(0, now - this.#burstFrom);
    return GRACE_MS + Math.min(busyMs, this.#deps.options.leaseMs);
  }

  /** Zero: go on at once. */
  #pauseAfter(reply: RoundReply): number {
    const { maxLoopIntervalMs } = this.#deps.options;
    if (reply.outcome === "held") return HOLD_POLL_MS;
    if (reply.more && reply.progress) return 0;
    const untilNext = reply.nextAt === null ? Infinity : Math.max(1, this.#storeClock.until(reply.nextAt));
    const untilRetry = this.#rounds.quarantine.nextInMs() ?? Infinity;
    if (reply.more) {
      const stuckMs = Math.min(FIRST_STUCK_MS * 2 ** Math.min(this.#stuck - 1, 16), LONGEST_STUCK_MS);
      return Math.min(stuckMs, untilNext);
    }
    return Math.min(untilNext, untilRetry, maxLoopIntervalMs);
  }

  /** By the election, which goes on while the beat sleeps. */
  #hear(reading: ClockReading): void {
    this.#storeClock.read(reading);
    if (this.#storeClock.oversleeps) this.#latch.notify();
  }

  /** Waits after a failure; a final one ends the beat. */
  async #waitOut(error: unknown, signal: AbortSignal): Promise<void> {
    if (isFinal(error)) {
      tellEnd(this.#deps.logger, error);
      this.#stop.abort();
    }
    if (this.#stop.signal.aborted) return;
    await this.#latch.wait(this.#patience.failed(error), signal);
  }
}

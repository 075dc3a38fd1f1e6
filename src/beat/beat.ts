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
import type { Companion } from "../core/companion.js";
import { assertNoChild } from "../core/in-child.js";
import { formatDuration } from "../core/duration.js";
import { TaskError } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { type LoopMark, LoopMarks } from "../core/loop-mark.js";
import type { NodeLink } from "../core/node-link.js";
import type { Random } from "../core/random.js";
import { tzVersion } from "../core/tz-data.js";
import type { Events } from "../events/index.js";
import type { CalendarData } from "../schedules/index.js";
import type { Store } from "../store/contracts/store.js";
import type { Extensions } from "../signals/index.js";
import type { MessageEdits } from "../tasks/message-edits.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import { Latch } from "../core/latch.js";
import { inTime, type InTime, Patience, type TooLate } from "../core/patience.js";
import { AtStart } from "./at-start.js";
import { BasisKeeper } from "./basis-walk.js";
import type { BeatOptions } from "./beat-options.js";
import { StartBudget } from "./budget.js";
import { CalendarEnds } from "./calendar-ends.js";
import type { CalendarBook } from "./calendar-book.js";
import type { ClockReading } from "./clock-guard.js";
import { CodeEntries } from "./code-entries.js";
import type { Drift } from "./drift.js";
import type { Entry } from "./entry.js";
import { EntryCache } from "./entry-cache.js";
import { type Lead, Leader } from "./leader.js";
import { isFinal, tellEnd } from "./endings.js";
import type { Registration } from "./registration.js";
import { Rounds } from "./round.js";
import { StoreClock } from "./store-clock.js";
import { Maintenance } from "./maintenance.js";
import { Turns } from "./turns.js";
import { beatVersion, NewerBeats } from "./newer-beats.js";

export interface BeatDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit">;
  /** The entries that code declares. */
  readonly entries: readonly Entry[];
  /** The calendars that code declares, checked. Absent: none. */
  readonly calendars?: readonly CalendarData[] | undefined;
  /** What this process knows of calendars. Absent: what the beat finds out by itself. */
  readonly book?: CalendarBook | undefined;
  /** The version of this process's time zone data. Absent: as the runtime says. */
  readonly tz?: string | undefined;
  readonly createMessage: CreateMessage;
  /** What is asked about messages before they are made. Absent: nothing. */
  readonly edits?: MessageEdits | undefined;
  /** What the program has hung into its work. Absent: nothing. */
  readonly extensions?: Pick<Extensions, "tell"> | undefined;
  /** Whether a worker is in the same process. Absent: no. */
  readonly isEmbedded?: (() => boolean) | undefined;
  /** Absent: there is none. */
  readonly companion?: Companion | undefined;
  /** Where its loop tells that it turns. Absent: nowhere. */
  readonly loops?: LoopMarks | undefined;
  /** Where it is known as a node. Absent: nowhere. */
  readonly node?: NodeLink | undefined;
  /** Called once, when it begins. */
  readonly onStart?: (() => void) | undefined;
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
  /** Since when it makes no more starts a second than it may, and something due waits; null: nothing waits for that. */
  readonly limitedSince: EpochMs | null;
  /** Why the store cannot be used at the moment, or null. */
  readonly trouble: string | null;
  /** Dispatch waits because the store's clock jumped. */
  readonly holding: boolean;
  /** Entries this process cannot send. */
  readonly quarantine: readonly { readonly entry: string; readonly reason: string }[];
  readonly registration: Registration | null;
  /** Entries that were not stored as declared when it began; null: it registers them, or has not begun. */
  readonly drift: readonly Drift[] | null;
}

/** A step that has not been answered so long after `stop` is not waited for: it is atomic, and the store may be away. */
const LAST_STEP_MS = 500;
/** What a program hangs into sends may take for the messages of one entry. */
const ASKED_MS = 5_000;

const notEnded: TooLate = (what, ms) =>
  new TaskError(
    "SUNBEAT_USAGE",
    `${what} have not ended within ${formatDuration(ms)}: nothing was sent, and the entry is tried again later; give what they wait for a bound`,
  );

export class Beat {
  readonly #deps: BeatDeps;
  readonly #stop = new AbortController();
  readonly #latch: Latch;
  readonly #storeClock: StoreClock;
  readonly #patience: Patience;
  readonly #mark: LoopMark;
  readonly #newer: NewerBeats;
  readonly #leader: Leader;
  readonly #codeEntries: CodeEntries;
  readonly #basis: BasisKeeper;
  /** Two thirds of the lease for one call. */
  readonly #inTime: InTime;
  readonly #rounds: Rounds;
  readonly #turns: Turns;
  #done: Promise<void> | null = null;
  #companionEnd: Promise<void> | null = null;
  #state: BeatStats["state"] = "idle";
  #term: string | null = null;
  #lead: Lead | null = null;

  constructor(deps: BeatDeps) {
    const { store, clock, random, logger, options, createMessage, events } = deps;
    const { leaseMs, batch, retention, hostname, version } = options;
    this.#deps = deps;
    this.#latch = new Latch(clock);
    this.#storeClock = new StoreClock(clock, logger, events);
    this.#patience = new Patience("beat: the store", deps);
    const last = { signal: this.#stop.signal, limitMs: LAST_STEP_MS };
    this.#mark = (deps.loops ?? new LoopMarks(clock)).add("rounds");
    const limitMs = (leaseMs * 2) / 3;
    this.#inTime = this.#mark.through(inTime(clock, limitMs, last), limitMs);
    const cache = new EntryCache(deps.entries, { spreadMs: options.spreadMs, book: deps.book });
    const basis = new BasisKeeper({
      ...{ store, logger, events, cache, inTime: this.#inTime, tz: deps.tz ?? tzVersion() },
    });
    this.#basis = basis;
    const { owner, register = "auto" } = options;
    this.#codeEntries = new CodeEntries({
      register,
      ...{ store, logger, events, entries: deps.entries, cache, inTime: this.#inTime, owner, version },
      ...{ calendars: deps.calendars ?? [], basis: (entry: Entry) => basis.of(entry) },
    });
    const candidacy = beatVersion(version);
    this.#newer = new NewerBeats({
      ...{ channel: store.channel, clock, version: candidacy, leaseMs },
      onHeard: () => this.#rounds.quarantine.size > 0 && this.#latch.notify(),
    });
    this.#leader = new Leader({
      ...{ leases: store.leases, channel: store.channel, clock, random, logger, leaseMs },
      ...{ host: hostname, version: candidacy, newer: this.#newer, last, mark: this.#mark },
      onReading: (reading) => this.#hear(reading),
    });
    const budget = new StartBudget(options.maxStartsPerSecond ?? null, clock.monotonicMs());
    this.#rounds = new Rounds({
      ...{
        store,
        clock,
        logger,
        events,
        createMessage,
        edits: deps.edits,
        cache,
        inTime: this.#inTime,
        asked: this.#mark.through(inTime(clock, ASKED_MS, last, notEnded), ASKED_MS),
        budget,
        basis,
        batch,
        longestMs: leaseMs / 3,
      },
      onReading: (reading) => this.#storeClock.read(reading),
    });
    this.#turns = new Turns({
      ...{ clock, logger, events, options, latch: this.#latch, storeClock: this.#storeClock },
      calendarEnds: new CalendarEnds(cache.book, events),
      ...{ rounds: this.#rounds, budget, basis, newer: this.#newer, patience: this.#patience },
      mark: this.#mark,
      onCalendars: async () => {
        this.#rounds.quarantine.retry();
        await this.#codeEntries.calendarsChanged();
      },
      atStart: new AtStart({ store, inTime: this.#inTime, rounds: this.#rounds }),
      maintenance: new Maintenance({
        ...{ store, clock, logger, cache, retention, inTime: this.#inTime },
        intervalMs: options.maintenanceIntervalMs,
        samples: options.samples ?? false,
      }),
      waitOut: (error, signal) => this.#waitOut(error, signal),
    });
  }

  /** Begins. A second call changes nothing, and a stopped beat stays stopped. Throws SUNBEAT_IN_CHILD. */
  start(): void {
    assertNoChild("beat");
    if (this.#done === null) this.#deps.companion?.start();
    this.#done ??= this.#run();
  }

  /**
   * Ends the loop after the step under way and gives the lead up: within 1.5 s, also where the store is silent. May be
   * called twice, and before `start`.
   */
  stop(): Promise<void> {
    this.#stop.abort();
    void this.#endCompanion(); // beside the end of the lead, so that a silent store is waited for once
    this.#done ??= this.#run();
    return this.#done;
  }

  /** Resolves when the beat has ended, by `stop` or because the store was closed or replaced. Never rejects. */
  get done(): Promise<void> {
    return this.#done ?? Promise.resolve();
  }

  /** Gives the lead up, and stands for it again: with others there, one of them leads. False: it did not lead. */
  resign(): boolean {
    if (this.#lead === null) return false;
    this.#lead.end("it was asked to resign");
    return true;
  }

  stats(): BeatStats {
    return {
      state: this.#state,
      term: this.#term,
      ...this.#rounds.tally,
      ...this.#turns.stats(),
      trouble: this.#patience.message ?? this.#leader.trouble,
      holding: this.#storeClock.holding,
      quarantine: this.#rounds.quarantine.list(),
      registration: this.#codeEntries.registration,
      drift: this.#codeEntries.drift,
    };
  }

  async #run(): Promise<void> {
    const { logger, store, extensions, isEmbedded, node, onStart, options } = this.#deps;
    const { hostname } = options;
    const stop = this.#stop.signal;
    const unsubscribe: (() => void)[] = [];
    if (!stop.aborted) {
      this.#state = "starting";
      // Not awaited: no name is needed to lead.
      void this.#claimName();
      onStart?.();
      extensions?.tell("beatInit", () => ({ hostname }));
      if (isEmbedded?.() === true) extensions?.tell("beatEmbeddedInit", () => ({ hostname }));
      logger.info("beat: Starting...");
      const listen = () => store.channel.subscribe("entries", () => this.#latch.notify());
      const hear = () =>
        store.channel.subscribe("calendars", () => {
          this.#basis.calendarsChanged();
          this.#latch.notify();
        });
      for (const subscribe of [listen, hear, () => this.#leader.listen(), () => this.#newer.listen()]) {
        await this.#untilDone(async () => void unsubscribe.push(await this.#subscribed(subscribe())), stop);
      }
      await this.#untilDone(() => this.#codeEntries.begin(), stop);
    }
    while (!stop.aborted) {
      this.#state = "following";
      const lead = await this.#leader.acquire(stop);
      if (lead === null) break;
      await this.#hold(lead);
    }
    this.#mark.turns(Infinity);
    for (const end of unsubscribe) end();
    await Promise.all([this.#endCompanion(), node?.left("ended")]);
    this.#state = "stopped";
    logger.info("beat: stopped");
  }

  #endCompanion(): Promise<void> {
    return (this.#companionEnd ??= this.#deps.companion?.stop() ?? Promise.resolve());
  }

  async #claimName(): Promise<void> {
    const { node, logger } = this.#deps;
    try {
      await node?.claim();
    } catch (error) {
      logger.error(failureEntry("beat: ends", error), { err: error });
      this.#stop.abort();
    }
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
    const { logger, events, extensions, node, options } = this.#deps;
    const { hostname } = options;
    const { term } = lead;
    this.#state = "leading";
    this.#term = term;
    this.#lead = lead;
    node?.changed();
    logger.info(`beat: leading (term ${term})`, { term, event: "beat-leading" });
    events.emit("beat-leading", { term });
    extensions?.tell("beatLeading", () => ({ hostname, term }));
    const stop = (): void => lead.end("stopped");
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    if (this.#stop.signal.aborted) stop();
    await this.#untilDone(() => this.#codeEntries.restore(), lead.signal);
    this.#basis.begin();
    while (lead.trusted()) await this.#turns.turn(lead);
    this.#stop.signal.removeEventListener("abort", stop);
    // A renewal may be on its way.
    this.#mark.turns(options.leaseMs / 3);
    await this.#leader.release(lead);
    const reason = String(lead.signal.reason);
    if (reason === "stopped") logger.info("beat: gave up the lead");
    else logger.warn(`beat: stepped down: ${reason}`, { term, event: "beat-stepped-down" });
    events.emit("beat-stepped-down", { term, reason });
    extensions?.tell("beatStepDown", () => ({ hostname, term, reason }));
    this.#term = null;
    this.#lead = null;
    node?.changed();
    this.#turns.over();
    // A term that ends at once, over and over, must not become a busy loop.
    if (reason !== "stopped") await this.#rest(options.leaseMs / 30, this.#stop.signal);
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
    await this.#rest(this.#patience.failed(error), signal);
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    this.#mark.turns(ms);
    await this.#latch.wait(ms, signal);
  }
}

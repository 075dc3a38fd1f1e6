/**
 * The watch. Every node looks in each 10 s, and stands for the lease "watch"; who has it reads the facts, judges them, and tells.
 *
 * - The leading beat stands only where nobody else is alive: so whoever dies, somebody else sees it.
 * - A node that has not been in touch with the store for longer than two looks, or whose store clock jumped, begins anew: what it sees first
 *   is overdue for everybody.
 * - The leading beat tells of what only it can see: entries that it cannot send, its own stalls, jumps of the clock.
 * - Nothing here ends by an error: a store that is away is waited out, and a look that fails is the next look's.
 */
import { type Clock, type EpochMs, sleep } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import { Latch } from "../core/latch.js";
import type { Logger } from "../core/logger.js";
import { bounded, inTime, type InTime, Patience } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { CalendarBook, Entry } from "../beat/index.js";
import type { Events } from "../events/index.js";
import type { AlertRecord } from "../store/contracts/alerts.js";
import type { Election } from "../store/contracts/leases.js";
import { AlertDesk, type DeskDeps } from "./desk.js";
import { Facts, type WatchedStore } from "./facts.js";
import type { AlertsConfig } from "./options.js";
import { type Ask, Outbox } from "./outbox.js";
import { judge } from "./rules.js";
import { nextStanding } from "./standing.js";
import { Steadiness } from "./steadiness.js";
import { type OwnBeat, OwnTroubles } from "./troubles.js";

export const LOOK_MS = 10_000;
export const WATCH_LEASE_MS = 15_000;
const CALL_MS = 5_000;
const RESIGN_MS = 1_000;
const HEARTBEAT_MS = 60_000;
const TROUBLE_MS = 30_000;

export interface WatcherDeps {
  readonly store: WatchedStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Pick<Events, "emit" | "on">;
  readonly config: AlertsConfig;
  /** Entries that code declares. */
  readonly entries: readonly Entry[];
  /** What this process knows of calendars. Absent: nothing. */
  readonly book?: CalendarBook | undefined;
  /** Name of this node. */
  readonly node: () => string;
  readonly version: string;
  /** Null: there is none in this process. */
  readonly beat: () => OwnBeat | null;
  readonly signal: DeskDeps["signal"];
  readonly ask?: Ask | undefined;
}

export class Watcher {
  readonly #deps: WatcherDeps;
  readonly #stop = new AbortController();
  readonly #latch: Latch;
  readonly #inTime: InTime;
  readonly #patience: Patience;
  readonly #facts: Facts;
  readonly #desk: AlertDesk;
  readonly #outbox: Outbox;
  readonly #troubles: OwnTroubles;
  readonly #steadiness = new Steadiness();
  readonly #candidate: { readonly id: string; readonly nonce: string };
  #done: Promise<void> | null = null;
  #watches = false;
  #heartbeatAt = -Infinity;
  #failingSince: number | null = null;
  #toldTroubleOf: number | null = null;
  /** Something of this beat, or of one that led before, may stand. */
  #toldOwn = true;

  constructor(deps: WatcherDeps) {
    const { clock, random, store, logger, config, entries, events } = deps;
    this.#deps = deps;
    this.#latch = new Latch(clock);
    this.#inTime = inTime(clock, CALL_MS, { signal: this.#stop.signal, limitMs: RESIGN_MS });
    this.#patience = new Patience("alerts: the store", deps);
    this.#facts = new Facts({ store, entries, book: deps.book, inTime: this.#inTime });
    this.#desk = new AlertDesk({ ...deps, inTime: this.#inTime });
    this.#outbox = new Outbox({ store, clock, logger, config, inTime: this.#inTime, ask: deps.ask });
    this.#troubles = new OwnTroubles(events, clock);
    this.#candidate = { id: random.uuid(), nonce: random.uuid() };
  }

  /** Whether it has the lease. */
  get watches(): boolean {
    return this.#watches;
  }

  start(): void {
    this.#done ??= this.#run();
  }

  /** Gives the watch up, within 1 s; never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#done ??= Promise.resolve();
    this.#troubles.close();
    // A look under way may have many steps; the watch is given up even so.
    const over = new AbortController();
    await Promise.race([this.#done, sleep(this.#deps.clock, RESIGN_MS / 2, over.signal)]);
    over.abort();
    await this.#resign();
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const stop = this.#stop.signal;
    while (!stop.aborted) {
      const startedAt = clock.monotonicMs();
      const pauseMs = await this.turn();
      await this.#latch.wait(Math.max(0, startedAt + pauseMs - clock.monotonicMs()), stop);
    }
  }

  /** One look; gives the time until the next, from its beginning. Never rejects. */
  async turn(): Promise<number> {
    try {
      const nextAt = await this.#turn();
      this.#patience.succeeded();
      this.#failingSince = null;
      return Math.min(LOOK_MS, nextAt === null ? LOOK_MS : Math.max(100, nextAt));
    } catch (error) {
      this.#patience.failed(error);
      this.#tellTrouble(error);
      return LOOK_MS;
    }
  }

  /** Of the alert `store-trouble` nobody else can be told: what would carry it is away. */
  #tellTrouble(error: unknown): void {
    const { clock, logger, node } = this.#deps;
    const at = clock.monotonicMs();
    const since = (this.#failingSince ??= at);
    if (at - since < TROUBLE_MS || since === this.#toldTroubleOf) return;
    this.#toldTroubleOf = since;
    const fields = { event: "alert-raised", alert: "store-trouble" };
    logger.error(
      `alert raised: CRITICAL store-trouble ${node()}: the store fails since 30s: ${messageOf(error)}`,
      fields,
    );
  }

  async #turn(): Promise<number | null> {
    const own = this.#deps.beat();
    if (own?.leads === true) await this.#tellOwn(own);
    if (!(await this.#stands(own))) {
      await this.#resign();
      return null;
    }
    const election = await this.#elect();
    const wasWatching = this.#watches;
    this.#watches = election.outcome === "leading";
    if (!this.#watches) return null;
    if (!wasWatching) this.#deps.logger.debug("alerts: this node watches");
    const nextInMs = await this.#look();
    void this.#outbox.flush();
    return nextInMs;
  }

  /** The leading beat leaves the watch to others, where there are some. */
  async #stands(own: OwnBeat | null): Promise<boolean> {
    if (own?.leads !== true) return true;
    const { store, node } = this.#deps;
    const nodes = await this.#inTime("presence.nodes", store.presence.nodes());
    return !nodes.some(({ status, node: name, state }) => {
      return status === "alive" && name !== node() && state !== "stopping";
    });
  }

  async #elect(): Promise<Election> {
    const { store, node, version } = this.#deps;
    const candidate = { ...this.#candidate, host: node(), version };
    const election = await this.#inTime("elect", store.leases.elect(candidate, WATCH_LEASE_MS, "watch"));
    this.#hear(election.now);
    return election;
  }

  #hear(now: EpochMs): void {
    this.#steadiness.hear(now, this.#deps.clock.monotonicMs());
  }

  async #look(): Promise<number | null> {
    const { config, random } = this.#deps;
    const [standing, mutes] = await Promise.all([this.#desk.standing(), this.#desk.mutes()]);
    const failing = standing.filter(({ kind }) => kind === "run-failed" || kind === "run-overdue");
    const look = await this.#facts.look(new Set(failing.map(({ subject }) => subject)));
    // Between the answer to the election and this one may lie a long sleep.
    this.#hear(look.at);
    const { changes, nextAt } = nextStanding({
      ...{ at: look.at, steadyFrom: this.#steadiness.from, judgement: judge(look, config) },
      ...{ standing, mutes, config, newId: () => random.uuid() },
    });
    await this.#desk.apply(changes, look.at);
    this.#beat(
      standing,
      changes.some(({ tell, put }) => tell === "raised" && put.severity === "critical"),
    );
    return nextAt === null ? null : nextAt - look.at;
  }

  /** The outside service is told that all is well, unless something critical stands. */
  #beat(standing: readonly AlertRecord[], isRaised: boolean): void {
    const { clock } = this.#deps;
    const isCritical = standing.some((one) => one.severity === "critical" && one.raisedAt !== null);
    if (isCritical || isRaised || clock.monotonicMs() - this.#heartbeatAt < HEARTBEAT_MS) return;
    this.#heartbeatAt = clock.monotonicMs();
    void this.#outbox.heartbeat();
  }

  /** Whoever watches cannot see these. */
  async #tellOwn(own: OwnBeat): Promise<void> {
    const { store, config, random, node } = this.#deps;
    const judgement = this.#troubles.judgement(own, node(), config);
    if (judgement.findings.length === 0 && !this.#toldOwn) return;
    const at = await this.#inTime("now", store.now());
    const standing = (await this.#desk.standing()).filter(({ kind }) => judgement.kinds.has(kind));
    const mutes = await this.#desk.mutes();
    const { changes } = nextStanding({
      ...{ at, steadyFrom: -Infinity, judgement, standing, mutes, config },
      newId: () => random.uuid(),
    });
    await this.#desk.apply(changes, at);
    this.#troubles.told(judgement);
    this.#toldOwn = judgement.findings.length > 0 || standing.length > 0;
  }

  async #resign(): Promise<void> {
    if (!this.#watches) return;
    this.#watches = false;
    const { clock, store, logger } = this.#deps;
    try {
      await bounded(clock, RESIGN_MS, "resign", store.leases.resign(this.#candidate, "watch"));
    } catch {
      logger.debug("alerts: could not give the watch up, its lease will end");
    }
  }
}

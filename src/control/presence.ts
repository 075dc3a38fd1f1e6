/**
 * A node tells the store that it is there: each ten seconds, and soon after it changes; one call, whatever the process does. What comes
 * back says what is watched, and which marks hold.
 *
 * Nothing waits for it. A store that is away is tried again ten seconds later, and others see the node as lost meanwhile.
 */
import { loadavg } from "node:os";
import type { Clock, EpochMs } from "../core/clock.js";
import { messageOf, SunbeatError } from "../core/errors.js";
import { Latch } from "../core/latch.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import type {
  BeatFacts,
  NodeKind,
  NodeRecord,
  NodeState,
  PresenceReply,
  SeenNode,
  WorkerFacts,
} from "../store/contracts/presence.js";
import type { Store } from "../store/contracts/store.js";
import { numberedName } from "./node-name.js";

/** Silent for longer, a node is lost. */
export const PRESENCE_TTL_MS = 30_000;
const INTERVAL_MS = 10_000;
const JITTER = 0.1;
/** Changes that come one after the other are told of together. */
const CHANGE_MS = 250;
const CALL_LIMIT_MS = 5_000;
/** Whoever ends waits no longer for it: others see the node as lost then. */
const LEAVE_LIMIT_MS = 300;
const MOST_NUMBER = 1_000;

/** One part of a node: facts are read when they are told. */
export interface NodePart {
  readonly state: () => NodeState;
  readonly worker?: () => WorkerFacts;
  readonly beat?: () => BeatFacts;
}

export interface PresenceDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly store: Pick<Store, "presence">;
  readonly boot: string;
  readonly app: string;
  readonly host: string;
  readonly version: string;
  /** Verbs of remote control that a node of this kind answers. */
  readonly verbs: (kind: NodeKind) => readonly string[];
  readonly workVersion: number;
  /** Whether a process of this machine is there. */
  readonly isRunning: (pid: number) => boolean;
  /** Whether the node of this name answers. */
  readonly ping: (node: string) => Promise<boolean>;
}

/** What a claim of a name came to. */
export interface Claim {
  readonly name: string;
  /** Whether the store could not be asked: it is asked again. */
  readonly isOpen: boolean;
}

export class NodePresence {
  readonly #deps: PresenceDeps;
  readonly #parts = new Set<NodePart>();
  readonly #replies: ((reply: PresenceReply) => void)[] = [];
  readonly #beats: (() => void)[] = [];
  readonly #latch: Latch;
  /** Called with every third call, whose answer is not waited for. */
  onThird: (() => Promise<void>) | null = null;
  /** Every event is told, whether or not somebody watches. */
  tellsAll = false;
  readonly startedAt: EpochMs;
  #name: string;
  #stop: AbortController | null = null;
  #loop: Promise<void> = Promise.resolve();
  #reply: PresenceReply | null = null;
  #repliedAt = 0;
  #lagMs = 0;
  #calls = 0;
  #failure: string | null = null;
  #hasChanged = false;
  #isClaimed = false;

  constructor(name: string, deps: PresenceDeps) {
    this.#name = name;
    this.#deps = deps;
    this.#latch = new Latch(deps.clock);
    this.startedAt = deps.clock.now();
  }

  get name(): string {
    return this.#name;
  }

  get boot(): string {
    return this.#deps.boot;
  }

  get kind(): NodeKind {
    const parts = [...this.#parts];
    const hasWorker = parts.some(({ worker }) => worker !== undefined);
    const hasBeat = parts.some(({ beat }) => beat !== undefined);
    return hasWorker ? (hasBeat ? "worker+beat" : "worker") : "beat";
  }

  get partCount(): number {
    return this.#parts.size;
  }

  /** The last answer of the store; null: there was none. */
  get reply(): PresenceReply | null {
    return this.#reply;
  }

  /** The store's clock, by what it said last; null: it has not said anything. */
  storeNow(): EpochMs | null {
    if (this.#reply === null) return null;
    return this.#reply.now + (this.#deps.clock.monotonicMs() - this.#repliedAt);
  }

  /** Called with each answer of the store. */
  onReply(listener: (reply: PresenceReply) => void): void {
    this.#replies.push(listener);
  }

  /** Called before each call. */
  onBeat(listener: () => void): void {
    this.#beats.push(listener);
  }

  /**
   * Takes the name before anything is told under it. `isGiven`: by a person: it is not changed, and one that a node has which answers is
   * SUNBEAT_NODE_NAME_TAKEN; else the next free number stands behind it. A store that is away leaves the name as it is.
   */
  async claim(isGiven: boolean): Promise<Claim> {
    const wanted = this.#name;
    try {
      for (let number = 1; number <= MOST_NUMBER; number++) {
        this.#name = numberedName(wanted, number);
        if (await this.#takes(isGiven)) {
          this.#isClaimed = true;
          return { name: this.#name, isOpen: false };
        }
      }
    } catch (error) {
      if (error instanceof SunbeatError && error.code === "SUNBEAT_NODE_NAME_TAKEN") throw error;
      this.#failed(error);
    }
    this.#name = wanted;
    return { name: wanted, isOpen: true };
  }

  async #takes(isGiven: boolean): Promise<boolean> {
    const { store, clock, logger } = this.#deps;
    const appear = (takeOver: boolean): Promise<PresenceReply> =>
      bounded(
        clock,
        CALL_LIMIT_MS,
        "presence.appear",
        store.presence.appear(this.record(), PRESENCE_TTL_MS, takeOver),
      );
    const reply = await appear(false);
    if (reply.holder === this.boot) {
      this.#heard(reply);
      return true;
    }
    const holder = await this.#holder();
    const isDead = holder !== undefined && this.#isDead(holder);
    if (!isDead) {
      if (!isGiven) return false;
      if (await this.#deps.ping(this.#name)) throw nameTaken(this.#name, holder);
      logger.warn(`Node ${quote(this.#name)} takes its name over: the node that had it does not answer`);
    }
    this.#heard(await appear(true));
    return true;
  }

  async #holder(): Promise<SeenNode | undefined> {
    const { clock, store } = this.#deps;
    const nodes = await bounded(clock, CALL_LIMIT_MS, "presence.nodes", store.presence.nodes());
    return nodes.find(({ node }) => node === this.#name);
  }

  /** Of this machine, and its process is gone, or its number is ours: it was killed, and this one may be its successor. */
  #isDead({ host, pid, boot }: SeenNode): boolean {
    if (host !== this.#deps.host || boot.startsWith(this.boot.slice(0, 32))) return false;
    return pid === process.pid || !this.#deps.isRunning(pid);
  }

  /** Adds a part and tells of it. The returned function takes it off; with the last one the node leaves. */
  join(part: NodePart): (reason: string) => Promise<void> {
    this.#parts.add(part);
    if (this.#stop === null) {
      const stop = new AbortController();
      this.#stop = stop;
      this.#loop = this.#run(stop.signal);
    } else this.changed();
    return async (reason) => {
      if (!this.#parts.delete(part)) return;
      if (this.#parts.size > 0) this.changed();
      else await this.#leave(reason);
    };
  }

  /** State, queues or concurrency are others than before: the store is told soon, not in ten seconds. */
  changed(): void {
    if (this.#hasChanged || this.#stop === null) return;
    this.#hasChanged = true;
    this.#deps.clock.after(CHANGE_MS, () => {
      this.#hasChanged = false;
      this.#latch.notify();
    });
  }

  /** What is told. */
  record(): NodeRecord {
    const { clock, boot, app, host, version, verbs, workVersion } = this.#deps;
    const parts = [...this.#parts];
    const { rss, heapUsed } = process.memoryUsage();
    const now = clock.now();
    const storeNow = this.storeNow();
    const { kind } = this;
    return {
      ...{ node: this.#name, boot, kind, app, host, pid: process.pid, version },
      ...{ nodeVersion: process.version, startedAt: this.startedAt, state: stateOf(parts) },
      ...{ loopAt: now, lagMs: this.#lagMs, rss, heap: heapUsed, loadavg: loadavg()[0] ?? 0 },
      clockOffsetMs: storeNow === null ? 0 : Math.round(storeNow - now),
      ...{ verbs: verbs(kind), workVersion },
      worker: parts.find(({ worker }) => worker !== undefined)?.worker?.() ?? null,
      beat: parts.find(({ beat }) => beat !== undefined)?.beat?.() ?? null,
    };
  }

  /** One call now, beside those of the loop. */
  async appear(): Promise<void> {
    const { clock, store } = this.#deps;
    for (const beat of this.#beats) this.#safely(beat);
    try {
      const work = store.presence.appear(this.record(), PRESENCE_TTL_MS);
      const reply = await bounded(clock, CALL_LIMIT_MS, "presence.appear", work);
      if (this.#stop?.signal.aborted === true) return;
      if (reply.holder !== this.boot) await this.#renamed();
      else {
        this.#isClaimed = true;
        this.#heard(reply);
      }
      this.#failure = null;
    } catch (error) {
      this.#failed(error);
    }
    if (++this.#calls % 3 === 0 && this.onThird !== null) {
      void this.onThird().catch((error: unknown) => this.#deps.logger.debug(`Presence: ${messageOf(error)}`));
    }
  }

  async #run(stop: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    for (let waitMs = 0; ; waitMs = INTERVAL_MS * (1 - JITTER + 2 * JITTER * random.next())) {
      const due = clock.monotonicMs() + waitMs;
      const isEarly = waitMs > 0 && (await this.#latch.wait(waitMs, stop));
      if (stop.aborted) return;
      // What a timer is late by is what the event loop kept everybody waiting.
      if (waitMs > 0 && !isEarly)
        this.#lagMs = Math.max(0, Math.round((clock.monotonicMs() - due) * 10) / 10);
      await this.appear();
      if (stop.aborted) return;
    }
  }

  /** Another process has taken the name while this one was silent, or before it could ask. */
  async #renamed(): Promise<void> {
    const { logger } = this.#deps;
    const before = this.#name;
    if (this.#isClaimed) logger.warn(`Node ${quote(before)}: another process has this name now`);
    const { name, isOpen } = await this.claim(false);
    if (!isOpen && name !== before) {
      logger.warn(
        `Node ${quote(before)} is listed as ${quote(name)} from now on: the first name belongs to another`,
      );
    }
  }

  #heard(reply: PresenceReply): void {
    this.#reply = reply;
    this.#repliedAt = this.#deps.clock.monotonicMs();
    const told = this.tellsAll ? { ...reply, watching: ["*"] } : reply;
    for (const listener of this.#replies) this.#safely(() => listener(told));
  }

  #safely(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#deps.logger.error(failureEntry("Presence: a listener failed", error), { err: error });
    }
  }

  /** Told once an outage, and quietly: who needs the store tells of it. */
  #failed(error: unknown): void {
    const message = messageOf(error);
    if (this.#failure === null) {
      this.#deps.logger.debug(`The store was not told that node ${quote(this.#name)} is there: ${message}`);
    }
    this.#failure = message;
  }

  async #leave(reason: string): Promise<void> {
    const { clock, store, logger } = this.#deps;
    this.#stop?.abort();
    this.#stop = null;
    if (this.#reply === null) return;
    // A call that is on its way may not bring it back after its end.
    const work = this.#loop.then(() => store.presence.leave(this.#name, this.boot, reason));
    try {
      await bounded(clock, LEAVE_LIMIT_MS, "presence.leave", work);
    } catch (error) {
      logger.debug(`The store was not told that node ${quote(this.#name)} has ended: ${messageOf(error)}`);
    }
  }
}

function stateOf(parts: readonly NodePart[]): NodeState {
  const states = parts.map(({ state }) => state());
  // A worker that drains does so whatever its beat does.
  for (const state of ["stopping", "draining", "starting"] as const) if (states.includes(state)) return state;
  return parts.length === 0 ? "starting" : "running";
}

function nameTaken(name: string, holder: SeenNode | undefined): SunbeatError {
  const whose = holder === undefined ? "" : `, process ${holder.pid} on ${holder.host}`;
  return new SunbeatError(
    "SUNBEAT_NODE_NAME_TAKEN",
    `expected a node name that no living node has, got ${quote(name)}, which another node${whose} answers to; ` +
      "give one of the two another name with -n",
    { details: { node: name } },
  );
}

/** What of the events of this process others want, and the batcher behind it, which is loaded when somebody first wants some. */
import type { Clock, Timer } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import { isGlob, namePattern } from "../core/glob.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import type { EventBatcher } from "./batcher.js";
import type { EventOutlet, OutgoingEvent } from "./outgoing.js";

export const WATCH_TOPIC = "watch";
/** How long a watch lasts unless it is renewed, and how often it is. */
export const WATCH_TTL_MS = 30_000;
export const RENEW_MS = 10_000;
/** A watch that was heard of so lately may not be in an answer of the store yet. */
const FRESH_MS = 2_000;
const MOST_TYPES = 1_000;
const MOST_VERDICTS = 1_000;
const MOST_EARLY = 1_000;
const LAST_FLUSH_MS = 1_000;

export interface OutletDeps {
  /** The emitter, and the name of this process. */
  readonly events: { attach(outlet: EventOutlet | null): void; readonly node: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly channel: {
    publish(topic: string, payload: string): Promise<void>;
    subscribe(topic: string, handler: (payload: string) => void): Promise<() => void>;
  };
  readonly app: string;
  readonly flushMs: () => number;
  readonly isSealed: boolean;
  /** Of types that are for listeners of this process alone. */
  readonly isSilent: (type: string) => boolean;
}

interface Wanted {
  /** Monotonic. */
  readonly heardAt: number;
  readonly until: number;
  readonly pattern: RegExp | null;
}

export class WatchedEvents implements EventOutlet {
  readonly #deps: OutletDeps;
  readonly #wanted = new Map<string, Wanted>();
  /** Whether a type is wanted, as long as `#wanted` stays as it is. */
  readonly #verdicts = new Map<string, boolean>();
  readonly #endless = new Set<string>();
  readonly #onChange = new Set<() => void>();
  /** Fires when the first of `#wanted` ends. */
  #timer: Timer | null = null;
  #batcher: EventBatcher | null = null;
  /** What is told while it is loaded. */
  readonly #early: OutgoingEvent[] = [];
  #lostEarly = 0;
  #loading: Promise<void> | null = null;
  #unsubscribe: (() => void) | null = null;
  #isClosed = false;

  constructor(deps: OutletDeps) {
    this.#deps = deps;
  }

  /**
   * Hears of watches as they begin and are renewed. For each who tells; once more changes nothing. Rejects with the store's error:
   * the presence call says the same later.
   */
  async listen(): Promise<void> {
    if (this.#unsubscribe !== null || this.#isClosed) return;
    this.#unsubscribe = () => undefined;
    try {
      const end = await this.#deps.channel.subscribe(WATCH_TOPIC, (payload) => this.#heard(payload));
      if (this.#isClosed) end();
      else this.#unsubscribe = end;
    } catch (error) {
      this.#unsubscribe = null;
      throw error;
    }
  }

  /** The same for who cannot wait for it, nor for an error. */
  listenSoon(): void {
    if (this.#unsubscribe !== null || this.#isClosed) return;
    this.listen().catch((error: unknown) => {
      this.#deps.logger.debug(`events: watches are not heard of yet: ${messageOf(error)}`);
    });
  }

  /**
   * The types of all watches, as the presence call says; "*": all. Those that are not among them have ended, but for what was heard of
   * while it was on its way.
   */
  setWatched(types: readonly string[]): void {
    const now = this.#deps.clock.monotonicMs();
    for (const [type, { heardAt }] of this.#wanted) {
      if (now - heardAt > FRESH_MS && !types.includes(type)) this.#wanted.delete(type);
    }
    this.#wantAll(types);
  }

  /** A watch without an end, for readers that are not ours; the returned function ends it. */
  watchEndlessly(types: readonly string[]): () => void {
    for (const type of types) this.#endless.add(type);
    this.#changed();
    return () => {
      for (const type of types) this.#endless.delete(type);
      this.#changed();
    };
  }

  /** Called whenever other types may be wanted than before. The returned function ends that. */
  onChange(fn: () => void): () => void {
    this.#onChange.add(fn);
    return () => void this.#onChange.delete(fn);
  }

  wants(type: string): boolean {
    const known = this.#verdicts.get(type);
    if (known !== undefined) return known;
    if (this.#verdicts.size >= MOST_VERDICTS) this.#verdicts.clear();
    const verdict = this.#judge(type);
    this.#verdicts.set(type, verdict);
    return verdict;
  }

  take(event: OutgoingEvent): void {
    if (this.#batcher !== null) this.#batcher.take(event);
    else if (this.#early.length < MOST_EARLY) this.#early.push(event);
    else this.#lostEarly++;
  }

  /** Events that others wanted and did not get, since the start. */
  get lost(): number {
    return this.#lostEarly + (this.#batcher?.lost ?? 0);
  }

  /** What waits goes; from now on nothing is told. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deps.events.attach(null);
    this.#timer?.cancel();
    this.#unsubscribe?.();
    try {
      await bounded(this.#deps.clock, LAST_FLUSH_MS, "publish", this.#flush());
    } catch (error) {
      this.#deps.logger.debug(`events: the last batch was dropped: ${messageOf(error)}`);
    }
  }

  async #flush(): Promise<void> {
    await this.#loading;
    await this.#batcher?.flush();
  }

  /** The types of all watches, as one of them began, was renewed or ended. */
  #heard(payload: string): void {
    const types = readTypes(payload);
    if (types === null) return;
    this.#wanted.clear();
    this.#wantAll(types);
  }

  #wantAll(types: readonly string[]): void {
    const now = this.#deps.clock.monotonicMs();
    for (const type of types) this.#want(type, now, now + WATCH_TTL_MS);
    this.#changed();
  }

  #want(type: string, heardAt: number, until: number): void {
    if (!this.#wanted.has(type) && this.#wanted.size >= MOST_TYPES) return;
    const pattern = type === "*" || isGlob(type) ? namePattern(type) : null;
    this.#wanted.set(type, { heardAt, until, pattern });
  }

  #changed(): void {
    const now = this.#deps.clock.monotonicMs();
    let nextEnd = Infinity;
    for (const [type, { until }] of this.#wanted) {
      if (until <= now) this.#wanted.delete(type);
      else nextEnd = Math.min(nextEnd, until);
    }
    this.#timer?.cancel();
    this.#timer = null;
    if (nextEnd < Infinity && !this.#isClosed) {
      this.#timer = this.#deps.clock.after(nextEnd - now, () => this.#changed());
      this.#timer.unref?.();
    }
    this.#verdicts.clear();
    const isWatched = this.#wanted.size + this.#endless.size > 0 && !this.#isClosed;
    if (isWatched) this.#load();
    this.#deps.events.attach(isWatched ? this : null);
    for (const fn of [...this.#onChange]) fn();
  }

  #judge(type: string): boolean {
    if (this.#deps.isSilent(type)) return false;
    if (this.#wanted.has(type) || this.#endless.has(type) || this.#endless.has("*")) return true;
    for (const pattern of this.#endless) if (isGlob(pattern) && namePattern(pattern).test(type)) return true;
    for (const { pattern } of this.#wanted.values()) if (pattern?.test(type) === true) return true;
    return false;
  }

  #load(): void {
    if (this.#batcher !== null || this.#loading !== null) return;
    this.#loading = import("./batcher.js").then(({ EventBatcher }) => {
      const { events, flushMs, ...rest } = this.#deps;
      const node = (): string => events.node;
      this.#batcher = new EventBatcher({ ...rest, node, flushMs: flushMs() });
      for (const event of this.#early.splice(0)) this.#batcher.take(event);
    });
    this.#loading.catch((error: unknown) => {
      this.#deps.logger.error(`events: what tells them could not be loaded: ${messageOf(error)}`);
    });
  }
}

function readTypes(payload: string): readonly string[] | null {
  try {
    const given: unknown = JSON.parse(payload);
    return Array.isArray(given) ? given.filter((type) => typeof type === "string") : null;
  } catch {
    return null;
  }
}

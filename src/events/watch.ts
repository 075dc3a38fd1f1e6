/**
 * What other processes tell, as it comes. A watch is a row of the store that ends by itself, is renewed, and has those who tell
 * begin; the events come by the channel. Nothing of it is stored: what a watch missed is marked, and the store has what is true.
 */
import { aborted, type Clock, sleep } from "../core/clock.js";
import { isGlob, namePattern } from "../core/glob.js";
import type { Logger } from "../core/logger.js";
import { bounded, isRetryable, Patience } from "../core/patience.js";
import type { Random } from "../core/random.js";
import { type Batch, EVENTS_TOPIC, readBatch, type ReadEvent } from "./batch.js";
import type { WatchedEvent } from "./event-map.js";
import type { LamportClock } from "./lamport.js";
import { RENEW_MS, WATCH_TTL_MS } from "./outlet.js";

export interface WatchRequest {
  /** Names, or patterns with `*`, `?` and `{a,b}`. */
  readonly types: readonly string[];
  /** The same for names of tasks; null: all. */
  readonly tasks: readonly string[] | null;
  readonly signal: AbortSignal | null;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly lamport: LamportClock;
  readonly channel: { subscribe(topic: string, handler: (payload: string) => void): Promise<() => void> };
  readonly presence: { watch(id: string, types: readonly string[], ttlMs: number): Promise<void> };
}

/** Events that wait for the program that reads them; what comes beyond is counted as lost. */
const MOST_WAITING = 10_000;
/** Boots whose numbers are followed. */
const MOST_BOOTS = 10_000;
const CALL_MS = 5_000;
const LAST_CALL_MS = 1_000;

interface Reader {
  readonly resolve: (result: IteratorResult<WatchedEvent, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

export class EventWatch implements AsyncIterableIterator<WatchedEvent> {
  /** Resolves once those who tell have been asked to; rejects when the store has failed for good. */
  readonly ready: Promise<void>;
  readonly #deps: WatchDeps;
  readonly #request: WatchRequest;
  readonly #id: string;
  readonly #types: Matcher;
  readonly #tasks: Matcher | null;
  readonly #over = new AbortController();
  readonly #waiting: WatchedEvent[] = [];
  readonly #readers: Reader[] = [];
  /** By boot, the number that comes next. */
  readonly #expected = new Map<string, number>();
  /** By teller, what came while too much waited. */
  readonly #unread = new Map<string, number>();
  #failure: { readonly error: unknown } | null = null;
  #unsubscribe: () => void = () => undefined;

  constructor(deps: WatchDeps, request: WatchRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#id = deps.random.uuid();
    this.#types = matcher(request.types);
    this.#tasks = request.tasks === null ? null : matcher(request.tasks);
    this.ready = this.#start();
    this.ready.catch((error: unknown) => this.#fail(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<WatchedEvent, undefined>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const lost = this.#takeUnread();
    if (lost !== null) return Promise.resolve({ done: false, value: lost });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the store threw
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    if (this.#over.signal.aborted) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => void this.#readers.push({ resolve, reject }));
  }

  /** Ends the watch. What waits is dropped. */
  return(): Promise<IteratorResult<WatchedEvent, undefined>> {
    this.#waiting.length = 0;
    this.#unread.clear();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** No more comes; what waits can still be read. May be called twice. */
  end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#unsubscribe();
    for (const { resolve } of this.#readers.splice(0)) resolve({ done: true, value: undefined });
    const { clock, presence, logger } = this.#deps;
    const told = bounded(clock, LAST_CALL_MS, "watch", presence.watch(this.#id, [], 0));
    told.catch(() => logger.debug("events: a watch was left to its end"));
  }

  /** Calls `fn` when it is over, at once where it is. */
  onEnd(fn: () => void): void {
    void aborted(this.#over.signal).then(fn);
  }

  async #start(): Promise<void> {
    const { signal } = this.#request;
    if (signal?.aborted === true) return this.end();
    signal?.addEventListener("abort", () => this.end(), { once: true });
    const { clock, random, logger, channel } = this.#deps;
    const patience = new Patience("events: the store", { clock, random, logger });
    await this.#insist(patience, async () => {
      const work = channel.subscribe(EVENTS_TOPIC, (payload) => this.#heard(payload));
      const end = await bounded(clock, CALL_MS, "subscribe", work);
      if (this.#over.signal.aborted) end();
      else this.#unsubscribe = end;
    });
    await this.#insist(patience, () => this.#renew());
    void this.#keep(patience).catch((error: unknown) => this.#fail(error));
  }

  async #keep(patience: Patience): Promise<void> {
    for (;;) {
      await sleep(this.#deps.clock, RENEW_MS, this.#over.signal);
      if (this.#over.signal.aborted) return;
      await this.#insist(patience, () => this.#renew());
    }
  }

  #renew(): Promise<void> {
    const { clock, presence } = this.#deps;
    return bounded(clock, CALL_MS, "watch", presence.watch(this.#id, this.#request.types, WATCH_TTL_MS));
  }

  /** Until it works, or the watch is over. */
  async #insist(patience: Patience, step: () => Promise<void>): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        await step();
        return patience.succeeded();
      } catch (error) {
        if (this.#over.signal.aborted) return;
        if (!isRetryable(error)) throw error;
        await sleep(this.#deps.clock, patience.failed(error), this.#over.signal);
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#failure = { error };
    const readers = this.#readers.splice(0);
    this.end();
    for (const { reject } of readers) reject(error);
  }

  #heard(payload: string): void {
    if (this.#over.signal.aborted) return;
    const batch = readBatch(payload);
    if (batch === null) return;
    const { boot, from, clock, events } = batch;
    this.#deps.lamport.see(clock + Math.max(0, events.length - 1));
    const expected = this.#expected.get(boot);
    if (expected !== undefined && from > expected) this.#lost(batch, from - expected);
    for (const event of events) {
      if (expected !== undefined && event.seq < expected) continue;
      if (this.#wants(event)) this.#give(event);
    }
    this.#expect(boot, Math.max(expected ?? 0, from + events.length));
  }

  #expect(boot: string, next: number): void {
    // The boots that were heard of last stay.
    this.#expected.delete(boot);
    this.#expected.set(boot, next);
    if (this.#expected.size <= MOST_BOOTS) return;
    for (const oldest of this.#expected.keys()) {
      this.#expected.delete(oldest);
      break;
    }
  }

  /** Where the teller has said what it dropped, only what this watch wants is missing. */
  #lost({ node, dropped }: Batch, gap: number): void {
    const counts = Object.entries(dropped);
    const told = counts.reduce((sum, [, count]) => sum + count, 0);
    const wanted = counts.filter(([type]) => this.#types(type)).reduce((sum, [, count]) => sum + count, 0);
    const count = told === gap ? wanted : gap;
    if (count > 0) this.#give({ type: "events-lost", hostname: node, count });
  }

  #wants(event: ReadEvent): boolean {
    if (event.type === "" || !this.#types(event.type)) return false;
    const task = event["task"];
    return this.#tasks === null || typeof task !== "string" || this.#tasks(task);
  }

  #give(event: ReadEvent | WatchedEvent): void {
    const value = event as WatchedEvent;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ done: false, value });
    if (this.#waiting.length < MOST_WAITING && this.#unread.size === 0) return void this.#waiting.push(value);
    const { hostname } = value;
    const missed = value.type === "events-lost" ? value.count : 1;
    this.#unread.set(hostname, (this.#unread.get(hostname) ?? 0) + missed);
  }

  #takeUnread(): WatchedEvent | null {
    for (const [hostname, count] of this.#unread) {
      this.#unread.delete(hostname);
      return { type: "events-lost", hostname, count };
    }
    return null;
  }
}

type Matcher = (name: string) => boolean;

/** Of names and patterns. */
function matcher(texts: readonly string[]): Matcher {
  const names = new Set(texts.filter((text) => !isGlob(text)));
  const patterns = texts.filter(isGlob).map(namePattern);
  return (name) => names.has(name) || patterns.some((pattern) => pattern.test(name));
}

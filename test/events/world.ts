import { silentLogger } from "../../src/core/logger.js";
import { seededRandom } from "../../src/core/random.js";
import { Events, WatchedEvents, type WatchedEvent } from "../../src/events/index.js";
import { EventBatcher } from "../../src/events/batcher.js";
import { EventWatch, type WatchRequest } from "../../src/events/watch.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

export const task = { id: "i", task: "t", queue: "q" };
export const started = { ...task, retries: 0, deliveries: 1, waitMs: 3, lock: null };
export const sent = { ...task, eta: null, expires: null, parentId: null, rootId: "i", entry: null };
export const failed = {
  ...task,
  runtimeMs: 1,
  error: { name: "Error", message: "no", stack: "at x", code: null, cause: null },
};

/** One process that tells, and watches of others, over one store on a clock that stands still. */
export class EventWorld {
  readonly clock = new ManualClock(5_000);
  readonly store: Store = openMemoryStore({
    clock: this.clock,
    random: seededRandom(1),
    logger: silentLogger,
  });
  readonly events = new Events({ clock: this.clock, logger: silentLogger });
  readonly payloads: string[] = [];
  /** What the channel does with a message; null: it takes it. */
  publish: ((payload: string) => Promise<void>) | null = null;
  readonly channel = {
    publish: (topic: string, payload: string): Promise<void> => {
      if (topic !== "events") return this.store.channel.publish(topic, payload);
      if (this.publish !== null) return this.publish(payload);
      this.payloads.push(payload);
      return this.store.channel.publish(topic, payload);
    },
    subscribe: this.store.channel.subscribe.bind(this.store.channel),
  };
  readonly told = { clock: this.clock, logger: silentLogger, channel: this.channel, app: "app" };
  readonly watched = new WatchedEvents({
    ...this.told,
    events: this.events,
    flushMs: () => 100,
    isSealed: false,
    isSilent: (type) => type === "task-sent",
  });
  readonly presence = {
    calls: [] as [types: readonly string[], ttlMs: number][],
    watch: async (id: string, types: readonly string[], ttlMs: number): Promise<void> => {
      this.presence.calls.push([types, ttlMs]);
      await this.store.presence.watch(id, types, ttlMs);
    },
  };

  batcher(options: { flushMs?: number; isSealed?: boolean } = {}): EventBatcher {
    const { flushMs = 100, isSealed = false } = options;
    return new EventBatcher({ ...this.told, node: () => "n", flushMs, isSealed });
  }

  watch(request: Partial<WatchRequest> = {}): EventWatch {
    const { clock, presence, channel } = this;
    const lamport = new Events({ clock, logger: silentLogger }).lamport;
    return new EventWatch(
      { clock, random: seededRandom(2), logger: silentLogger, lamport, channel, presence },
      { types: ["*"], tasks: null, signal: null, ...request },
    );
  }

  /** Lets what is under way come to rest, and the batches go. */
  async settle(ms = 100): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.clock.advance(turn === 0 ? ms : 0);
    }
  }

  batches(): { from: number; clock: number; dropped: object; events: unknown[][] }[] {
    return this.payloads.map((payload) => JSON.parse(payload) as never);
  }
}

/** A call of `next` that has not been answered: it gets the event that comes next. */
const pending = new WeakMap<EventWatch, ReturnType<EventWatch["next"]>>();

/** What has come, without waiting for more. */
export async function arrived(watch: EventWatch): Promise<WatchedEvent[]> {
  const events: WatchedEvent[] = [];
  for (;;) {
    const asked = pending.get(watch) ?? watch.next();
    pending.set(watch, asked);
    const next = await Promise.race([
      asked,
      new Promise<null>((resolve) => setImmediate(() => resolve(null))),
    ]);
    if (next === null || next.done === true) return events;
    pending.delete(watch);
    events.push(next.value);
  }
}

/** `n` events of one type, as the emitter hands them out. */
export function outgoing(type: string, n: number, clock = 1, fields: object = task): never[] {
  return Array.from({ length: n }, (_, index) => ({
    ...{ type, timestamp: 5_000, clock: clock + index, hostname: "n", fields },
  })) as never[];
}

/** A world that runs faster than ours, on a real server: its store's clock is by the test hook and can be set. */
import { inject } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { type Clock, type EpochMs, systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { pause } from "./fault-crew.js";
import { ownNamespace } from "./redis-harness.js";
import { until } from "./redis-topologies.js";

/** Seconds of the world in one of ours. */
const SPEED = 5;

class FastWorld {
  readonly #namespace = ownNamespace();
  readonly #bornAt = systemClock.monotonicMs();
  readonly #stores: Store[] = [];
  readonly #apps: Sunbeat[] = [];
  #start: EpochMs;

  constructor(start: EpochMs) {
    this.#start = start;
  }

  /** A clock of this world that shows another time. */
  clock(offsetMs = 0): Clock {
    return {
      now: () => Math.floor(this.#start + offsetMs + this.#ageMs()),
      monotonicMs: () => this.#ageMs(),
      after: (delayMs, fn) => systemClock.after(delayMs / SPEED, fn),
      soon: (fn) => systemClock.soon(fn),
    };
  }

  /** Moves the store's clock. */
  jump(byMs: number): void {
    this.#start += byMs;
  }

  /** Lets so much of the world's time pass. */
  pass(ms: number): Promise<void> {
    return pause(ms / SPEED);
  }

  /** Until nothing is due of these entries: a busy machine needs longer than the world. */
  async caughtUp(store: Store, entries: readonly string[]): Promise<void> {
    await until(`that nothing of ${entries.join(", ")} is due`, async () => {
      const [now, stored] = await Promise.all([store.now(), store.entries.get(entries)]);
      return stored.every(
        (entry) => entry !== null && entry.cursor !== null && entry.cursor.dispatchAt > now,
      );
    });
  }

  async store(): Promise<Store> {
    const context = { clock: this.clock(), random: systemRandom, logger: silentLogger };
    const options = { namespace: this.#namespace, clock: "context" } as const;
    const store = await openRedisStore(inject("redisUrl"), context, options);
    this.#stores.push(store);
    return store;
  }

  /** With a beat, whose own clock is wrong by so much. */
  beat(beatSchedule: SunbeatOptions["beatSchedule"], offsetMs: number): Sunbeat {
    const app = new Sunbeat("fast", { broker: "memory:", beatSchedule });
    coreOf(app).use({ clock: this.clock(offsetMs), store: () => this.store() });
    app.beat().start();
    this.#apps.push(app);
    return app;
  }

  /** Ends all beats. */
  async rest(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map((app) => app.close()));
  }

  async dispose(): Promise<void> {
    await this.rest();
    await Promise.all(this.#stores.map((store) => store.close()));
  }

  #ageMs(): number {
    return (systemClock.monotonicMs() - this.#bornAt) * SPEED;
  }
}

/** A world for `use` that begins at `start`, and nothing left of it afterwards. */
export async function inWorld<T>(start: string, use: (world: FastWorld) => Promise<T>): Promise<T> {
  const world = new FastWorld(Date.parse(start));
  try {
    return await use(world);
  } finally {
    await world.dispose();
  }
}

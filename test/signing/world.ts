/** One store that several apps share, each with keys of its own, and somebody who writes to it between them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";
import type { DeadLetter } from "../../src/store/contracts/dead-letters.js";
import type { Store, StoreContext } from "../../src/store/contracts/store.js";
import type { NewMessage } from "../../src/tasks/message.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import { ownNamespace } from "../support/redis-harness.js";
import { until } from "../support/redis-topologies.js";

const context: StoreContext = { clock: systemClock, random: systemRandom, logger: silentLogger };

type Open = () => Promise<{ readonly store: Store; readonly clean: () => void }>;

export const STORES: readonly (readonly [string, Open])[] = [
  ["memory", async () => ({ store: openMemoryStore(context), clean: () => undefined })],
  [
    "sqlite",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "sunbeat-signing-"));
      const store = await openSqliteStore(join(folder, "store.db"), context, { backups: false });
      return { store, clean: () => rmSync(folder, { recursive: true }) };
    },
  ],
  [
    "redis",
    async () => ({
      store: await openRedisStore(inject("redisUrl"), context, { namespace: ownNamespace() }),
      clean: () => undefined,
    }),
  ],
];

/** What stands between an app and the store. */
export type Between = (store: Store) => Store;

export class World {
  readonly raw: Store;
  readonly #clean: () => void;
  readonly #apps: Sunbeat[] = [];

  constructor({ store, clean }: Awaited<ReturnType<Open>>) {
    this.raw = store;
    this.#clean = clean;
  }

  app(options: SunbeatOptions, between: Between = (store) => store): Sunbeat {
    const app = new Sunbeat("shop", { broker: "memory:", logger: null, unknownTaskGrace: 0, ...options });
    coreOf(app).use({ store: () => ({ ...between(this.raw), close: async () => undefined }) });
    this.#apps.push(app);
    return app;
  }

  /** Without an id: whichever comes first. */
  async deadLetter(id?: string): Promise<DeadLetter> {
    let found: DeadLetter | undefined;
    await until(`dead letter ${id ?? ""}`, async () => {
      const letters = (await this.raw.deadLetters.list({ limit: 100 })).letters;
      found = letters.find((letter) => id === undefined || letter.id === id);
      return found !== undefined;
    });
    return found!;
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.close();
    await this.raw.close();
    this.#clean();
  }
}

/** Changes each message on its way into the store. */
export function changing(change: (message: NewMessage) => NewMessage): Between {
  return (store) => ({
    ...store,
    sender: {
      enqueue: (messages, options) => store.sender.enqueue(messages.map(change), options),
      revoke: (ids, options) => store.sender.revoke(ids, options),
    },
  });
}

import { expect, test } from "vitest";
import { lazyStore } from "../../src/app/lazy-store.js";
import { StoreHandle } from "../../src/app/store-handle.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const newStore = (): Store =>
  openMemoryStore({ clock: new ManualClock(), random: systemRandom, logger: silentLogger });

test("callers at the same time share one opening", async () => {
  let openings = 0;
  const handle = new StoreHandle(async () => {
    openings++;
    return newStore();
  });
  const [a, b] = await Promise.all([handle.get(), handle.get()]);
  expect([a === b, await handle.get(), openings]).toEqual([true, a, 1]);
});

test("after a failed opening the next call tries again", async () => {
  const store = newStore();
  const answers = [Promise.reject(new Error("away")), Promise.resolve(store)];
  const handle = new StoreHandle(() => answers.shift()!);
  await expect(handle.get()).rejects.toThrow("away");
  await expect(handle.get()).resolves.toBe(store);
});

test("closing waits for an opening under way and closes what it gave; twice is the same", async () => {
  const store = newStore();
  let opened!: (store: Store) => void;
  const handle = new StoreHandle(() => new Promise((resolve) => (opened = resolve)));
  const getting = handle.get();
  const closing = handle.close();
  expect(handle.close()).toBe(closing);
  opened(store);
  await getting;
  await closing;
  await expect(store.now()).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
  await expect(handle.get()).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
});

test("closing what was never opened, or could not be, opens nothing and does not fail", async () => {
  let openings = 0;
  const handle = new StoreHandle(async () => {
    openings++;
    throw new Error("away");
  });
  await handle.close();
  expect(openings).toBe(0);
  const failing = new StoreHandle(async () => {
    throw new Error("away");
  });
  failing.get().catch(() => undefined);
  await expect(failing.close()).resolves.toBeUndefined();
});

test("a lazy store opens at the first call and passes arguments and answers on", async () => {
  const store = newStore();
  let openings = 0;
  const lazy = lazyStore(
    () => "label",
    async () => {
      openings++;
      return store;
    },
  );
  expect([lazy.label, openings]).toEqual(["label", 0]);
  expect(await lazy.queues.purge(["q"])).toBe(0);
  expect(await lazy.entries.get(["x"])).toEqual([null]);
  expect(await lazy.now()).toBe(await store.now());
  expect(await Promise.resolve(lazy.results)).toBe(lazy.results);
});

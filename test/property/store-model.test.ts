import fc from "fast-check";
import { describe, test } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { walkBroker, walkEntryModel, walkLocks } from "../conformance/suite.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

describe("the memory store", () => {
  test.each([
    ["broker", walkBroker],
    ["locks", walkLocks],
    ["entries", walkEntryModel],
  ])("agrees with a model of %s that only looks through lists, whatever the steps", async (_, walk) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const clock = new ManualClock();
        const store = openMemoryStore({ clock, random: systemRandom, logger: silentLogger });
        const harness = {
          clock,
          store,
          peer: async () => store,
          reopen: () => undefined,
          dispose: () => store.close(),
        };
        await walk(harness, seed, 250);
        await store.close();
      }),
      { numRuns: 200 },
    );
  });
});

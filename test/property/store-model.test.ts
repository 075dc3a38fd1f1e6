import fc from "fast-check";
import { describe, test } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { walkBroker } from "../conformance/suite.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

describe("the memory store's broker", () => {
  test("agrees with a model that only looks through a list, whatever the steps", async () => {
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
        await walkBroker(harness, seed, 250);
        await store.close();
      }),
      { numRuns: 200 },
    );
  });
});

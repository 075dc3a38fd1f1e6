import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { describeStore } from "../support/conformance-runner.js";

describeStore(
  "memory",
  async (clock) => {
    const store = openMemoryStore({ clock, random: systemRandom, logger: silentLogger });
    return {
      clock,
      store,
      peer: async () => store,
      reopen: () => undefined,
      dispose: () => store.close(),
    };
  },
  { durable: "it keeps nothing when it is closed" },
);

/** The same contracts behind Sentinel and on a Cluster, and through a fail-over of each. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { message } from "../../conformance/suite/samples.js";
import { describeStore } from "../../support/conformance-runner.js";
import { openerOf, ownNamespace, redisHarness } from "../../support/redis-harness.js";
import { startCluster, startSentinels, type Topology, until } from "../../support/redis-topologies.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

describe.each([
  ["sentinel", startSentinels],
  ["cluster", startCluster],
])("%s", (name, start) => {
  let topology: Topology;
  beforeAll(async () => {
    topology = await start();
  });
  afterAll(() => topology?.stop());

  describeStore(name, (clock) => redisHarness(openerOf(topology.url), clock));

  test("goes on by itself after the master was killed, wakes and results included", async () => {
    const namespace = ownNamespace();
    const open = (): Promise<Store> => openRedisStore(topology.url, context, { namespace });
    const [sender, worker] = [await open(), await open()];
    const arrivals = await worker.consumer.listen(["q"]);
    try {
      await sender.sender.enqueue([message("before")]);
      const request = { queues: ["q"], worker: "w", leaseMs: 60_000, max: 10 };
      const deliveries = [...(await worker.consumer.claim(request)).deliveries];
      expect(deliveries.map(({ id }) => id)).toEqual(["before"]);

      const owner = await ownerOf(topology, namespace);
      // What was acknowledged is on the replica before the master goes: this is about reconnecting, not about loss.
      await owner.raw.wait(1, 5_000);
      await owner.kill();
      await until("an enqueue after the fail-over", async () => {
        const [outcome] = await sender.sender.enqueue([message("after")]);
        return outcome === "queued" || outcome === "duplicate";
      });
      await until("the delivery of it", async () => {
        await arrivals.wait(5_000, new AbortController().signal);
        deliveries.push(...(await worker.consumer.claim(request)).deliveries);
        return deliveries.length === 2;
      });
      const wait = sender.results.wait("after", new AbortController().signal);
      const result = { state: "SUCCESS", payload: "1" };
      const settlements = deliveries.map(
        (ref) => ({ ...ref, kind: "done", result, resultTtlMs: 60_000 }) as const,
      );
      expect((await worker.consumer.settle(settlements, null)).outcomes).toEqual(["settled", "settled"]);
      expect((await wait)?.payload).toBe("1");
    } finally {
      await sender.close();
      await worker.close();
    }
  });
});

/** The server that has the namespace's keys and takes writes. */
async function ownerOf({ servers }: Topology, namespace: string) {
  for (const server of servers) {
    const isMaster = (await server.raw.role())[0] === "master";
    if (isMaster && (await server.raw.exists(`{${namespace}}:seq`).catch(() => 0)) === 1) return server;
  }
  throw new Error("nobody has the keys");
}

/** A worker whose queue is paused: what runs goes on, what has not begun goes back, and nobody is told twice. */
import { describe, expect, test } from "vitest";
import type { PoolName } from "../../src/tasks/pool-name.js";
import { gate, message, Rig, turns } from "./harness.js";

const pause = { by: "ops@host", reason: "a migration", forMs: null };

async function busyWorker(isDeaf: boolean) {
  const rig = new Rig();
  const own = gate();
  let ran = 0;
  rig.task("long", () => own.opened);
  rig.task("t", () => ran++);
  await rig.send(message("o", "long"), message("a", "t"), message("b", "t"));
  const channel = { ...rig.memory.channel, ...(isDeaf && { subscribe: async () => () => undefined }) };
  const worker = await rig.started({ concurrency: 1, prefetch: 3 }, { ...rig.memory, channel });
  expect(worker.stats()).toMatchObject({ running: 1, prefetched: 2 });
  return { rig, own, worker, ran: () => ran };
}

const countsOf = async (rig: Rig) => {
  const [{ ready = 0, leased = 0 } = {}] = await rig.memory.queues.counts();
  return { ready, leased };
};

describe("a worker that has taken tasks of a queue which is paused", () => {
  test("gives back at once what has not begun, uncounted, and runs on what has", async () => {
    const { rig, own, worker, ran } = await busyWorker(false);
    await rig.memory.queues.pause("default", pause);
    await turns();
    await rig.clock.advance(0);
    expect(worker.stats()).toMatchObject({ running: 1, prefetched: 0 });
    expect(await countsOf(rig)).toEqual({ ready: 2, leased: 1 });
    own.open();
    await turns();
    await rig.clock.advance(60_000);
    expect([ran(), await rig.state("o")]).toEqual([0, "SUCCESS"]);
    await rig.memory.queues.resume("default");
    await rig.clock.advance(0);
    await turns();
    expect([ran(), await rig.state("a")]).toEqual([2, "SUCCESS"]);
    expect(rig.lines.filter((line) => line.includes("delivered again"))).toEqual([]);
  });

  test("that hears nothing gives them back with its next claim", async () => {
    const { rig, own, ran } = await busyWorker(true);
    await rig.memory.queues.pause("default", pause);
    await rig.send(message("c", "t"), message("d", "t"));
    own.open();
    await turns();
    await rig.clock.advance(0);
    await turns();
    // Those that began in the slot which came free, before the store was asked.
    expect(ran()).toBeLessThanOrEqual(2);
    const { ready, leased } = await countsOf(rig);
    expect([ready + ran(), leased]).toEqual([4, 0]);
    await rig.clock.advance(600_000);
    expect((await countsOf(rig)).ready).toBe(ready);
  });

  test("goes on with its other queues", async () => {
    const rig = new Rig();
    const ran: string[] = [];
    rig.bound("t", (self) => void ran.push(self.request.id));
    await rig.memory.queues.pause("default", pause);
    await rig.started({ queues: ["default", "other"] });
    await rig.send(message("a", "t"), message("b", "t", [], { queue: "other" }));
    await rig.clock.advance(0);
    await turns();
    expect(ran).toEqual(["b"]);
  });
});

describe("the log", () => {
  test("tells of a pause once, and once when it is over", async () => {
    const rig = new Rig();
    rig.task("t", () => undefined);
    await rig.memory.queues.pause("default", { ...pause, forMs: 60_000 });
    await rig.started();
    for (const id of ["a", "b", "c"]) {
      await rig.send(message(id, "t"));
      await rig.clock.advance(1_000);
    }
    const until = new Date(rig.clock.now() + 57_000).toISOString();
    const told = () => rig.lines.filter((line) => line.includes("paused"));
    expect(told()).toEqual([`warn Queue "default" is paused by ops@host until ${until}: a migration`]);
    await rig.memory.queues.pause("default", { by: "eve", reason: null, forMs: null });
    await rig.clock.advance(1_000);
    expect(told().slice(1)).toEqual(['warn Queue "default" is paused by eve']);
    await rig.memory.queues.resume("default");
    await rig.clock.advance(1_000);
    expect(told().slice(2)).toEqual(['info Queue "default" is no longer paused']);
    expect(await rig.state("a")).toBe("SUCCESS");
  });

  test("of a queue that claims leave out while its pool is full is not that it goes on", async () => {
    const rig = new Rig();
    const [own, free] = [gate(), gate()];
    rig.task("image", () => own.opened, { pool: "solo" });
    rig.task("t", () => free.opened, { pool: "async" });
    await rig.memory.queues.pause("images", pause);
    await rig.send(message("o", "image", [], { queue: "first" }));
    await rig.started({
      queues: ["first", "images", "default"],
      prefetch: 1,
      pools: [
        { name: "async", size: 2 },
        { name: "solo", size: 1 },
      ],
      poolsOfQueues: new Map<string, ReadonlySet<PoolName>>([
        ["first", new Set<PoolName>(["solo"])],
        ["images", new Set<PoolName>(["solo"])],
        ["default", new Set<PoolName>(["async"])],
      ]),
    });
    await rig.send(message("a", "t"));
    await rig.clock.advance(1_000);
    free.open();
    await turns();
    await rig.clock.advance(60_000);
    expect(await rig.state("a")).toBe("SUCCESS");
    expect(rig.lines.filter((line) => line.includes("paused"))).toEqual([
      'warn Queue "images" is paused by ops@host: a migration',
    ]);
    own.open();
  });

  test("a worker wakes by itself when a pause is over", async () => {
    const rig = new Rig();
    rig.task("t", () => undefined);
    await rig.memory.queues.pause("default", { ...pause, forMs: 30_000 });
    await rig.send(message("a", "t"));
    await rig.started();
    await rig.clock.advance(29_000);
    expect(await rig.state("a")).not.toBe("SUCCESS");
    await rig.clock.advance(2_000);
    await turns();
    expect(await rig.state("a")).toBe("SUCCESS");
  });
});

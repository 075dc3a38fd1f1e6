/** A worker with several pools, on a clock that stands still: two of its own loop stand for any two. */
import { describe, expect, test } from "vitest";
import { MAP_TASK } from "../../../src/tasks/built-in.js";
import type { PoolName } from "../../../src/tasks/pool-name.js";
import type { PoolPlan } from "../../../src/worker/pools/options.js";
import { gate, message, Rig, turns } from "../harness.js";

const BOTH: readonly PoolPlan[] = [
  { name: "async", size: 4 },
  { name: "solo", size: 1 },
];

/** Tasks that run until their gate opens: `light` in the first pool, `heavy` in the second. */
function gated(rig: Rig) {
  const started: string[] = [];
  const gates = new Map<string, () => void>();
  const wait = async (id: string): Promise<void> => {
    started.push(id);
    const { opened, open } = gate();
    gates.set(id, () => open());
    await opened;
  };
  rig.task("light", wait);
  rig.task("heavy", wait, { pool: "solo" });
  rig.task("elsewhere", wait, { pool: "processes" });
  const end = async (id: string): Promise<void> => {
    gates.get(id)!();
    await turns();
  };
  return { started, end };
}

const send = (rig: Rig, task: string, ids: readonly string[], queue = "default"): Promise<void> =>
  rig.send(...ids.map((id) => message(id, task, [id], { queue })));

const running = (worker: { stats(): { pools: readonly { name: string; running: number }[] } }) =>
  Object.fromEntries(worker.stats().pools.map((pool) => [pool.name, pool.running]));

describe("which pool", () => {
  test.each([
    // task, pool, because
    ["light", "async", "it names none: the first"],
    ["heavy", "solo", "it names one that this worker has"],
    ["elsewhere", "async", "it names one that this worker does not have: the first"],
  ])("%s runs in %s: %s", async (task, pool) => {
    const rig = new Rig();
    gated(rig);
    await send(rig, task, ["a"]);
    const worker = await rig.started({ pools: BOTH });
    expect(running(worker)).toEqual({ async: 0, solo: 0, [pool]: 1 });
  });

  test("a built-in task that calls another one runs where that one does", async () => {
    const rig = new Rig();
    gated(rig);
    await rig.send(message("m", MAP_TASK, ["heavy", ["a"]]));
    const worker = await rig.started({ pools: BOTH });
    expect(running(worker)).toEqual({ async: 0, solo: 1 });
  });
});

describe("a backlog of one pool", () => {
  const heavy = Array.from({ length: 30 }, (_, index) => `h${index}`);

  test.each([
    // prefetch, because
    [1, "nothing waits here but what the pools are worth"],
    [4, "what is prefetched for one takes no room of the other"],
  ])("in a queue of its own keeps nobody else waiting, prefetch %i: %s", async (prefetch) => {
    const rig = new Rig();
    const { started } = gated(rig);
    await send(rig, "heavy", heavy, "images");
    const worker = await rig.started({
      ...{ pools: BOTH, prefetch, queues: ["images", "default"] },
      poolsOfQueues: new Map([
        ["images", new Set<PoolName>(["solo"])],
        ["default", new Set<PoolName>(["async"])],
      ]),
    });
    expect(worker.stats().prefetched).toBeLessThan(5 * prefetch);
    await send(rig, "light", ["a", "b"]);
    await turns();
    expect(started).toEqual(["h0", "a", "b"]);
    // The queue that was left out is looked at again when its pool has a slot.
    expect(running(worker)).toEqual({ async: 2, solo: 1 });
  });

  test("goes on when its slot is free again, though the queue was left out meanwhile", async () => {
    const rig = new Rig();
    const { started, end } = gated(rig);
    await send(rig, "heavy", ["h0", "h1"], "images");
    await rig.started({
      ...{ pools: BOTH, prefetch: 1, queues: ["images", "default"] },
      poolsOfQueues: new Map([["images", new Set(["solo" as const])]]),
    });
    await send(rig, "light", ["a"]);
    await turns();
    await end("a");
    expect(started).toEqual(["h0", "a"]);
    await end("h0");
    expect(started).toEqual(["h0", "a", "h1"]);
  });

  test("in the same queue waits in a line of its own, up to what all slots are worth", async () => {
    const rig = new Rig();
    const { started, end } = gated(rig);
    await send(rig, "heavy", ["h0", "h1", "h2"]);
    await send(rig, "light", ["a", "b"]);
    const worker = await rig.started({ pools: BOTH, prefetch: 2 });
    expect(started).toEqual(["h0", "a", "b"]);
    await end("h0");
    expect(started).toEqual(["h0", "a", "b", "h1"]);
    expect(worker.stats().prefetched).toBe(1);
  });
});

describe("autoscale", () => {
  const bounds = { autoscale: { max: 6, min: 1 }, pools: [{ name: "async" as const, size: 1 }] };
  const size = (worker: { stats(): { pools: readonly { size: number }[] } }) => worker.stats().pools[0]!.size;

  test("a worker grows to what there is to do, and shrinks when that is over", async () => {
    const rig = new Rig();
    const { started, end } = gated(rig);
    const worker = await rig.started({ ...bounds, prefetch: 1 });
    expect(size(worker)).toBe(1);
    const ids = Array.from({ length: 4 }, (_, index) => `l${index}`);
    await send(rig, "light", ids);
    await turns();
    expect([started, size(worker) >= 4]).toEqual([ids, true]);
    for (const id of ids) await end(id);
    await rig.clock.advance(300_000);
    expect(size(worker)).toBe(1);
    expect(rig.logged("Pool async has shrunk to 1")).toHaveLength(1);
  });

  test("all slots busy for hours: what comes then still finds that it may grow", async () => {
    const rig = new Rig();
    const { started } = gated(rig);
    await send(rig, "light", ["a"]);
    const worker = await rig.started({ ...bounds, prefetch: 1 });
    await rig.clock.advance(3_600_000);
    expect([started, size(worker) >= 1]).toEqual([["a"], true]);
    await send(rig, "light", ["b"]);
    await turns();
    expect(started).toEqual(["a", "b"]);
  });

  test("the upper bound holds", async () => {
    const rig = new Rig();
    const { started } = gated(rig);
    await send(
      rig,
      "light",
      Array.from({ length: 20 }, (_, index) => `l${index}`),
    );
    const worker = await rig.started({ ...bounds, prefetch: 2 });
    expect([started.length, size(worker)]).toEqual([6, 6]);
  });
});

import { expect, test } from "vitest";
import { failed, EventWorld, outgoing, started } from "./world.js";

test("events go in batches, numbered without a gap, what holds for all once", async () => {
  const world = new EventWorld();
  const batcher = world.batcher();
  for (const event of outgoing("task-started", 250, 7, started)) batcher.take(event);
  await world.settle();
  const [first, second] = world.batches();
  expect(world.payloads).toHaveLength(2);
  expect([first!.from, first!.clock, first!.events.length]).toEqual([1, 7, 200]);
  expect([second!.from, second!.clock, second!.events.length]).toEqual([201, 207, 50]);
  expect(first!.events[0]).toEqual(["task-started", 5_000, started]);
});

test("one event waits for others 100 ms", async () => {
  const world = new EventWorld();
  world.batcher().take(outgoing("task-started", 1)[0]!);
  await world.clock.advance(99);
  expect(world.payloads).toHaveLength(0);
  await world.clock.advance(1);
  expect(world.payloads).toHaveLength(1);
});

test("without a wait a batch goes when the running turn is over", async () => {
  const world = new EventWorld();
  const batcher = world.batcher({ flushMs: 0 });
  for (const event of outgoing("task-started", 3)) batcher.take(event);
  await world.settle(0);
  expect(world.batches().map(({ events }) => events.length)).toEqual([3]);
});

test("a batch of 64 kB goes", async () => {
  const world = new EventWorld();
  const batcher = world.batcher();
  for (const event of outgoing("task-x", 20, 1, { pad: "x".repeat(4_000) })) batcher.take(event);
  await world.settle();
  expect(world.batches().map(({ events }) => events.length)).toEqual([16, 4]);
});

test("a leap of logical time begins a batch", async () => {
  const world = new EventWorld();
  const batcher = world.batcher();
  for (const event of [...outgoing("task-started", 2, 1), ...outgoing("task-started", 2, 90)])
    batcher.take(event);
  await world.settle();
  expect(world.batches().map(({ from, clock }) => [from, clock])).toEqual([
    [1, 1],
    [3, 90],
  ]);
});

test.each([
  // sent: [type, number][]                                    accepted, dropped                because
  [
    [["task-started", 2_500]],
    { "task-started": 2_000 },
    { "task-started": 500 },
    "2,000 a second are the most",
  ],
  [
    [
      ["task-started", 2_500],
      ["task-failed", 1_000],
    ],
    { "task-started": 2_000, "task-failed": 1_000 },
    { "task-started": 500 },
    "failures are dropped last",
  ],
  [
    [["task-failed", 6_000]],
    { "task-failed": 5_000 },
    { "task-failed": 1_000 },
    "5,000 a second are the most of those, too",
  ],
  [
    [
      ["task-failed", 3_000],
      ["task-started", 10],
    ],
    { "task-failed": 3_000 },
    { "task-started": 10 },
    "what is kept counts for the others",
  ],
] as const)("%j: %j told and %j dropped: %s", async (sent, told, dropped, _) => {
  const world = new EventWorld();
  const batcher = world.batcher();
  let clock = 1;
  for (const [type, count] of sent) {
    for (const event of outgoing(type, count, clock, {})) batcher.take(event);
    clock += count;
  }
  await world.settle(1_000);
  await world.settle(1_000);
  const batches = world.batches();
  const count = (types: readonly string[]): object => {
    const counts: Record<string, number> = {};
    for (const type of types) counts[type] = (counts[type] ?? 0) + 1;
    return counts;
  };
  expect(count(batches.flatMap(({ events }) => events.map(([type]) => String(type))))).toEqual(told);
  const drops: Record<string, number> = {};
  for (const batch of batches) {
    for (const [type, n] of Object.entries(batch.dropped)) drops[type] = (drops[type] ?? 0) + Number(n);
  }
  expect(drops).toEqual(dropped);
  expect(batcher.lost).toBe(Object.values(dropped).reduce<number>((sum, n) => sum + n, 0));
  // Every event has had a number, whether it was told or dropped.
  const last = batches.at(-1)!;
  expect(last.from + last.events.length - 1).toBe(sent.reduce((sum, [, n]) => sum + n, 0));
});

test("what waits is bounded in memory, and failures have the last of it", async () => {
  const world = new EventWorld();
  world.publish = () => new Promise(() => undefined);
  const batcher = world.batcher();
  const pad = { pad: "x".repeat(10_000) };
  let clock = 1;
  for (let second = 0; second < 20; second++) {
    for (const event of outgoing("task-x", 10, clock, pad)) batcher.take(event);
    clock += 10;
    await world.clock.advance(200);
  }
  for (const event of outgoing("task-failed", 10, clock, { ...failed, ...pad })) batcher.take(event);
  world.publish = null;
  // The first publish is given up after 5 s, and its batch counts as dropped.
  for (let turn = 0; turn < 12; turn++) await world.settle(1_000);
  const batches = world.batches();
  const size = world.payloads.reduce((sum, payload) => sum + payload.length, 0);
  expect(size).toBeLessThan(1_100_000);
  expect(batches.flatMap(({ events }) => events).filter(([type]) => type === "task-failed")).toHaveLength(10);
});

test("a failed publish is not repeated; its events are counted by type with the next batch", async () => {
  const world = new EventWorld();
  const batcher = world.batcher();
  world.publish = () => Promise.reject(new Error("away"));
  for (const event of [...outgoing("task-started", 2, 1), ...outgoing("task-failed", 1, 3, failed)])
    batcher.take(event);
  await world.settle();
  world.publish = null;
  for (const event of outgoing("task-started", 1, 4)) batcher.take(event);
  await world.settle();
  expect(world.batches().map(({ from, dropped, events }) => [from, dropped, events.length])).toEqual([
    [4, { "task-started": 2, "task-failed": 1 }, 1],
  ]);
  expect(batcher.lost).toBe(3);
});

test("what was dropped is told of though nothing follows", async () => {
  const world = new EventWorld();
  const batcher = world.batcher();
  world.publish = () => Promise.reject(new Error("away"));
  batcher.take(outgoing("task-started", 1)[0]!);
  await world.settle();
  world.publish = null;
  await world.settle(1_000);
  expect(world.batches().map(({ from, dropped, events }) => [from, dropped, events])).toEqual([
    [2, { "task-started": 1 }, []],
  ]);
});

test("the stack of an error stays at home, and its message is cut", async () => {
  const world = new EventWorld();
  const error = { name: "E", message: "m".repeat(5_000), stack: "secret path", code: "C", cause: null };
  world.batcher().take(outgoing("task-failed", 1, 1, { ...failed, error })[0]!);
  await world.settle();
  expect(world.payloads[0]).not.toContain("secret path");
  expect(world.batches()[0]!.events[0]![2]).toMatchObject({
    error: { name: "E", message: "m".repeat(1_000), code: "C" },
  });
});

test.each([
  [
    "task-failed",
    failed,
    { error: { name: "Error", message: "", code: null } },
    "a message may quote arguments",
  ],
  ["task-progress", { meta: { card: 1 }, id: "i" }, { id: "i" }, "what a task says of its state"],
  [
    "task-imported",
    { id: "i", task: "t", queue: "q", card: 1 },
    { id: "i", task: "t", queue: "q" },
    "its own events",
  ],
])(
  "of an app whose payloads are sealed, %s tells no text of the task: %j %j %s",
  async (type, fields, told, _) => {
    const world = new EventWorld();
    world.batcher({ isSealed: true }).take(outgoing(type, 1, 1, fields)[0]!);
    await world.settle();
    const [[, , seen] = []] = world.batches()[0]!.events as [string, number, object][];
    expect(JSON.parse(JSON.stringify({ ...fields, ...told, meta: undefined }))).toMatchObject(seen as object);
    expect(JSON.stringify(seen)).not.toMatch(/card|"no"/);
  },
);

import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.js";
import { bootId } from "../../src/core/boot.js";
import { batchText, eventText, readBatch } from "../../src/events/batch.js";
import { arrived, EventWorld, failed, sent, started } from "./world.js";

async function watching(types: readonly string[] = ["*"], tasks: readonly string[] | null = null) {
  const world = new EventWorld();
  await world.watched.listen();
  const watch = world.watch({ types, tasks });
  await watch.ready;
  await world.settle();
  return { world, watch };
}

/** A batch of another process. */
function batch(from: number, types: readonly string[], dropped: Record<string, number> = {}): string {
  const head = { node: "w1@h", pid: 7, boot: "b1", app: "app", from, clock: from, dropped };
  return batchText(
    head,
    types.map((type) => eventText(type, 1_000, started)),
  );
}

test("nobody watching: nothing is told, and what tells is not even loaded", async () => {
  const world = new EventWorld();
  await world.watched.listen();
  world.events.emit("task-started", started);
  await world.settle();
  expect([world.payloads, world.watched.wants("task-started")]).toEqual([[], false]);
});

test("a watch hears what is told from then on, with who, when and in which order", async () => {
  const { world, watch } = await watching();
  world.events.emit("task-started", started, "w1@h");
  world.events.emit("task-failed", failed, "w1@h");
  await world.settle();
  const base = { hostname: "w1@h", pid: process.pid, timestamp: 5_100, boot: bootId };
  const { error, ...rest } = failed;
  expect(await arrived(watch)).toEqual([
    { type: "task-started", ...base, clock: 1, seq: 1, ...started },
    {
      ...{ type: "task-failed", ...base, clock: 2, seq: 2, ...rest },
      error: { name: error.name, message: error.message, code: null },
    },
  ]);
});

test.each([
  [["task-failed"], ["task-failed"], "by name"],
  [["task-*"], ["task-started", "task-failed"], "by pattern"],
  [["beat-leading", "task-failed"], ["task-failed", "beat-leading"], "several"],
  [["*"], ["task-started", "task-failed", "beat-leading"], "all"],
])("a watch of %j hears %j: %s", async (types, heard) => {
  const { world, watch } = await watching(types);
  world.events.emit("task-started", started);
  world.events.emit("task-failed", failed);
  world.events.emit("beat-leading", { term: "1" });
  world.events.emit("task-sent", sent);
  await world.settle();
  expect((await arrived(watch)).map(({ type }) => type)).toEqual(heard);
});

test("of tasks that were not asked for nothing comes, of what belongs to no task all", async () => {
  const { world, watch } = await watching(["*"], ["mail.*"]);
  world.events.emit("task-started", { ...started, task: "mail.send" });
  world.events.emit("task-started", { ...started, task: "other" });
  world.events.emit("beat-leading", { term: "1" });
  await world.settle();
  expect((await arrived(watch)).map((event) => ("task" in event ? event.task : event.type))).toEqual([
    "mail.send",
    "beat-leading",
  ]);
});

describe("what a watch has missed is marked", () => {
  test.each([
    // batches of one process, in order                     what comes                                 because
    [
      [batch(1, ["task-started"]), batch(2, ["task-failed"])],
      ["task-started", "task-failed"],
      "none is missing",
    ],
    [[batch(5, ["task-started"])], ["task-started"], "what came before the watch is not missing"],
    [
      [batch(1, ["task-started"]), batch(5, ["task-failed"])],
      ["task-started", "lost 3", "task-failed"],
      "three numbers are missing",
    ],
    [
      [batch(1, ["task-started"]), batch(5, [], { "task-received": 3 })],
      ["task-started", "lost 3"],
      "the teller says that it dropped them",
    ],
    [
      [batch(1, ["task-started", "task-started"]), batch(2, ["task-failed", "task-failed"])],
      ["task-started", "task-started", "task-failed"],
      "the second number came already",
    ],
    [
      ["not json", "{}", '{"v":1}', '{"v":2,"events":[]}', batch(1, ["task-started"])],
      ["task-started"],
      "no batch",
    ],
  ])("%#: %j: %s", async (batches, expected) => {
    const { world, watch } = await watching();
    for (const text of batches) await world.store.channel.publish("events", text);
    await world.settle();
    const told = (await arrived(watch)).map((event) =>
      event.type === "events-lost" ? `lost ${event.count}` : event.type,
    );
    expect(told).toEqual(expected);
  });

  test("where only others were dropped, nothing is missing", async () => {
    const { world, watch } = await watching(["task-failed"]);
    await world.store.channel.publish("events", batch(1, ["task-failed"]));
    await world.store.channel.publish("events", batch(4, ["task-failed"], { "task-received": 2 }));
    await world.store.channel.publish("events", batch(7, ["task-failed"], { "task-failed": 2 }));
    await world.settle();
    expect((await arrived(watch)).map((event) => ("count" in event ? event.count : event.type))).toEqual([
      ...["task-failed", "task-failed", 2, "task-failed"],
    ]);
  });

  test("a program that reads slowly gets 10,000, and the number of the rest", async () => {
    const { world, watch } = await watching();
    for (let from = 1; from <= 12_000; from += 100) {
      await world.store.channel.publish("events", batch(from, Array<string>(100).fill("task-started")));
    }
    await world.settle();
    const events = await arrived(watch);
    expect(events).toHaveLength(10_001);
    expect(events.at(-1)).toEqual({ type: "events-lost", hostname: "w1@h", count: 2_000 });
    await world.store.channel.publish("events", batch(12_001, ["task-failed"]));
    await world.settle();
    expect((await arrived(watch)).map(({ type }) => type)).toEqual(["task-failed"]);
  });
});

describe("the end of a watch", () => {
  test("it is renewed each 10 s, told to be over, and then nothing is told any more", async () => {
    const { world, watch } = await watching(["task-failed"]);
    for (let second = 0; second < 25; second++) await world.clock.advance(1_000);
    expect(world.presence.calls).toEqual(Array(3).fill([["task-failed"], 30_000]));
    await watch.return();
    expect(world.presence.calls.at(-1)).toEqual([[], 0]);
    await world.settle(31_000);
    world.events.emit("task-failed", failed);
    await world.settle();
    expect(world.payloads).toEqual([]);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test("an answer of the store that does not know it ends it sooner", async () => {
    const { world, watch } = await watching(["task-failed"]);
    await watch.return();
    await world.settle(3_000);
    world.watched.setWatched([]);
    expect(world.watched.wants("task-failed")).toBe(false);
  });

  test("what the store has just not heard of yet goes on", async () => {
    const { world } = await watching(["task-failed"]);
    world.watched.setWatched([]);
    expect(world.watched.wants("task-failed")).toBe(true);
  });

  test("a signal ends who waits for the next one", async () => {
    const world = new EventWorld();
    const stop = new AbortController();
    const watch = world.watch({ signal: stop.signal });
    await watch.ready;
    const next = watch.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test("leaving the loop ends it", async () => {
    const { world, watch } = await watching();
    world.events.emit("task-failed", failed);
    await world.settle();
    for await (const event of watch) {
      expect(event.type).toBe("task-failed");
      break;
    }
    expect(world.presence.calls.at(-1)).toEqual([[], 0]);
  });
});

test("the types of 10,000 watches are joined", async () => {
  const { world } = await watching(["task-failed"]);
  for (let n = 0; n < 10_000; n++)
    await world.presence.watch(`w${n}`, [n % 2 ? "beat-*" : "task-lost"], 30_000);
  await world.settle();
  expect(
    ["task-failed", "task-lost", "beat-leading", "task-started"].map((type) => world.watched.wants(type)),
  ).toEqual([true, true, true, false]);
});

test("a store that is away is waited for, one that fails for good ends the stream with its error", async () => {
  const world = new EventWorld();
  const failing = (retryable: boolean) => new StoreError("SUNBEAT_STORE_UNAVAILABLE", "away", { retryable });
  let error: StoreError | null = failing(true);
  const { subscribe } = world.channel;
  const channel = {
    ...world.channel,
    subscribe: (...args: Parameters<typeof subscribe>) =>
      error ? Promise.reject(error) : subscribe(...args),
  };
  Object.assign(world, { channel });
  const patient = world.watch();
  await world.settle(50);
  error = null;
  await world.settle(500);
  await patient.ready;
  error = failing(false);
  const broken = world.watch();
  await expect(broken.next()).rejects.toThrow("away");
});

test("logical time is later than all that was heard", async () => {
  const { world } = await watching();
  const { lamport } = world.events;
  lamport.see(41);
  lamport.see(7);
  lamport.see("later");
  expect(lamport.tick()).toBe(42);
});

test("an event that cannot be read keeps its number", () => {
  const head = { node: "n", pid: 1, boot: "b", app: "a", from: 1, clock: 1, dropped: {} };
  const text = batchText(head, ["5", eventText("task-started", 1, {})]);
  expect(readBatch(text)!.events.map(({ type, seq }) => [type, seq])).toEqual([
    ["", 1],
    ["task-started", 2],
  ]);
});

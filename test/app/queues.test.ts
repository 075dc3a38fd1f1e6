/** Pauses, bounds and lanes as programs see them. */
import { afterEach, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { chain, group, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const apps: Sunbeat[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function setUp(options: SunbeatOptions = {}) {
  const clock = new ManualClock();
  const app = new Sunbeat("shop", { broker: "memory:", logger: null, ...options });
  coreOf(app).use({ clock });
  apps.push(app);
  const ran: string[] = [];
  const task = app.task("t", { queue: "q" }, (what: string) => {
    ran.push(what);
    return what;
  });
  return { app, clock, task, ran };
}

/** What `work` gives or throws, once the clock has gone on. */
async function settled(clock: ManualClock, work: Promise<unknown>, ms = 0): Promise<unknown> {
  const end = work.catch((error: unknown) => error);
  await clock.advance(ms);
  return end;
}

describe("app.queues", () => {
  test("pauses, lists and resumes", async () => {
    const { app, clock } = setUp();
    const since = new Date(clock.now());
    const paused = await app.queues.pause("q", { for: "2h", reason: "a migration" });
    expect(paused).toEqual({
      ...{ queue: "q", since, reason: "a migration" },
      by: expect.stringMatching(/^.+@.+$/) as string,
      until: new Date(clock.now() + 7_200_000),
    });
    expect(await app.queues.paused()).toEqual([paused]);
    expect(await app.queues.pause("r")).toMatchObject({ queue: "r", reason: null, until: null });
    expect([await app.queues.resume("q"), await app.queues.resume("q")]).toEqual([true, false]);
    expect((await app.queues.paused()).map(({ queue }) => queue)).toEqual(["r"]);
  });

  test.each<[() => Promise<unknown>, string, string]>([
    [() => setUp().app.queues.pause(""), "SUNBEAT_OPTION_INVALID", "queues.pause: name"],
    [() => setUp().app.queues.pause("q", { for: 0 }), "SUNBEAT_OPTION_INVALID", "queues.pause: for"],
    [() => setUp().app.queues.pause("q", { for: "soon" }), "SUNBEAT_DURATION_INVALID", "queues.pause: for"],
    [() => setUp().app.queues.pause("q", { reason: "" }), "SUNBEAT_OPTION_INVALID", "queues.pause: reason"],
    [
      () => setUp().app.queues.pause("q", { until: 1 } as never),
      "SUNBEAT_OPTION_UNKNOWN",
      'queues.pause: unknown option "until"',
    ],
    [
      () => Promise.resolve().then(() => setUp().app.queues.resume("")),
      "SUNBEAT_OPTION_INVALID",
      "queues.resume",
    ],
  ])("refuses what is wrong: %#", async (act, code, message) => {
    await expect(act()).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  test("a worker without queues takes from those of taskQueues, too", async () => {
    const { app, clock, ran } = setUp({ taskQueues: { extra: {} } });
    await app.worker().start();
    await app.sendTask("t", ["a"], { queue: "extra" });
    await clock.advance(1_000);
    expect(ran).toEqual(["a"]);
  });
});

describe("a full queue", () => {
  const bounded: SunbeatOptions = { taskQueues: { q: { maxLength: 2 } } };

  test("refuses a send, and tells of what was sent", async () => {
    const { app, task } = setUp(bounded);
    const sent: string[] = [];
    app.events.on("task-sent", ({ id }) => void sent.push(id));
    const refused = task.delayMany([["a"], ["b"], ["c"]]);
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "SUNBEAT_QUEUE_FULL",
      retryable: true,
      details: { sent: 2, taskIds: sent },
    });
    expect(sent).toHaveLength(2);
    await expect(task.delay("d")).rejects.toMatchObject({ code: "SUNBEAT_QUEUE_FULL", details: { sent: 0 } });
    expect(sent).toHaveLength(2);
  });

  test("takes retries, and parts that are released", async () => {
    const { app, clock } = setUp(bounded);
    const ran: string[] = [];
    const flaky = app.task(
      "flaky",
      { queue: "q", bind: true, retry: { max: 1, delay: "1s" } },
      (self, id: string) => {
        ran.push(id);
        if (self.request.retries === 0) throw new Error("not yet");
        return id;
      },
    );
    const form = chain(
      flaky.s("x"),
      app.task("next", { queue: "q" }, (id: string) => void ran.push(`after ${id}`)).s(),
    );
    await form.delay();
    await app.worker({ concurrency: 1, prefetchMultiplier: 1 }).start();
    await clock.advance(100);
    await app.queues.pause("q");
    await app.sendTask("t", ["1"], { queue: "q" }); // beside the retry
    await clock.advance(2_000);
    await app.queues.resume("q");
    await clock.advance(2_000);
    expect(ran).toEqual(["x", "x", "after x"]);
  });

  test("refuses a graph whose first parts are for it, whole, and takes one whose first parts are not", async () => {
    const { app, task } = setUp(bounded);
    const other = app.task("other", (n: string) => n);
    await task.delayMany([["a"], ["b"]]);
    const into = group([task.s("c"), other.s("d")]);
    await expect(into.delay()).rejects.toMatchObject({
      code: "SUNBEAT_QUEUE_FULL",
      message: 'queue "q" is full: its maxLength lets 2 tasks wait; nothing was sent',
    });
    await chain(other.s("e"), task.s()).delay();
    const { queues } = await coreOf(app).store.get();
    expect(await queues.counts()).toMatchObject([
      { queue: "default", ready: 1 },
      { queue: "q", ready: 2 },
    ]);
  });

  test("holds up a send, and a graph, until there is room", async () => {
    const { app, clock, task, ran } = setUp({
      taskQueues: { q: { maxLength: 2, onFull: "wait", timeout: "10s" } },
    });
    await task.delayMany([["a"], ["b"]]);
    const sending = Promise.all([task.delay("c"), group([task.s("d"), task.s("e")]).delay()]);
    await clock.advance(5_000);
    await app.worker({ concurrency: 1 }).start();
    await settled(clock, sending, 3_000);
    await clock.advance(1_000);
    expect([...ran].sort()).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("refuses a graph after the timeout", async () => {
    const { clock, task } = setUp({ taskQueues: { q: { maxLength: 1, onFull: "wait", timeout: "3s" } } });
    await task.delay("a");
    const error = await settled(clock, chain(task.s("b"), task.s()).delay(), 3_001);
    expect(error).toMatchObject({
      message: 'queue "q" was full for 3s: its maxLength lets 1 tasks wait; nothing was sent',
    });
  });

  test("lets an app close that waits for room", async () => {
    const { app, clock, task } = setUp({ taskQueues: { q: { maxLength: 1, onFull: "wait" } } });
    await task.delay("a");
    const waiting = task.delay("b").catch((error: unknown) => error);
    await clock.advance(1_000);
    await settled(clock, app.close(), 2_000);
    expect(await waiting).toMatchObject({ code: "SUNBEAT_QUEUE_FULL" });
  });
});

describe("lanes", () => {
  const fair: SunbeatOptions = { taskQueues: { q: { fair: true } } };

  test("those of tasks, of sends, and of a form for all its parts", async () => {
    const { app, clock, task, ran } = setUp(fair);
    const own = app.task(
      "own",
      { queue: "q", lane: (what: string) => what[0]! },
      (what: string) => void ran.push(what),
    );
    await own.delayMany([["a1"], ["a2"], ["a3"], ["a4"]]);
    await task.applyAsync(["b1"], { lane: "b" });
    await task.applyAsync(["b2"], { lane: { name: "b", weight: 1 } });
    await group([task.s("c1"), task.s("c2")]).applyAsync([], { lane: "c" });
    await app.worker({ concurrency: 1, prefetchMultiplier: 1 }).start();
    await clock.advance(5_000);
    const lanes = ran.map((what) => what[0]).join("");
    expect([...lanes.slice(0, 3)].sort().join("")).toBe("abc");
    expect([...lanes.slice(3, 6)].sort().join("")).toBe("abc");
    expect(lanes.slice(6)).toBe("aa");
  });

  test("of entries, and of a canvas for all its tasks", async () => {
    const { app, clock } = setUp({
      ...fair,
      beatSchedule: {
        plain: {
          task: "t",
          args: ["p"],
          schedule: 60,
          options: { queue: "q", lane: { name: "x", weight: 2 } },
        },
      },
    });
    await app.schedules.set("form", {
      canvas: chain(app.signature("t", ["f"])).toJSON(),
      schedule: 60,
      options: { queue: "q", lane: "y" },
    });
    app.beat().start();
    await clock.advance(61_000);
    const { consumer } = await coreOf(app).store.get();
    const { deliveries } = await consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1_000, max: 9 });
    const bodies = deliveries.map(({ body }) => body).sort((a, b) => a.length - b.length);
    expect(bodies).toHaveLength(2);
    // What the canvas will send has the lane, too.
    expect(bodies[1]).toContain('"lane":"y"');
    const entry = await app.schedules.get("plain");
    expect(entry?.definition).toContain('"lane":{"name":"x","weight":2}');
  });
});

/** What one process tells and another hears, over every store; memory has one process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { EventState, every, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { redisBroker } from "../../src/redis.js";
import { ownNamespace } from "../support/redis-harness.js";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const STORES = ["memory", "sqlite", "redis"] as const;

/** Apps on one store: of memory it is one app. */
function apps(
  kind: (typeof STORES)[number],
  options: SunbeatOptions = {},
): [worker: Sunbeat, other: Sunbeat] {
  const make = (broker: SunbeatOptions["broker"]): Sunbeat => {
    const app = new Sunbeat("shop", { broker, logger: null, ...options });
    closing.push(() => app.close());
    return app;
  };
  if (kind === "memory") {
    const app = make("memory:");
    return [app, app];
  }
  if (kind === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "sunbeat-events-"));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const broker = `sqlite:${join(folder, "s.db")}`;
    return [make(broker), make(broker)];
  }
  const client = new Redis(inject("redisUrl"));
  closing.push(() => client.disconnect());
  const namespace = ownNamespace();
  return [make(redisBroker(client, { namespace })), make(redisBroker(client, { namespace }))];
}

describe.each(STORES)("%s", (kind) => {
  test("what an operator changes is heard, though the process that changes it is no node", async () => {
    const [operator, other] = apps(kind);
    const watch = other.events.watch({ types: ["queue-*", "operator-action", "schedule-changed"] });
    await watch.ready;
    await operator.queues.pause("fast", { reason: "deploy" });
    await operator.schedules.set("e", { task: "t", schedule: every("1h") });
    await operator.queues.resume("fast");
    if (operator !== other) await operator.close(); // as a command that is over
    const seen: string[] = [];
    while (seen.length < 6) seen.push((await watch.next()).value!.type);
    expect(seen).toEqual([
      ...["operator-action", "queue-paused", "operator-action", "schedule-changed"],
      ...["operator-action", "queue-resumed"],
    ]);
  });

  test("a watch hears of runs from another process, customs and progress among it", async () => {
    const [worker, other] = apps(kind);
    const add = worker.task("add", { bind: true }, async (self, a: number, b: number) => {
      self.sendEvent("task-added", { a, b });
      await self.progress(1, 2);
      await self.progress(2, 2); // within the same second
      return a + b;
    });
    await worker.worker({ hostname: "w1@h" }).start();
    const watch = other.events.watch({ types: ["task-*"] });
    await watch.ready;
    // Who tells hears of it by the channel.
    await expect.poll(() => coreOf(worker).feed.watched.wants("task-started"), { timeout: 5_000 }).toBe(true);
    const { id } = await add.delay(1, 2);
    const seen: string[] = [];
    const state = new EventState();
    for await (const event of watch) {
      seen.push(event.type);
      state.event(event);
      if (event.type === "events-lost") continue;
      expect(event).toMatchObject({ hostname: "w1@h", id, task: "add", queue: "default" });
      if ((event.type as string) === "task-added") expect(event).toMatchObject({ a: 1, b: 2 });
      if (event.type === "task-succeeded") break;
    }
    expect(seen).toEqual(["task-received", "task-started", "task-added", "task-progress", "task-succeeded"]);
    expect(state.tasks.get(id)).toMatchObject({ state: "SUCCESS", progress: { done: 1, total: 2 } });
  });
});

test("a heartbeat comes each 2 s while somebody watches, and none before", async () => {
  const [app] = apps("memory");
  app.task("t", () => 1);
  const beats: object[] = [];
  app.events.on("worker-heartbeat", (event) => beats.push(event));
  await app.worker({ hostname: "w1@h", concurrency: 3 }).start();
  expect(beats).toEqual([]);
  const watch = app.events.watch({ types: ["worker-heartbeat"] });
  const { value } = await watch.next();
  expect(value).toMatchObject({
    hostname: "w1@h",
    active: 0,
    processed: 0,
    freq: 2,
    slots: 3,
    sw_ident: "sunbeat",
  });
  await watch.return();
});

test("`task-sent` comes from an app that says so, and from no other", async () => {
  for (const taskSendSentEvent of [true, false]) {
    const [app] = apps("memory", { taskSendSentEvent });
    const t = app.task("t", () => 1);
    const watch = app.events.watch({ types: ["task-sent", "beat-leading"] });
    await watch.ready;
    const { watched } = coreOf(app).feed;
    await watched.listen();
    watched.setWatched(["task-sent", "beat-leading"]);
    await expect.poll(() => watched.wants("beat-leading")).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    await t.delay();
    app.events.emit("beat-leading", { term: "1" });
    const { value } = await watch.next();
    expect(value?.type).toBe(taskSendSentEvent ? "task-sent" : "beat-leading");
  }
});

test("closing the app ends its watches, and a closed one watches no more", async () => {
  const [app] = apps("memory");
  const watch = app.events.watch();
  const next = watch.next();
  await watch.ready;
  await app.close();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(() => app.events.watch()).toThrow(expect.objectContaining({ code: "SUNBEAT_CLOSED" }) as Error);
});

test.each([
  ["events", {}, 'sendEvent: type: expected "task-"'],
  ["task-started", {}, "none of sunbeat's own"],
  ["task-", {}, "sendEvent: type"],
  ["task-x\n", {}, "sendEvent: type"],
  ["task-x", [], "sendEvent: fields: expected an object"],
  ["task-x", { a: 1n }, "have no JSON form"],
  ["task-x", { a: "x".repeat(5_000) }, "4096 is the most"],
])("sendEvent(%j, ...) is refused: %#", async (type, fields, message) => {
  const [app] = apps("memory");
  const tell = app.task("tell", { bind: true }, (self) => {
    self.sendEvent(type as never, fields as never);
  });
  await expect(Promise.resolve().then(tell as () => unknown)).rejects.toThrow(message);
});

test("workerSendTaskEvents tells without anybody's watch", async () => {
  const [app] = apps("memory", { workerSendTaskEvents: true });
  const t = app.task("t", () => 1);
  await app.worker().start();
  const payloads: string[] = [];
  await coreOf(app).lazyStore.channel.subscribe("events", (payload) => payloads.push(payload));
  await expect
    .poll(async () => {
      await (await t.delay()).get();
      return payloads.join("");
    })
    .toContain('"task-succeeded"');
});

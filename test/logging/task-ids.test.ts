/** What runs below a task carries its ids, and what does not run there carries none. */
import { expect, onTestFinished, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { sleep, systemClock } from "../../src/core/clock.js";
import { EntryLogger, type LogEntry } from "../../src/core/entry-logger.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";
import type { Store, StoreContext } from "../../src/store/contracts/store.js";
import { openMemoryStore } from "../../src/store/memory/index.js";

function appWith(options: SunbeatOptions = {}): { app: Sunbeat; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const logger = new EntryLogger({ now: () => 0, lowest: () => 0, take: (entry) => entries.push(entry) });
  const app = new Sunbeat("ids", { broker: "memory:", logger, ...options });
  onTestFinished(() => app.close());
  return { app, entries };
}

test("the logger of the app, deep in async code, of two tasks at once", async () => {
  const { app, entries } = appWith();
  const deep = async (what: string): Promise<void> => {
    await sleep(systemClock, 1);
    await Promise.all([sleep(systemClock, 1), new Promise((resolve) => setImmediate(resolve))]);
    app.logger.info(`deep ${what}`);
    queueMicrotask(() => app.logger.info(`micro ${what}`));
  };
  const task = app.task("t", deep);
  await app.worker({ hostname: "w1" }).start();
  const sent = await Promise.all(["a", "b"].map((id) => task.applyAsync([id], { taskId: id })));
  await Promise.all(sent.map((result) => result.get({ timeout: 10 })));
  app.logger.info("outside");
  const told = entries
    .filter(({ message }) => /^(deep|micro|outside)/.test(message))
    .map(({ message, fields }) => [message, fields["task"], fields["taskId"], fields["component"]]);
  expect(told.sort()).toEqual([
    ["deep a", "t", "a", "task"],
    ["deep b", "t", "b", "task"],
    ["micro a", "t", "a", "task"],
    ["micro b", "t", "b", "task"],
    ["outside", undefined, undefined, undefined],
  ]);
});

test("what a store logs says that it does", async () => {
  const { app, entries } = appWith();
  const store = (context: StoreContext): Store => {
    context.logger.warn("slow");
    return openMemoryStore(context);
  };
  coreOf(app).use({ store });
  await app.task("t", () => 1).delay();
  expect(entries.find(({ message }) => message === "slow")?.fields).toEqual({ component: "store" });
});

test("locks that a task takes carry its ids; stores and workers carry none of a task that woke them", async () => {
  const { app, entries } = appWith();
  const task = app.task("t", () => app.locks.mutex("m").using(() => undefined));
  await app.worker({ hostname: "w1" }).start();
  await (await task.applyAsync([], { taskId: "a" })).get({ timeout: 10 });
  const lock = entries.find(({ fields }) => fields["lock"] === "m");
  expect(lock?.fields).toMatchObject({ component: "locks", taskId: "a", task: "t", lock: "m" });
  const others = entries.filter(({ fields }) => ["store", "worker"].includes(String(fields["component"])));
  expect(others.filter(({ message, fields }) => "taskId" in fields && !message.includes("[a]"))).toEqual([]);
});

test("a failure has err, the task's ids and its event; arguments and results are in no line", async () => {
  const { app, entries } = appWith();
  const fails = app.task("fails", (secret: string) => {
    throw Object.assign(new TypeError("no"), { code: "ENO", secret });
  });
  const works = app.task("works", (secret: string) => ({ secret }));
  await app.worker({ hostname: "w1" }).start();
  await (await fails.applyAsync(["hunter2"], { taskId: "f" })).get({ timeout: 10, propagate: false });
  await (await works.applyAsync(["hunter2"], { taskId: "w" })).get({ timeout: 10 });
  expect(JSON.stringify(entries)).not.toContain("hunter2");
  expect(entries.find(({ level }) => level === "error")?.fields).toMatchObject({
    ...{ component: "worker", node: "w1", taskId: "f", task: "fails", retries: 0, event: "task-failed" },
    err: {
      name: "TypeError",
      message: "no",
      code: "ENO",
      stack: expect.stringContaining("TypeError: no") as string,
    },
  });
});

test("logResults shows results without what redact names", async () => {
  const { app, entries } = appWith({ logResults: true, redact: ["card"] });
  const task = app.task("t", () => ({ card: "4111", ok: true }));
  await app.worker().start();
  await (await task.delay()).get({ timeout: 10 });
  const line = entries.find(({ message }) => message.includes("succeeded"))!.message;
  expect(line).toContain('{"card":"**","ok":true}');
});

test("a logger that throws fails no task, also where the task logs", async () => {
  const bad = (): never => {
    throw new Error("disk full");
  };
  const { app } = appWith({ logger: { debug: bad, info: bad, warn: bad, error: bad } });
  const task = app.task("t", { bind: true }, (self) => {
    self.log.error("told to nobody");
    app.logger.error("nor this");
    return "done";
  });
  await app.worker().start();
  expect(await (await task.delay()).get({ timeout: 10 })).toBe("done");
});

test("an entry's runs tell entry and due instant", async () => {
  const { app, entries } = appWith({ beatSchedule: { e: { task: "t", schedule: 0.2 } } });
  const ran = new Promise<void>((resolve) =>
    app.task("t", { bind: true }, (self) => (self.log.info("at work"), resolve())),
  );
  await app.worker().start();
  app.beat().start();
  await ran;
  const fields = entries.find(({ message }) => message === "at work")!.fields;
  expect(fields).toMatchObject({ entry: "e", due: expect.stringMatching(/^\d{4}-.*Z$/) as string });
});

/** `app.tasks` on each store: what is shown of a task, and what is retried how. Real clocks, as programs have. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { chain, every, group, Sunbeat, type TaskContext, type TaskView } from "../../src/index.js";
import { ownNamespace } from "../support/redis-harness.js";

const folder = mkdtempSync(join(tmpdir(), "sunbeat-tasks-"));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BROKERS: readonly (readonly [string, () => string])[] = [
  ["memory", () => "memory:"],
  ["sqlite", () => `sqlite:${join(folder, `${files++}.db`)}`],
  ["redis", () => `${inject("redisUrl")}/0?namespace=${ownNamespace()}`],
];

/** A promise, and what resolves it. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

const WAIT = { timeout: "30s" } as const;

/** An app with a worker. What it is told to break fails, until it is mended. */
async function setUp(broker: string) {
  const app = new Sunbeat("shop", {
    ...{ broker, logger: null, gracePeriod: 0 },
  });
  const broken = new Set<string>();
  const ran: string[] = [];
  const work = (name: string) => (): string => {
    ran.push(name);
    if (broken.has(name)) throw new Error(`${name} is broken`);
    return name;
  };
  const task = (name: string) => app.task(name, { queue: "q" }, work(name));
  const [ok, shaky, last] = ["ok", "shaky", "last"].map(task);
  const started = deferred();
  const go = deferred();
  app.task("holder", { queue: "q", lock: "press" }, async () => {
    started.resolve();
    await go.promise;
  });
  const parent = app.task("parent", { queue: "q", bind: true }, async (self: TaskContext) => {
    return (await app.sendTask("ok", [])).get({ ...WAIT, signal: self.signal });
  });
  const worker = app.worker({ queues: ["q"], concurrency: 4 });
  await worker.start();
  onTestFinished(async () => {
    go.resolve();
    await app.close();
  });
  return { app, broken, ran, ok: ok!, shaky: shaky!, last: last!, parent, started, go };
}

/** Looks until it is so, for 20 s at most. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = systemClock.monotonicMs() + 20_000;
  while (!(await isSo()) && systemClock.monotonicMs() < end) {
    await new Promise<void>((resolve) => systemClock.after(20, resolve));
  }
}

/** What is shown, once it is as it is to be; the last that was seen when that takes too long. */
async function shownOnce(app: Sunbeat, id: string, isRight: (view: TaskView) => boolean) {
  let view: TaskView | null = null;
  await until(async () => {
    view = await app.tasks.show(id);
    return view !== null && isRight(view);
  });
  return view as TaskView | null;
}

describe.each(BROKERS)("%s", (_, broker) => {
  test("a failed part of a graph runs again by its graph, with what waited for it", async () => {
    const { app, broken, ran, ok, shaky, last } = await setUp(broker());
    broken.add("shaky");
    const sent = await chain(ok.s(), shaky.si(), last.si()).delay();
    await expect(sent.get(WAIT)).rejects.toThrow();
    const [culprit] = (await app.tasks.search("state:failure")).rows;
    const id = culprit!.id;
    expect(await app.tasks.retry(id, { dryRun: true })).toEqual({
      ...{ found: 1, retried: 1, skipped: 0, isAll: true },
    });
    expect(ran).toEqual(["ok", "shaky"]);
    broken.clear();
    expect(await app.tasks.retry(id)).toEqual({ found: 1, retried: 1, skipped: 0, isAll: true });
    expect(await sent.get(WAIT)).toBe("last");
    expect(ran).toEqual(["ok", "shaky", "shaky", "last"]);
    // It has succeeded: nothing runs a third time.
    expect(await app.tasks.retry(id)).toEqual({ found: 1, retried: 0, skipped: 1, isAll: true });
    expect((await app.audit.list()).map(({ verb, target }) => [verb, target])).toEqual([
      ["graph.resume", sent.graphId],
    ]);
  });

  test("a query retries failed tasks and failed parts, and resumes each graph once", async () => {
    const { app, broken, ran, ok, shaky, last } = await setUp(broker());
    broken.add("shaky").add("last");
    const alone = await shaky.delay();
    const sent = await group([ok.s(), shaky.s(), last.s()]).delay();
    await expect(alone.get(WAIT)).rejects.toThrow();
    await expect(sent.get(WAIT)).rejects.toThrow();
    await shownOnce(app, alone.id, ({ isKept }) => isKept);
    await until(async () => (await app.tasks.search("state:failure")).rows.length === 3);
    const query = "state:failure after:1h";
    const all = { found: 3, retried: 3, skipped: 0, isAll: true };
    expect(await app.tasks.retry({ query }, { dryRun: true })).toEqual(all);
    broken.clear();
    expect(await app.tasks.retry({ query })).toEqual(all);
    expect(await sent.get(WAIT)).toEqual(["ok", "shaky", "last"]);
    expect(await alone.get(WAIT)).toBe("shaky");
    expect(ran.filter((name) => name === "ok")).toEqual(["ok"]);
    const changes = (await app.audit.list()).map(({ verb, target }) => `${verb} ${target}`);
    expect(changes.sort()).toEqual([`graph.resume ${sent.graphId}`, `tasks.retry ${alone.id}`]);
  });

  test("show: parent, root, and the tasks of its tree that have ended", async () => {
    const { app, parent } = await setUp(broker());
    const sent = await parent.delay();
    expect(await sent.get(WAIT)).toBe("ok");
    const view = await shownOnce(
      app,
      sent.id,
      ({ related, attempts }) => related.length + attempts.length > 1,
    );
    expect(view).toMatchObject({
      ...{ task: "parent", parentId: null, rootId: null, graph: null, lock: null, tick: null },
      related: [{ task: "ok", state: "success" }],
      hasMoreRelated: false,
    });
    const child = await app.tasks.show(view!.related[0]!.id);
    expect(child).toMatchObject({ rootId: sent.id, related: [{ id: sent.id, task: "parent" }] });
  });

  test("show: of a part its graph and the other parts, and its parent while it waits", async () => {
    const { app, ok, last } = await setUp(broker());
    const sent = await chain(ok.s(), last.si().set({ queue: "nobody" })).delay();
    const ids: string[] = [];
    for await (const { id } of sent.parts()) ids.push(id);
    const [first, second] = ids;
    const view = await shownOnce(app, first!, ({ attempts }) => attempts.length === 1);
    expect(view).toMatchObject({ graph: sent.graphId, rootId: sent.graphId });
    expect(view!.related).toEqual([{ id: second, task: "last", state: "waiting" }]);
  });

  test("show: the lock that it holds, or waits for with its place in line", async () => {
    const { app, started, go } = await setUp(broker());
    const [holder, waiter] = [await app.sendTask("holder", []), await app.sendTask("holder", [])];
    await started.promise;
    expect((await app.tasks.show(holder.id))?.lock).toMatchObject({
      ...{ name: "press", status: "held", position: null, since: expect.any(Date) as Date },
      fence: expect.any(Number) as number,
    });
    const waiting = await shownOnce(app, waiter.id, ({ lock }) => lock?.status === "waiting");
    expect(waiting?.lock).toMatchObject({
      ...{ name: "press", status: "waiting", position: 1, fence: null },
    });
    go.resolve();
    await waiter.get(WAIT);
  });

  test("show: what the beat wrote, of a run that was triggered", async () => {
    const { app } = await setUp(broker());
    await app.schedules.set("nightly", { task: "ok", schedule: every("1h"), args: [] });
    const { taskId } = await app.schedules.trigger("nightly");
    const view = await shownOnce(app, taskId, ({ attempts }) => attempts.length === 1);
    expect(view?.tick).toEqual({
      ...{ entry: "nightly", due: null, at: expect.any(Date) as Date, reason: "triggered", term: null },
    });
  });

  test("show: nothing is known of an id that was never sent", async () => {
    const { app } = await setUp(broker());
    expect(await app.tasks.show("never")).toBeNull();
  });
});

test("show: due and term, of a tick that a beat has sent", async () => {
  const { app } = await setUp("memory:");
  await app.schedules.set("often", { task: "ok", schedule: every("1s"), args: [] });
  const sent = new Promise<string>((resolve) => {
    const end = app.events.on("schedule-sent", ({ taskId }) => {
      end();
      resolve(taskId);
    });
  });
  const beat = app.beat();
  beat.start();
  const view = await shownOnce(app, await sent, ({ attempts }) => attempts.length > 0);
  await beat.stop();
  expect(view?.tick).toEqual({
    ...{ entry: "often", due: expect.any(Date) as Date, at: expect.any(Date) as Date, reason: null },
    term: expect.stringMatching(/^\d+:/) as string,
  });
  expect(view!.tick!.at!.getTime()).toBeGreaterThanOrEqual(view!.tick!.due!.getTime());
});

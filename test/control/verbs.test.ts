/** Each verb, asked as programs ask, and what becomes of it. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CONTROL_VERBS, INSPECT_VERBS, verbInfo, verbOf, verbsOf } from "../../src/control/index.js";
import { every, type SunbeatOptions, type TaskContext } from "../../src/index.js";
import { World } from "./nodes.js";

let world: World;
beforeEach(() => void (world = new World()));
afterEach(() => world.close());

/** A worker and a beat in one process, and another program that asks. */
async function setUp(appOptions: SunbeatOptions = {}, workerOptions: object = {}) {
  const node = world.app({
    beatSchedule: { e: { task: "t", schedule: every("1h"), args: [10] } },
    ...appOptions,
  });
  const beat = node.app.beat();
  const worker = node.app.worker({ hostname: "a@x", queues: ["q"], concurrency: 4, ...workerOptions });
  beat.start();
  await world.settled(worker.start());
  await world.clock.advance(1_000);
  const { app: asker } = world.app();
  /** The value of the one node, or its error. */
  const one = async (
    work: Promise<{ replies: readonly { ok?: unknown; error?: unknown }[] }>,
  ): Promise<unknown> => {
    const { replies } = await world.settled(work);
    expect(replies.length).toBe(1);
    return replies[0]!.error ?? replies[0]!.ok;
  };
  const audit = async () =>
    (await asker.audit.list()).map(({ verb, target, outcome }) => [verb, target, outcome]);
  return { ...node, worker, beat, asker, one, audit };
}

const send = (app: World extends never ? never : ReturnType<World["app"]>["app"], ms: number) =>
  app.sendTask("t", [ms], { queue: "q" });

const has = (fields: object): unknown => expect.objectContaining(fields);
const refused = (message: string): unknown =>
  has({ code: "SUNBEAT_CONTROL_REFUSED", message: expect.stringContaining(message) as string });
const KEPT = { keeps: "until restart" };
const NUMBER = expect.any(Number) as number;

/** Each verb that a node answers: what it is given, and what it says. */
const ANSWERS: readonly (readonly [verb: string, args: object, answer: unknown])[] = [
  ["ping", {}, "pong"],
  ["active", {}, []],
  ["reserved", {}, []],
  ["registered", {}, [has({ name: "t", queue: "q" })]],
  ["stats", {}, has({ node: "a@x", kind: "worker+beat", state: "running", storeCalls: has({ n: NUMBER }) })],
  ["active_queues", {}, [{ name: "q", paused: false, since: null, by: null }]],
  ["conf", {}, has({ broker: "memory:", beatSchedule: ["e"], logger: "the app's own" })],
  ["report", {}, has({ app: "shop", broker: "memory:", tasks: NUMBER, entries: 1, node: process.version })],
  ["clock", {}, NUMBER],
  ["hello", {}, has({ node: "a@x", kind: "worker+beat", clock: NUMBER })],
  ["query_task", { ids: ["x"] }, []],
  ["memdump", {}, has({ heapUsed: NUMBER, heap: has({ heap_size_limit: NUMBER }) })],
  ["memsample", {}, has({ heapUsed: NUMBER, uptimeS: NUMBER })],
  ["objgraph", {}, expect.arrayContaining([has({ space_name: "new_space" })])],
  ["beat", {}, has({ role: "leading", entries: 1, nextDue: NUMBER, until: NUMBER, quarantined: 0 })],
  ["time_limit", { task: "t", soft: 1, hard: 2 }, { task: "t", soft: 1, hard: 2, ...KEPT }],
  ["add_consumer", { queue: "r" }, { queue: "r", added: true, ...KEPT }],
  ["cancel_consumer", { queue: "q" }, { queue: "q", cancelled: true, ...KEPT }],
  ["pool_grow", { n: 2 }, { concurrency: 6, ...KEPT }],
  ["pool_shrink", { n: 3 }, { concurrency: 1, ...KEPT }],
  ["autoscale", { max: 5, min: 2 }, { max: 5, min: 2, ...KEPT }],
  ["pool_restart", {}, refused("expected a worker whose pool has children")],
  ["drain", {}, { state: "draining", ...KEPT }],
  ["undrain", {}, { state: "running", ...KEPT }],
  ["shutdown", {}, { stopping: true }],
  ["enable_events", {}, { tellsAll: true, ...KEPT }],
  ["disable_events", {}, { tellsAll: false, ...KEPT }],
  ["heartbeat", {}, { told: "running" }],
  ["log_level", { level: "info" }, refused("got one that the app has brought: set its level there")],
  ["resign", {}, { resigned: true }],
  ["trigger", { name: "e" }, has({ entry: "e", taskId: expect.any(String) as string, keeps: "store" })],
];

describe("verbs", () => {
  test.each(ANSWERS)(
    "%s of a node with worker and beat, in Celery's spelling",
    async (verb, args, answer) => {
      const { asker, one } = await setUp();
      expect(await one(asker.control.broadcast(verb, args))).toEqual(answer);
    },
  );

  test("the table has every verb that such a node tells", () => {
    expect(ANSWERS.map(([verb]) => verbOf(verb)).sort()).toEqual(verbsOf("worker+beat"));
  });

  test.each([
    ["pool_grow", "poolGrow"],
    ["active_queues", "activeQueues"],
    ["revoke_by_headers", "revokeByHeaders"],
    ["poolGrow", "poolGrow"],
    ["ping", "ping"],
    ["__proto__", "Proto__"],
  ])("Celery's %s is %s", (given, verb) => {
    expect(verbOf(given)).toBe(verb);
  });

  test("no name of Object is a verb", () => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"])
      expect(verbInfo(name)).toBeUndefined();
  });

  test("all verbs have a sentence, and those that change something say for how long", () => {
    for (const [verb, { says }] of Object.entries({ ...INSPECT_VERBS, ...CONTROL_VERBS })) {
      expect([verb, says.length > 5]).toEqual([verb, true]);
    }
    expect(Object.values(INSPECT_VERBS).every(({ keeps }) => keeps === null)).toBe(true);
    expect(Object.values(CONTROL_VERBS).some(({ keeps }) => (keeps as unknown) === null)).toBe(false);
  });

  test("a verb that nobody knows is refused here, with the nearest one", async () => {
    const { asker } = await setUp();
    await expect(asker.control.broadcast("pool_grwo")).rejects.toMatchObject({
      code: "SUNBEAT_OPTION_INVALID",
      message: expect.stringContaining('did you mean "poolGrow"') as string,
    });
    await expect(asker.control.broadcast("revoke")).rejects.toMatchObject({ code: "SUNBEAT_OPTION_INVALID" });
  });
});

describe("inspect", () => {
  test("active: what runs, longest first; reserved: what waits for a slot; query: where tasks are", async () => {
    const { app, asker, one } = await setUp({}, { concurrency: 2, prefetchMultiplier: 2 });
    const first = await send(app, 60_000);
    await world.clock.advance(1_000);
    const [second, third] = await Promise.all([send(app, 60_000), send(app, 60_000)]);
    await world.clock.advance(1_000);
    const active = (await one(asker.inspect.active())) as Record<string, unknown>[];
    expect(active.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(active[0]).toMatchObject({
      ...{
        task: "t",
        queue: "q",
        args: [60_000],
        retries: 0,
        deliveries: 1,
        lock: null,
        pid: process.pid,
        entry: null,
      },
    });
    expect(active[0]!["runMs"]).toBeGreaterThanOrEqual(1_900);
    expect(active[0]!["waitMs"]).toBeLessThan(500);
    expect(await one(asker.inspect.reserved())).toMatchObject([
      { id: third.id, startedAt: null, runMs: null },
    ]);
    expect(await one(asker.inspect.queryTask([first.id, third.id, "unknown"]))).toEqual([
      { id: first.id, state: "active", task: "t", queue: "q" },
      { id: third.id, state: "reserved", task: "t", queue: "q" },
    ]);
  });

  test("active: how far a run says that it is", async () => {
    const { app, asker, one } = await setUp({ redact: ["card"] });
    app.task("steps", { queue: "q", bind: true }, async (self: TaskContext) => {
      await self.progress(3, 10);
      await self.updateState("PAYING", { card: "CARD-NUMBER" });
      await self.progress(4, 10);
      return new Promise(() => undefined);
    });
    app.task("paying", { queue: "q", bind: true }, async (self: TaskContext) => {
      await self.updateState("PAYING", { card: "CARD-NUMBER" });
      return new Promise(() => undefined);
    });
    await app.sendTask("steps", [], { queue: "q" });
    await world.clock.advance(100);
    await app.sendTask("paying", [], { queue: "q" });
    await send(app, 60_000);
    await world.clock.advance(100);
    const active = (await one(asker.inspect.active())) as Record<string, unknown>[];
    expect(active.map(({ task, progress }) => [task, progress])).toEqual([
      ["steps", { done: 4, total: 10 }],
      ["paying", { state: "PAYING", meta: { card: "**" } }],
      ["t", null],
    ]);
  });

  test("stats: how many calls of the store this node has made, how many failed, how long they took", async () => {
    const { asker, one } = await setUp();
    const before = (await one(asker.inspect.stats())) as { readonly storeCalls: Record<string, number> };
    await world.clock.advance(20_000);
    const { storeCalls } = (await one(asker.inspect.stats())) as {
      readonly storeCalls: {
        readonly n: number;
        readonly errors: number;
        readonly p50: number;
        readonly p99: number;
        readonly calls: Readonly<Record<string, { readonly n: number }>>;
      };
    };
    expect(storeCalls).toMatchObject({ errors: 0, p50: 0.05, p99: 0.05 });
    expect(storeCalls.n).toBeGreaterThan(before.storeCalls["n"]!);
    expect(storeCalls.calls["presence.appear"]!.n).toBeGreaterThanOrEqual(3);
    expect(Object.values(storeCalls.calls).reduce((sum, { n }) => sum + n, 0)).toBe(storeCalls.n);
    expect(Object.keys(storeCalls.calls)).not.toContain("consumer.listen");
  });

  test("scheduled and revoked: pages of the store, without any node", async () => {
    const { app: asker } = world.app();
    expect(await asker.inspect.scheduled()).toEqual({ node: "store", ok: [], next: null });
    const ids: string[] = [];
    for (const [queue, countdown] of [
      ["b", 30],
      ["a", 10],
      ["b", 20],
    ] as const) {
      ids.push((await asker.sendTask("t", [1], { queue, countdown })).id);
    }
    const first = await asker.inspect.scheduled({ limit: 2 });
    expect(first.ok.map(({ id, queue, eta }) => [id, queue, eta! - world.clock.now()])).toEqual([
      [ids[1], "a", 10_000],
      [ids[2], "b", 20_000],
    ]);
    const second = await asker.inspect.scheduled({ cursor: first.next! });
    expect([second.ok.map(({ id }) => id), second.next]).toEqual([[ids[0]], null]);
    expect((await asker.inspect.scheduled({ queue: "b" })).ok.map(({ id }) => id)).toEqual([ids[2], ids[0]]);
    await asker.control.revoke(["unknown", ids[0]!]);
    expect(await asker.inspect.revoked()).toEqual({
      ...{ node: "store", next: null },
      ok: [{ id: "unknown", until: world.clock.now() + 86_400_000 }],
    });
    await expect(asker.control.broadcast("scheduled")).rejects.toMatchObject({
      code: "SUNBEAT_OPTION_INVALID",
      message: expect.stringContaining("scheduled is a method of app.inspect") as string,
    });
  });

  test("what `redact` hides is hidden in arguments and options", async () => {
    const { app, asker, one } = await setUp({ redact: ["card"] });
    app.task("pay", { queue: "q" }, () => new Promise(() => undefined));
    await app.sendTask("pay", [{ card: "CARD-NUMBER", password: "x", url: "redis://u:p@h" }], { queue: "q" });
    await world.clock.advance(1_000);
    const text = JSON.stringify(await one(asker.inspect.active()));
    expect(text).toContain('"card":"**","password":"**"');
    expect(text).not.toContain("CARD-NUMBER");
    expect(text).not.toContain("u:p@h");
    const key = Buffer.alloc(32, 5).toString("base64");
    const signing = { keys: { k: key }, current: "k" };
    const signer = world.app({ signing });
    const hidden = signer.app.worker({ hostname: "s@x", queues: ["q"] });
    await world.settled(hidden.start());
    const conf = await world.settled(signer.app.inspect.conf({ destination: "s@x" }));
    expect(JSON.stringify(conf)).not.toContain(key);
    expect(conf.replies[0]?.ok).toMatchObject({ broker: "memory:" });
  });

  test("registered, activeQueues, stats, clock, beat", async () => {
    const { app, asker, one } = await setUp();
    app.task("limited", { queue: "q", rateLimit: "10/m", timeLimit: "5s", lock: "l" }, () => 1);
    await app.queues.pause("q", { reason: "deploy" });
    expect(await one(asker.inspect.registered())).toMatchObject([
      { name: "limited", queue: "q", rateLimit: "10/m", timeLimit: 5, lock: "l" },
      { name: "t", queue: "q", rateLimit: null, timeLimit: null, lock: null },
    ]);
    // What is in force, not what the code says.
    await one(asker.control.timeLimit("limited", { soft: 2, hard: 3 }));
    expect(await one(asker.inspect.registered())).toMatchObject([
      { name: "limited", softTimeLimit: 2, timeLimit: 3, timeLimitSource: "control" },
      { name: "t", timeLimitSource: "code" },
    ]);
    expect(await one(asker.inspect.activeQueues())).toMatchObject([
      { name: "q", paused: true, by: expect.any(String) as string },
    ]);
    expect(await one(asker.inspect.stats())).toMatchObject({
      ...{
        node: "a@x",
        kind: "worker+beat",
        pools: [{ name: "async", size: 4 }],
        handles: expect.any(Number) as number,
      },
    });
    const before = (await one(asker.inspect.clock())) as number;
    expect((await one(asker.inspect.clock())) as number).toBeGreaterThan(before);
    expect(await one(asker.inspect.beat())).toMatchObject({
      ...{ role: "leading", entries: 1, sent: 0, leader: expect.any(String) as string, quarantined: 0 },
    });
  });
});

describe("control of workers", () => {
  test("addConsumer and cancelConsumer take and leave a queue; what was prefetched from it goes back", async () => {
    const { app, asker, one, worker } = await setUp({}, { concurrency: 1, prefetchMultiplier: 4 });
    const other = await app.sendTask("t", [10], { queue: "other" });
    await world.clock.advance(1_000);
    expect((await world.store.results.get([other.id]))[0]?.state).toBe("PENDING");
    expect(await one(asker.control.addConsumer("other"))).toEqual({
      queue: "other",
      added: true,
      keeps: "until restart",
    });
    expect(await one(asker.control.addConsumer("other"))).toMatchObject({ added: false });
    await world.clock.advance(1_000);
    expect((await world.store.results.get([other.id]))[0]?.state).toBe("SUCCESS");
    await Promise.all([send(app, 30_000), app.sendTask("t", [10], { queue: "other" })]);
    await world.clock.advance(1_000);
    expect(worker.stats().prefetched).toBe(1);
    expect(await one(asker.control.cancelConsumer("other"))).toMatchObject({ cancelled: true });
    await world.clock.advance(1_000);
    expect(worker.stats().prefetched).toBe(0);
    expect((await world.store.queues.counts()).find(({ queue }) => queue === "other")?.ready).toBe(1);
    await world.clock.advance(40_000);
    expect((await world.store.queues.counts()).find(({ queue }) => queue === "other")?.ready).toBe(1);
  });

  test("a worker that has left its last queue takes nothing, and takes again from one that it is given", async () => {
    const { app, asker, worker } = await setUp();
    await world.settled(asker.control.cancelConsumer("q"));
    await send(app, 10);
    await world.clock.advance(30_000);
    expect(worker.stats().processed).toBe(0);
    await world.settled(asker.control.addConsumer("q"));
    await world.clock.advance(1_000);
    expect(worker.stats().processed).toBe(1);
  });

  test("poolGrow and poolShrink change the slots; what runs goes on", async () => {
    const { app, asker, one, worker } = await setUp();
    for (let i = 0; i < 8; i++) await send(app, 60_000);
    await world.clock.advance(100);
    expect(worker.stats().running).toBe(4);
    expect(await one(asker.control.poolGrow(2))).toEqual({ concurrency: 6, keeps: "until restart" });
    await world.clock.advance(100);
    expect(worker.stats().running).toBe(6);
    expect(await one(asker.control.poolShrink(5))).toMatchObject({ concurrency: 1 });
    await world.clock.advance(100);
    expect(worker.stats().running).toBe(6);
    await world.clock.advance(61_000);
    expect(worker.stats().running).toBe(1);
    expect(await one(asker.control.poolShrink(1))).toMatchObject({ concurrency: 1 });
  });

  test("autoscale gives bounds, and other ones", async () => {
    const { app, asker, one, worker } = await setUp();
    expect(await one(asker.control.autoscale(3, 2))).toEqual({ max: 3, min: 2, keeps: "until restart" });
    expect(worker.steering.facts()).toMatchObject({ concurrency: 3, autoscale: { max: 3, min: 2 } });
    expect(await one(asker.control.autoscale(8, 5))).toMatchObject({ max: 8 });
    expect(worker.steering.facts().concurrency).toBe(5);
    for (let i = 0; i < 12; i++) await send(app, 600_000);
    await world.clock.advance(1_000);
    expect(worker.stats().running).toBe(8);
    expect(await one(asker.control.autoscale(2, 3))).toMatchObject({ code: "SUNBEAT_OPTION_INVALID" });
  });

  test("drain gives back what waits and takes nothing; undrain goes on", async () => {
    const { app, asker, one, worker } = await setUp({}, { concurrency: 1, prefetchMultiplier: 4 });
    await Promise.all([send(app, 5_000), send(app, 5_000), send(app, 5_000)]);
    await world.clock.advance(500);
    expect(worker.stats()).toMatchObject({ running: 1, prefetched: 2 });
    expect(await one(asker.control.drain())).toEqual({ state: "draining", keeps: "until restart" });
    await world.clock.advance(500);
    expect(worker.stats()).toMatchObject({ running: 1, prefetched: 0 });
    expect((await world.store.presence.nodes())[0]?.state).toBe("draining");
    await world.clock.advance(30_000);
    expect(worker.stats()).toMatchObject({ running: 0, processed: 1 });
    expect(await one(asker.control.undrain())).toMatchObject({ state: "running" });
    await world.clock.advance(12_000);
    expect(worker.stats().processed).toBe(3);
  });

  test("a worker that drains can be stopped", async () => {
    const { asker, worker } = await setUp();
    await world.settled(asker.control.drain());
    await world.settled(worker.stop());
    expect(worker.stats().state).toBe("stopped");
  });

  test("timeLimit holds for runs that begin after it", async () => {
    const { app, asker, one } = await setUp();
    const before = await send(app, 8_000);
    await world.clock.advance(100);
    expect(await one(asker.control.timeLimit("t", { hard: 2 }))).toMatchObject({
      task: "t",
      hard: 2,
      keeps: "until restart",
    });
    const after = await send(app, 8_000);
    await world.clock.advance(10_000);
    const [first, second] = await world.store.results.get([before.id, after.id]);
    expect([first?.state, second?.state]).toEqual(["SUCCESS", "FAILURE"]);
    await world.settled(asker.control.timeLimit("t", { hard: null, soft: null }));
    const third = await send(app, 8_000);
    await world.clock.advance(10_000);
    expect((await world.store.results.get([third.id]))[0]?.state).toBe("SUCCESS");
    expect(await one(asker.control.timeLimit("nobody", { hard: 2 }))).toMatchObject({
      code: "SUNBEAT_CONTROL_REFUSED",
    });
    expect(await one(asker.control.timeLimit("t", { soft: 3, hard: 2 }))).toMatchObject({
      code: "SUNBEAT_OPTION_INVALID",
    });
  });

  test("shutdown answers, and then ends warm, within its grace", async () => {
    const { app, asker, one, worker, beat } = await setUp();
    const long = await send(app, 600_000);
    await world.clock.advance(100);
    expect(await one(asker.control.shutdown({ grace: 1 }))).toEqual({ stopping: true });
    await world.clock.advance(3_000);
    expect([worker.stats().state, beat.stats().state]).toEqual(["stopped", "stopped"]);
    expect((await world.store.queues.counts())[0]).toMatchObject({ queue: "q", ready: 1 });
    expect((await world.store.results.get([long.id]))[0]?.state).toBe("PENDING");
    expect(await world.store.presence.nodes()).toEqual([]);
  });

  test("shutdown ends a run of the program as a signal does", async () => {
    const { app } = world.app();
    app.worker({ hostname: "a@x", queues: ["q"] });
    const end = app.runUntilSignal();
    await world.clock.advance(1_000);
    const { app: asker } = world.app();
    await world.settled(asker.control.shutdown());
    expect(await world.settled(end)).toEqual({ reason: "control", signal: null, cold: false, exitCode: 0 });
  });

  test("enableEvents, disableEvents, heartbeat", async () => {
    const { asker, one, core } = await setUp();
    const { presence } = core.nodes.here[0]!;
    expect(await one(asker.control.enableEvents())).toMatchObject({ tellsAll: true });
    expect(presence.tellsAll).toBe(true);
    expect(await one(asker.control.disableEvents())).toMatchObject({ tellsAll: false });
    const { length } = world.calls;
    expect(await one(asker.control.heartbeat())).toEqual({ told: "running" });
    expect(world.calls.length).toBeGreaterThan(length);
  });
});

describe("control of beats", () => {
  test("resign gives the lead to another beat", async () => {
    const first = await world.beat({ hostname: "one@x" });
    await world.clock.advance(1_000);
    const second = await world.beat({ hostname: "two@x" });
    await world.clock.advance(1_000);
    expect([first.beat.stats().state, second.beat.stats().state]).toEqual(["leading", "following"]);
    const { app: asker } = world.app();
    const { replies } = await world.settled(asker.control.resign());
    expect(replies).toEqual([
      { node: "one@x", ok: { resigned: true } },
      { node: "two@x", ok: { resigned: false } },
    ]);
    await world.clock.advance(1_000);
    expect([first.beat.stats().state, second.beat.stats().state]).toEqual(["following", "leading"]);
  });

  test("trigger sends one run, however many beats there are", async () => {
    const { asker, one, worker } = await setUp();
    await world.beat({ hostname: "two@x" });
    expect(await one(asker.control.trigger("e"))).toMatchObject({ entry: "e", keeps: "store" });
    await world.clock.advance(2_000);
    expect(await one(asker.control.trigger("nobody"))).toMatchObject({ code: "SUNBEAT_ENTRY_NOT_FOUND" });
    expect(worker.stats().processed).toBeLessThanOrEqual(1);
  });

  test("election says that the store leads", async () => {
    const { asker } = await setUp();
    expect(await asker.control.election()).toMatchObject({ node: "store", ok: { leads: "store" } });
  });
});

describe("steps of the store", () => {
  test("revoke and terminate", async () => {
    const { app, asker, audit } = await setUp({}, { concurrency: 1 });
    const heeds = (self: TaskContext) =>
      new Promise((_, reject) =>
        self.signal.addEventListener("abort", () => reject(self.signal.reason as Error)),
      );
    app.task("heeds", { queue: "q", bind: true }, heeds);
    const running = await app.sendTask("heeds", [], { queue: "q" });
    await world.clock.advance(100);
    const waiting = await app.sendTask("t", [10], { queue: "later" });
    await asker.control.revoke([running.id, waiting.id], { reason: "wrong order" });
    await world.clock.advance(1_000);
    const states = async () =>
      (await world.store.results.get([running.id, waiting.id])).map((each) => each?.state);
    expect(await states()).toEqual(["RECEIVED", "REVOKED"]);
    await asker.control.terminate(running.id);
    await world.clock.advance(61_000);
    expect(await states()).toEqual(["REVOKED", "REVOKED"]);
    expect(await audit()).toEqual([
      ["terminate", running.id, "ok"],
      ["revoke", "2 tasks", "ok"],
    ]);
  });

  test("revokeByHeaders: what carries all of them ends REVOKED before it begins, also what comes later", async () => {
    const { app, asker } = await setUp({}, { concurrency: 1, prefetchMultiplier: 4 });
    const sendWith = async (headers: Record<string, string>) =>
      (await app.sendTask("t", [1_000], { queue: "q", headers })).id;
    const marked = { tenant: "7", job: "x" };
    const [running, waiting] = await Promise.all([sendWith(marked), sendWith(marked)]);
    await world.clock.advance(100);
    await asker.control.revokeByHeaders({ tenant: "7", job: "x" });
    await world.clock.advance(300);
    const later = await sendWith({ tenant: "7", job: "x", more: "y" });
    const other = await sendWith({ tenant: "7" });
    const neither = await sendWith({});
    await world.clock.advance(5_000);
    const states = (await world.store.results.get([running, waiting, later, other, neither])).map(
      (each) => each?.state,
    );
    expect(states).toEqual(["SUCCESS", "REVOKED", "REVOKED", "SUCCESS", "SUCCESS"]);
  });

  test("a mark ends after its time, by the store's clock", async () => {
    const { app, asker } = await setUp();
    await asker.control.revokeByHeaders({ tenant: "7" }, { for: "20s" });
    await world.clock.advance(12_000);
    const first = await app.sendTask("t", [1], { queue: "q", headers: { tenant: "7" } });
    await world.clock.advance(9_000);
    const second = await app.sendTask("t", [1], { queue: "q", headers: { tenant: "7" } });
    await world.clock.advance(1_000);
    const states = (await world.store.results.get([first.id, second.id])).map((each) => each?.state);
    expect(states).toEqual(["REVOKED", "SUCCESS"]);
  });

  test("each change leaves its row; what only reads leaves none", async () => {
    const { asker, audit } = await setUp();
    await world.settled(asker.inspect.ping());
    await world.settled(asker.control.poolGrow(1, { destination: "a@x" }));
    await world.settled(asker.control.timeLimit("nobody", { hard: 1 }));
    await asker.control.rateLimit("t", "10/m");
    await asker.control.pauseQueue("q", { reason: "deploy" });
    await asker.control.resumeQueue("q");
    await asker.control.revokeByHeaders({ a: "b" });
    expect((await audit()).reverse()).toEqual([
      ["poolGrow", "a@x", "ok"],
      ["timeLimit", "all nodes", "SUNBEAT_CONTROL_REFUSED"],
      ["rateLimit", "t", "ok"],
      ["pauseQueue", "q", "ok"],
      ["resumeQueue", "q", "ok"],
      ["revokeByHeaders", "a=b", "ok"],
    ]);
  });
});

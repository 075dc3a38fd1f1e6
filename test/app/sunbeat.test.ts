import { afterEach, describe, expect, test } from "vitest";
import type { AppParts } from "../../src/app/index.js";
import { coreOf } from "../../src/app/index.js";
import { crontab, currentTask, every, Retry, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const apps: Sunbeat[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function setUp(options: SunbeatOptions = {}, parts: AppParts = {}): { app: Sunbeat; clock: ManualClock } {
  const clock = new ManualClock("2027-01-01T00:00:00Z");
  const app = new Sunbeat("shop", { broker: "memory:", ...options });
  coreOf(app).use({ clock, ...parts });
  apps.push(app);
  return { app, clock };
}

/** Lets everything run that waits for nothing but its turn. */
async function work<T>(clock: ManualClock, doing: Promise<T>): Promise<T> {
  let over = false;
  void doing.then(
    () => (over = true),
    () => (over = true),
  );
  for (let turn = 0; turn < 100 && !over; turn++) await clock.advance(1);
  if (!over) throw new Error("nothing came of it");
  return doing;
}

describe("a task that is called", () => {
  test("runs here, and nothing is sent or opened", async () => {
    const { app } = setUp({}, { store: () => Promise.reject(new Error("opened")) });
    const add = app.task("tasks.add", (x: number, y: number) => x + y);
    expect([await add(4, 5), add.name, add.definition.name]).toEqual([9, "tasks.add", "tasks.add"]);
  });

  test("has a context of its own when it is bound", async () => {
    const { app } = setUp();
    const who = app.task("who", { bind: true }, async (self, x: number) => {
      await Promise.resolve();
      return {
        same: currentTask() === self,
        args: self.request.args,
        isRoot: self.request.rootId === self.request.id,
        x,
      };
    });
    expect(await who(7)).toEqual({ same: true, args: [7], isRoot: true, x: 7 });
  });

  test("inside another task is its child", async () => {
    const { app } = setUp();
    const inner = app.task("inner", { bind: true }, (self) => [self.request.parentId, self.request.rootId]);
    const outer = app.task("outer", { bind: true }, async (self) => {
      const [parentId, rootId] = await inner();
      return [parentId === self.request.id, rootId === self.request.id];
    });
    expect(await outer()).toEqual([true, true]);
  });

  test("checks its input", async () => {
    const { app } = setUp();
    const input = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) =>
          typeof value === "string" ? { value: Number(value) } : { issues: [{ message: "not text" }] },
        types: undefined as { input: string; output: number } | undefined,
      },
    };
    const double = app.task("double", { input }, (n) => n * 2);
    expect(await double("21")).toBe(42);
    await expect(double(5 as unknown as string)).rejects.toMatchObject({ code: "SUNBEAT_PAYLOAD_INVALID" });
  });

  test("throws what its function throws, and self.retry throws its reason", async () => {
    const { app } = setUp();
    const flaky = app.task("flaky", { bind: true }, (self, error?: Error) => self.retry({ error }));
    await expect(flaky(new Error("busy"))).rejects.toThrow("busy");
    await expect(flaky()).rejects.toBeInstanceOf(Retry);
  });
});

describe("a task that is sent", () => {
  test("runs in a worker, and its result comes back", async () => {
    const { app, clock } = setUp();
    const add = app.task("tasks.add", (x: number, y: number) => x + y);
    await app.worker().start();
    const results = [
      await work(clock, add.delay(4, 4)),
      await work(clock, add.applyAsync([2, 3], { priority: 5 })),
      await work(clock, app.sendTask("tasks.add", [1, 1])),
      ...(await work(clock, add.delayMany([[5, 5], [6, 6]]))), // prettier-ignore
    ];
    expect(await work(clock, Promise.all(results.map((result) => result.get())))).toEqual([8, 5, 2, 10, 12]);
    expect(await app.result(results[0]!.id).get()).toBe(8);
  });

  test("with a queue of its own is served by a worker that was told nothing", async () => {
    const { app, clock } = setUp({
      beatSchedule: { fast: { task: "t", schedule: 3_600, options: { queue: "from-entry" } } },
    });
    const own = app.task("own", { queue: "from-task" }, () => "own");
    const plain = app.task("plain", () => "plain");
    await app.worker().start();
    const sends = [own.delay(), plain.delay(), plain.applyAsync([], { queue: "from-entry" })];
    const results = await work(clock, Promise.all(sends));
    expect(await work(clock, Promise.all(results.map((result) => result.get())))).toEqual([
      "own",
      "plain",
      "plain",
    ]);
  });

  test("twice under one id runs once", async () => {
    const { app, clock } = setUp();
    let runs = 0;
    const count = app.task("count", () => ++runs);
    await app.worker().start();
    const options = { taskId: "once" };
    const [a, b] = await work(
      clock,
      Promise.all([count.applyAsync([], options), count.applyAsync([], options)]),
    );
    expect([a.id, await work(clock, a.get()), await work(clock, b.get()), runs]).toEqual(["once", 1, 1, 1]);
  });

  test("is told as an event once the store has it, and not again for a duplicate", async () => {
    const { app, clock } = setUp();
    const seen: unknown[] = [];
    app.events.on("task-sent", ({ id, task, queue }) => seen.push({ id, task, queue }));
    const { id } = await work(clock, app.sendTask("elsewhere", [], { queue: "far" }));
    await work(clock, app.sendTask("elsewhere", [], { queue: "far", taskId: id }));
    expect(seen).toEqual([{ id, task: "elsewhere", queue: "far" }]);
  });

  test.each<[string, (app: Sunbeat) => Promise<unknown>, string]>([
    ["a Date", (app) => app.sendTask("t", [{ when: new Date(0) }]), "SUNBEAT_PAYLOAD_INVALID"],
    ["a wrong option", (app) => app.sendTask("t", [], { countDown: 1 } as object), "SUNBEAT_OPTION_UNKNOWN"],
    ["no name", (app) => app.sendTask("", []), "SUNBEAT_OPTION_INVALID"],
    [
      "one id for many",
      (app) => app.task("m", () => 1).delayMany([[]], { taskId: "x" }),
      "SUNBEAT_OPTION_INVALID",
    ],
    [
      "one wrong item among many",
      (app) => app.task("m", (n: number) => n).delayMany([[1], [NaN]]),
      "SUNBEAT_PAYLOAD_INVALID",
    ],
  ])("with %s rejects, and nothing is sent", async (_, send, code) => {
    const { app } = setUp();
    await expect(send(app)).rejects.toMatchObject({ code });
    const store = await coreOf(app).store.get();
    expect(await store.queues.counts()).toEqual([]);
  });
});

describe("entries", () => {
  test("of the code are sent by a beat and run by a worker, each due time once", async () => {
    const { app, clock } = setUp({
      timezone: "Europe/Paris",
      beatSchedule: {
        "every-30s": { task: "tasks.note", schedule: 30, args: ["interval"] },
        "at-two": { task: "tasks.note", schedule: crontab("1 1 * * *"), args: ["crontab"] },
      },
    });
    const seen: string[] = [];
    app.task("tasks.note", { bind: true }, (self, what: string) => {
      seen.push(`${what} ${self.request.scheduledFor?.toISOString() ?? "never"}`);
    });
    await app.worker().start();
    app.beat().start();
    await clock.advance(61_000);
    // 01:01 in Paris is 00:01 in UTC: the crontab takes the app's time zone.
    expect(seen.sort()).toEqual([
      "crontab 2027-01-01T00:01:00.000Z",
      "interval 2027-01-01T00:00:30.000Z",
      "interval 2027-01-01T00:01:00.000Z",
    ]);
  });

  test("are edited at run time through app.schedules", async () => {
    const { app } = setUp();
    await app.schedules.set("late", { task: "t", schedule: every("1h") });
    expect((await app.schedules.list()).map(({ name, nextDue }) => [name, nextDue])).toEqual([
      ["late", new Date("2027-01-01T01:00:00Z")],
    ]);
  });

  test("are checked when the app is made, before anything runs", () => {
    const wrong = (entry: object): unknown => setUp({ beatSchedule: { night: entry as never } });
    expect(() => wrong({ task: "t", schedule: "2 * * * *" })).toThrow(
      /^entry "night": schedule: expected a number of/,
    );
    expect(() => wrong({ schedule: 30 })).toThrow(
      expect.objectContaining({ code: "SUNBEAT_ENTRY_INVALID" }) as Error,
    );
    expect(() => wrong({ task: "t", schedule: 30, arg: [] })).toThrow(
      /^entry "night": unknown option "arg" \(did you mean "args"/,
    );
  });
});

describe("an app", () => {
  test("with a wrong broker fails at construction, and its password is not shown", () => {
    expect(() => new Sunbeat("shop", { broker: "redis://:secret@host/x" })).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_BROKER_URL_INVALID",
        message: expect.not.stringContaining("secret") as string,
      }) as Error,
    );
  });

  test.each([[""], ["a\nb"], [5]])("named %o is refused", (name) => {
    expect(() => new Sunbeat(name as string)).toThrow(/^app name: expected text/);
  });

  test("refuses a task name twice", () => {
    const { app } = setUp();
    app.task("t", () => 1);
    expect(() => app.task("t", () => 2)).toThrow(
      expect.objectContaining({ code: "SUNBEAT_TASK_DUPLICATE" }) as Error,
    );
  });

  test.each<[string, (app: Sunbeat) => unknown, RegExp]>([
    [
      "worker",
      (app) => app.worker({ concurency: 1 } as object),
      /^worker: unknown option "concurency" \(did you mean "concurrency"/,
    ],
    [
      "worker",
      (app) => app.worker({ concurrency: 0 }),
      /^worker: concurrency: expected a whole number from 1/,
    ],
    ["worker", (app) => app.worker({ queues: [] }), /^worker: queues: expected a list of at least one name/],
    ["beat", (app) => app.beat({ maxInterval: 1 } as object), /^beat: unknown option "maxInterval"/],
    [
      "beat",
      (app) => app.beat({ maxLoopInterval: 0 }),
      /^beat: maxLoopInterval: expected a duration from 1s/,
    ],
    ["result", (app) => app.result(""), /^result: id: expected text of 1 to 255/],
  ])("checks the options of %s", (_, run, message) => {
    expect(() => run(setUp().app)).toThrow(message);
  });

  test("that is closed stops its workers and beats, refuses sends, and may be closed again", async () => {
    const { app, clock } = setUp();
    const worker = app.worker();
    await worker.start();
    const beat = app.beat();
    beat.start();
    await clock.advance(10);
    const closing = app.close();
    expect(app.close()).toBe(closing);
    await work(clock, closing);
    expect([worker.stats().state, beat.stats().state]).toEqual(["stopped", "stopped"]);
    await expect(work(clock, app.sendTask("t"))).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
    await expect(app.schedules.list()).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
    await expect(app.result("x").state()).rejects.toMatchObject({ code: "SUNBEAT_CLOSED" });
  });

  test("that is closed with a send on its way lets it arrive", async () => {
    const { app, clock } = setUp();
    const sending = app.sendTask("t");
    const closing = app.close();
    await expect(work(clock, sending)).resolves.toMatchObject({ id: expect.any(String) as string });
    await work(clock, closing);
  });

  test("takes the logger and broker of the command line where it has none of its own", async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const logger = { debug: log, info: log, warn: log, error: log };
    const { app } = setUp();
    const core = coreOf(app);
    core.useLogger(logger);
    core.logger.info("hello");
    core.useBroker("memory://");
    expect([lines, core.brokerLabel]).toEqual([["hello"], "memory://"]);
    await core.store.get();
    expect(() => core.useBroker("memory:")).toThrow(
      expect.objectContaining({ code: "SUNBEAT_USAGE" }) as Error,
    );
  });

  test("of another copy of the package is told apart from none", () => {
    expect(() => coreOf({} as Sunbeat)).toThrow(
      "app: expected a Sunbeat app made by this copy of the package",
    );
  });
});

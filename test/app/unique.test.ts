/** The option `unique`: what is refused at the door, which key a message has, and what a sender is told. */
import { afterEach, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { chain, group, type SunbeatError, Sunbeat, type UniqueOptions } from "../../src/index.js";
import type { TaskUniqueOptions } from "../../src/tasks/unique-options.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const apps: Sunbeat[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

function setUp(): { readonly app: Sunbeat; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const app = new Sunbeat("shop", { broker: "memory:", logger: null });
  coreOf(app).use({ clock });
  apps.push(app);
  return { app, clock };
}

/** The error of `work`, as code and text. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return `${(error as SunbeatError).code}: ${(error as SunbeatError).message}`;
  }
  return "nothing was refused";
}

const long = "x".repeat(300);

describe("the key of a message", () => {
  test.each<readonly [because: string, unique: TaskUniqueOptions, args: readonly unknown[], key: string]>([
    [
      "the arguments are the key, whatever the order of their fields",
      {},
      [{ b: 1, a: [2] }],
      't [{"a":[2],"b":1}]',
    ],
    ["no arguments are some, too", {}, [], "t []"],
    ["text is itself", { key: "nightly" }, [1], "t nightly"],
    ["a function gets the arguments", { key: (a: number, b: number) => `${a}/${b}` }, [1, 2], "t 1/2"],
    ["a long one is hashed", { key: long }, [], "t ~c1c0d3f2"],
    ["so are long arguments", {}, [long], "t ~"],
  ])("%s", (_, unique, args, key) => {
    const { app } = setUp();
    app.task("t", { unique }, (...given: unknown[]) => given.length);
    const made = coreOf(app).createMessage({ task: "t", args }).unique?.key ?? "";
    if (key.includes("~")) expect(made).toMatch(/^t ~[0-9a-f]{64}$/);
    else expect(made).toBe(key);
  });

  test("two tasks have two keys of the same text, so that none stands in for the other", async () => {
    const { app } = setUp();
    const [a, b] = ["a", "b"].map((name) => app.task(name, { unique: { key: "k" } }, () => name));
    expect((await a!.delay()).id).not.toBe((await b!.delay()).id);
  });

  test("the option of a send goes before the task's", async () => {
    const { app } = setUp();
    const task = app.task("t", { unique: { key: "k" } }, () => 1);
    const first = await task.delay();
    expect((await task.applyAsync([], { unique: { key: "other" } })).id).not.toBe(first.id);
    expect((await task.delay()).id).toBe(first.id);
  });
});

describe("what frees it", () => {
  test.each<readonly [because: string, options: UniqueOptions, until: string | null]>([
    ["an end, without more", {}, "finished"],
    ["its time, where only that is said: a throttle", { ttl: 5 }, null],
    ["its time under refuse, too", { ttl: 5, onConflict: "refuse" }, null],
    ["who waits for another waits for its end", { ttl: 5, onConflict: "queue-one" }, "finished"],
    ["so does who replaces it", { ttl: 5, onConflict: "replace" }, "finished"],
    ["what is said goes before", { ttl: 5, until: "finished" }, "finished"],
    ["the begin, where that is said", { until: "started" }, "started"],
  ])("%s", (_, unique, until) => {
    const { app } = setUp();
    expect(coreOf(app).createMessage({ task: "t", args: [], options: { unique } }).unique?.until).toBe(until);
  });
});

describe("what is refused at the door", () => {
  test.each<readonly [because: string, unique: unknown, told: string]>([
    [
      "a word that nobody knows",
      { onconflict: "join" },
      'SUNBEAT_OPTION_UNKNOWN: unique: unknown option "onconflict"',
    ],
    ["another policy", { onConflict: "drop" }, "SUNBEAT_OPTION_INVALID: unique.onConflict: expected"],
    [
      "another end",
      { until: "now" },
      'SUNBEAT_OPTION_INVALID: unique.until: expected "started" or "finished"',
    ],
    ["no text", { key: "" }, "SUNBEAT_OPTION_INVALID: unique.key: expected text that is not empty"],
    ["a number", { key: 7 }, "SUNBEAT_OPTION_INVALID: unique.key: expected text"],
    [
      "a function in a send, which may be stored",
      { key: () => "k" },
      "SUNBEAT_OPTION_INVALID: unique.key: expected text",
    ],
    ["no time", { ttl: 0 }, "SUNBEAT_OPTION_INVALID: unique.ttl: expected a duration"],
    ["a time that is no number", { ttl: NaN }, "SUNBEAT_DURATION_INVALID: unique.ttl"],
    [
      "a bound of what is not put off",
      { maxWait: 5 },
      "SUNBEAT_OPTION_INVALID: unique.maxWait: expected nothing unless",
    ],
    ["a bare word", "k", 'SUNBEAT_OPTION_INVALID: unique: expected an object, got "k"'],
    ["null", null, "SUNBEAT_OPTION_INVALID: unique: expected an object, got null"],
  ])("%s", async (_, unique, told) => {
    const { app } = setUp();
    const sent = await refusal(() => app.sendTask("t", [], { unique } as never));
    expect(sent).toContain(told);
    const entry = { task: "t", schedule: 60, options: { unique } } as never;
    expect(await refusal(() => new Sunbeat("x", { broker: "memory:", beatSchedule: { entry } }))).toContain(
      told.replace(/^\S+ /, ""),
    );
  });

  test("a function that fails or gives no text, at the send", async () => {
    const { app } = setUp();
    const throws = app.task("a", { unique: { key: (of: { id: string }) => of.id.trim() } }, () => 1);
    const gives = app.task("b", { unique: { key: () => undefined as never } }, () => 1);
    expect(await refusal(() => (throws as { delay: (...args: unknown[]) => unknown }).delay(null))).toContain(
      "SUNBEAT_OPTION_INVALID: task a: unique.key: its function threw for 1 arguments: Cannot read",
    );
    expect(await refusal(() => gives.delay())).toContain(
      "task b: unique.key: expected text that is not empty",
    );
  });

  test("parts of graphs, with the place", async () => {
    const { app } = setUp();
    const add = app.task("add", (x: number, y: number) => x + y);
    const once = app.task("once", { unique: {} }, (x: number) => x);
    const own = add.s(1).set({ unique: { key: "k" } });
    expect(await refusal(() => chain(add.s(1, 1), own).delay())).toContain(
      "SUNBEAT_OPTION_INVALID: chain[1]: unique:",
    );
    expect(await refusal(() => group([add.s(1, 1), add.s(1, 2).set({ unique: {} })]).delay())).toContain(
      "SUNBEAT_OPTION_INVALID: group[1]: unique:",
    );
    expect(await refusal(() => chain(add.s(1, 1), once.s()).delay())).toMatch(
      /SUNBEAT_OPTION_INVALID: unique: expected none for part \S+:1, task "once"/,
    );
  });
});

describe("what a sender is told", () => {
  test("handles of those that join are that of the one there, also of many", async () => {
    const { app } = setUp();
    const task = app.task("t", { unique: { key: (of: string) => of } }, (of: string) => of);
    const sent: string[] = [];
    app.events.on("task-sent", ({ id }) => sent.push(id));
    const first = await task.delay("a");
    const many = await task.delayMany([["b"], ["a"], ["b"]]);
    const own = await task.applyAsync(["a"], { taskId: "mine" });
    expect(many.map(({ id }) => id)).toEqual([many[0]!.id, first.id, many[0]!.id]);
    expect(own.id).toBe(first.id);
    expect(sent).toEqual([first.id, many[0]!.id]);
  });

  test("under refuse an error with the id of the one there; of many the others are sent", async () => {
    const { app } = setUp();
    const task = app.task(
      "t",
      { unique: { key: (of: string) => of, onConflict: "refuse" } },
      (of: string) => of,
    );
    const first = await task.delay("a");
    await expect(task.delay("a")).rejects.toMatchObject({
      code: "SUNBEAT_TASK_NOT_UNIQUE",
      details: { task: "t", taskId: first.id },
    });
    await expect(task.delayMany([["a"], ["b"]])).rejects.toMatchObject({ code: "SUNBEAT_TASK_NOT_UNIQUE" });
    await expect(task.delay("b")).rejects.toMatchObject({ code: "SUNBEAT_TASK_NOT_UNIQUE" });
  });

  test("a throttle: one in ten seconds, and who comes meanwhile gets its result", async () => {
    const { app, clock } = setUp();
    let runs = 0;
    const task = app.task("t", { unique: { ttl: "10s" } }, () => ++runs);
    await app.worker().start();
    const first = await task.delay();
    await clock.advance(9_000);
    const second = await task.delay();
    expect([first.id === second.id, await second.get({ timeout: 1 }), runs]).toEqual([true, 1, 1]);
    await clock.advance(1_000);
    await task.delay();
    await clock.advance(1_000);
    expect(runs).toBe(2);
  });

  test("a debounce: the last one runs when nobody has asked for a second, or after maxWait", async () => {
    const { app, clock } = setUp();
    const runs: [number, number][] = [];
    const unique = { key: "k", onConflict: "replace", maxWait: "3s" } as const;
    const task = app.task("t", { unique }, (n: number) => void runs.push([n, clock.now() - from]));
    await app.worker().start();
    const from = clock.now();
    for (let n = 0; n < 8; n++) {
      await task.applyAsync([n], { countdown: 1 });
      await clock.advance(500);
    }
    await clock.advance(5_000);
    expect(runs.map(([n]) => n)).toEqual([5, 7]);
    expect(runs[0]![1]).toBe(3_000);
  });

  test("a form has its key until its graph has ended, whatever ends it", async () => {
    const { app, clock } = setUp();
    const add = app.task("add", (x: number, y: number) => x + y);
    const form = chain(add.s(1, 1), add.s(2).set({ countdown: "1h" }));
    await app.worker().start();
    await coreOf(app).canvas.load();
    // What a worker loads takes time of its own.
    const pass = async (ms: number): Promise<void> => {
      await clock.advance(0);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(ms);
    };
    const send = () => form.applyAsync([], { unique: { key: "k" } });
    const first = await send();
    await pass(60_000);
    expect((await first.progress()).size).toBe(3);
    expect((await send()).graphId).toBe(first.graphId);
    await first.revoke();
    await pass(10_000);
    const second = await send();
    expect(second.graphId).not.toBe(first.graphId);
    await pass(60_000);
    await pass(3_700_000);
    expect(await second.get({ timeout: 1 })).toBe(4);
    expect((await send()).graphId).not.toBe(second.graphId);
    const open = (): unknown => chain(add.s(1), add.s(2)).applyAsync([1], { unique: { key: "o" } });
    expect(await refusal(open)).toContain("unique: expected no open arguments");
  });
});

test("entries keep the option, and a run that meets another is told as skipped", async () => {
  const clock = new ManualClock();
  const unique = { key: "k", ttl: "1h", until: "finished" } as const;
  const app = new Sunbeat("shop", {
    ...{ broker: "memory:", logger: null },
    beatSchedule: { e: { task: "t", schedule: 10, options: { unique } } },
  });
  coreOf(app).use({ clock });
  apps.push(app);
  app.task("t", () => 1);
  const reasons: string[] = [];
  app.events.on("schedule-skipped", ({ reason }) => reasons.push(reason));
  app.beat().start();
  await clock.advance(30_000);
  const [stored] = await (await coreOf(app).store.get()).entries.get(["e"]);
  expect(JSON.parse(stored?.definition ?? "{}")).toMatchObject({
    options: {
      unique: { key: "k", ttl: { milliseconds: 3_600_000 }, until: "finished", onConflict: "join" },
    },
  });
  expect(new Set(reasons)).toEqual(new Set(["not-unique"]));
  const history = await app.schedules.history("e");
  expect(history.map(({ fate }) => fate)).toContain("skipped");
  expect(await app.schedules.trigger("e")).toMatchObject({ outcome: "not-unique" });
});

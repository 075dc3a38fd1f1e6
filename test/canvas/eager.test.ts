/** `apply` and `taskAlwaysEager`: the same graph, drained in place. */
import { describe, expect, onTestFinished, test } from "vitest";
import { chain, chord, group, settled, Sunbeat, type TaskFailure } from "../../src/index.js";
import { ManualClock } from "../../src/testing/index.js";
import { coreOf } from "../../src/app/index.js";

function program(options: { readonly taskAlwaysEager?: boolean } = {}) {
  // A broker that nobody could open: nothing may reach it.
  const app = new Sunbeat("eager", { broker: "redis://127.0.0.1:1", logger: null, ...options });
  const clock = new ManualClock("2027-01-01T00:00:00Z");
  coreOf(app).use({ clock });
  onTestFinished(() => app.close());
  let tried = 0;
  const told: string[] = [];
  return {
    ...{ app, clock, told },
    add: app.task("add", (x: number, y: number) => x + y),
    sum: app.task("sum", (all: readonly number[]) => all.reduce((a, b) => a + b, 0)),
    flaky: app.task("flaky", { retry: { max: 3, delay: "1h" } }, (times: number) => {
      if (tried++ < times) throw new TypeError("not yet");
      return tried;
    }),
    fail: app.task("fail", (): number => {
      throw new TypeError("no");
    }),
    alarm: app.task("alarm", (failure: TaskFailure) => void told.push(failure.message)),
    plan: app.task("plan", { bind: true }, (self, n: number): number =>
      self.replace(chain(app.signature<number>("add", [n, 1]), app.signature<number>("add", [1]))),
    ),
    grow: app.task("grow", { bind: true }, (self, n: number): number => {
      if (n > 0) self.add(app.signature("grow", [n - 1]));
      return n;
    }),
  };
}

describe("apply", () => {
  test("runs the task as a worker would, and resolves when it has ended", async () => {
    const { add } = program();
    const result = await add.apply([1, 2]);
    expect([await result.state(), await result.get(), (await result.progress()).state]).toEqual([
      "SUCCESS",
      3,
      "succeeded",
    ]);
  });

  test("retries and countdowns are due at once, on a clock that stands still", async () => {
    const { flaky, clock } = program();
    const before = clock.now();
    expect(await (await flaky.apply([2], { countdown: "1 day" })).get()).toBe(3);
    expect(clock.now()).toBe(before);
  });

  test("a failure is what get tells", async () => {
    const { fail, flaky } = program();
    await expect((await fail.apply([])).get()).rejects.toMatchObject({ code: "SUNBEAT_TASK_FAILED" });
    await expect((await flaky.apply([9])).get()).rejects.toMatchObject({ remoteMessage: "not yet" });
  });

  test("what expires before it is due expires here, too", async () => {
    const { add } = program();
    const result = await add.apply([1, 2], { countdown: 60, expires: 30 });
    await expect(result.get()).rejects.toMatchObject({ code: "SUNBEAT_TASK_EXPIRED" });
  });

  test("callbacks run, and what replaces itself and what is added", async () => {
    const { add, fail, alarm, plan, told } = program();
    expect(await (await plan.apply([5], { link: add.s(1) })).get()).toBe(7);
    await fail.apply([], { linkError: alarm.s() });
    expect(told).toEqual(["no"]);
  });

  test("a call of the function runs what it replaces itself by", async () => {
    const { plan } = program();
    expect(await plan(5)).toBe(7);
  });
});

describe("taskAlwaysEager", () => {
  test("delay resolves when it has ended, and nothing reaches the broker", async () => {
    const { add, app } = program({ taskAlwaysEager: true });
    expect(await (await add.delay(1, 2)).get()).toBe(3);
    expect(await (await app.sendTask<number>("add", [2, 2])).get()).toBe(4);
    const many = await add.delayMany([
      [1, 1],
      [2, 2],
    ]);
    expect(await Promise.all(many.map((one) => one.get()))).toEqual([2, 4]);
  });

  test("forms of all kinds give what they give with a store", async () => {
    const { add, sum, fail, grow, flaky } = program({ taskAlwaysEager: true });
    expect(await (await chain(add.s(1, 1), add.s(1), flaky.si(1)).delay()).get()).toBe(2);
    expect(await (await group([add.s(1, 1), settled(add.s(2, 2))]).delay()).get()).toEqual([
      2,
      { status: "fulfilled", value: 4 },
    ]);
    expect(await (await chord([grow.s(3)], sum.s()).delay()).get()).toBe(6);
    const failed = await chord([fail.s(), add.s(1, 1)], sum.s()).delay();
    await expect(failed.get()).rejects.toMatchObject({ code: "SUNBEAT_UPSTREAM_FAILED" });
    expect(await failed.progress()).toMatchObject({ state: "failed", open: 0 });
  });

  test("a task that nobody has fails at once", async () => {
    const { app } = program({ taskAlwaysEager: true });
    const sent = await app.sendTask("nobody");
    await expect(sent.get()).rejects.toMatchObject({ remoteCode: "SUNBEAT_TASK_UNKNOWN" });
  });

  test("a task that sends and waits for another is no dead end", async () => {
    const { app, add } = program({ taskAlwaysEager: true });
    const outer = app.task("outer", async () => (await (await add.delay(1, 1)).get()) + 1);
    expect(await (await outer.delay()).get()).toBe(3);
  });

  test("a chain of a thousand", async () => {
    const { add } = program({ taskAlwaysEager: true });
    let form = add.s(0, 1);
    for (let n = 1; n < 1_000; n++) form = form.pipe(add.s(1));
    expect(await (await form.delay()).get()).toBe(1_000);
  });
});

import { describe, expect, onTestFinished, test, vi } from "vitest";
import { clocked, crontab, every, solar, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { ManualClock, virtualTime } from "../../src/testing/index.js";

describe("an app on virtual time", () => {
  test("runs a year of schedules, each due time once, at its own instant", async () => {
    const ran: Record<string, number> = {};
    const late: string[] = [];
    const app = new Sunbeat("year", {
      broker: "sqlite:./never-opened.db",
      timezone: "Europe/Paris",
      retention: { maxAge: "366d" },
      beatSchedule: {
        hourly: { task: "count", schedule: crontab("0 * * * *"), args: ["hourly"] },
        nightly: { task: "count", schedule: crontab("30 2 * * *"), args: ["nightly"] },
        lamps: { task: "count", schedule: solar("sunset", 48.8566, 2.3522), args: ["lamps"] },
        once: { task: "count", schedule: clocked("2027-06-01T12:00:00Z"), args: ["once"] },
      },
    });
    const time = await virtualTime(app, { start: "2027-01-01T00:00:00Z" });
    app.task("count", { bind: true }, (self, entry: string) => {
      ran[entry] = (ran[entry] ?? 0) + 1;
      if (time.clock.now() !== self.request.scheduledFor?.getTime()) late.push(self.request.id);
    });
    await time.advance("365 days");
    expect({ ran, late, now: new Date(time.clock.now()) }).toEqual({
      ran: { hourly: 8760, nightly: 365, lamps: 365, once: 1 },
      late: [],
      now: new Date("2028-01-01T00:00:00Z"),
    });
    const night = await app.schedules.history("nightly", { after: "2027-03-27T12:00:00Z", limit: 2 });
    expect(night.map((row) => row.due.toISOString())).toEqual([
      "2027-03-28T01:00:00.000Z", // 02:30 does not exist that night: 03:00 local time
      "2027-03-29T00:30:00.000Z",
    ]);
    await time.close();
  });

  test("carries tasks that send tasks and wait for them", async () => {
    const app = new Sunbeat("nested", {
      beatSchedule: { outer: { task: "outer", schedule: every("1h") } },
    });
    const seen: unknown[] = [];
    const inner = app.task("inner", (x: number) => x * 2);
    app.task("outer", async () => {
      seen.push(await (await inner.delay(21)).get({ timeout: "1m" }));
      seen.push(await (await inner.applyAsync([1], { countdown: "10m" })).get({ timeout: "30m" }));
    });
    const time = await virtualTime(app);
    await time.advance("1h");
    expect(seen).toEqual([42]);
    await time.advance("10m");
    expect(seen).toEqual([42, 2]);
    await time.close();
  });

  test("gives the same run for the same seed", async () => {
    const run = async (seed: number): Promise<string[]> => {
      const app = new Sunbeat("seeded", {});
      const task = app.task("t", () => undefined);
      const time = await virtualTime(app, { seed });
      const ids = (await task.delayMany([[], []])).map((result) => result.id);
      await time.close();
      return ids;
    };
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
  });

  test("refuses an app whose store is open already, since its time cannot be changed any more", async () => {
    const app = new Sunbeat("used", { broker: "memory:" });
    await app.sendTask("anything");
    await expect(virtualTime(app)).rejects.toMatchObject({ code: "SUNBEAT_USAGE" });
    await app.close();
  });
});

test("an app on virtual time tells failures with their stacks where it has a logger, and is silent without", async () => {
  const told: string[] = [];
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0);
  onTestFinished(() => stderr.mockRestore());
  const fail = async (options: SunbeatOptions): Promise<void> => {
    const app = new Sunbeat("failing", options);
    app.task("fail", () => {
      throw new TypeError("no such lamp", { cause: new Error("unplugged") });
    });
    const time = await virtualTime(app);
    await app.sendTask("fail");
    await time.advance("1s");
    await time.close();
  };
  await fail({});
  expect(told).toEqual([]);
  const errors: string[] = [];
  const nothing = (): void => undefined;
  await fail({
    logger: { debug: nothing, info: nothing, warn: nothing, error: (line) => errors.push(line) },
  });
  expect([errors.length, told]).toEqual([1, []]);
  expect(errors[0]).toMatch(
    /^Task fail\[.*\] raised unexpected: TypeError\('no such lamp'\)\n {4}TypeError: no such lamp\n {8}at /,
  );
  expect(errors[0]).toMatch(/\n {4}Caused by: Error: unplugged\n {8}at /);
});

describe("a manual clock", () => {
  test("stands still until it is moved, and fires timers in order of time, then of their setting", async () => {
    const clock = new ManualClock("2027-01-01T00:00:00Z");
    const fired: [string, number][] = [];
    const note = (name: string) => () => void fired.push([name, clock.now() - Date.UTC(2027, 0, 1)]);
    clock.after(20, note("late"));
    clock.after(10, note("first"));
    clock.after(10, note("second"));
    clock.after(15, note("cancelled")).cancel();
    clock.after(5, () => clock.after(1, note("set by a timer")));
    expect(fired).toEqual([]);
    await clock.advance(15);
    expect(fired).toEqual([
      ["set by a timer", 6],
      ["first", 10],
      ["second", 10],
    ]);
    await clock.advance(5);
    expect([fired.at(-1), clock.timers]).toEqual([["late", 20], 0]);
  });

  test("jumps wall time alone: timers and monotonic time stay", async () => {
    const clock = new ManualClock(0);
    let fired = false;
    clock.after(1_000, () => (fired = true));
    clock.jump(86_400_000);
    expect([clock.now(), clock.monotonicMs(), fired]).toEqual([86_400_000, 0, false]);
    clock.jump(-3_600_000);
    await clock.advance(1_000);
    expect([clock.now(), clock.monotonicMs(), fired]).toEqual([82_801_000, 1_000, true]);
  });

  test("is exact after many steps of fractions", async () => {
    const clock = new ManualClock(0);
    const again = (): void => void clock.after(0.1, again);
    again();
    await clock.advance(1_000);
    expect(clock.now()).toBe(1_000);
  });
});

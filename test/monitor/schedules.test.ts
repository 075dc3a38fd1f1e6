/** Timelines, forecasts and previews as programs see them. */
import { afterEach, describe, expect, test } from "vitest";
import {
  businessDays,
  crontab,
  dates,
  every,
  holidays,
  Sunbeat,
  type SunbeatOptions,
  type TaskRoutes,
} from "../../src/index.js";
import { virtualTime, type VirtualTime } from "../../src/testing/index.js";

const HOUR = 3_600_000;
const START = Date.UTC(2027, 2, 20);
const closing: VirtualTime[] = [];
afterEach(async () => {
  for (const time of closing.splice(0)) await time.close();
});

async function world(beatSchedule: SunbeatOptions["beatSchedule"], options: SunbeatOptions = {}) {
  const app = new Sunbeat("shop", {
    broker: "memory:",
    logger: null,
    timezone: "UTC",
    beatSchedule,
    ...options,
  });
  let runs = 0;
  app.task("good", () => 1);
  app.task("bad", () => {
    throw new Error("no luck");
  });
  app.task("flaky", { retry: { max: 1, delay: "1m" } }, () => {
    if (runs++ % 2 === 0) throw new Error("again");
  });
  const time = await virtualTime(app, { start: START });
  closing.push(time);
  return { app, time };
}

function notMade(): never {
  throw new Error("no arguments");
}

const hoursOf = (items: readonly { due: Date; fate: string }[]): string[] =>
  items.map(({ due, fate }) => `${(due.getTime() - START) / HOUR} ${fate}`);

describe("timeline", () => {
  test("tells what became of each tick, also when results have expired", async () => {
    const { app, time } = await world(
      { good: { task: "good", schedule: every("6h") }, bad: { task: "bad", schedule: every("6h") } },
      { resultExpires: "1h" },
    );
    await time.advance("1d");
    const good = await app.schedules.timeline("good");
    expect(hoursOf(good.items)).toEqual(["6 succeeded", "12 succeeded", "18 succeeded", "24 succeeded"]);
    const { items } = await app.schedules.timeline("bad", { to: START + 12 * HOUR });
    expect(items).toMatchObject([
      { fate: "failed", state: "FAILURE", error: "Error: no luck", attempts: 1, late: false, lateMs: 0 },
      { fate: "failed" },
    ]);
  });

  test("counts the tries of a run that was tried again", async () => {
    const { app, time } = await world({ flaky: { task: "flaky", schedule: every("6h") } });
    await time.advance("6h");
    expect((await app.schedules.timeline("flaky")).items).toMatchObject([{ fate: "retrying", attempts: 1 }]);
    await time.advance("1h");
    expect((await app.schedules.timeline("flaky")).items).toMatchObject([{ fate: "succeeded", attempts: 2 }]);
  });

  test("a pause, and what was run of it by hand", async () => {
    const { app, time } = await world({ good: { task: "good", schedule: every("1h") } });
    await app.schedules.pause("good");
    await time.advance("150m");
    const during = await app.schedules.timeline("good");
    expect(hoursOf(during.items)).toEqual(["1 skipped", "2 skipped"]);
    await app.schedules.resume("good");
    await app.schedules.trigger("good", { due: new Date(START + HOUR) });
    await time.advance("1h");
    expect(hoursOf((await app.schedules.timeline("good")).items)).toEqual([
      ...["1 skipped", "1 triggered", "2 skipped", "3 succeeded"],
    ]);
  });

  test("more ticks than the limit become cells", async () => {
    const { app, time } = await world({ good: { task: "good", schedule: every("1m") } });
    await time.advance("1d");
    const { items, cells, reached } = await app.schedules.timeline("good", { limit: 100 });
    expect([items, cells!.length, reached]).toEqual([[], 240, null]);
    expect(cells!.reduce((sum, { counts }) => sum + (counts.succeeded ?? 0), 0)).toBe(1_440);
    expect(new Set(cells!.map(({ worst }) => worst))).toEqual(new Set(["succeeded"]));
  });

  test("several at once: the newest ticks of each", async () => {
    const { app, time } = await world({
      good: { task: "good", schedule: every("1h") },
      bad: { task: "bad", schedule: every("6h") },
    });
    await time.advance("1d");
    const { good, bad, nobody } = await app.schedules.timelines(["good", "bad", "nobody"], { count: 3 });
    expect([hoursOf(good!), hoursOf(bad!), nobody]).toEqual([
      ["22 succeeded", "23 succeeded", "24 succeeded"],
      ["12 failed", "18 failed", "24 failed"],
      [],
    ]);
  });

  test("an entry that nobody knows is refused", async () => {
    const { app } = await world({});
    await expect(app.schedules.timeline("nobody")).rejects.toMatchObject({ code: "SUNBEAT_ENTRY_NOT_FOUND" });
  });
});

describe("forecast", () => {
  test("counts starts by step, queue and entry, at their dispatch times", async () => {
    const { app } = await world({
      hourly: { task: "good", schedule: every("1h") },
      slow: { task: "good", schedule: crontab("0 3 * * *"), options: { queue: "slow" }, jitter: "30m" },
      off: { task: "good", schedule: every("1m"), enabled: false },
    });
    await app.schedules.pause("hourly");
    await app.schedules.resume("hourly");
    const forecast = await app.schedules.forecast({ from: START, to: START + 6 * HOUR });
    const [slow] = await app.schedules.next("slow");
    expect(slow).toEqual(new Date(START + 3 * HOUR));
    expect(forecast).toMatchObject({
      ...{ stepMs: HOUR, starts: [0, 1, 1, 2, 1, 1], occurrences: 6, isCoarse: false, unknown: [] },
      queues: { default: [0, 1, 1, 1, 1, 1], slow: [0, 0, 0, 1, 0, 0] },
      entries: [
        { entry: "hourly", task: "good", queue: "default", starts: 5, steps: [0, 1, 1, 1, 1, 1] },
        { entry: "slow", task: "good", queue: "slow", starts: 1 },
      ],
    });
    expect(forecast.peaks[0]).toMatchObject({ at: new Date(START + 3 * HOUR), starts: 2 });
    const minutes = await app.schedules.forecast({ from: START, to: START + 4 * HOUR, step: "1m" });
    const at = minutes.queues["slow"]!.findIndex((starts) => starts === 1);
    expect(at).toBeGreaterThan(180);
    expect(at).toBeLessThan(210);
  });

  const routes: TaskRoutes = [
    { "good.*": "routed" },
    (task, args) => (task === "by-args" ? `tenant-${String(args[0])}` : null),
    (task) => {
      if (task === "bad-route") throw new Error("no");
      return null;
    },
    ["bad-*", "by-name"],
  ];
  test.each<[reason: string, entry: Record<string, unknown>, queue: string]>([
    ["nobody says it", { task: "good" }, "usual"],
    ["the entry", { task: "good.one", options: { queue: "own" } }, "own"],
    ["the task, before a route", { task: "good.placed" }, "placed"],
    ["a route by name", { task: "good.one" }, "routed"],
    ["a route by arguments", { task: "by-args", args: ["acme"] }, "tenant-acme"],
    ["a route by arguments of a function", { task: "by-args", args: () => ["acme"] }, "tenant-acme"],
    ["arguments that throw: the name", { task: "bad-args", args: () => notMade() }, "by-name"],
    ["a route that throws: the name", { task: "bad-route" }, "by-name"],
  ])("an entry is counted under the queue that its tick goes to: %s", async (_, entry, queue) => {
    const options = { taskRoutes: routes, taskDefaultQueue: "usual" };
    const { app, time } = await world({ one: { ...entry, schedule: every("1h") } as never }, options);
    app.task("good.placed", { queue: "placed" }, () => 1);
    const { queues, entries } = await app.schedules.forecast({ from: START, to: START + 6 * HOUR });
    expect([Object.keys(queues), entries[0]!.queue]).toEqual([[queue], queue]);
    if (String(entry["task"]).startsWith("bad-")) return;
    await time.advance("1h");
    const counts = await app.queues.list();
    expect(counts.map((count) => count.queue)).toEqual(queue === "usual" ? [] : [queue]);
  });

  test("names days off with the reason, and the calendars that end", async () => {
    const open = businessDays({ closed: holidays("DE") });
    const calendars = [
      {
        name: "DE",
        covers: { from: "2027-01-01", to: "2027-12-31" },
        days: ["2027-04-05", { date: "2027-03-26", name: "Good Friday" }, "2027-03-28", "2028-12-25"],
      },
      { name: "far", covers: { from: "2027-01-01", to: "2030-12-31" }, days: [] },
    ] as const;
    const { app } = await world(
      {
        a: { task: "good", schedule: crontab("0 9 * * *").onDays(open) },
        b: { task: "good", schedule: every("1h").except(holidays("DE")), endAt: START + 8 * 24 * HOUR },
        c: { task: "good", schedule: crontab("0 9 1 * *").except(dates(["04-01"])) },
        d: { task: "good", schedule: crontab("0 9 * * *").onDays(holidays("far").not()) },
      },
      { calendars },
    );
    const { daysOff, endingCalendars } = await app.schedules.forecast({ from: START, to: START + 24 * HOUR });
    expect(daysOff).toEqual([
      { date: "2027-03-26", reason: "closed: Good Friday (DE)", count: 2, entries: ["a", "b"] },
      // A Sunday: a does not run then, whatever the calendar says. b ended the day before.
      { date: "2027-04-01", reason: "except 1 April", count: 1, entries: ["c"] },
      { date: "2027-04-05", reason: "closed: DE", count: 1, entries: ["a"] },
      { date: "2028-04-01", reason: "except 1 April", count: 1, entries: ["c"] },
    ]);
    expect(endingCalendars).toEqual([{ calendar: "DE", to: "2027-12-31", count: 2, entries: ["a", "b"] }]);
  });

  test("steps of a day are local days where a zone is given, whatever clocks do, and the first is what is left of it", async () => {
    const { app } = await world({ hourly: { task: "good", schedule: every("1h") } });
    // Midnight of 03-27, 03-28 (23 hours), 03-29 and 03-30 in Paris.
    const [first, short, after, end] = [27, 28, 29, 30].map((day) =>
      Date.parse(`2027-03-${day}T00:00${day < 29 ? "+01:00" : "+02:00"}`),
    ) as [number, number, number, number];
    const asked = { step: "1d", timezone: "europe/paris" } as const;
    const whole = await app.schedules.forecast({ from: first, to: end, ...asked });
    expect(whole.starts).toEqual([24, 23, 24]);
    expect(whole.peaks.map(({ at }) => at.getTime())).toEqual([first, after, short]);
    const begun = await app.schedules.forecast({ from: first + 18 * HOUR, to: end, ...asked });
    expect(begun.starts).toEqual([6, 23, 24]);
    expect((await app.schedules.forecast({ from: first, to: end, step: "1d" })).starts).toEqual([24, 24, 23]);
  });

  test("names the nights on which clocks change, and what becomes of the ticks then", async () => {
    const { app } = await world({
      paris: { task: "good", schedule: crontab("30 2 * * *", { timezone: "Europe/Paris" }) },
      howe: { task: "good", schedule: crontab("15 2 * * *", { timezone: "Australia/Lord_Howe" }) },
      utc: { task: "good", schedule: crontab("30 2 * * *") },
    });
    const { zoneNights } = await app.schedules.forecast();
    expect(
      zoneNights.slice(0, 3).map(({ entry, kind, at, message }) => [entry, kind, at.toISOString(), message]),
    ).toEqual([
      [
        "paris",
        "gap",
        "2027-03-28T01:00:00.000Z",
        expect.stringContaining("02:30 does not exist in Europe/Paris on 2027-03-28; runs at 03:00"),
      ],
      ["howe", "gap", "2027-10-02T15:30:00.000Z", expect.stringContaining("02:15 does not exist")],
      ["paris", "fold", "2027-10-31T01:00:00.000Z", expect.stringContaining("02:30")],
    ]);
    expect(zoneNights.some(({ entry }) => entry === "utc")).toBe(false);
  });

  test("names entries of one lock that meet, and those whose runs take too long", async () => {
    const { app } = await world({
      a: { task: "good", schedule: every("2h"), lock: "l" },
      b: { task: "good", schedule: every("3h"), lock: "l" },
      c: { task: "good", schedule: every("3h"), lock: "other" },
    });
    const { lockMeetings } = await app.schedules.forecast({ from: START, to: START + 24 * HOUR });
    expect(lockMeetings).toEqual([
      { lock: "l", entries: ["a", "b"], at: new Date(START + 6 * HOUR), times: 3 },
    ]);
  });

  test("of more than 2 million occurrences the rest is drawn on", async () => {
    const { app } = await world({ second: { task: "good", schedule: every("1s") } });
    const forecast = await app.schedules.forecast({ from: START, to: START + 400 * 24 * HOUR, step: "1d" });
    expect(forecast.isCoarse).toBe(true);
    expect(forecast.starts[200]).toBe(86_400);
    expect(Math.abs(forecast.occurrences - 400 * 86_400)).toBeLessThan(2);
  }, 60_000);

  test.each([
    [{ to: START - 1 }, "after from"],
    [{ from: START, to: START + 401 * 24 * HOUR }, "at most 400 days"],
    [{ from: START, to: START + HOUR, step: 0.001 }, "forecast: step"],
    [{ timezone: "Paris" }, "is not a time zone"],
    [{ steps: 1 }, "unknown option"],
  ])("%j is refused: %s", async (options, message) => {
    const { app } = await world({});
    await expect(app.schedules.forecast(options as never)).rejects.toThrow(message);
  });
});

describe("preview", () => {
  test("tells of an entry that is not saved what it would be", async () => {
    const { app } = await world({ report: { task: "good", schedule: every("1h") } });
    const schedule = crontab("30 2 * * *", { timezone: "Europe/Paris" });
    const preview = await app.schedules.preview("report", { task: "good", schedule, jitter: "10m" });
    expect(preview).toMatchObject({
      ...{ entry: "report", problem: null, timezone: "Europe/Paris", ending: null },
      description: expect.stringContaining("02:30") as string,
    });
    expect(preview.next).toHaveLength(20);
    expect(preview.next[7]!.due.toISOString()).toBe("2027-03-27T01:30:00.000Z");
    expect(preview.next.slice(7, 9).map(({ offsetMinutes }) => offsetMinutes)).toEqual([60, 120]);
    expect(preview.next[8]!.note).toContain("does not exist");
    expect(preview.zoneNights).toHaveLength(3);
    expect(preview.load!.before.reduce((a, b) => a + b)).toBe(167);
    expect(preview.load!.after.reduce((a, b) => a + b)).toBe(7);
    expect(await app.schedules.get("report")).toMatchObject({
      task: "good",
      nextDue: new Date(START + HOUR),
    });
  });

  test.each([
    [{ task: "good", schedule: "61 * * * *" }, "SUNBEAT_SCHEDULE_INVALID"],
    [{ schedule: every("1h") }, "SUNBEAT_ENTRY_INVALID"],
    [{ task: "good", schedule: every("1h"), overlap: "never" }, "SUNBEAT"],
  ])("%j has a problem: %s", async (options, code) => {
    const { app } = await world({});
    const preview = await app.schedules.preview("x", options as never);
    expect(preview.problem).toMatchObject({ code: expect.stringContaining(code) as string });
    expect([preview.next, preview.load]).toEqual([[], null]);
  });
});

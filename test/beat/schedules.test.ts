import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Schedules } from "../../src/beat/schedules.js";
import { clocked, crontab, every } from "../../src/schedules/index.js";
import { type Lineup, World } from "./harness.js";

const LINEUP: Lineup = { coded: { task: "t.code", schedule: every("1h") } };
const MINUTE = 60_000;

let world: World;
let schedules: Schedules;
beforeEach(async () => {
  world = new World();
  schedules = world.schedules(LINEUP);
  await world.started(LINEUP);
});
afterEach(() => world.stop());

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

test("set adds an entry that a leading beat sends at once when due", async () => {
  await world.clock.advance(500);
  const view = await schedules.set("soon", { task: "t", schedule: every("1s"), description: "a test" });
  expect(view).toEqual({
    ...{ name: "soon", owner: "runtime", task: "t", schedule: every("1s"), description: "a test" },
    definition: '{"description":"a test","schedule":{"everyMs":1000,"type":"interval"},"task":"t"}',
    revision: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    ...{ nextDue: new Date(Date.UTC(2027, 0, 1, 0, 0, 1)), lastScheduledFor: null },
    version: 0,
    ...{
      pausedAt: null,
      disabled: null,
      disabledAt: null,
      runs: 0,
      unfinished: 0,
      buffered: false,
      problem: null,
    },
  });
  await world.clock.advance(500);
  expect(await world.history("soon")).toEqual(["00:00:01 sent"]);
});

test("set with an equal definition changes nothing; with another one it takes effect at once", async () => {
  await schedules.set("e", { task: "t", schedule: every("1h") });
  const [before] = await world.store.entries.get(["e"]);
  await schedules.set("e", { task: "t", schedule: 3_600 });
  expect(await world.store.entries.get(["e"])).toEqual([before]);
  await schedules.set("e", { task: "t", schedule: every("1m") });
  await world.clock.advance(3 * MINUTE);
  expect(await world.history("e")).toHaveLength(3);
});

test("list gives every entry by name, and pages", async () => {
  for (const name of ["b", "a", "d"]) await schedules.set(name, { task: "t", schedule: every("1h") });
  expect((await schedules.list()).map(({ name }) => name)).toEqual(["a", "b", "coded", "d"]);
  expect((await schedules.list({ after: "a", limit: 2 })).map(({ name }) => name)).toEqual(["b", "coded"]);
  expect(await schedules.get("nobody")).toBeNull();
});

describe("what is refused", () => {
  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      "changing a code entry",
      () => schedules.set("coded", { task: "t", schedule: 60 }),
      "SUNBEAT_ENTRY_CONFLICT",
      /declared in the code of "test": change it there/,
    ],
    [
      "adding an entry that code declares, before a beat has stored it",
      () =>
        new World()
          .schedules({ fresh: { task: "t", schedule: 60 } })
          .set("fresh", { task: "t", schedule: 60 }),
      "SUNBEAT_ENTRY_CONFLICT",
      /"fresh" is declared in the code of this app, and the next beat that starts stores it/,
    ],
    [
      "deleting a code entry",
      () => schedules.delete("coded"),
      "SUNBEAT_ENTRY_CONFLICT",
      /delete it there, or pause it/,
    ],
    [
      "an unknown name",
      () => schedules.pause("coded2"),
      "SUNBEAT_ENTRY_NOT_FOUND",
      /no entry "coded2" \(did you mean "coded"\?\)/,
    ],
    [
      "one that the code declares and no beat has stored",
      () => world.schedules({ ...LINEUP, fresh: { task: "t", schedule: 60 } }).trigger("fresh"),
      "SUNBEAT_ENTRY_NOT_FOUND",
      /"fresh" is declared in code and not stored yet: the next beat that starts stores it/,
    ],
    ["resuming an unknown name", () => schedules.resume("x"), "SUNBEAT_ENTRY_NOT_FOUND", /"x"/],
    ["deleting an unknown name", () => schedules.delete("x"), "SUNBEAT_ENTRY_NOT_FOUND", /"x"/],
    ["triggering an unknown name", () => schedules.trigger("x"), "SUNBEAT_ENTRY_NOT_FOUND", /"x"/],
    ["the history of an unknown name", () => schedules.history("x"), "SUNBEAT_ENTRY_NOT_FOUND", /"x"/],
    [
      "a function of arguments",
      () => schedules.set("f", { task: "t", schedule: 60, args: () => [] }),
      "SUNBEAT_ENTRY_INVALID",
      /a function cannot be stored/,
    ],
    [
      "a custom schedule",
      () => schedules.set("f", { task: "t", schedule: { next: () => null } }),
      "SUNBEAT_ENTRY_INVALID",
      /registerSchedule/,
    ],
    [
      "an unknown option of a method",
      () => schedules.history("coded", { limt: 3 } as never),
      "SUNBEAT_OPTION_UNKNOWN",
      /did you mean "limit"/,
    ],
  ])("%s", async (_, act, code, message) => {
    await expect(act()).rejects.toThrow(failure(code, message));
  });
});

describe("pause and resume", () => {
  test("time paused is not missed: it is in the history as skipped, and the entry goes on from now", async () => {
    await schedules.set("e", { task: "t", schedule: every("1m"), misfire: "all" });
    await world.clock.advance(2 * MINUTE);
    const paused = await schedules.pause("e");
    expect(paused).toMatchObject({ nextDue: null, pausedAt: new Date(Date.UTC(2027, 0, 1, 0, 2)) });
    expect(await schedules.pause("e")).toEqual(paused);
    expect(await schedules.next("e")).toEqual([]);
    await world.clock.advance(3.5 * MINUTE);
    expect(await schedules.resume("e")).toMatchObject({
      ...{ pausedAt: null, nextDue: new Date(Date.UTC(2027, 0, 1, 0, 6)) },
    });
    await world.clock.advance(MINUTE);
    expect(await world.history("e")).toEqual([
      ...["00:01:00 sent", "00:02:00 sent"],
      ...["00:03:00 skipped paused", "00:04:00 skipped paused", "00:05:00 skipped paused"],
      "00:06:00 sent",
    ]);
  });

  test("a code entry can be paused; one that ended meanwhile is disabled", async () => {
    await schedules.pause("coded");
    await schedules.set("once", { task: "t", schedule: clocked(new Date(world.clock.now() + MINUTE)) });
    await schedules.pause("once");
    await world.clock.advance(2 * 60 * MINUTE);
    expect(await schedules.resume("once")).toMatchObject({ disabled: "ended", runs: 0 });
    expect(await world.history("once")).toEqual(["00:01:00 skipped paused"]);
    await schedules.resume("coded");
    expect(await world.history("coded")).toEqual(["01:00:00 skipped paused", "02:00:00 skipped paused"]);
  });
});

describe("overlap", () => {
  test.each([
    ["allow" as const, ["sent", "sent", "sent"]],
    ["skip" as const, ["sent", "skipped overlap", "skipped overlap"]],
    ["queue-one" as const, ["sent", "skipped replaced"]],
  ])("under %s unfinished runs give %j", async (overlap, expected) => {
    await schedules.set("e", { task: "t", schedule: every("1m"), overlap });
    await world.clock.advance(3 * MINUTE);
    const rows = await schedules.history("e");
    expect(rows.map(({ fate, reason }) => (reason === undefined ? fate : `${fate} ${reason}`))).toEqual(
      expected,
    );
  });
});

describe("trigger", () => {
  test("sends a run now, which is in the history and leaves cursor and runs alone", async () => {
    const before = await schedules.get("coded");
    await world.clock.advance(MINUTE);
    const { taskId, outcome } = await schedules.trigger("coded");
    expect([taskId, outcome]).toEqual([expect.stringMatching(/^coded![\w-]{36}$/), "sent"]);
    expect(await schedules.get("coded")).toEqual({ ...before, unfinished: 1 });
    expect(await schedules.history("coded")).toEqual([
      {
        ...{ entry: "coded", due: new Date(world.clock.now()), fate: "sent", reason: "triggered", taskId },
        ...{ at: new Date(world.clock.now()), term: null, state: "PENDING" },
      },
    ]);
  });

  test("obeys overlap unless it is forced", async () => {
    await schedules.set("e", { task: "t", schedule: every("1h"), overlap: "skip" });
    expect((await schedules.trigger("e")).outcome).toBe("sent");
    expect((await schedules.trigger("e")).outcome).toBe("overlap");
    expect((await schedules.trigger("e", { force: true })).outcome).toBe("sent");
  });

  test("runs a paused entry too", async () => {
    await schedules.pause("coded");
    expect((await schedules.trigger("coded")).outcome).toBe("sent");
  });
});

describe("trigger of ticks that were skipped", () => {
  const at = (time: string): Date => new Date(`2027-01-01T${time}:00Z`);

  /** Hourly: 01:00 to 03:00 skipped while it was paused, 04:00 sent, 05:00 not due yet. */
  async function skipped(): Promise<void> {
    await schedules.set("e", { task: "t", schedule: every("1h"), args: [1] });
    await schedules.pause("e");
    await world.clock.advance(210 * MINUTE);
    await schedules.resume("e");
    await world.clock.advance(40 * MINUTE);
    expect((await schedules.history("e")).map(({ due, fate }) => `${due.getUTCHours()} ${fate}`)).toEqual([
      ...["1 skipped", "2 skipped", "3 skipped", "4 sent"],
    ]);
  }

  test("the run of one of them has its due time, and asking twice sends once", async () => {
    await skipped();
    const taskId = `e!${at("02:00").getTime()}`;
    expect(await schedules.trigger("e", { due: at("02:00") })).toEqual({ taskId, outcome: "sent" });
    expect(await schedules.trigger("e", { due: "2027-01-01T02:00:00Z" })).toEqual({
      taskId,
      outcome: "sent",
    });
    const claimed = await world.store.consumer.claim({
      queues: ["default"],
      worker: "w",
      leaseMs: 1e6,
      max: 9,
    });
    const bodies = claimed.deliveries.map(({ id, body }) => [
      id,
      (JSON.parse(body) as { scheduledFor: number }).scheduledFor,
    ]);
    expect(bodies.filter(([id]) => String(id).includes("!"))).toEqual([[taskId, at("02:00").getTime()]]);
    const rows = await schedules.history("e");
    expect(rows.filter(({ reason }) => reason === "triggered")).toHaveLength(1);
    expect(rows.find(({ due }) => due.getTime() === at("02:00").getTime())).toMatchObject({
      fate: "skipped",
    });
  });

  test("a range runs all that were skipped, oldest first, and none that was sent", async () => {
    await skipped();
    const ticks = await schedules.trigger("e", { from: at("02:00"), to: at("12:00") });
    expect(ticks.map(({ due, outcome }) => [due, outcome])).toEqual([
      [at("02:00"), "sent"],
      [at("03:00"), "sent"],
    ]);
  });

  test("while an entry is paused, what is due meanwhile is skipped already", async () => {
    await schedules.set("e", { task: "t", schedule: every("1h") });
    await schedules.pause("e");
    await world.clock.advance(130 * MINUTE);
    const ticks = await schedules.trigger("e", { from: at("00:00"), to: at("12:00") });
    expect(ticks.map(({ due }) => due)).toEqual([at("01:00"), at("02:00")]);
    expect((await schedules.trigger("e", { due: at("02:00") })).outcome).toBe("sent");
    expect(await schedules.get("e")).toMatchObject({ unfinished: 2 });
  });

  test.each<[object, RegExp, string]>([
    [{ due: at("02:30") }, /its schedule gives 2027-01-01T03:00:00.000Z next/, "no tick"],
    [{ due: at("04:00") }, /this one was sent as "e@/, "sent by the beat"],
    [{ due: at("05:00") }, /yet to come/, "the future"],
    [{ due: "soon" }, /trigger: due: expected an instant/, "no instant"],
    [{ due: at("02:00"), from: at("01:00"), to: at("02:00") }, /nothing beside from and to/, "both"],
    [{ from: at("01:00") }, /trigger: to: expected both ends/, "half a range"],
    [{ from: at("02:00"), to: at("01:00") }, /not before from/, "the wrong way round"],
    [{ force: "yes" }, /trigger: force/, "no truth value"],
  ])("%j is refused: %s %s", async (options, message) => {
    await skipped();
    await expect(schedules.trigger("e", options as never)).rejects.toThrow(
      failure("SUNBEAT_OPTION_INVALID", message),
    );
  });

  test("what no beat has come to yet is left to it", async () => {
    await schedules.set("e", { task: "t", schedule: every("1h") });
    await world.stop();
    await world.clock.advance(3 * 60 * MINUTE);
    await expect(schedules.trigger("e", { due: at("02:00") })).rejects.toThrow(
      "the beat has not come to this one yet",
    );
    expect(await schedules.trigger("e", { from: at("00:00"), to: at("12:00") })).toEqual([]);
  });

  test("more than 1,000 are refused, whatever they are", async () => {
    await schedules.set("e", { task: "t", schedule: every("1m") });
    await schedules.pause("e");
    await world.clock.advance(1_001 * MINUTE);
    const range = { from: at("00:00"), to: new Date("2027-01-02T00:00:00Z") };
    await expect(schedules.trigger("e", range)).rejects.toThrow("at most 1000 skipped ticks");
    await schedules.resume("e");
    await expect(schedules.trigger("e", range)).rejects.toThrow("at most 1000 skipped ticks");
    expect(await schedules.trigger("e", { from: at("00:01"), to: at("10:00") })).toHaveLength(600);
  });
});

test("next gives the coming due times, within endAt", async () => {
  const endAt = new Date(Date.UTC(2027, 0, 1, 3));
  await schedules.set("e", { task: "t", schedule: every("1h"), endAt, jitter: "10m" });
  const hours = async (options: Parameters<Schedules["next"]>[1]) =>
    (await schedules.next("e", options)).map((due) => due.getUTCHours());
  expect(await hours({})).toEqual([1]);
  expect(await hours({ count: 5 })).toEqual([1, 2]);
  expect(await hours({ count: 5, after: new Date(Date.UTC(2027, 0, 1, 1, 30)) })).toEqual([2]);
});

test("next gives no more due times than maxRuns leaves, those before `after` counted", async () => {
  await schedules.set("e", { task: "t", schedule: every("1h"), maxRuns: 4 });
  await world.clock.advance(60 * MINUTE);
  const hours = async (options: Parameters<Schedules["next"]>[1]) =>
    (await schedules.next("e", options)).map((due) => due.getUTCHours());
  expect(await hours({ count: 9 })).toEqual([2, 3, 4]);
  expect(await hours({ count: 9, after: new Date(Date.UTC(2027, 0, 1, 2, 30)) })).toEqual([3, 4]);
  expect(await hours({ after: new Date(Date.UTC(2027, 0, 1, 4)) })).toEqual([]);
});

test("next counts no runs that nobody will see the end of", async () => {
  await schedules.set("e", { task: "t", schedule: every("1s"), maxRuns: 1e12 });
  const after = new Date(Date.UTC(2999, 0, 1));
  expect(await schedules.next("e", { after })).toEqual([new Date(after.getTime() + 1_000)]);
});

test("delete removes the entry and keeps its history; a new one of the name starts anew", async () => {
  await schedules.set("e", { task: "t", schedule: every("1m") });
  await world.clock.advance(MINUTE);
  await schedules.delete("e");
  await world.clock.advance(5 * MINUTE);
  expect(await schedules.get("e")).toBeNull();
  expect(await world.history("e")).toEqual(["00:01:00 sent"]);
  expect(await schedules.set("e", { task: "t", schedule: every("1m") })).toMatchObject({ runs: 0 });
});

describe("history in pages", () => {
  const minutes = (rows: readonly { due: Date }[]) =>
    rows.map(({ due }) => due.getUTCHours() * 60 + due.getUTCMinutes());

  test("expands a range page by page, in either direction, also after the entry has changed", async () => {
    await schedules.set("e", { task: "t", schedule: crontab("*/2 * * * *") });
    await schedules.pause("e");
    await world.clock.advance(11 * MINUTE);
    await schedules.resume("e");
    await world.clock.advance(MINUTE);
    await schedules.set("e", { task: "t", schedule: crontab("0 0 1 1 *") });
    const at = (minute: number) => new Date(Date.UTC(2027, 0, 1, 0, minute));
    expect(minutes(await schedules.history("e"))).toEqual([2, 4, 6, 8, 10, 12]);
    expect(minutes(await schedules.history("e", { limit: 2 }))).toEqual([10, 12]);
    expect(minutes(await schedules.history("e", { limit: 2, before: at(10) }))).toEqual([6, 8]);
    const pages: number[][] = [];
    for (let after = at(0); ;) {
      const page = await schedules.history("e", { after, limit: 4 });
      if (page.length === 0) break;
      pages.push(minutes(page));
      after = page.at(-1)!.due;
    }
    expect(pages).toEqual([
      [2, 4, 6, 8],
      [10, 12],
    ]);
  });

  test("finds the range that runs sent by hand lie in, from either end", async () => {
    await schedules.set("e", { task: "t", schedule: crontab("*/2 * * * *") });
    await schedules.pause("e");
    for (const minute of [3, 5, 7]) {
      await world.clock.advance(minute === 3 ? 3 * MINUTE : 2 * MINUTE);
      await schedules.trigger("e");
    }
    await world.clock.advance(4 * MINUTE);
    await schedules.resume("e");
    const at = (minute: number) => new Date(Date.UTC(2027, 0, 1, 0, minute));
    expect(minutes(await schedules.history("e"))).toEqual([2, 3, 4, 5, 6, 7, 8, 10]);
    expect(minutes(await schedules.history("e", { limit: 2 }))).toEqual([8, 10]);
    expect(minutes(await schedules.history("e", { limit: 1, after: at(4) }))).toEqual([5]);
    expect(minutes(await schedules.history("e", { limit: 3, after: at(4) }))).toEqual([5, 6, 7]);
  });

  test("tells the state of a task where its result is kept", async () => {
    await world.clock.advance(60 * MINUTE);
    const claim = { queues: ["default"], worker: "w", leaseMs: 1_000, max: 1 };
    const { deliveries } = await world.store.consumer.claim(claim);
    const { id, token } = deliveries[0]!;
    const result = { state: "SUCCESS", payload: null };
    await world.store.consumer.settle([{ id, token, kind: "done", result, resultTtlMs: MINUTE }], null);
    const [row] = await schedules.history("coded");
    expect(row).toMatchObject({ fate: "sent", taskId: id, state: "SUCCESS" });
    await world.clock.advance(2 * MINUTE);
    expect((await schedules.history("coded"))[0]).not.toHaveProperty("state");
  });
});

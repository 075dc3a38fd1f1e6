/** Other calendars and other time zone data under a running fleet. */
import { afterEach, describe, expect, test } from "vitest";
import type { BeatOptions } from "../../src/beat/beat-options.js";
import { CalendarBook, digestOf } from "../../src/beat/calendar-book.js";
import { calendar, type CalendarData, every, holidays, registerSchedule } from "../../src/schedules/index.js";
import { type Lineup, World } from "./harness.js";

const FAST: Partial<BeatOptions> = { leaseMs: 600_000, maxLoopIntervalMs: 600_000 };
const data = (...days: CalendarData["days"]): CalendarData => ({
  ...{ name: "DE", covers: { from: "2027-01-01", to: "2028-12-31" } },
  days,
});
const daily = every("1d").offset("9h").except(holidays("DE"));
const lineup: Lineup = { report: { task: "t", schedule: daily } };

let world: World;
afterEach(() => world.stop());

/** As an operator on another machine does. */
async function write(calendarData: CalendarData, owner = "runtime"): Promise<void> {
  const { calendars } = world.store;
  const [stored = null] = await calendars.get([calendarData.name]);
  const { name } = calendarData;
  await calendars.put({
    ...{ name, owner, version: 0, digest: digestOf(calendarData), data: JSON.stringify(calendarData) },
    expect: stored?.etag ?? null,
  });
}

const dueOf = async (name: string): Promise<string | null> => {
  const [stored] = await world.store.entries.get([name]);
  return stored?.cursor ? new Date(stored.cursor.due).toISOString().slice(0, 16) : null;
};
const sent = async (name: string): Promise<string[]> =>
  (await world.schedules().history(name)).map(
    ({ due, fate, reason }) =>
      `${due.toISOString().slice(5, 16)} ${fate}${reason === undefined ? "" : ` ${reason}`}`,
  );
const moved = (): string[] =>
  world.events.of("schedule-moved").map(({ entry, from, to, because, passed }) => {
    const text = (at: number | null): string =>
      at === null ? "never" : new Date(at).toISOString().slice(5, 16);
    return `${entry} ${text(from)} > ${text(to)} ${because}${passed ? " passed" : ""}`;
  });

describe("a calendar that is written", () => {
  test("moves what is due next at once, and back", async () => {
    world = new World("2027-01-04T12:00:00Z");
    await write(data());
    await world.started(lineup, FAST);
    expect(await dueOf("report")).toBe("2027-01-05T09:00");
    await write(data("2027-01-05", "2027-01-06"));
    await world.clock.advance(0);
    expect(await dueOf("report")).toBe("2027-01-07T09:00");
    await write(data());
    await world.clock.advance(0);
    expect(await dueOf("report")).toBe("2027-01-05T09:00");
    expect(moved()).toEqual([
      "report 01-05T09:00 > 01-07T09:00 calendar DE",
      "report 01-07T09:00 > 01-05T09:00 calendar DE",
    ]);
  });

  test("with another name of a day moves nothing", async () => {
    world = new World("2027-01-04T12:00:00Z");
    await write(data("2027-01-06"));
    await world.started(lineup, FAST);
    const [before] = await world.store.entries.get(["report"]);
    await write(data({ date: "2027-01-06", name: "Epiphany" }));
    await world.clock.advance(1_000);
    expect((await world.store.entries.get(["report"]))[0]).toEqual(before);
    expect(before?.basis).toBe(`DE=${digestOf(data("2027-01-06"))}`);
  });

  test("while nobody leads is seen before the entry is sent", async () => {
    world = new World("2027-01-04T12:00:00Z");
    await write(data());
    const beat = await world.started(lineup, FAST);
    await beat.stop();
    await write(data("2027-01-05"));
    world.clock.jump(21 * 3_600_000);
    await world.started(lineup, FAST);
    await world.clock.advance(1_000);
    expect(await sent("report")).toEqual([]);
    expect(moved()).toEqual(["report 01-05T09:00 > 01-06T09:00 calendar DE"]);
  });

  test("never fires the past: a day that opens after its time is skipped as changed", async () => {
    world = new World("2027-01-04T08:00:00Z");
    await write(data("2027-01-05", "2027-01-06", "2027-01-07"));
    await world.started(lineup, FAST);
    await world.clock.advance(28 * 3_600_000);
    expect(await sent("report")).toEqual(["01-04T09:00 sent"]);
    await write(data("2027-01-07"));
    await world.clock.advance(0);
    expect(await dueOf("report")).toBe("2027-01-06T09:00");
    expect(moved()).toEqual(["report 01-08T09:00 > 01-06T09:00 calendar DE passed"]);
    expect(await sent("report")).toEqual(["01-04T09:00 sent", "01-05T09:00 skipped changed"]);
  });

  test("at the due second leaves one run or none, never two", async () => {
    for (const offsetMs of [-1, 0, 1]) {
      world = new World("2027-01-05T08:59:00Z");
      await write(data());
      await world.started(lineup, FAST);
      await world.clock.advance(60_000 + offsetMs);
      await write(data("2027-01-05"));
      await world.clock.advance(60_000);
      await write(data());
      await world.clock.advance(60_000);
      expect(await sent("report")).toEqual(offsetMs < 0 ? [] : ["01-05T09:00 sent"]);
      expect(await dueOf("report")).toBe("2027-01-06T09:00");
      if (offsetMs < 1) await world.stop();
    }
  });

  test("under two beats is walked by the one that leads, and once", async () => {
    world = new World("2027-01-04T12:00:00Z");
    await write(data());
    await world.started(lineup, FAST);
    await world.started(lineup, FAST);
    await write(data("2027-01-05"));
    await world.clock.advance(10_000);
    expect(moved()).toHaveLength(1);
  });
});

test("entries that name a calendar that is gone wait, with the others going on, until it comes", async () => {
  world = new World("2027-01-05T08:59:00Z");
  await write(data());
  const beat = await world.started(
    { ...lineup, other: { task: "t", schedule: every("1d").offset("9h") } },
    FAST,
  );
  const [stored] = await world.store.calendars.get(["DE"]);
  await world.store.calendars.remove("DE", stored!.etag);
  await world.clock.advance(61_000);
  expect(await sent("other")).toEqual(["01-05T09:00 sent"]);
  expect(beat.stats().quarantine).toMatchObject([
    { entry: "report", reason: expect.stringContaining('calendar "DE"') as string },
  ]);
  await write(data());
  await world.clock.advance(0);
  expect(await sent("report")).toEqual(["01-05T09:00 sent"]);
  expect(beat.stats().quarantine).toEqual([]);
});

test("an entry of the code is registered once its calendar is there", async () => {
  world = new World("2027-01-04T12:00:00Z");
  const beat = await world.started(lineup, FAST);
  expect(beat.stats().registration?.waiting).toEqual(["report"]);
  expect(world.log.matching(/report.*is not registered.*calendar "DE"/)).not.toEqual([]);
  await write(data());
  await world.clock.advance(0);
  expect(await dueOf("report")).toBe("2027-01-05T09:00");
});

describe("calendars of the code", () => {
  test("are stored before its entries, and again when they change", async () => {
    world = new World("2027-01-04T12:00:00Z");
    world.calendars = [data("2027-01-05")];
    const beat = await world.started(lineup, FAST);
    expect(await dueOf("report")).toBe("2027-01-06T09:00");
    expect(await world.store.calendars.list()).toMatchObject([
      { name: "DE", owner: "code:test", version: 1 },
    ]);
    await beat.stop();
    world.calendars = [data()];
    await world.started(lineup, { ...FAST, version: 2 });
    await world.clock.advance(0);
    expect(await dueOf("report")).toBe("2027-01-05T09:00");
  });

  test("of an older deploy, or of a name that somebody else has, change nothing", async () => {
    world = new World("2027-01-04T12:00:00Z");
    await write(data("2027-01-05"));
    world.calendars = [data()];
    await world.started(lineup, FAST);
    expect(world.log.matching(/calendar "DE" belongs to somebody else/)).toHaveLength(1);
    expect(await dueOf("report")).toBe("2027-01-06T09:00");
  });
});

test("a calendar that ends is told of once a day", async () => {
  world = new World("2028-11-30T12:00:00Z");
  world.calendars = [data()];
  await world.started({}, { ...FAST, maxLoopIntervalMs: 3_600_000 });
  await world.clock.advance(3 * 86_400_000);
  expect(world.events.of("calendar-ends").map(({ days }) => days)).toEqual([30, 29, 28]);
});

describe("other time zone data", () => {
  /** Stands for a zone whose rules a new release changes. */
  let hour = 9;
  class Local {
    readonly timezone = "Europe/Berlin";
    next(after: number): number {
      const day = Math.floor((after - hour * 3_600_000) / 86_400_000) + 1;
      return day * 86_400_000 + hour * 3_600_000;
    }
    toJSON() {
      return { type: "local" };
    }
  }
  registerSchedule("local", { fromJSON: () => new Local() });
  const zoned: Lineup = {
    local: {
      task: "t",
      schedule: calendar({
        every: "year",
        on: 1,
        in: 1,
        at: "00:00",
        timezone: "Europe/Berlin",
        from: "2027-01-01",
      }).or(new Local()),
    },
  };

  test("move what is due next when a beat that has them leads, and back", async () => {
    hour = 9;
    world = new World("2027-01-04T12:00:00Z");
    const old = await world.started(zoned, FAST);
    expect((await world.store.entries.get(["local"]))[0]?.basis).toBe("t2025c");
    world.tz = "2026a";
    const next = await world.started(zoned, FAST);
    hour = 10;
    await old.stop();
    await world.clock.advance(3_000);
    expect(next.stats().state).toBe("leading");
    expect(moved()).toEqual(["local 01-05T09:00 > 01-05T10:00 tz 2025c -> 2026a"]);
    expect(await world.store.entries.basisWalk()).toEqual({ basis: "t2026a", walk: null });
  });

  test("that are older than those of the entries move nothing, and are told of once", async () => {
    hour = 10;
    world = new World("2027-01-04T12:00:00Z");
    world.tz = "2026a";
    const newer = await world.started(zoned, FAST);
    await newer.stop();
    hour = 9;
    world.tz = "2025c";
    const older = await world.started(zoned, FAST);
    await world.clock.advance(86_400_000);
    expect(await sent("local")).toEqual(["01-05T10:00 sent"]);
    expect(moved()).toEqual([]);
    expect(world.log.matching(/older than those with which entries were computed/)).toHaveLength(1);
    await older.stop();
    hour = 10;
    world.tz = "2026a";
    await world.started(zoned, FAST);
    await world.clock.advance(0);
    expect(moved()).toEqual(["local 01-06T09:00 > 01-06T10:00 tz 2025c -> 2026a"]);
  });
});

describe("the walk", () => {
  const many = 2_500;
  const puts: Lineup = Object.fromEntries(
    Array.from({ length: many }, (_, i) => [
      `e${i}`,
      {
        task: "t",
        schedule: every("1d")
          .offset(`${i + 3_600}s`)
          .except(holidays("DE")),
      },
    ]),
  );
  async function fleet(): Promise<void> {
    world = new World("2027-01-04T12:00:00Z");
    await write(data());
    await world.started(puts, { ...FAST, batch: 500 });
  }
  const wrong = async (): Promise<number> => {
    const page = await world.store.entries.list({ limit: 10_000 });
    return page.filter(({ cursor }) => cursor!.due < Date.parse("2027-01-06T00:00Z")).length;
  };

  test("goes on beside the ticks, a thousand a step", async () => {
    await fleet();
    await write(data("2027-01-05"));
    await world.clock.advance(0);
    expect(await wrong()).toBe(0);
    expect(moved()).toHaveLength(many);
  });

  test("begins anew when a calendar is written in the midst of it", async () => {
    await fleet();
    const { entries } = world.store;
    const upcoming = entries.upcoming.bind(entries);
    let pages = 0;
    entries.upcoming = async (options) => {
      if (++pages === 2) await write(data());
      return upcoming(options);
    };
    await write(data("2027-01-05"));
    await world.clock.advance(0);
    await world.clock.advance(1_000);
    expect(await wrong()).toBe(many);
    expect((await entries.basisWalk()).walk).toBe(null);
  });

  test("is gone on with by the next leader where the last one stopped", async () => {
    await fleet();
    const { entries } = world.store;
    const upcoming = entries.upcoming.bind(entries);
    const asked: (string | null)[] = [];
    entries.upcoming = async (options) => {
      asked.push(options.after?.name ?? null);
      if (asked.length === 2) throw new Error("the leader is gone");
      return upcoming(options);
    };
    const [first] = world.beats;
    await write(data("2027-01-05"));
    await world.clock.advance(0);
    const stopped = first!.stop();
    await world.clock.advance(2_000);
    await stopped;
    await world.started(puts, FAST);
    await world.clock.advance(3_000);
    expect(asked[1]).not.toBe(null);
    expect(asked[2]).toBe(asked[1]);
    expect(asked.filter((name) => name === null)).toHaveLength(1);
    expect(await wrong()).toBe(0);
    expect(moved()).toHaveLength(many);
  });
});

test("a book knows what is near a name that it does not know", () => {
  const book = new CalendarBook([data()]);
  expect(() => book.assertKnown(["DEE"])).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_CALENDAR_UNKNOWN",
      message: expect.stringContaining('did you mean "DE"') as string,
    }) as Error,
  );
});

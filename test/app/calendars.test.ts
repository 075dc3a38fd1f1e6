/** app.calendars, and schedules that name calendars. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  businessDays,
  type CalendarData,
  crontab,
  dates,
  every,
  holidays,
  Sunbeat,
} from "../../src/index.js";
import { coreOf } from "../../src/app/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const data = (days: CalendarData["days"], name = "DE-BY"): CalendarData => ({
  ...{ name, covers: { from: "2027-01-01", to: "2028-12-31" } },
  days,
});
const closed = data(["2027-12-24", { date: "2027-01-06", name: "Epiphany" }]);
const refused = (code: string, said: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(said) as string }) as Error;

let app: Sunbeat;
let clock: ManualClock;
function made(options: ConstructorParameters<typeof Sunbeat>[1] = {}): Sunbeat {
  const one = new Sunbeat("shop", { broker: "memory:", logger: null, ...options });
  coreOf(one).use({ clock });
  return one;
}
beforeEach(() => {
  clock = new ManualClock("2027-01-05T12:00:00Z");
  app = made();
});
afterEach(() => app.close());

test("a calendar is set, read, listed and deleted", async () => {
  const set = await app.calendars.set(closed);
  expect(set).toMatchObject({ name: "DE-BY", owner: "runtime", at: new Date(clock.now()) });
  expect(set.digest).toMatch(/^[0-9a-f]{16}$/);
  expect(set.days).toEqual([{ date: "2027-01-06", name: "Epiphany" }, "2027-12-24"]);
  await clock.advance(1_000);
  expect(await app.calendars.set(closed)).toEqual(set);
  expect(await app.calendars.get("DE-BY")).toEqual(set);
  expect(await app.calendars.list()).toEqual([set]);
  expect(await app.calendars.delete("DE-BY")).toBe(true);
  expect(await app.calendars.delete("DE-BY")).toBe(false);
  expect(await app.calendars.get("DE-BY")).toBe(null);
  const verbs = (await app.audit.list({})).map(({ verb, outcome }) => `${verb} ${outcome}`);
  expect(verbs).toEqual(["deleteCalendar ok", "deleteCalendar ok", "setCalendar ok", "setCalendar ok"]);
});

test.each([
  ["all", false],
  ["a plan", true],
])("those of the code are stored when %s is applied, and entries with them", async (_, isPlanned) => {
  const schedule = crontab("0 9 * * *").except(holidays("DE-BY"));
  const one = made({ calendars: [closed], beatSchedule: { office: { task: "t", schedule } } });
  const planned = await one.schedules.plan();
  expect(await one.calendars.list()).toEqual([expect.objectContaining({ at: null })]);
  await one.schedules.apply(isPlanned ? planned : undefined);
  expect(await one.calendars.get("DE-BY")).toMatchObject({ owner: "code:shop", at: new Date(clock.now()) });
  expect((await one.schedules.get("office"))?.nextDue).toEqual(new Date("2027-01-07T09:00:00Z"));
  await one.close();
});

test("the digest is that of dates and range: a name moves nothing", async () => {
  const { digest } = await app.calendars.set(closed);
  const renamed = await app.calendars.set(data(["2027-12-24", "2027-01-06"]));
  expect(renamed.digest).toBe(digest);
  const longer = { ...closed, covers: { from: "2027-01-01", to: "2029-12-31" } } as const;
  expect((await app.calendars.set(longer)).digest).not.toBe(digest);
});

describe("an entry that names a calendar", () => {
  const entry = { task: "t", schedule: every("1d").offset("9h").except(holidays("DE-BY")) };

  test("is refused while there is none, with the nearest name", async () => {
    await app.calendars.set(data([], "DE-B"));
    await expect(app.schedules.set("office", entry)).rejects.toThrow(
      refused("SUNBEAT_CALENDAR_UNKNOWN", /"DE-BY".*did you mean "DE-B"/),
    );
    expect(await app.schedules.get("office")).toBe(null);
  });

  test("is due by its days, in next, preview and forecast", async () => {
    await app.calendars.set(data(["2027-01-06", "2027-01-07"]));
    const { nextDue } = await app.schedules.set("office", entry);
    expect(nextDue?.toISOString()).toBe("2027-01-08T09:00:00.000Z");
    const next = await app.schedules.next("office", { count: 2 });
    expect(next.map((due) => due.toISOString().slice(0, 10))).toEqual(["2027-01-08", "2027-01-09"]);
    const preview = await app.schedules.preview("other", entry, { load: false });
    expect(preview.next[0]?.due.toISOString()).toBe("2027-01-08T09:00:00.000Z");
    const missing = { ...entry, schedule: every("1d").except(holidays("FR")) };
    expect((await app.schedules.preview("other", missing)).problem?.code).toBe("SUNBEAT_CALENDAR_UNKNOWN");
    expect((await app.schedules.forecast({ to: "2027-01-09T00:00Z" })).from).toBeDefined();
  });

  test("is looked at again by every process when its calendar changes", async () => {
    await app.calendars.set(data(["2027-01-06"]));
    await app.schedules.set("office", entry);
    expect((await app.schedules.next("office"))[0]?.getUTCDate()).toBe(7);
    await app.calendars.set(data(["2027-01-06", "2027-01-07"]));
    await app.schedules.pause("office");
    expect((await app.schedules.resume("office")).nextDue?.getUTCDate()).toBe(8);
  });

  test("keeps its calendar from being deleted", async () => {
    await app.calendars.set(closed);
    await app.schedules.set("office", entry);
    await expect(app.calendars.delete("DE-BY")).rejects.toThrow(
      refused("SUNBEAT_CALENDAR_CONFLICT", /is named by "office"/),
    );
    await app.schedules.delete("office");
    expect(await app.calendars.delete("DE-BY")).toBe(true);
  });

  test("is told that its calendar ends", async () => {
    await app.calendars.set({ ...closed, covers: { from: "2027-01-01", to: "2027-03-31" } });
    const { lints } = await app.schedules.preview("office", entry, { load: false });
    expect(lints).toContainEqual(
      expect.objectContaining({
        code: "calendar-ends",
        message: expect.stringContaining("ends on 2027-03-31") as string,
      }),
    );
  });
});

describe("calendars of the code", () => {
  test("are there before a beat has stored them, and cannot be changed or deleted", async () => {
    await app.close();
    app = made({ calendars: [closed] });
    expect(await app.calendars.list()).toMatchObject([{ name: "DE-BY", owner: "code:shop", at: null }]);
    const conflict = refused("SUNBEAT_CALENDAR_CONFLICT", /declared in the code of "shop"/);
    await expect(app.calendars.set(data([]))).rejects.toThrow(conflict);
    await expect(app.calendars.delete("DE-BY")).rejects.toThrow(conflict);
  });

  test("and of entries are stored by a beat that starts", async () => {
    await app.close();
    const schedule = crontab("0 9 * * *").onDays("business");
    app = made({
      calendars: [data(["2027-01-06"])],
      businessDays: businessDays({ closed: holidays("DE-BY") }),
      beatSchedule: { office: { task: "t", schedule } },
    });
    app.beat().start();
    await clock.advance(1_000);
    expect(await app.calendars.list()).toMatchObject([
      { owner: "code:shop", at: new Date(1_799_150_400_000) },
    ]);
    expect((await app.schedules.get("office"))?.nextDue?.toISOString()).toBe("2027-01-07T09:00:00.000Z");
  });
});

describe("options", () => {
  const wrong: [why: string, options: object, code: string, said: RegExp][] = [
    [
      "days that are none",
      { businessDays: "mon-fri" },
      "SUNBEAT_OPTION_INVALID",
      /businessDays: expected days made by/,
    ],
    ["no list", { calendars: closed }, "SUNBEAT_OPTION_INVALID", /calendars: expected a list/],
    ["one name twice", { calendars: [closed, closed] }, "SUNBEAT_OPTION_INVALID", /each name once/],
    ["data that are wrong", { calendars: [{ name: "a" }] }, "SUNBEAT_CALENDAR_DATA_INVALID", /covers/],
  ];
  test.each(wrong)("%s are refused", (_why, options, code, said) => {
    expect(() => new Sunbeat("shop", { broker: "memory:", ...options })).toThrow(refused(code, said));
  });

  test("days of any maker are business days", () => {
    expect(
      () => new Sunbeat("shop", { broker: "memory:", businessDays: dates(["12-25"]).not() }),
    ).not.toThrow();
  });
});

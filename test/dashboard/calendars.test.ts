import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CalendarData, every, holidays } from "../../src/index.js";
import { ADMIN, Desk } from "./desk.js";

const DAYS: Omit<CalendarData, "name"> = {
  covers: { from: "2090-01-01", to: "2091-12-31" },
  days: [{ date: "2090-01-06", name: "Epiphany" }],
};

let desk: Desk;
beforeEach(async () => {
  desk = new Desk(
    { resolveAccess: () => ADMIN },
    { app: { calendars: [{ name: "code", ...DAYS, days: ["2090-01-01"] }] } },
  );
  await desk.app.calendars.set({ name: "plant", ...DAYS, days: [...DAYS.days] });
  await desk.app.schedules.set("open", {
    ...{ task: "t", startAt: Date.UTC(2090, 0, 5, 12) },
    schedule: every("1d").except(holidays("plant")),
  });
});
afterEach(() => desk.close());

interface Change {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly renamed: readonly string[];
  readonly moves: readonly { readonly entry: string }[];
}

test("calendars are listed with their days, their ends, and the entries that name them", async () => {
  const { body } = await desk.ask("GET", "/calendars");
  expect(body).toMatchObject({
    items: [
      { name: "code", owner: "code:desk", days: 1, entries: [], at: null },
      {
        name: "plant",
        owner: "runtime",
        days: 1,
        first: "2090-01-06",
        last: "2090-01-06",
        entries: ["open"],
      },
    ],
  });
});

describe("one calendar", () => {
  test("has its days with their names", async () => {
    expect((await desk.ask("GET", "/calendars/plant")).body).toMatchObject({
      ...{ name: "plant", covers: DAYS.covers, days: DAYS.days, entries: ["open"], isOurs: true },
    });
    expect((await desk.ask("GET", "/calendars/none")).status).toBe(404);
  });

  test("a dry run tells days and entries that move, and stores nothing", async () => {
    const calendar = { name: "plant", covers: DAYS.covers, days: ["2090-01-07", "2090-01-06"] };
    const { body } = await desk.change("POST", "/calendars/preview", { calendar });
    const { added, removed, renamed, moves } = body as Change;
    expect([added, removed, renamed]).toEqual([["2090-01-07"], [], ["2090-01-06"]]);
    expect(moves.map(({ entry }) => entry)).toEqual(["open"]);
    expect((await desk.app.calendars.get("plant"))!.days).toEqual(DAYS.days);
  });

  test("is saved where nobody has changed it since it was read, and the audit has it", async () => {
    const { body } = await desk.ask("GET", "/calendars/plant");
    const { revision } = body as { readonly revision: string };
    const calendar = { covers: DAYS.covers, days: ["2090-01-08"] };
    const put = (): Promise<{ readonly status: number }> =>
      desk.change("PUT", "/calendars/plant", { calendar }, { "if-match": `"${revision}"` });
    expect((await put()).status).toBe(200);
    expect((await put()).status).toBe(412);
    const { body: audit } = await desk.ask("GET", "/audit");
    expect(JSON.stringify(audit)).toContain("setCalendar");
  });

  test.each<[method: string, path: string, body: object, status: number, because: string]>([
    ["PUT", "/calendars/code", { calendar: DAYS }, 409, "code declares it"],
    ["PUT", "/calendars/plant", { calendar: { ...DAYS, days: ["tomorrow"] } }, 400, "no date"],
    ["DELETE", "/calendars/plant", {}, 409, "an entry names it"],
    ["DELETE", "/calendars/none", {}, 404, "there is none"],
  ])("%s %s with %j is %i: %s", async (method, path, body, status) => {
    expect((await desk.change(method, path, body)).status).toBe(status);
  });

  test("goes once no entry names it", async () => {
    await desk.app.schedules.delete("open");
    expect((await desk.change("DELETE", "/calendars/plant")).status).toBe(200);
    expect(await desk.app.calendars.get("plant")).toBeNull();
  });
});

test("a preview tells what restrictions leave out, with the reason", async () => {
  const entry = {
    ...{ task: "t", startAt: "2090-01-05T00:00Z" },
    schedule: {
      ...{ type: "filter", of: { every: "1d" } },
      keep: [{ days: { calendar: "plant" }, not: true, timezone: "UTC" }],
    },
  };
  const { body } = await desk.change("POST", "/schedules/preview", { name: "n", entry });
  const { leftOut } = body as {
    readonly leftOut: readonly { readonly at: number; readonly message: string }[];
  };
  expect(leftOut.map(({ at }) => new Date(at).toISOString())).toEqual(["2090-01-06T00:00:00.000Z"]);
  expect(leftOut[0]!.message).toContain("Epiphany");
});

test("the overview tells drift, but for pauses", async () => {
  await desk.app.schedules.pause("open");
  const { body } = await desk.ask("GET", "/overview");
  expect(body).toMatchObject({ drift: { kinds: {}, entries: [] } });
});

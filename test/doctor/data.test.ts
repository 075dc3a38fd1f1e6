/** What doctor says of time zone data, calendars and entries that wait for a walk. */
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { coreOf, dataFacts } from "../../src/app/index.js";
import { systemTzVersion, tzVersion } from "../../src/core/tz-data.js";
import { type DataFacts, judgeData } from "../../src/doctor/index.js";
import { crontab, holidays, Sunbeat } from "../../src/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const WELL: DataFacts = { tz: "2025c", systemTz: "2025c", beats: [], calendars: [], unwalked: 0 };
const calendar = (days: number, entries: string[]) => ({ name: "DE-BY", to: "2027-12-31", days, entries });

test.each<[Partial<DataFacts>, string[], string]>([
  [{}, [], "all is well"],
  [{ systemTz: "2026a" }, ["time zones 2025c"], "the system is newer"],
  [{ systemTz: "2024b" }, [], "the system is older"],
  [{ systemTz: null }, [], "the system does not tell"],
  [{ tz: "#0123456789ab", systemTz: "2026a" }, [], "this runtime does not tell"],
  [
    {
      beats: [
        { node: "beat@a", tz: "2025c" },
        { node: "beat@b", tz: "2026a" },
      ],
    },
    ["time zones of beats 2025c, 2026a"],
    "two beats differ",
  ],
  [
    {
      beats: [
        { node: "beat@a", tz: "2025c" },
        { node: "beat@b", tz: "2025c" },
      ],
    },
    [],
    "two beats agree",
  ],
  [
    {
      beats: [
        { node: "beat@a", tz: "2025c" },
        { node: "beat@b", tz: null },
      ],
    },
    [],
    "one beat does not tell",
  ],
  [{ calendars: [calendar(90, ["office"])] }, ["calendar DE-BY ends on 2027-12-31"], "it ends soon"],
  [{ calendars: [calendar(-1, ["office"])] }, ["calendar DE-BY ended on 2027-12-31"], "it is over"],
  [{ calendars: [calendar(91, ["office"])] }, [], "it lasts"],
  [{ calendars: [calendar(-1, [])] }, [], "no entry names it"],
  [{ unwalked: 3 }, ["entries not walked 3"], "a walk is due"],
])("%j: %j", (given, expected) => {
  const found = judgeData({ ...WELL, ...given });
  expect(found.map(({ setting, value }) => `${setting} ${value}`)).toEqual(expected);
  expect(found.every(({ verdict, advice }) => verdict === "warning" && advice !== "")).toBe(true);
});

test.each<[string, string | null, string]>([
  ["# version 2026a\n# This zic input", "2026a", "of tzdata.zi"],
  ["2025c\n", "2025c", "of +VERSION"],
  ["# redo posix_only\n", null, "a file that does not tell"],
])("%j is the system's data of %s", async (text, expected) => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), "sunbeat-tz-")), "tzdata.zi");
  writeFileSync(file, text);
  expect(await systemTzVersion([`${file}.none`, file])).toBe(expected);
});

describe("the facts of a store", () => {
  let app: Sunbeat;
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock("2027-01-05T12:00:00Z");
    const schedule = crontab("0 9 * * *", { timezone: "UTC" }).except(holidays("DE-BY"));
    const covers = { from: "2027-01-01", to: "2027-02-01" } as const;
    const calendars = [{ name: "DE-BY", covers, days: ["2027-01-06" as const] }];
    app = new Sunbeat("shop", {
      broker: "memory:",
      logger: null,
      calendars,
      beatSchedule: { office: { task: "t", schedule } },
    });
    coreOf(app).use({ clock });
  });
  afterEach(() => app.close());
  const facts = () => dataFacts(coreOf(app).lazyStore, coreOf(app).book);

  test("calendars with the entries that name them, and the days that are left", async () => {
    await app.schedules.apply();
    expect((await facts()).calendars).toEqual([
      { name: "DE-BY", to: "2027-02-01", days: 27, entries: ["office"] },
    ]);
  });

  test("entries that no walk has reached: none without beats, all after data have changed, none after the walk", async () => {
    await app.schedules.apply();
    const { entries, leases } = coreOf(app).lazyStore;
    expect((await facts()).unwalked).toBe(0);
    const elected = await leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 60_000);
    const term = String((elected as { readonly term: unknown }).term);
    expect(await entries.putBasisWalk(term, { basis: "t2020a", walk: null })).toBe("stored");
    expect((await facts()).unwalked).toBe(1);
    const basis = (await facts()).tz;
    expect(basis).toBe(tzVersion());
    const whole = (await import("../../src/beat/basis.js")).wholeBasis(coreOf(app).book, tzVersion());
    const after = { dispatchAt: Date.parse("2028-01-01"), name: "z" };
    await entries.putBasisWalk(term, { basis: "t2020a", walk: JSON.stringify({ basis: whole, after }) });
    expect((await facts()).unwalked).toBe(0);
    await entries.putBasisWalk(term, { basis: whole, walk: null });
    expect((await facts()).unwalked).toBe(0);
  });
});

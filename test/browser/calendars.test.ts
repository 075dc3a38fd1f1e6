import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { crontab, every, holidays } from "../../src/index.js";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

const PLANT = { covers: { from: "2090-01-01", to: "2090-12-31" }, days: ["2090-01-06"] } as const;

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({
    runs: "none",
    app: { beatSchedule: { nightly: { task: "report", schedule: crontab("30 2 * * *") } } },
  });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

test("a calendar is made, changed after a look at what moves, and deleted once nothing hangs on it", async () => {
  const { app } = world;
  await app.calendars.set({ name: "plant", ...PLANT, days: [...PLANT.days] });
  await app.schedules.set("open", {
    ...{ task: "t", startAt: Date.UTC(2090, 0, 7) },
    schedule: every("1d").except(holidays("plant")),
  });
  const { page, complaints } = await openPage(browser);
  await page.goto(`${world.url}/calendars`);
  await page.getByRole("link", { name: "plant" }).click();
  expect(await page.getByRole("button", { name: "Delete" }).isDisabled()).toBe(true);
  await page.getByRole("link", { name: "open" }).waitFor();

  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Days off, one a line").fill("2090-01-06 Epiphany\n2090-01-07 Inventory");
  await page.getByRole("link", { name: "open" }).waitFor();
  await page.getByText("+ 2090-01-07").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("2090-01-07 Inventory").waitFor();
  expect((await app.calendars.get("plant"))!.days).toContainEqual({ date: "2090-01-07", name: "Inventory" });

  await app.schedules.delete("open");
  await page.reload();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Calendars" }).waitFor();
  expect(await app.calendars.get("plant")).toBeNull();
  expect(complaints).toEqual([]);
});

test("a schedule of several members is made by fields, with what its restriction leaves out struck through", async () => {
  const { page, complaints } = await openPage(browser);
  await page.goto(`${world.url}/schedules?new=1`);
  await page.getByLabel("Name").fill("joined");
  await page.getByLabel("Task", { exact: true }).fill("report");
  const first = page.getByRole("region", { name: "schedule 1" });
  await page.getByRole("radio", { name: "Calendar" }).click();
  await page.getByLabel("Period").selectOption("month");
  await page.getByLabel("On", { exact: true }).fill("25, last day");
  await page.getByLabel("At", { exact: true }).fill("09:00");
  await page.getByLabel("restriction or move").selectOption("days");
  await page.getByRole("button", { name: "Restrict or move" }).click();
  await page.getByRole("group", { name: "Days" }).locator("[name=days]").fill("mon-fri");
  await page.locator(".left-out s").first().waitFor();

  await page.getByRole("button", { name: "And another schedule" }).click();
  const second = page.getByRole("region", { name: "schedule 2" });
  await second.getByRole("radio", { name: "RRULE" }).click();
  await second.getByLabel("Rule of iCalendar").fill("FREQ=HOURLY");
  await page
    .getByRole("alert")
    .getByText(/HOURLY/)
    .waitFor();
  await second.getByLabel("Rule of iCalendar").fill("FREQ=DAILY;BYHOUR=7;BYMINUTE=0;BYSECOND=0");
  await first.waitFor();
  await page.getByRole("heading", { name: /day 25.*; and |; and .*day 25/ }).waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: /^joined/ }).waitFor();
  const { schedule } = JSON.parse((await world.app.schedules.get("joined"))!.definition) as {
    readonly schedule: { readonly type: string; readonly of: readonly { readonly type: string }[] };
  };
  expect([schedule.type, schedule.of.map(({ type }) => type).sort()]).toEqual([
    "union",
    ["calendar", "filter"],
  ]);
  expect(complaints).toEqual([]);
});

test("drift is told on the overview with what to do, and gone once the plan is applied", async () => {
  const { app } = world;
  const { page } = await openPage(browser);
  await page.goto(world.url);
  await page.getByText("1 missing").waitFor();
  await page.getByText("sunbeat schedule plan").waitFor();
  await app.schedules.apply();
  await page.goto(`${world.url}/schedules`);
  await page.getByRole("link", { name: "nightly" }).waitFor();
  expect(await page.getByText(/^drift/).count()).toBe(0);
});

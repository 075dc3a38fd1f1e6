import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { every } from "../../src/index.js";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({ runs: "none" });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

test("a bad crontab is told with its reason, a good one with its runs and remarks, and then it is saved", async () => {
  const { page, complaints } = await openPage(browser);
  await page.goto(`${world.url}/schedules`);
  await page.getByRole("link", { name: "New entry" }).click();
  await page.getByLabel("Name").fill("nightly");
  await page.getByLabel("Task", { exact: true }).fill("report");
  const save = page.getByRole("button", { name: "Save" });
  await page.getByLabel("Hour").fill("25");
  await page.getByRole("alert").getByText(/25/).waitFor();
  expect(await save.isDisabled()).toBe(true);

  await page.getByLabel("Hour").fill("2");
  await page.getByLabel("Minute").fill("30");
  await page.getByRole("heading", { name: "at 02:30 every day (Europe/Paris)" }).waitFor();
  await page.getByText("gap-fixed").waitFor();
  await page.getByRole("img", { name: /the busiest hour goes from 0 to 1/ }).waitFor();
  expect(await page.locator(".next-runs li").count()).toBe(20);

  await page.getByLabel(/Arguments/).fill("[1,");
  await page
    .getByText(/this is not JSON/)
    .first()
    .waitFor();
  await page.getByLabel(/Arguments/).fill('["ann"]');
  await save.click();
  await page.getByRole("heading", { name: /^nightly/ }).waitFor();
  const stored = await world.app.schedules.get("nightly");
  expect(JSON.parse(stored!.definition)).toMatchObject({
    task: "report",
    args: ["ann"],
    schedule: { hour: "2" },
  });
  expect(complaints).toEqual([]);
});

test("what somebody has saved meanwhile is shown beside one's own, and nothing is lost unasked", async () => {
  const { app } = world;
  await app.schedules.set("shared", { task: "report", schedule: every("1h") });
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/schedules/shared?edit=1`);
  await page.getByLabel("What it is for").fill("mine");
  // The page has not heard of it when it saves: only what the server says can tell.
  let isSaved = false;
  await page.route("**/api/v1/schedules/shared", async (route) => {
    if (route.request().method() === "PUT" && !isSaved) {
      isSaved = true;
      await app.schedules.set("shared", { task: "report", schedule: every("2h"), description: "theirs" });
    }
    await route.continue();
  });
  await page.getByRole("button", { name: "Save" }).click();
  const conflict = page.getByRole("alert");
  await conflict.getByText("Somebody has saved this entry").waitFor();
  await conflict.getByText('"theirs"').waitFor();
  await conflict.getByText('"mine"').waitFor();
  expect((await app.schedules.get("shared"))!.description).toBe("theirs");

  await conflict.getByRole("button", { name: "Keep mine" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: /^shared/ }).waitFor();
  await page.getByText("mine", { exact: true }).first().waitFor();
  expect((await app.schedules.get("shared"))!.description).toBe("mine");
});

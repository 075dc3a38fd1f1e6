/** Somebody who has just run the quickstart, and how many clicks lie between a question and its answer. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Sunbeat } from "../../src/index.js";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

vi.mock("sunbeat", () => import("../../src/index.js"));

const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-newcomer-"));

let browser: Browser;
let world: World;
let page: Page;
let complaints: readonly string[];
let clicks = 0;
let isBroken = true;

async function click(what: Locator): Promise<void> {
  clicks++;
  await what.click();
}

const menu = (name: string): Locator =>
  page.getByRole("navigation", { name: "pages" }).getByRole("link", { name, exact: true });

beforeAll(async () => {
  vi.stubEnv("SUNBEAT_BROKER", `sqlite:${path.join(folder, "quickstart.db")}`);
  const { app: built } = await import("../../examples/quickstart/app.js");
  // It is the build's to the types, and the source's to the run: see the mock.
  const app = built as unknown as Sunbeat;
  // The one thing that it lacks is a task that fails.
  const bill = app.task("orders.bill", (order: number) => {
    if (isBroken) throw new Error(`no price for order ${order}`);
    return "billed";
  });
  [browser, world] = await Promise.all([openBrowser(), World.open({ made: app })]);
  await (await bill.delay(7)).get({ propagate: false, timeout: 60 });
  ({ page, complaints } = await openPage(browser));
  await page.goto(`${world.url}/`);
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
});

test("why a task failed is on the first page, its stack one click away, and two more run it again", async () => {
  clicks = 0;
  const failures = page.getByRole("region", { name: "newest failures" });
  await failures.getByText("no price for order 7").waitFor();
  await click(failures.getByRole("link", { name: "orders.bill" }));
  await page.getByText(/at .*newcomer\.test\.ts/).waitFor();
  isBroken = false;
  await click(page.getByRole("button", { name: "Retry", exact: true }));
  await click(page.getByRole("dialog").getByRole("button", { name: "Retry", exact: true }));
  await page.getByText("billed").waitFor();
  expect(clicks).toBe(3);
});

test("an entry is paused with two clicks, and goes on with a third", async () => {
  clicks = 0;
  await click(menu("Schedules"));
  const row = page.getByRole("row").filter({ hasText: "add-every-3-seconds" });
  await click(row.getByRole("button", { name: /^pause/i }));
  await row.getByText("paused").waitFor();
  expect((await world.app.schedules.get("add-every-3-seconds"))?.pausedAt).toBeInstanceOf(Date);
  await click(row.getByRole("button", { name: /^resume/i }));
  await row.getByText("active").waitFor();
  expect(clicks).toBe(3);
});

test("what runs tomorrow is two clicks away, with the time of each entry's first run", async () => {
  clicks = 0;
  await click(menu("Forecast"));
  await click(page.getByRole("button", { name: "Tomorrow" }));
  const entries = page.getByRole("region", { name: "starts by entry" });
  const row = entries.getByRole("row").filter({ hasText: "crontab-every-5-seconds" });
  await row.getByText("17,280").waitFor();
  await row.getByText(/\b00:00\b/).waitFor();
  expect(clicks).toBe(2);
  expect(complaints).toEqual([]);
});

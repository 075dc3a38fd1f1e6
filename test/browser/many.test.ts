/** A hundred thousand records behind one page. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

const [RECORDS, STEP] = [100_000, 5_000] as const;
const MB = 1_048_576;

let browser: Browser;
let world: World;
let oldest = "";

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({ runs: "none" });
  const echo = world.app.task("echo", (value: unknown) => value);
  for (let from = 0; from < RECORDS; from += STEP) {
    const args = Array.from({ length: STEP }, (_, index): [unknown] => [`number ${from + index}`]);
    const sent = await echo.delayMany(args);
    oldest ||= sent[0]!.id;
    // What is revoked before it begins leaves a record, too.
    await world.app.tasks.revoke(sent.map(({ id }) => id));
  }
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

test("pages of it are scrolled and turned, and neither rows nor memory grow", async () => {
  const { page, complaints } = await openPage(browser);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const used = async (): Promise<Readonly<Record<string, number>>> => {
    await session.send("HeapProfiler.collectGarbage");
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  await page.goto(`${world.url}/tasks`);
  const rows = page.getByRole("region", { name: "tasks that have ended" }).locator("tbody tr");
  await expect.poll(() => rows.count(), { timeout: 30_000 }).toBe(50);
  const turn = async (): Promise<void> => {
    const first = await rows.first().innerText();
    await page.mouse.wheel(0, 10_000);
    await page.getByRole("button", { name: "Older" }).click();
    await expect
      .poll(async () => (await rows.first().innerText()) === first, { timeout: 30_000 })
      .toBe(false);
    expect(await rows.count()).toBe(50);
  };
  for (let pages = 0; pages < 3; pages++) await turn();
  const before = await used();
  for (let pages = 0; pages < 20; pages++) await turn();
  const after = await used();
  expect(after["JSHeapUsedSize"]! - before["JSHeapUsedSize"]!).toBeLessThan(5 * MB);
  expect(after["JSHeapUsedSize"]!).toBeLessThan(40 * MB);
  expect(after["Nodes"]! - before["Nodes"]!).toBeLessThan(2_000);
  expect(complaints).toEqual([]);
});

test("the oldest of them is found by its id", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks?q=${encodeURIComponent(`"${oldest}"`)}`);
  const found = page.getByRole("region", { name: "tasks that have ended" });
  await found.getByRole("link", { name: new RegExp(oldest) }).waitFor();
  expect(await found.locator("tbody tr").count()).toBe(1);
});

/** The page of one queue. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({ runs: "worker", prepare: (app) => app.task("echo", (value: unknown) => value) });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

test("a queue that is paused at its page takes nothing until it is resumed there", async () => {
  await (await world.app.sendTask("echo", [0])).get({ timeout: 60 });
  const { page, complaints } = await openPage(browser);
  await page.goto(`${world.url}/queues`);
  await page.getByRole("link", { name: "default" }).click();
  await page.getByRole("heading", { name: "Queue default" }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel(/Reason/).fill("deploy");
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.getByText("(deploy)").waitFor();

  const sent = await world.app.sendTask("echo", ["after the pause"]);
  // It waits, and the page shows it.
  const waiting = page.getByRole("region", { name: "tasks that are ready" });
  await waiting.getByRole("link", { name: new RegExp(`echo.*${sent.id}`) }).waitFor();

  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  expect(await sent.get({ timeout: 60 })).toBe("after the pause");
  await page.getByText("No task is ready now").waitFor();
  expect(complaints).toEqual([]);
});

test("all that wait in one state are revoked after they were counted", async () => {
  const sent = await world.app.sendTask("echo", [1], { countdown: 3_600 });
  await world.app.sendTask("echo", [2], { countdown: 3_600 });
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/queues/default?show=scheduled`);
  await page.getByRole("button", { name: "Revoke all" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke 2" }).click();
  await page.getByText("Revoking: done").waitFor();
  await page.getByText("No task is scheduled now").waitFor();
  expect((await world.app.tasks.show(sent.id))?.result?.state).toBe("REVOKED");
});

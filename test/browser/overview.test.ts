import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { crontab } from "../../src/index.js";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

let browser: Browser;
let world: World;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({
    app: { beatSchedule: { nightly: { task: "reports.build", schedule: crontab("30 2 * * *") } } },
    prepare: (app) => {
      app.task("reports.build", () => 1);
      app.task("import.flaky", () => {
        throw new Error("refused at https://ann:secret@example.org");
      });
    },
  });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

test("the overview shows the leader, what is due, and what failed, with nothing to complain of", async () => {
  const { id } = await world.app.sendTask("import.flaky");
  await world.app.result(id).get({ propagate: false, timeout: 30 });
  const { page, complaints } = await openPage(browser);
  await page.goto(`${world.url}/`);
  await page.getByRole("link", { name: "nightly" }).waitFor();
  await page.getByText("refused at https://").waitFor();
  // A password in an address is shown nowhere.
  expect(await page.locator("main").innerText()).not.toContain("secret");
  expect(await page.getByRole("link", { name: /^beat@/ }).count()).toBe(1);
  expect(complaints).toEqual([]);
});

test("a queue that is paused from the page is paused, and says by whom", async () => {
  await world.app.sendTask("reports.build", [], { countdown: 3_600 });
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/queues`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel(/Reason/).fill("deploy");
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.getByText("(deploy)").waitFor();
  expect((await world.app.queues.paused()).map(({ queue, reason }) => [queue, reason])).toEqual([
    ["default", "deploy"],
  ]);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  expect(await world.app.queues.paused()).toEqual([]);
});

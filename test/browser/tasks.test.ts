/** Searching, paging, watching, retrying and revoking tasks, as somebody does it at the pages. */
import { readFile } from "node:fs/promises";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { currentTask } from "../../src/index.js";
import { openBrowser } from "./browser.js";
import { linksIn } from "./links.js";
import { openPage, World } from "./world.js";

let browser: Browser;
let world: World;
let isBroken = true;
let release: () => void;
const released = new Promise<void>((resolve) => (release = resolve));

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({
    runs: "worker",
    prepare: (app) => {
      app.task("echo", (value: unknown) => value);
      app.task("=1+2", (value: unknown) => value);
      app.task("import.broken", () => {
        if (isBroken) throw new Error("refused");
        return "done";
      });
      app.task("slow.waits", () => released);
      app.task(
        "slow.ends",
        () =>
          new Promise((_, reject) => {
            const { signal } = currentTask();
            signal.addEventListener("abort", () => reject(signal.reason as Error));
          }),
      );
    },
  });
});
afterAll(async () => {
  release();
  await world?.close();
  await browser?.close();
});

const ended = (page: Page): Locator => page.getByRole("region", { name: "tasks that have ended" });

async function addresses(page: Page): Promise<string[]> {
  await ended(page).locator("tbody tr").first().waitFor();
  const links = await linksIn(page, '[aria-label="tasks that have ended"]');
  return links.filter((address) => address.includes("/tasks/"));
}

async function done(ids: readonly string[]): Promise<void> {
  for (const id of ids) await world.app.result(id).get({ propagate: false, timeout: 60 });
}

async function send(task: string, argsList: readonly (readonly unknown[])[]): Promise<string[]> {
  const ids: string[] = [];
  for (const args of argsList) ids.push((await world.app.sendTask(task, args)).id);
  return ids;
}

test("a search, its next page, a reload and the way back give the same lists", async () => {
  await done(
    await send(
      "echo",
      Array.from({ length: 120 }, (_, index) => [index]),
    ),
  );
  const { page, complaints } = await openPage(browser);
  await page.goto(`${world.url}/tasks`);
  // Keys and what is known of them are offered as one types.
  const box = page.getByRole("combobox", { name: "search tasks" });
  await box.pressSequentially("task:ech");
  await page.getByRole("option", { name: "task:echo" }).click();
  await box.press("Enter");
  await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe("task:echo");
  await expect.poll(async () => (await addresses(page)).length).toBe(50);
  const first = await addresses(page);
  await page.getByRole("button", { name: "Older" }).click();
  await expect.poll(async () => (await addresses(page))[0]).not.toBe(first[0]);
  const second = await addresses(page);
  expect(second.filter((address) => first.includes(address))).toEqual([]);
  await page.reload();
  expect(await addresses(page)).toEqual(second);
  await page.goBack();
  await expect.poll(() => addresses(page)).toEqual(first);
  await page.goForward();
  await expect.poll(() => addresses(page)).toEqual(second);
  expect(complaints).toEqual([]);
});

test("an unknown key of a search is told, with the nearest one", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks?q=${encodeURIComponent("stat:failure")}`);
  await page.getByRole("alert").getByText("did you mean").waitFor();
});

test("a task that is sent elsewhere appears without a reload, and so does its end", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks`);
  await page.getByRole("heading", { name: "Tasks", exact: true }).waitFor();
  const [id] = await send("slow.waits", [[]]);
  const running = page.getByRole("listitem").filter({ hasText: "slow.waits" });
  await running.waitFor();
  release();
  await ended(page).getByRole("row").filter({ hasText: id! }).getByText("success").waitFor();
  await running.waitFor({ state: "detached" });
});

test("one task, selected ones, and all that match are retried; a dry run counts them and changes nothing", async () => {
  isBroken = true;
  const ids = await send("import.broken", [[1], [2], [3], [4], [5], [6]]);
  await done(ids);
  isBroken = false;
  const { page, complaints } = await openPage(browser);
  const dialog = page.getByRole("dialog");

  await page.goto(`${world.url}/tasks/${ids[0]}`);
  await page.getByText("refused").first().waitFor();
  await page.getByRole("button", { name: "Retry", exact: true }).click();
  await dialog.getByRole("button", { name: "Retry", exact: true }).click();
  await page.getByRole("row").filter({ hasText: "success" }).first().waitFor();

  await page.goto(`${world.url}/dead?failed=true`);
  await page.getByRole("heading", { name: "5 tasks that failed" }).waitFor();
  for (const id of ids.slice(1, 3)) await page.getByRole("checkbox", { name: `select ${id}` }).check();
  // The selection is in the address.
  await page.reload();
  await page.getByRole("button", { name: "Retry 2" }).click();
  await dialog.getByRole("button", { name: "Retry 2" }).click();
  await page.getByText("Retrying: done").waitFor();
  await done(ids.slice(0, 3));
  await page.getByRole("heading", { name: "3 tasks that failed" }).waitFor();

  await page.goto(`${world.url}/tasks?q=${encodeURIComponent("task:import.broken")}`);
  await page.getByText("All that match", { exact: true }).click();
  await page.getByRole("button", { name: "Retry all that match" }).click();
  await dialog.getByRole("heading", { name: "Retry 3 tasks that match?" }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect((await world.app.dead.list({ failed: true })).letters).toHaveLength(3);
  await page.getByText("All that match", { exact: true }).click();
  await page.getByRole("button", { name: "Retry all that match" }).click();
  await dialog.getByRole("button", { name: "Retry 3" }).click();
  await page.getByText("Retrying: done").waitFor();
  await done(ids);
  expect((await world.app.dead.list({ failed: true })).letters).toEqual([]);
  expect(complaints).toEqual([]);
});

test("a task runs again with other arguments, and what is no list of JSON is refused where it stands", async () => {
  const [id] = await send("echo", [["first"]]);
  await done([id!]);
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks/${id}`);
  await page.getByRole("button", { name: "Run with other arguments" }).click();
  const field = page.getByLabel("Arguments, a list as JSON");
  await field.fill('{"no": "list"}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText("expected a list").waitFor();
  await field.fill('["second"]');
  await page.getByRole("button", { name: "Send" }).click();
  await expect.poll(() => page.url()).not.toContain(id);
  const made = decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1)!);
  expect(await world.app.result(made).get({ timeout: 60 })).toBe("second");
});

test("a running task is terminated from its page", async () => {
  const [id] = await send("slow.ends", [[]]);
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks?show=leased`);
  await page.getByRole("link", { name: /slow\.ends/ }).click();
  await page.getByRole("button", { name: "Terminate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Terminate" }).click();
  await page.getByRole("row").filter({ hasText: "revoked" }).waitFor();
  const { state } = (await world.app.tasks.show(id!))!.result!;
  expect(state).toBe("REVOKED");
});

test("a CSV has text where a spreadsheet would see a formula", async () => {
  await done(await send("=1+2", [["x"]]));
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks?q=${encodeURIComponent('task:"=1+2"')}`);
  await page.getByText("Export").click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: /^CSV/ }).click(),
  ]);
  const lines = (await readFile(await download.path(), "utf8")).split("\r\n");
  const column = lines[0]!.split(",").indexOf("task");
  expect(lines[1]!.split(",")[column]).toBe("'=1+2");
  expect(download.suggestedFilename()).toBe("tasks.csv");
});

/** Names, arguments and errors that would like to be more than text. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.js";
import { linksIn } from "./links.js";
import { openPage, World } from "./world.js";

const MARKUP = "<img src=x onerror=alert(1)>";
const RTL = "\u202egnp.exe";
const LONG = "x".repeat(100_000);
const TASK = `evil.${MARKUP}`;

let browser: Browser;
let world: World;
let failed: string;
let succeeded: string;

beforeAll(async () => {
  browser = await openBrowser();
  world = await World.open({
    runs: "worker",
    prepare: (app) => {
      app.task(TASK, (fails: boolean, value: unknown) => {
        if (fails) throw new Error(`${MARKUP} ${RTL} 🎉 ${LONG}`, { cause: new TypeError(MARKUP) });
        return value;
      });
    },
  });
  const args = [MARKUP, RTL, "🎉", LONG, { [MARKUP]: MARKUP, url: "javascript:alert(1)" }];
  const options = { headers: { [MARKUP]: MARKUP } };
  failed = (await world.app.sendTask(TASK, [true, ...args], options)).id;
  succeeded = (await world.app.sendTask(TASK, [false, ...args], options)).id;
  for (const id of [failed, succeeded]) await world.app.result(id).get({ propagate: false, timeout: 60 });
});
afterAll(async () => {
  await world?.close();
  await browser?.close();
});

/** Everything is text: no element that it names is there, nothing has run, and nothing is wider than the page. */
async function expectInert(page: Page): Promise<void> {
  expect(await page.locator("main img, main script, main iframe").count()).toBe(0);
  const links = await linksIn(page, "main");
  expect(links.filter((address) => !address.startsWith(world.url))).toEqual([]);
  const beyond = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  expect(beyond).toBeLessThanOrEqual(0);
}

const PAGES: readonly (readonly [path: string, text: () => string, reason: string])[] = [
  ["/tasks", () => TASK, "a row of a record has name, error and arguments"],
  [`/tasks?q=${encodeURIComponent(`task:"${TASK}"`)}`, () => TASK, "the search shows its own words"],
  ["/dead?failed=true", () => MARKUP, "groups and rows have errors"],
  ["/queues/default", () => "Queue default", "a queue lists tasks"],
];

test.each([360, 1_280])("hostile text is text on every page, %i pixels wide", async (width) => {
  const { page, complaints } = await openPage(browser, { viewport: { width, height: 900 } });
  let dialogs = 0;
  page.on("dialog", (dialog) => (dialogs++, void dialog.dismiss()));
  const pages = [
    ...PAGES,
    [`/tasks/${failed}`, () => MARKUP, "stack, cause, arguments and headers"],
    [`/tasks/${succeeded}`, () => MARKUP, "a result"],
    [`/dead?failed=true&letter=${failed}`, () => MARKUP, "a letter whole"],
  ] as const;
  for (const [path, text] of pages) {
    await page.goto(`${world.url}${path}`);
    await page.locator("main").getByText(text()).first().waitFor();
    await expectInert(page);
  }
  expect(dialogs).toBe(0);
  expect(complaints).toEqual([]);
});

test("a mark that turns text around is shown as an escape", async () => {
  const { page } = await openPage(browser);
  await page.goto(`${world.url}/tasks/${failed}`);
  await page.locator("main").getByText("\\u202egnp.exe").first().waitFor();
  expect(await page.locator("main").innerText()).not.toContain("\u202e");
});

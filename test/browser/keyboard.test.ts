import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Filled, open, openFilled } from "./all-pages.js";
import { openBrowser } from "./browser.js";
import { openPage } from "./world.js";

let browser: Browser;
let filled: Filled;

beforeAll(async () => {
  [browser, filled] = await Promise.all([openBrowser(), openFilled()]);
});
afterAll(async () => {
  await filled?.world.close();
  await browser?.close();
});

/** What has the focus: how it is seen, and what it is called. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  return { tag: at.tagName, name: (at.getAttribute("aria-label") ?? at.innerText ?? "").slice(0, 60),
    isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
})()`;

interface Focused {
  readonly tag: string;
  readonly name: string;
  readonly isSeen: boolean;
}

const focused = (page: Page): Promise<Focused> => page.evaluate<Focused>(FOCUSED);

/** More than any of these pages has. */
const MOST_STOPS = 150;

test("each thing on each page that can be pressed is reached by Tab, and shows that it has the focus", async () => {
  const { page } = await openPage(browser);
  const unseen: string[] = [];
  for (const path of filled.paths) {
    await open(page, filled.world, path);
    await page.keyboard.press("r");
    const wanted = await page.evaluate<number>(
      `[...document.querySelectorAll("a[href], button:enabled, input:enabled, select:enabled, summary")]
        .filter((one) => one.checkVisibility()).length`,
    );
    let reached = 0;
    for (let stop = 0; stop < MOST_STOPS; stop++) {
      await page.keyboard.press("Tab");
      const { tag, name, isSeen } = await focused(page);
      if (tag === "BODY") break;
      if (!isSeen) unseen.push(`${path}: ${tag} ${name}`);
      if (tag !== "DIV") reached++;
    }
    expect(reached, path).toBeGreaterThanOrEqual(wanted);
    await page.keyboard.press("r");
  }
  expect(unseen).toEqual([]);
});

test("letters go to pages, a slash to the search, j and Enter into a row", async () => {
  const { page } = await openPage(browser);
  await open(page, filled.world, "/");
  await page.keyboard.press("g");
  await page.keyboard.press("w");
  await page.getByRole("heading", { name: "Workers", exact: true }).waitFor();
  await page.getByRole("table", { name: "workers", exact: true }).waitFor();
  await page.keyboard.press("/");
  expect((await focused(page)).tag).toBe("INPUT");
  await page.keyboard.type("default@");
  await page.waitForURL(/q=default%40/);
  await page.keyboard.press("Tab");
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("j");
  await page.locator('tr[data-at="true"]').waitFor();
  await page.keyboard.press("x");
  await page.waitForURL(/sel=/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/workers\/default/);
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("the focus is kept after an action: where it was, or on the page when what had it is gone", async () => {
  const { page } = await openPage(browser);
  const { app } = filled.world;
  const { node } = (await app.nodes.list()).find(({ worker }) => worker !== null)!;
  await open(page, filled.world, `/workers/${encodeURIComponent(node)}`);
  await page.getByRole("button", { name: "Drain" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Undrain" }).waitFor();
  expect((await focused(page)).name).toBe("Undrain");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Drain", exact: true }).waitFor();

  await open(page, filled.world, "/locks/ledger");
  await page.getByRole("button", { name: "Break" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("This cannot be undone").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Break the permit" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Nobody holds it").waitFor();
  expect((await focused(page)).tag).toBe("MAIN");
});

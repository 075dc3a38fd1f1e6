import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Filled, open, openFilled } from "./all-pages.js";
import { openBrowser } from "./browser.js";
import { openPage } from "./world.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let filled: Filled;

beforeAll(async () => {
  [browser, filled] = await Promise.all([openBrowser(), openFilled()]);
});
afterAll(async () => {
  await filled?.world.close();
  await browser?.close();
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What a reader of the page would stumble over. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<readonly Violation[]>(
    "axe.run(document).then((told) => told.violations)",
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test.each([1_280, 360])("%i wide: nobody stumbles on any page", async (width) => {
    const { page } = await openPage(browser, { colorScheme, viewport: { width, height: 900 } });
    const found: string[] = [];
    for (const path of filled.paths) {
      await open(page, filled.world, path);
      found.push(...(await violations(page)).map((violation) => `${path} ${violation}`));
      const wider = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
      if (wider > 0) found.push(`${path} is ${wider} px wider than the window`);
    }
    expect(found).toEqual([]);
  });
});

test("a button without a name would be found", async () => {
  const { page } = await openPage(browser);
  await open(page, filled.world, "/");
  await page.evaluate('document.querySelector("main").append(document.createElement("button"))');
  expect((await violations(page)).join()).toContain("button-name");
});

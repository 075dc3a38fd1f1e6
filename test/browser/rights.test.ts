import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Access } from "../../src/dashboard/access.js";
import { type Filled, open, openFilled } from "./all-pages.js";
import { openBrowser } from "./browser.js";
import { openPage } from "./world.js";

let browser: Browser;
let filled: Filled;
let access: Access = { user: "vic", role: "viewer" };

beforeAll(async () => {
  [browser, filled] = await Promise.all([
    openBrowser(),
    openFilled({ dashboard: { resolveAccess: () => access }, doors: null }),
  ]);
});
afterAll(async () => {
  await filled?.world.close();
  await browser?.close();
});

/** What buttons of pages do that changes nothing. */
const HARMLESS =
  /^(cop.*|first page|next page|try again|go on|clear|columns|month|week|day|today|tomorrow|look|search|filter|export.*|[◀▶+−]|zoom.*)$/i;

async function buttonsOf(page: Page, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    await open(page, filled.world, path);
    // One that is pressed or not turns a part of the view on and off.
    const names = await page.locator("main button:not([aria-pressed])").allInnerTexts();
    found.push(...names.filter((name) => !HARMLESS.test(name.trim())).map((name) => `${path} ${name}`));
  }
  return found;
}

/** Written by hand: pages of which an admin has something to press. */
const ACTIVE = ["/queues", "/workers", "/locks/ledger", "/beat", "/alerts"];

test("a viewer sees no button that changes anything, on any page; an admin sees them", async () => {
  const { page } = await openPage(browser);
  access = { user: "vic", role: "viewer" };
  expect(await buttonsOf(page, filled.paths)).toEqual([]);
  access = { user: "ann", role: "admin" };
  const seen = await buttonsOf(page, ACTIVE);
  for (const path of ACTIVE)
    expect(
      seen.some((button) => button.startsWith(`${path} `)),
      path,
    ).toBe(true);
});

test("a viewer who asks by hand is refused", async () => {
  const { page } = await openPage(browser);
  access = { user: "vic", role: "viewer" };
  await open(page, filled.world, "/queues");
  const asked = (path: string, body: object): Promise<readonly [number, string]> =>
    page.evaluate<readonly [number, string]>(`(async () => {
      const { csrf } = await (await fetch("api/v1/me")).json();
      const headers = { "content-type": "application/json", "sunbeat-csrf": csrf };
      const answer = await fetch("api/v1${path}", { method: "POST", headers, body: ${JSON.stringify(JSON.stringify(body))} });
      return [answer.status, (await answer.json()).code];
    })()`);
  const cases: readonly (readonly [string, object])[] = [
    ["/queues/default/pause", {}],
    ["/queues/default/purge", {}],
    ["/nodes/default/control", { verb: "shutdown" }],
    ["/limits/import.flaky", { rate: "1/m" }],
    ["/beat/resign", {}],
    ["/locks/ledger/break", { token: "x" }],
    ["/alerts/test", {}],
  ];
  for (const [path, body] of cases) {
    expect(await asked(path, body), path).toEqual([403, "SUNBEAT_CONTROL_REFUSED"]);
  }
  expect((await filled.world.app.queues.paused()).map(({ queue }) => queue)).toEqual(["mail"]);
});

describe("who may not see arguments or results", () => {
  /** In the arguments of what has failed; in its error, which is its result. */
  const [ARGUMENT, RESULT] = ["onerror", "refused at"] as const;
  const task = (): string => filled.paths.find((path) => path.startsWith("/graphs/"))!;

  test.each<[reason: string, rights: Pick<Access, "args" | "results">, sees: boolean]>([
    ["without a word he sees them", {}, true],
    ["results are a right apart", { results: false }, false],
  ])("%s", async (_, rights, sees) => {
    const { page } = await openPage(browser);
    access = { user: "vic", role: "admin", ...rights };
    await open(page, filled.world, task());
    await page.getByText("What failed first").waitFor();
    expect((await page.locator("main").innerText()).includes(RESULT)).toBe(sees);
  });

  test("what a worker runs is shown without its arguments", async () => {
    const { app, url } = filled.world;
    const { node } = (await app.nodes.list()).find(({ worker }) => worker !== null)!;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const started = new Promise<void>((resolve) => {
      app.task("slow.import", async () => {
        resolve();
        await ended;
      });
    });
    await app.sendTask("slow.import", [ARGUMENT]);
    await started;
    try {
      const { page } = await openPage(browser);
      const path = `/workers/${encodeURIComponent(node)}?tab=tasks`;
      access = { user: "vic", role: "admin", args: false };
      await open(page, filled.world, path);
      await page.getByRole("table", { name: "Active" }).getByRole("link", { name: "slow.import" }).waitFor();
      expect(await page.locator("main").innerText()).not.toContain(ARGUMENT);
      const answer = await fetch(`${url}/api/v1/nodes/${encodeURIComponent(node)}?ask=active`);
      expect(await answer.text()).not.toContain(ARGUMENT);
      access = { user: "vic", role: "admin" };
      await open(page, filled.world, path);
      await page.getByText(ARGUMENT).waitFor();
    } finally {
      end();
    }
  });
});

import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Filled, open, openFilled, PAGES } from "./all-pages.js";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

let browser: Browser;
let filled: Filled;

beforeAll(async () => {
  [browser, filled] = await Promise.all([openBrowser(), openFilled()]);
});
afterAll(async () => {
  await filled?.world.close();
  await browser?.close();
});

test("the list of pages is read as it is written", () => {
  expect(PAGES).toHaveLength(15);
  expect(new Set(PAGES.map(({ at }) => at)).size).toBe(PAGES.length);
});

test("every page shows itself, with nothing for the console and no report of the policy of contents", async () => {
  const { page, complaints } = await openPage(browser);
  const found: Record<string, readonly string[]> = {};
  for (const path of filled.paths) {
    const known = complaints.length;
    await open(page, filled.world, path);
    const failures = await page.locator("main .failure:not(.first)").allInnerTexts();
    found[path] = [...complaints.slice(known), ...failures];
    // What is hostile stands there as text, or nowhere.
    expect(await page.locator("main img").count(), path).toBe(0);
    expect(await page.locator("main").innerText(), path).not.toContain("secret");
  }
  expect(found).toEqual(Object.fromEntries(filled.paths.map((path) => [path, []])));
});

test("a page that broke the policy of contents would be seen", async () => {
  const { page, complaints } = await openPage(browser);
  await open(page, filled.world, "/");
  await page.evaluate(`{
    const script = document.createElement("script");
    script.textContent = "globalThis.wasRun = true";
    document.body.append(script);
  }`);
  expect(await page.evaluate('"wasRun" in globalThis')).toBe(false);
  expect(complaints.join()).toContain("Content Security Policy");
});

describe("below a path", () => {
  interface Case {
    readonly reason: string;
    /** Of the dashboard; null: it does not know it. */
    readonly basePath: string | null;
    /** Whether the proxy takes the path away. */
    readonly strips: boolean;
  }
  const cases: readonly Case[] = [
    { reason: "that the dashboard knows and the proxy keeps", basePath: "/a/b", strips: false },
    { reason: "that the proxy takes away, and nobody tells of", basePath: null, strips: true },
  ];
  test.each(cases)("$reason", async ({ basePath, strips }) => {
    const world = await World.open({ runs: "worker", dashboard: basePath === null ? {} : { basePath } });
    const proxy = await openProxy(world.url, "/a/b", strips);
    try {
      const { page, complaints } = await openPage(browser);
      const node = (await world.app.nodes.list())[0]!.node;
      await page.goto(`${proxy.url}/a/b/workers/${encodeURIComponent(node)}`);
      await page.getByRole("heading", { name: node, exact: true }).waitFor();
      await page.getByRole("navigation", { name: "pages" }).getByRole("link", { name: "Locks" }).click();
      await page.getByRole("heading", { name: "Locks", exact: true }).waitFor();
      expect(new URL(page.url()).pathname).toBe("/a/b/locks");
      await page.goBack();
      await page.getByRole("button", { name: "Drain" }).click();
      await page.getByRole("button", { name: "Undrain" }).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await proxy.close();
      await world.close();
    }
  });
});

test("forced colours and reduced motion: marks and edges stay, and nothing moves", async () => {
  const { page } = await openPage(browser, { forcedColors: "active", reducedMotion: "reduce" });
  await open(page, filled.world, "/workers");
  const state = page.locator("main .state").first();
  expect((await state.innerText()).trim()).toMatch(/^\S+\s*alive$/);
  await open(page, filled.world, "/");
  const edge = 'getComputedStyle(document.querySelector("main .panel")).borderTopStyle';
  expect(await page.evaluate(edge)).toBe("solid");
  // One that is drawn while it waits: it would breathe.
  const animation = await page.evaluate(`{
    const skeleton = document.createElement("div");
    skeleton.className = "skeleton";
    skeleton.append(document.createElement("div"));
    document.body.append(skeleton);
    getComputedStyle(skeleton.firstElementChild).animationName;
  }`);
  expect(animation).toBe("none");
});

test("a dashboard that is restarted under a page: the page says so, goes on, and may change things again", async () => {
  const world = await World.open({ runs: "worker" });
  try {
    const { page } = await openPage(browser);
    await open(page, world, "/queues");
    const live = page.locator("header button.live");
    await live.filter({ hasText: /^\S+ live$/ }).waitFor();
    await world.stopServing();
    await live.filter({ hasText: /reconnecting|asks each/ }).waitFor();
    await world.app.queues.pause("default", { reason: "while it was away" });
    await world.serve();
    await live.filter({ hasText: /^\S+ live$/ }).waitFor();
    await page.getByText("while it was away").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    expect(await world.app.queues.paused()).toEqual([]);
  } finally {
    await world.close();
  }
});

/** In front of a dashboard, under a path. */
async function openProxy(
  to: string,
  prefix: string,
  strips: boolean,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server: Server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? "/";
    if (!path.startsWith(`${prefix}/`)) return void outgoing.writeHead(404).end();
    const target = new URL(strips ? path.slice(prefix.length) : path, to);
    const { method, headers } = incoming;
    const forward = request(target, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forward.destroy());
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

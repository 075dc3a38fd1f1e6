/**
 * Pictures of all pages, for the eyes: `npm run screenshots [-- FOLDER [WORDS]]`. Of a shop that has run for a day, of one with nothing in
 * it, and of names and errors that would break a page; light and dark, for a desk and a phone. WORDS: only files with these in their names.
 * `npm run screenshots -- --docs` makes those of docs/dashboard.md and the README.
 */
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { open, openFilled, PAGES } from "./all-pages.js";
import { openBrowser } from "./browser.js";
import { openBusyShop } from "./busy-shop.js";
import { openPage, World } from "./world.js";

interface Scene {
  readonly name: string;
  readonly world: World;
  readonly paths: readonly string[];
  /** Null: the time of the wall. */
  readonly now: (() => Date) | null;
  readonly close: () => Promise<void>;
}

const LOOKS = [
  ["light", 1_280],
  ["light", 360],
  ["dark", 1_280],
  ["dark", 360],
] as const;
/** A longer page is cut. */
const MOST_HEIGHT = 2_600;
const SETTLED_MS = 400;

const SCENES: readonly (() => Promise<Scene>)[] = [
  async () => ({ name: "busy", ...(await openBusyShop()) }),
  async () => {
    const { world, paths } = await openFilled();
    return { name: "hostile", world, paths, now: null, close: () => world.close() };
  },
  async () => {
    const world = await World.open({ runs: "none" });
    const paths = [...PAGES.map(({ at }) => `/${at}`), "/tasks/unknown", "/schedules/unknown", "/nowhere"];
    return { name: "empty", world, paths, now: null, close: () => world.close() };
  },
];

async function take(browser: Browser, scene: Scene, folder: string, words: string): Promise<void> {
  const { name, world, paths, now } = scene;
  for (const [colorScheme, width] of LOOKS) {
    const files = paths.map((at, index) => ({
      ...{ at, file: `${name}-${index + 1}-${nameOf(at)}-${colorScheme}-${width}.png` },
    }));
    const wanted = files.filter(({ file }) => file.includes(words));
    if (wanted.length === 0) continue;
    const { page } = await openPage(browser, {
      ...{ colorScheme, viewport: { width, height: 800 }, timezoneId: "Europe/Paris" },
    });
    if (now !== null) await page.clock.install({ time: now() });
    for (const { at, file } of wanted) {
      await open(page, world, at);
      await page.waitForTimeout(SETTLED_MS);
      const height = await page.evaluate<number>("document.documentElement.scrollHeight");
      const clip = { x: 0, y: 0, width, height: Math.min(height, MOST_HEIGHT) };
      await page.screenshot({ path: path.join(folder, file), fullPage: true, clip });
      console.log(file);
    }
    await page.context().close();
  }
}

/** "/tasks?q=a" is "tasks-q-a". */
function nameOf(at: string): string {
  const name = decodeURIComponent(at)
    .replace(/\d{6,}|[0-9a-f-]{20,}/g, "one")
    .replace(/[^\w]+/g, "-")
    .replace(/^-|-$/g, "");
  return name.slice(0, 40) || "overview";
}

/** File, begin of the path, colours, width and height. */
const OF_DOCS = [
  ["schedules", "/schedules", "light", 1_280, 700],
  ["entry", "/schedules/nightly-report", "light", 1_280, 720],
  ["task", "/tasks/import-orders", "dark", 1_280, 640],
  ["phone", "/forecast", "dark", 360, 700],
] as const;
const DOCS = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));

async function takeForDocs(browser: Browser, { world, paths, now }: Scene): Promise<void> {
  for (const [name, begin, colorScheme, width, height] of OF_DOCS) {
    const options = { colorScheme, viewport: { width, height }, timezoneId: "Europe/Paris" };
    const { page } = await openPage(browser, options);
    await page.clock.install({ time: now!() });
    await open(
      page,
      world,
      paths.find((at) => at.startsWith(begin))!,
    );
    await page.waitForTimeout(SETTLED_MS);
    await page.screenshot({ path: path.join(DOCS, `${name}.jpg`), type: "jpeg", quality: 72 });
    await page.context().close();
  }
}

const isForDocs = process.argv[2] === "--docs";
const [folder = path.join(os.tmpdir(), "sunbeat-screenshots"), words = ""] = isForDocs
  ? [DOCS]
  : process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await openBrowser();
try {
  for (const openScene of isForDocs ? SCENES.slice(0, 1) : SCENES) {
    const scene = await openScene();
    try {
      if (isForDocs) await takeForDocs(browser, scene);
      else await take(browser, scene, folder, words);
    } finally {
      await scene.close();
    }
  }
} finally {
  await browser.close();
}
console.log(`in ${folder}`);

import { DateTime } from "luxon";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { putOf } from "../../src/beat/revise.js";
import { crontab, every } from "../../src/index.js";
import { openBrowser } from "./browser.js";
import { openPage, World } from "./world.js";

const HOUR_MS = 3_600_000;

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

describe("a tick that nobody has sent", () => {
  let world: World;
  afterAll(() => world?.close());

  test("shows as missed, then as what became of it, and how late", async () => {
    world = await World.open({ runs: "none", prepare: (app) => app.task("report", () => 1) });
    const { app } = world;
    // Ten minutes ago, so that no other tick is due meanwhile.
    const due = Math.floor(Date.now() / 1_000) * 1_000 - 600_000;
    const schedule = every("1h", { offset: { milliseconds: due % HOUR_MS } });
    await app.schedules.set("hourly", { task: "report", schedule });
    // As though a beat had been there until then.
    const { entries } = coreOf(app).lazyStore;
    const [stored] = await entries.get(["hourly"]);
    expect(await entries.put([putOf(stored!, { cursor: { due, dispatchAt: due } })])).toEqual(["stored"]);

    const { page, complaints } = await openPage(browser);
    await page.goto(`${world.url}/schedules/hourly?from=${due - HOUR_MS}&to=${due + HOUR_MS / 2}`);
    const ticks = page.getByRole("region", { name: "ticks", exact: true });
    await ticks.getByText("missed").waitFor();
    await page.locator("svg.timeline .fate.missed rect.hollow").first().waitFor();
    await page.goto(`${world.url}/schedules?fate=missed`);
    await page.getByRole("link", { name: "hourly" }).waitFor();

    await app.worker().start();
    app.beat().start();
    await page.goBack();
    await ticks.getByText(/^succeeded, .* late$/).waitFor();
    await page.locator("svg.timeline .fate.succeeded").first().waitFor();
    await page.locator("svg.timeline .tail").first().waitFor();
    expect(await ticks.getByText("missed").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("a night on which the clocks change", () => {
  const ENTRIES = {
    paris: crontab("30 2 * * *", { timezone: "Europe/Paris" }),
    howeFold: crontab("45 1 * * *", { timezone: "Australia/Lord_Howe" }),
    howeGap: crontab("15 2 * * *", { timezone: "Australia/Lord_Howe" }),
  };
  const CHOICES = [
    ["app", "Europe/Paris"],
    ["entry", null],
    ["browser", "America/New_York"],
    ["utc", "UTC"],
  ] as const;
  let world: World;
  let page: Page;
  let complaints: readonly string[];

  beforeAll(async () => {
    world = await World.open({ runs: "none" });
    for (const [name, schedule] of Object.entries(ENTRIES)) {
      await world.app.schedules.set(name, { task: "report", schedule });
    }
    ({ page, complaints } = await openPage(browser));
  });
  afterAll(() => world?.close());

  test.each<[keyof typeof ENTRIES, "gap" | "fold", string, number, string, string]>([
    ["paris", "gap", "Europe/Paris", 0, "no 02:00–03:00", "moved to the end of the gap"],
    ["paris", "fold", "Europe/Paris", -30, "02:00–03:00 twice", "in the first pass alone"],
    ["howeGap", "gap", "Australia/Lord_Howe", 0, "no 02:00–02:30", "half an hour is skipped"],
    ["howeFold", "fold", "Australia/Lord_Howe", -15, "01:30–02:00 twice", "half an hour comes twice"],
  ])("%s: the %s is drawn right in each zone (%#)", async (name, kind, own, minutes, words) => {
    const { zoneNights } = await world.app.schedules.preview(name, {
      task: "report",
      schedule: ENTRIES[name],
    });
    const night = zoneNights.find((each) => each.kind === kind)!.at.getTime();
    const due = night + minutes * 60_000;
    for (const [choice, shown] of CHOICES) {
      const zone = shown ?? own;
      const local = DateTime.fromMillis(due, { zone });
      await page.goto(`${world.url}/schedules/${name}?at=${local.toFormat("yyyy-MM-dd")}`);
      await page.getByLabel("times are shown in").selectOption(choice);
      const ticks = page.getByRole("region", { name: "ticks yet to come" });
      await ticks.getByText(local.toFormat("MM-dd HH:mm:ss ZZ")).waitFor();
      const drawing = page.locator(".timeline-panel svg.timeline");
      await drawing.locator(".upcoming").first().waitFor();
      const mark = await xOf(page, ".timeline-panel .upcoming");
      if (zone !== own) {
        expect(await drawing.locator(".change").count(), choice).toBe(0);
        // In a zone whose clocks go on, the night of the entry's is told all the same.
        await drawing.locator(".elsewhere text").getByText(own).waitFor();
        continue;
      }
      await drawing.locator(`.change.${kind} text`).getByText(words).waitFor();
      const seam = await boxOf(page, `.timeline-panel .change.${kind} rect`);
      if (kind === "gap") expect(Math.abs(mark - (seam.left + seam.right) / 2)).toBeLessThan(0.01);
      else {
        expect(mark).toBeCloseTo(seam.left + (seam.right - seam.left) / 2, 1);
        const again = await boxOf(page, ".timeline-panel .change.fold rect.again");
        expect(again.left).toBeCloseTo(seam.right, 3);
        expect(again.right - again.left).toBeCloseTo(seam.right - seam.left, 3);
      }
    }
    expect(complaints).toEqual([]);
  });

  test("in a week equal local times are a column, out of which the moved run steps", async () => {
    const { zoneNights } = await world.app.schedules.preview("paris", {
      task: "report",
      schedule: ENTRIES.paris,
    });
    const at = zoneNights.find(({ kind }) => kind === "gap")!.at.getTime();
    const date = DateTime.fromMillis(at, { zone: "Europe/Paris" }).toFormat("yyyy-MM-dd");
    await page.goto(`${world.url}/schedules/paris?view=week&at=${date}`);
    await page.getByLabel("times are shown in").selectOption("app");
    await page.locator("svg.days .upcoming").nth(6).waitFor();
    const marks = await page.locator("svg.days .upcoming").all();
    const xs = await Promise.all(marks.map(async (mark) => placeIn(await mark.getAttribute("transform"))));
    expect(new Set(xs.slice(0, 6).map((x) => x.toFixed(3))).size).toBe(1);
    const seam = await boxOf(page, "svg.days .change.gap rect");
    expect(xs[6]).toBeCloseTo(seam.right, 3);
    expect(xs[0]).toBeCloseTo((seam.left + seam.right) / 2, 3);
  });
});

async function xOf(page: Page, selector: string): Promise<number> {
  return placeIn(await page.locator(selector).first().getAttribute("transform"));
}

const placeIn = (transform: string | null): number => Number(/\((\S+) /.exec(transform!)![1]);

async function boxOf(
  page: Page,
  selector: string,
): Promise<{ readonly left: number; readonly right: number }> {
  const rect = page.locator(selector).first();
  const [x, width] = [Number(await rect.getAttribute("x")), Number(await rect.getAttribute("width"))];
  return { left: x, right: x + width };
}

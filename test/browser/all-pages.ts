/** All pages, with something to show on each: the table that tests of every page go through. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { coreOf } from "../../src/app/index.js";
import { crontab, group, type Sunbeat } from "../../src/index.js";
import { World, type WorldOptions } from "./world.js";

/** The list of pages as it is written: it cannot be loaded without a browser. */
const SOURCE = readFileSync(new URL("../../ui/pages/index.ts", import.meta.url), "utf8");

export const PAGES = SOURCE.split(/(?=\bat: ")/)
  .slice(1)
  .map((text) => {
    const [, at = "", name = ""] = /^at: "([^"]*)",\s*name: "([^"]*)"/.exec(text) ?? [];
    return { at, name, hasOne: /\bOne:/.test(text) };
  });

/** Ends soon on any day on which this runs. */
const OFF = {
  name: "DE-BY",
  covers: { from: "2025-01-01", to: "2026-12-31" },
  days: [{ date: "2026-01-06", name: "<b>Epiphany</b>" }, "2026-12-25"],
} as const;
const HOSTILE = "<img src=x onerror=alert(1)>";

export interface Filled {
  readonly world: World;
  /** Of each page; of one that shows a single thing, with something to show. */
  readonly paths: readonly string[];
}

export async function openFilled(options: Pick<WorldOptions, "dashboard" | "doors"> = {}): Promise<Filled> {
  let parts: ReturnType<typeof register>;
  const world = await World.open({
    ...options,
    app: {
      calendars: [OFF],
      beatSchedule: {
        nightly: { task: "reports.build", schedule: crontab("30 2 * * *") },
        [HOSTILE]: { task: "reports.build", schedule: crontab("0 4 * * *"), args: [HOSTILE] },
      },
    },
    prepare: (app) => {
      parts = register(app);
    },
  });
  return { world, paths: await fill(world, parts!) };
}

function register(app: Sunbeat) {
  return {
    build: app.task("reports.build", () => 1),
    flaky: app.task("import.flaky", (...args: readonly string[]) => {
      throw new Error(`refused at https://ann:secret@example.org ${args.join(" ")}`);
    }),
  };
}

async function fill({ app }: World, { build, flaky }: ReturnType<typeof register>): Promise<string[]> {
  const failed = await flaky.delay(HOSTILE);
  await failed.get({ propagate: false, timeout: 30 });
  const graph = await group([build.s(), flaky.s("of a graph")]).delay();
  await graph.get({ propagate: false, timeout: 30 });
  await app.sendTask("reports.build", [], { countdown: 3_600 });
  await app.queues.pause("mail", { reason: HOSTILE });
  await app.locks.mutex("ledger").acquire({ lease: { minutes: 10 } });
  await coreOf(app).lazyStore.alerts.putAlert(
    {
      ...{ id: "0192-alert", kind: "run-failed", subject: "nightly", severity: "error", looks: 2 },
      ...{ raisedAt: 1_750_000_000_000, toldAt: null, clearedAt: null, acked: null },
      ...{ text: `its last run failed: ${HOSTILE}`, detail: "{}", webhooks: [] },
    },
    null,
  );
  const nodes = await app.nodes.list();
  const one: Readonly<Record<string, string>> = {
    ...{ queues: "default", schedules: "nightly", tasks: failed.id, dead: failed.id, locks: "ledger" },
    calendars: OFF.name,
    ...{ graphs: graph.graphId, workers: nodes.find(({ worker }) => worker !== null)!.node },
  };
  return PAGES.flatMap(({ at, hasOne }) => {
    if (!hasOne) return [`/${at}`];
    const id = one[at];
    if (id === undefined) throw new Error(`say in all-pages.ts what page "${at}" is to show`);
    return [`/${at}`, `/${at}/${encodeURIComponent(id)}`];
  });
}

/** Shown, with nothing on its way any more. */
export async function open(page: Page, world: World, path: string): Promise<void> {
  await page.goto(`${world.url}${path}`);
  await page.locator("main h1").waitFor();
  await page.locator("main .skeleton").first().waitFor({ state: "detached" });
}

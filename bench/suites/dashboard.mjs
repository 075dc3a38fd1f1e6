// The dashboard over a large system: what a page waits for, what it asks of the store, what fifty open pages cost, and what somebody at a
// browser sees of it.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";
import { coreOf } from "../../dist/app/index.js";
import { every, Sunbeat } from "../../dist/index.js";
import { endMany } from "../ended-tasks.mjs";
import { elapsed, median } from "../harness.mjs";
import { nodeOf } from "../nodes.mjs";
import { startRedis } from "../redis-server.mjs";

const CHILD = fileURLToPath(new URL("../dashboard-child.mjs", import.meta.url));
const QUEUES = 200;
const PAGES = 50;
const EVENTS_A_SECOND = 400;
/** Into the page of tasks. */
const WATCHED_EVENTS_A_SECOND = 200;
const FILTER = "task:mail.* state:failure";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const p95 = (values) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1];

async function fill(app, { nodes, entries, records }) {
  const store = coreOf(app).lazyStore;
  const tasks = Array.from({ length: 30 }, (_, n) => `reports.make-${n}`);
  const inParts = async (count, act) => {
    for (let from = 0; from < count; from += 50) {
      await Promise.all(Array.from({ length: Math.min(50, count - from) }, (_, n) => act(from + n)));
    }
  };
  await endMany(store, records);
  await inParts(entries, (n) =>
    app.schedules.set(`entry-${n}`, { task: "reports.make-1", schedule: every("1h") }),
  );
  await inParts(QUEUES, (n) => app.sendTask("reports.make-1", [n], { queue: `queue-${n}` }));
  await inParts(nodes, (n) => store.presence.appear(nodeOf(n, tasks), 3_600_000));
}

async function startDashboard(broker) {
  const child = fork(CHILD, [broker]);
  const told = () => new Promise((resolve) => child.once("message", resolve));
  const { url } = await told();
  return {
    url,
    usage: () => {
      const answer = told();
      child.send("usage");
      return answer;
    },
    end: () =>
      new Promise((resolve) => {
        child.once("exit", resolve);
        child.send("end");
      }),
  };
}

/** A page that is open: it reads what comes. */
function openStream(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(`${url}/api/v1/events?overview=1`, (response) => {
      response.resume();
      resolve(() => request.destroy());
    });
    request.on("error", reject);
  });
}

async function tell(app, name, perSecond, seconds, fields) {
  const started = performance.now();
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    for (let n = 0; n < perSecond / 10; n++) coreOf(app).events.emit(name, fields(tenth * 1_000 + n));
    await pause(Math.max(0, started + (tenth + 1) * 100 - performance.now()));
  }
}

async function answers({ url }, path, rounds, gapMs) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    times.push(
      await elapsed(async () => {
        const response = await fetch(`${url}/api/v1${path}`);
        await response.text();
        if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
      }),
    );
    await pause(gapMs);
  }
  return times;
}

async function streams(dashboard, broker, seconds) {
  const open = [await openStream(dashboard.url)];
  await pause(2_000);
  const before = await dashboard.usage();
  await pause(seconds * 1_000);
  const callsASecond = ((await dashboard.usage()).calls - before.calls) / seconds;
  while (open.length < PAGES) open.push(await openStream(dashboard.url));
  const teller = new Sunbeat("teller", { broker, logger: null, taskSendSentEvent: true });
  await teller.sendTask("reports.make-1", [0]);
  await pause(1_000);
  const idle = await dashboard.usage();
  const started = performance.now();
  await tell(teller, "task-sent", EVENTS_A_SECOND, seconds, sent);
  const used = (await dashboard.usage()).cpuMicros - idle.cpuMicros;
  const busy = used / 10 / (performance.now() - started);
  for (const close of open) close();
  await teller.close();
  return { callsASecond, busy };
}

/** The first page, from a browser that has nothing of it. */
async function firstPage(browser, url) {
  const times = [];
  for (let round = 0; round < 5; round++) {
    const context = await browser.newContext({ locale: "en-GB" });
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "commit" });
    await page.locator("main .panel").first().waitFor();
    times.push(await page.evaluate("performance.now()"));
    await context.close();
  }
  return median(times);
}

/** The longest that the page of tasks did not answer while events came; 0: never for 50 ms. */
async function longestTask(browser, url, broker, seconds) {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(`${url}/tasks`);
  await page.locator("tbody tr").first().waitFor();
  const teller = new Sunbeat("teller", { broker, logger: null });
  await pause(2_000);
  await page.evaluate(`globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: "longtask" })`);
  await tell(teller, "task-succeeded", WATCHED_EVENTS_A_SECOND, seconds, (n) => ({
    ...{ id: `id-${n}`, task: "mail.send", queue: "default", runtimeMs: 1, waitMs: 1 },
  }));
  const longest = await page.evaluate("globalThis.longest");
  await Promise.all([context.close(), teller.close()]);
  return longest;
}

/** From the end of a task to its row in the page of tasks that is open. */
async function toScreen(browser, url, app, rounds) {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(`${url}/tasks`);
  await page.getByRole("heading", { name: "Tasks", exact: true }).waitFor();
  await pause(2_000);
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const { id } = await app.sendTask("noop", []);
    const shown = page.evaluate(
      `new Promise((resolve) => {
        const look = () => {
          const isThere = document.querySelector("tbody")?.textContent.includes(${JSON.stringify(id)});
          if (isThere) resolve(Date.now());
          else requestAnimationFrame(look);
        };
        look();
      })`,
    );
    await app.result(id).get({ timeout: 60 });
    const { at } = (await app.tasks.show(id)).result;
    times.push((await shown) - at);
    await pause(700);
  }
  await context.close();
  return p95(times);
}

/** A worker of its own, a dashboard, and the time to the screen. */
async function toScreenOn(broker, browser, rounds) {
  const app = new Sunbeat("noop", { broker, logger: null, taskDefaultQueue: "noop" });
  app.task("noop", () => 1);
  await app.worker({ queues: ["noop"] }).start();
  const dashboard = await startDashboard(broker);
  try {
    return await toScreen(browser, dashboard.url, app, rounds);
  } finally {
    await dashboard.end();
    await app.close();
  }
}

export async function run({ quick }) {
  const size = quick
    ? { nodes: 200, entries: 1_000, records: 20_000 }
    : { nodes: 1_000, entries: 10_000, records: 1_000_000 };
  const seconds = quick ? 5 : 20;
  const redis = await startRedis();
  const app = new Sunbeat("bench", { broker: redis.url, logger: null });
  await fill(app, size);
  await app.close();
  const dashboard = await startDashboard(redis.url);
  // What an overview keeps is older than a second by the next time.
  const overview = await answers(dashboard, "/overview", quick ? 10 : 30, 1_000);
  const filtered = await answers(dashboard, `/tasks?q=${encodeURIComponent(FILTER)}`, 20, 20);
  const { callsASecond, busy } = await streams(dashboard, redis.url, seconds);

  const { openBrowser } = await tsImport("../../test/browser/browser.ts", import.meta.url);
  const browser = await openBrowser();
  const first = await firstPage(browser, dashboard.url);
  const longest = await longestTask(browser, dashboard.url, redis.url, seconds);
  const { rss } = await dashboard.usage();
  await dashboard.end();
  const onRedis = await toScreenOn(redis.url, browser, quick ? 5 : 20);
  await redis.stop();
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-bench-"));
  const onSqlite = await toScreenOn(`sqlite:${path.join(folder, "bench.db")}`, browser, quick ? 5 : 20);
  await browser.close();
  rmSync(folder, { recursive: true, force: true });

  const row = (what, unit, ours, wanted) => ({ what, unit, ours, rivals: {}, wanted: `at most ${wanted}` });
  const { nodes, entries, records } = size;
  return {
    title: `The dashboard over ${nodes} nodes, ${entries} entries, ${QUEUES} queues and ${records.toLocaleString("en")} records on Redis`,
    rows: [
      row("the overview, p95", "ms", p95(overview), "150 ms"),
      row("the newest 50 records of a common filter, p95", "ms", p95(filtered), "50 ms"),
      row("calls of the store a second, a page open", "calls", callsASecond, "5"),
      row(`${PAGES} pages, ${EVENTS_A_SECOND} events a second: of a core`, "%", busy, "10 %"),
      row("memory of the dashboard's process after that", "bytes", rss, "150 MB"),
      row("the first page is usable after", "ms", first, "1 s"),
      row(
        `the page of tasks, ${WATCHED_EVENTS_A_SECOND} events a second: longest task`,
        "ms",
        longest,
        "50 ms",
      ),
      row("the end of a task to the screen, p95", "ms", onRedis, "500 ms"),
      row("the same on SQLite", "ms", onSqlite, "1 s"),
    ],
  };
}

function sent(n) {
  return {
    id: `id-${n}`,
    task: "reports.make-1",
    queue: "default",
    eta: null,
    expires: null,
    entry: null,
    parentId: null,
    rootId: null,
  };
}

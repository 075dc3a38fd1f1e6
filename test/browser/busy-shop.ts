/** A shop whose system has run for a day, in a second: what pages look like when there is much to show. */
import { coreOf } from "../../src/app/index.js";
import { seededRandom } from "../../src/core/random.js";
import {
  calendar,
  type CalendarData,
  chord,
  crontab,
  every,
  group,
  holidays,
  solar,
  type Sunbeat,
  union,
} from "../../src/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { ManualClock } from "../../src/testing/index.js";
import { World } from "./world.js";

/** Four days before the night on which the clocks of Paris change. */
const BEGIN = "2027-03-23T14:00:00Z";
const DAY_MS = 19 * 3_600_000;
const LONG =
  "catalogue-synchronisation-with-the-warehouse-of-the-northern-region-including-returns-and-repairs";

/** A day is to take seconds. */
const PACE = {
  worker: { sweepIntervalMs: 600_000, idleCheckMs: 600_000, lookAgainMs: 600_000 },
  beat: { leaseMs: 600_000, maxLoopIntervalMs: 600_000, maintenanceIntervalMs: 600_000 },
};

export interface BusyShop {
  readonly world: World;
  /** What the browser's clock is to show. */
  readonly now: () => Date;
  /** Each page, and one of the things that it lists. */
  readonly paths: readonly string[];
  readonly close: () => Promise<void>;
}

export async function openBusyShop(): Promise<BusyShop> {
  const clock = new ManualClock(BEGIN);
  const world = await World.open({
    dashboard: { resolveAccess: () => ({ user: "ann", role: "admin" }), title: "shop" },
    doors: null,
    app: {
      broker: "memory:",
      taskRoutes: { "mail.*": "mail", "reports.*": "slow", "catalogue.*": "slow" },
      beatSchedule: ENTRIES,
      calendars: [IN_CODE],
      workerConcurrency: 8,
    },
    prepare: (app) => {
      coreOf(app).use({ clock, random: seededRandom(7), store: openMemoryStore, pace: PACE });
      register(app, (ms) => new Promise((resolve) => clock.after(ms, resolve)));
    },
  });
  await clock.advance(DAY_MS);
  const paths = await disturb(world.app, clock);
  // From here on it runs as fast as the clock on the wall.
  const timer = setInterval(() => void clock.advance(200), 200);
  return {
    ...{ world, now: () => new Date(clock.now()), paths },
    close: async () => {
      clearInterval(timer);
      let isClosed = false;
      const closed = world.close().finally(() => (isClosed = true));
      while (!isClosed) await clock.advance(60_000);
      await closed;
    },
  };
}

const IN_CODE = {
  name: "US",
  covers: { from: "2027-01-01", to: "2027-05-31" },
  days: ["2027-01-01", { date: "2027-01-18", name: "Martin Luther King Day" }],
} as const;
const BAVARIA: CalendarData = {
  name: "DE-BY",
  covers: { from: "2026-01-01", to: "2028-12-31" },
  source: "typed in by hand",
  days: [
    { date: "2027-01-01", name: "New Year" },
    { date: "2027-01-06", name: "Epiphany" },
    { date: "2027-03-26", name: "Good Friday" },
    { date: "2027-03-29", name: "Easter Monday" },
    { date: "2027-05-01", name: "Labour Day" },
    { date: "2027-05-06", name: "Ascension" },
    { date: "2027-05-17", name: "Whit Monday" },
    { date: "2027-05-27", name: "Corpus Christi" },
    { date: "2027-08-15", name: "Assumption" },
    { date: "2027-11-01", name: "All Saints" },
    { date: "2027-12-25", name: "Christmas" },
    { date: "2027-12-26", name: "Second day of Christmas" },
  ],
};

const ENTRIES = {
  "nightly-report": { task: "reports.build", schedule: crontab("30 2 * * *"), args: ["sales"] },
  "import-orders": { task: "orders.import", schedule: every("5m"), description: "From the marketplace" },
  "send-mails": { task: "mail.send", schedule: every("2m") },
  reminders: { task: "mail.remind", schedule: crontab("*/15 8-18 * * mon-fri") },
  "payroll-new-york": {
    task: "reports.payroll",
    schedule: crontab("0 18 * * fri", { timezone: "America/New_York" }),
  },
  "shop-window-lights": { task: "lamps.on", schedule: solar("sunset", 48.85, 2.35) },
  backup: { task: "backup.run", schedule: crontab("0 3 * * *"), lock: "warehouse" },
  "exchange-rates": { task: "rates.fetch", schedule: every("10m") },
  "stock-of-lord-howe": {
    task: "stock.count",
    schedule: crontab("45 1 * * *", { timezone: "Australia/Lord_Howe" }),
  },
  "search-index": { task: "search.index", schedule: every("1h") },
  [LONG]: { task: `catalogue.${LONG}`, schedule: every("30m"), lock: "warehouse" },
  "weekly-digest": { task: "mail.digest", schedule: crontab("0 7 * * mon"), enabled: false },
} as const;

/** Pictures are for everybody: no path of this machine is in them. */
function thrownAt(why: string, task: string): Error {
  const error = new Error(why);
  const file = `/srv/shop/tasks/${task.split(".")[0]!}.ts`;
  error.stack = `Error: ${why}\n    at answerOf (${file}:41:11)\n    at async run (${file}:17:18)`;
  return error;
}

function register(app: Sunbeat, wait: (ms: number) => Promise<void>): void {
  let runs = 0;
  /** A task that takes about so long, and fails each so many runs. */
  const add = (
    name: string,
    ms: number,
    failsEach = 0,
    why = "connect ECONNREFUSED 10.0.4.17:5432",
  ): void => {
    app.task(name, async (...args: readonly unknown[]) => {
      const turn = ++runs;
      await wait(ms * (0.7 + ((turn * 37) % 60) / 100));
      if (failsEach > 0 && turn % failsEach === 0) throw thrownAt(why, name);
      return { args, rows: (turn * 7_919) % 5_000 };
    });
  };
  add("reports.build", 240_000);
  add("orders.import", 9_000, 9, "the marketplace answered 503 to GET /orders?since=2027-03-23T22:10:00Z");
  add("mail.send", 400, 23, "connect ECONNREFUSED 10.0.4.17:25");
  add("mail.remind", 1_500);
  add("mail.digest", 1_500);
  add("reports.payroll", 60_000);
  add("lamps.on", 20);
  add("backup.run", 900_000);
  add("rates.fetch", 700, 31, "expected JSON, got <html>");
  add("stock.count", 30_000);
  add("search.index", 2_400_000);
  add(`catalogue.${LONG}`, 70_000);
  add("thumbnails.make", 3_000, 40);
  app.task("catalogue.price", { bind: true }, async (self) => {
    await self.progress(37, 100);
    await wait(DAY_MS);
  });
}

/** What operators find and do in the morning; gives the pages to look at. */
async function disturb(app: Sunbeat, clock: ManualClock): Promise<string[]> {
  const settle = (): Promise<void> => clock.advance(5_000);
  const make = (n: number) => app.signature("thumbnails.make", [`product-${n}.jpg`]);
  await group(Array.from({ length: 12 }, (_, n) => make(n))).delay();
  const tree = await chord(
    Array.from({ length: 5 }, (_, n) => make(100 + n)),
    app.signature("mail.send", []),
  ).delay();
  const running = await app.sendTask("catalogue.price", ["spring", { country: "FR", currency: "EUR" }]);
  for (let n = 0; n < 130; n++) await app.sendTask("mail.send", [n], { countdown: 7_200 + n, queue: "mail" });
  await app.sendTask("legacy.reconcile", [2_026]);
  await settle();
  await app.queues.pause("mail", { reason: "the relay is moved to another host" });
  await app.sendTask("mail.send", ["ann@example.org"]);
  await app.schedules.pause("reminders");
  await app.schedules.trigger("exchange-rates");
  await app.calendars.set(BAVARIA);
  await app.schedules.set("opening-hours", {
    task: "lamps.on",
    schedule: union(
      every("30m").between("09:30", "16:00").onDays("mon-fri").except(holidays("DE-BY")),
      calendar({ every: "month", on: 25, at: "18:00" }).shift("previous business day"),
    ),
  });
  const lock = app.locks.mutex("warehouse");
  for (let n = 0; n < 4; n++) void lock.acquire({ lease: { minutes: 30 } }).catch(() => undefined);
  await settle();
  await clock.advance(180_000);
  const part = (await app.tasks.search("task:thumbnails.make", { limit: 1 })).rows[0]!;
  const failed = (await app.tasks.search("task:orders.import state:failure", { limit: 1 })).rows[0]!.id;
  const node = (await app.nodes.list()).find(({ worker }) => worker !== null)!.node;
  return [
    ...["/", "/schedules", "/schedules/nightly-report", "/schedules/import-orders?view=day"],
    ...[`/schedules/${LONG}?view=week`, "/schedules?new=1", "/schedules/opening-hours?edit=1"],
    ...["/calendars", "/calendars/DE-BY", "/calendars/DE-BY?edit=1", "/calendars/US"],
    ...["/forecast", "/forecast?span=year", "/tasks"],
    ...["/tasks?q=state%3Afailure", `/tasks/${failed}`, `/tasks/${running.id}`, `/tasks/${part.id}`],
    ...["/queues", "/queues/mail?show=scheduled", "/workers", `/workers/${encodeURIComponent(node)}`],
    ...["/dead", "/dead?failed=true", "/graphs", `/graphs/${tree.graphId}`, "/locks", "/locks/warehouse"],
    ...["/beat", "/events", "/alerts", "/audit", "/doctor"],
  ];
}

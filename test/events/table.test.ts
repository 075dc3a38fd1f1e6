/**
 * The table of events, row by row: a system of one app on a clock of its own goes through all that can happen, and each event has come
 * with the fields of the table. One that nothing tells any more is red.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { silentLogger } from "../../src/core/logger.js";
import { seededRandom } from "../../src/core/random.js";
import type { EventBase, EventMap, EventName, SunbeatEvent } from "../../src/events/index.js";
import { isKept } from "../../src/events/kinds.js";
import { chain, every, holidays, Ignore, type LocalDate, Reject, Retry, Sunbeat } from "../../src/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { lostRun } from "../../src/worker/outcome.js";
import { Reporter } from "../../src/worker/report.js";
import { Reservation } from "../../src/worker/reservation.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { EVENTS, NAMES, OPTIONAL } from "./event-table.js";

const HOUR = 3_600_000;
const BASE: readonly (keyof EventBase | "type")[] = [
  ...(["type", "hostname", "pid", "timestamp", "clock", "boot", "seq"] as const),
];

class System {
  readonly clock = new ManualClock();
  readonly heard: SunbeatEvent[] = [];
  /** The beat's next tick is never answered. */
  isStuck = false;
  store!: Store;
  readonly app = new Sunbeat("shop", {
    broker: "memory:",
    logger: null,
    alerts: {},
    beatSchedule: {
      hourly: { task: "ok", schedule: every("1h") },
      slow: { task: "slow", schedule: every("1h"), overlap: "skip" },
      wrong: {
        task: "ok",
        schedule: every("1h"),
        args: () => {
          throw new Error("no arguments");
        },
      },
    },
  });
  readonly ok = this.app.task("ok", () => 1);

  constructor() {
    const { app, clock } = this;
    coreOf(app).use({ clock, random: seededRandom(1), store: (context) => this.#open(context) });
    app.events.on("*", (event) => void this.heard.push(event));
  }

  #open(context: Parameters<typeof openMemoryStore>[0]): Store {
    const store = openMemoryStore(context);
    const { entries } = store;
    this.store = store;
    const tick: typeof entries.tick = (...args) =>
      this.isStuck ? new Promise(() => undefined) : entries.tick(...args);
    return { ...store, entries: { ...entries, tick } };
  }

  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) await this.clock.advance(Math.min(left, stepMs));
  }

  of<Name extends EventName>(type: Name): (EventBase & EventMap[Name])[] {
    return this.heard.filter((event) => event.type === type) as never;
  }

  /** Of what a task does, from its sending to its end. */
  ofTask(id: string): string[] {
    return this.heard.flatMap((event) => ("id" in event && event.id === id ? [event.type] : []));
  }
}

const system = new System();
const { app, clock } = system;
const error =
  (message: string): (() => never) =>
  () => {
    throw new Error(message);
  };

/** Tasks that end in each way there is. */
const ENDS: readonly [ends: string, send: () => Promise<{ readonly id: string }>, told: readonly string[]][] =
  [
    ["well", () => system.ok.delay(), ["task-succeeded"]],
    ["by an error", () => app.task("fails", error("no")).delay(), ["task-failed"]],
    [
      "after a retry",
      () =>
        app
          .task("retries", { bind: true }, (self) => {
            if (self.request.retries === 0) throw new Retry({ countdown: 1 });
          })
          .delay(),
      ["task-retried", "task-received", "task-started", "task-succeeded"],
    ],
    [
      "refused",
      () =>
        app
          .task("refuses", () => {
            throw new Reject("bad");
          })
          .delay(),
      ["task-rejected", "dead-lettered"],
    ],
    [
      "ignored",
      () =>
        app
          .task("ignores", () => {
            throw new Ignore("never mind");
          })
          .delay(),
      ["task-ignored"],
    ],
    [
      "as others that take its place",
      () => app.task("replaces", { bind: true }, (self) => self.replace(system.ok.si())).delay(),
      ["task-replaced"],
    ],
    [
      "after it has sent another",
      () => app.task("sends", async () => void (await system.ok.delay())).delay(),
      ["task-succeeded"],
    ],
    [
      "with progress",
      () => app.task("tells", { bind: true }, (self) => self.progress(1, 2)).delay(),
      ["task-progress", "task-succeeded"],
    ],
  ];

const ids: string[] = [];

beforeAll(async () => {
  await coreOf(app).canvas.load();
  let finish = (): void => undefined;
  const busy = new Promise<void>((resolve) => (finish = resolve));
  app.task("slow", () => busy);
  const cools = app.task("cools", { bind: true, rateLimit: "10/s" }, (self) => {
    if (self.request.retries === 0 && system.of("task-cooldown").length === 0) self.cooldown(5);
  });
  const locked = app.task("locked", { lock: "ledger" }, () => 1);
  const polite = app.task("polite", { lock: { name: "ledger", onBusy: "skip" } }, () => 1);
  for (const [, send] of ENDS) ids.push((await send()).id);
  const worker = app.worker({ hostname: "w1@h", concurrency: 20 });
  await worker.start();
  const beat = app.beat({ hostname: "b1@h", maxStartsPerSecond: 1 });
  beat.start();
  const watch = app.events.watch({ types: ["worker-heartbeat"] });
  await system.pass(20_000);
  await cools.delay();
  // Two that will not run: one that is revoked where it waits, one that expires there.
  await (await system.ok.applyAsync([], { countdown: 60 })).revoke();
  await system.ok.applyAsync([], { countdown: 1, expires: 1 });
  await system.pass(10_000);
  // Locks.
  const held = await app.locks.mutex("ledger").acquire();
  await locked.delay();
  await polite.delay();
  await system.pass(2_000);
  const [holder] = (await app.locks.inspect("ledger"))!.holders;
  await app.locks.break("ledger", holder!.token);
  await system.pass(30_000);
  await held.release().catch(() => undefined);
  // Graphs.
  const fails = app.task("fails again", error("no"));
  await chain(system.ok.si(), system.ok.si()).delay();
  const failed = await chain(fails.si(), system.ok.si()).delay();
  const revoked = await chain(system.ok.si(), system.ok.si()).applyAsync([], { countdown: 60 });
  await system.pass(2_000);
  await revoked.revoke();
  await failed.resume();
  // Operators.
  await app.queues.pause("other", { reason: "deploy" });
  await app.queues.resume("other");
  await app.schedules.set("by hand", { task: "ok", schedule: every("1d") });
  await app.schedules.pause("by hand");
  await app.schedules.resume("by hand");
  const covers = { from: "2026-01-01", to: "2027-01-01" } as const;
  await app.calendars.set({ name: "DE", covers, days: [] });
  await app.schedules.set("office", { task: "ok", schedule: every("1d").except(holidays("DE")) });
  const next = (await app.schedules.get("office"))!.nextDue!.toISOString().slice(0, 10) as LocalDate;
  await app.calendars.set({ name: "DE", covers, days: [next] });
  await system.pass(5_000);
  await app.schedules.delete("by hand");
  // Two ticks: those of an entry whose run takes its time, and of one that cannot be sent.
  await system.pass(2 * HOUR, 5_000);
  finish();
  // A round that is never answered, and a clock that is set.
  system.isStuck = true;
  await system.pass(HOUR, 5_000);
  system.isStuck = false;
  clock.jump(600_000);
  await system.pass(60_000, 5_000);
  // A node falls silent, then no beat leads.
  await system.store.presence.appear(nodeRecord("w9@h", "boot9"), 30_000);
  await system.pass(120_000, 5_000);
  await beat.stop();
  await system.pass(HOUR + 300_000, 5_000);
  await app.schedules.pause("slow");
  app.beat({ hostname: "b2@h", register: "apply" }).start();
  await system.pass(300_000, 5_000);
  tellLost();
  watch.end();
  const closed = app.close();
  await system.pass(10_000);
  await closed;
});
afterAll(() => app.close());

/** A child of a pool is a process: what is told of its end is told here as by its slot. */
function tellLost(): void {
  const delivery = { ...{ id: "lost", task: "ok", queue: "default" }, deliveries: 1, maxDeliveries: 3 };
  const reservation = new Reservation(delivery as never, Infinity, clock, 0);
  const reporter = new Reporter(silentLogger, app.events, { hostname: "w1@h", logResults: false }, clock);
  const end = { how: "was ended by SIGSEGV", exit: null, signal: "SIGSEGV" };
  reporter.ended(reservation, lostRun("child 4711", end), 5);
}

test.each(NAMES)("%s comes with the fields of its row", (name) => {
  const seen = system.of(name);
  expect(
    seen.length,
    `events told: ${[...new Set(system.heard.map(({ type }) => type))].join(" ")}`,
  ).toBeGreaterThan(0);
  const row = EVENTS[name].fields as readonly string[];
  const optional = OPTIONAL[name] ?? [];
  for (const event of seen) {
    const left = optional.filter((field) => !(field in event));
    expect(Object.keys(event).sort()).toEqual(
      [...BASE, ...row.filter((field) => !left.includes(field))].sort(),
    );
  }
});

test("no other event comes", () => {
  expect(system.heard.map(({ type }) => type).filter((type) => !NAMES.includes(type))).toEqual([]);
});

test.each(NAMES)("%s is dropped last, or is not, as its row says", (name) => {
  expect(isKept(name)).toBe(EVENTS[name].isKept);
});

test.each(ENDS.map(([ends, , told], index) => [ends, told, index] as const))(
  "of a task that ends %s its events come in order",
  (_, told, index) => {
    expect(system.ofTask(ids[index]!)).toEqual(["task-sent", "task-received", "task-started", ...told]);
  },
);

describe("what is told", () => {
  const sentOf = (wanted: (event: EventMap["task-sent"]) => boolean): EventMap["task-sent"][] =>
    system.of("task-sent").filter(wanted);

  test.each<[string, () => unknown, () => unknown]>([
    // what, seen, expected
    [
      "a beat that starts registers what code declares, in the name of the app",
      () =>
        system
          .of("schedule-changed")
          .slice(0, 3)
          .map(({ entry, action, by }) => [entry, action, by]),
      () => ["hourly", "slow", "wrong"].map((entry) => [entry, "set", "code:shop"]),
    ],
    [
      "changes by hand name what was done",
      () =>
        system
          .of("schedule-changed")
          .filter(({ entry }) => entry === "by hand")
          .map(({ action }) => action),
      () => ["set", "pause", "resume", "delete"],
    ],
    [
      "a pause and a resume of a queue name who, and why",
      () =>
        [...system.of("queue-paused"), ...system.of("queue-resumed")].map(({ queue, reason }) => [
          queue,
          reason,
        ]),
      () => [
        ["other", "deploy"],
        ["other", null],
      ],
    ],
    [
      "the beat tells of each task that it sends, with its entry",
      () => sentOf((event) => event.entry !== null).map(({ id }) => id),
      () => system.of("schedule-sent").map(({ taskId }) => taskId),
    ],
    [
      "what a task sends names it",
      () => {
        const [sender] = sentOf(({ task }) => task === "sends");
        return sentOf(({ parentId }) => parentId === sender!.id).map(({ task, rootId }) => [
          task,
          rootId === sender!.id,
        ]);
      },
      () => [["ok", true]],
    ],
    [
      "who revokes tells of what waited, and a claim of what has expired",
      () => [...new Set(system.of("task-revoked").map(({ reason }) => reason))].sort(),
      () => ["expired", "revoked"],
    ],
    [
      "alerts come with the events of their own kinds",
      () => [...new Set(system.of("alert-raised").map(({ kind }) => kind))],
      () => expect.arrayContaining(["beat-missing", "schedule-missed", "worker-lost"]) as unknown,
    ],
    [
      "a chain has as many parts as it has tasks",
      () =>
        system
          .of("graph-started")
          .filter(({ name }) => name === "chain")
          .map(({ parts }) => parts),
      () => [2, 2, 2],
    ],
  ])("%s", (_, seen, expected) => {
    expect(seen()).toEqual(expected());
  });
});

test("docs/monitoring.md lists each event with its fields", () => {
  const docs = readFileSync(new URL("../../docs/monitoring.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| ?([^|\n]*)\|$/gm)]
    .map(([, name = "", fields = ""]) => [name, fields] as const)
    .filter(([name]) => NAMES.includes(name as EventName));
  const listed = Object.fromEntries(
    rows.map(([name, fields]) => [name, (fields.match(/\w+/g) ?? []).sort()]),
  );
  const isOfTask = (fields: readonly string[]): boolean => fields[0] === "id" && fields[1] === "task";
  const expected = NAMES.map((name) => {
    const { fields } = EVENTS[name] as { readonly fields: readonly string[] };
    return [name, (isOfTask(fields) ? fields.slice(3) : [...fields]).sort()];
  });
  expect(listed).toEqual(Object.fromEntries(expected));
});

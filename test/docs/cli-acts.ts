/** What the small system goes through, so that each field of an answer is seen. */
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { Program } from "../support/cli.js";
import { valuesIn } from "./cli-forms.js";
import { SmallSystem } from "./cli-system.js";

type Row = Readonly<Record<string, unknown>>;
type Answers = Promise<unknown[][]>;

/** Of the system that has begun. */
const known = {
  bad: [] as string[],
  tick: "",
  crowd: "",
  triggered: "",
  scheduled: "",
  failed: "",
  running: "",
  port: 0,
};
let batch: Program;

/** A worker with a beat, a worker with children, and something of everything in the store. */
export async function begun(): Promise<SmallSystem> {
  const system = new SmallSystem();
  known.port = await freePort();
  // Before the worker comes: it takes two of them at once.
  for (let n = 0; n < 3; n++) await sent(system, "reports.wait", "-a", '["done"]', "--queue", "batch");
  const health = ["--health", String(known.port)];
  const first = system.start(
    "worker",
    "-B",
    "-n",
    "default@host01",
    "-Q",
    "default,mail",
    "-c",
    "8",
    ...health,
  );
  batch = system.start("worker", "-n", "batch@host02", "-Q", "batch", "-P", "processes", "-c", "1");
  await Promise.all([first.says(/ ready\./), batch.says(/ ready\./)]);
  known.bad = [];
  for (let n = 0; n < 3; n++) known.bad.push(await sent(system, "mail.send", "-a", '["nowhere"]'));
  await system.run("call", "reports.build", "--wait");
  for (const id of ["r1", "r2"]) await system.run("call", "reports.build", "-a", '["done"]', "--task-id", id);
  for (const more of [[], ["--countdown", "1h", "--expires", "2h"], ["--countdown", "2h", "--expires", "3h"]])
    await sent(system, "mail.send", "-a", '["ann"]', "--queue", "later", ...more);
  await system.run("control", "revoke", await sent(system, "mail.send", "--countdown", "1h"));
  known.scheduled = await sent(system, "mail.send", "--countdown", "1h", "--expires", "2h");
  known.failed = await form(system, "failing", "mail.send", "nowhere");
  known.running = await form(system, "running", "reports.wait", "never");
  known.triggered = ((await system.values("schedule", "trigger", "pulse"))[0] as Row)["taskId"] as string;
  const skips = (rows: readonly unknown[]): boolean => rows.some((row) => (row as Row)["fate"] === "skipped");
  const crowd = await system.until(["schedule", "history", "crowd"], skips);
  known.crowd = (crowd as Row[]).find((row) => row["fate"] === "sent")!["taskId"] as string;
  const [tick] = await system.until(["schedule", "history", "pulse"], (rows) => rows.length > 0);
  known.tick = (tick as Row)["taskId"] as string;
  await system.until(["graph", "list"], (rows) => rows.some((row) => (row as Row)["state"] === "failed"));
  await system.until(["dead", "list", "--reason", "failed"], (rows) => rows.length === 3);
  return system;
}

/** Before a command of the page, or in its place: those that begin so. */
export const ACTS: Readonly<Record<string, (system: SmallSystem) => Answers>> = {
  "schedule show": async (system) => {
    await system.run("schedule", "pause", "night-report");
    const shown = await system.values("schedule", "show", "night-report");
    await system.run("schedule", "resume", "night-report");
    return [shown];
  },
  "schedule next": (system) =>
    all(
      system,
      ["schedule", "next", "night-report"],
      ["schedule", "next", "30 2 * * *", "--from", "2027-03-27", "-c", "3"],
      ["schedule", "next", "30 2 * * *", "--from", "2027-03-27", "-c", "3", "--dst", "skip"],
    ),
  "schedule lint": (system) => all(system, ["schedule", "lint"], ["schedule", "lint", "60 * * * *"]),
  "schedule preview": (system) =>
    all(
      system,
      ["schedule", "preview"],
      ["schedule", "preview", "--from", "2027-03-28T01:59:55", "--for", "10s"],
    ),
  "schedule history": (system) =>
    all(system, ["schedule", "history", "pulse"], ["schedule", "history", "crowd"]),
  "schedule set": async (system) => {
    const set = ["schedule", "set", "sync", "--task", "mail.send", "--description", "for the board"];
    return all(system, [...set, "--every", "20m"], [...set, "--crontab", "30 2 * * *"]);
  },
  "schedule forecast": (system) => {
    const within = (perSecond: string): string[] => {
      return ["schedule", "forecast", "--for", "1h", "--max-starts-per-second", perSecond, "--outage", "1h"];
    };
    return all(system, ["schedule", "forecast"], within("1"), within("500"));
  },
  "schedule plan": (system) => all(system, ["schedule", "plan"]),
  "schedule export": async (system) => {
    await system.run("schedule", "set", "exported", "--task", "mail.send", "--every", "20m");
    return all(system, ["schedule", "export"]);
  },
  "schedule import": (system) => {
    const schedule = { type: "interval", everyMs: 1_200_000 };
    const entries = { imported: { task: "mail.send", schedule }, pulse: { task: "mail.send", schedule } };
    writeFileSync(path.join(system.place.folder, "entries.json"), JSON.stringify({ sunbeat: 1, entries }));
    return all(system, ["schedule", "import", "sunbeat", "entries.json"]);
  },
  "calendar set": async (system) => {
    const first = [{ date: "2027-01-06", name: "Epiphany" }, "2027-12-23"];
    await system.values("calendar", "set", calendarFile(system, "first", first, "2027-12-31"));
    const office = JSON.stringify({
      type: "filter",
      of: { type: "interval", everyMs: 86_400_000, offsetMs: 32_400_000 },
      keep: [{ days: { calendar: "DE-BY" }, not: true, timezone: "UTC" }],
    });
    await system.run("schedule", "set", "office", "--task", "mail.send", "--schedule", office);
    const next = (day: number): string => new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10);
    return all(system, [
      "calendar",
      "set",
      calendarFile(system, "second", [...first, next(0), next(1)], "2028-12-31"),
    ]);
  },
  "calendar diff": async (system) => {
    // The beat has moved the entry to the first day that is open.
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await system.until(["schedule", "show", "office"], ([office]) => {
      return String((office as Row)["nextDue"]).slice(0, 10) > tomorrow;
    });
    const days = [{ date: "2027-01-06", name: "Three kings" }, "2027-12-24"];
    return all(
      system,
      ["calendar", "diff", calendarFile(system, "third", days, "2028-12-31")],
      ["calendar", "diff", calendarFile(system, "third", days, "2028-12-31"), "--name", "OTHER"],
    );
  },
  "calendar import ics": (system) => {
    const lines = [
      "BEGIN:VCALENDAR",
      "BEGIN:VEVENT",
      "DTSTART;VALUE=DATE:20270802",
      "DTEND;VALUE=DATE:20270804",
    ];
    const text = [...lines, "SUMMARY:Plant holidays", "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");
    writeFileSync(path.join(system.place.folder, "plant.ics"), text);
    const ics = ["calendar", "import", "ics", "plant.ics", "--name", "plant", "--years", "2027"];
    return all(system, ics);
  },
  "calendar import date-holidays": (system) =>
    all(system, ["calendar", "import", "date-holidays", "DE", "--region", "BY"]),
  "calendar delete": async (system) => {
    await system.run("schedule", "delete", "office");
    return all(system, ["calendar", "delete", "DE-BY"]);
  },
  "schedule trigger pulse --from": async (system) => {
    const rows = (await system.values("schedule", "history", "crowd")) as Row[];
    const due = rows.find((row) => row["fate"] === "skipped")!["due"] as string;
    return all(system, ["schedule", "trigger", "crowd", "--force", "--from", due, "--to", due]);
  },
  "tasks state:failure": (system) => all(system, ["tasks", "--limit", "500"]),
  "tasks show": (system) =>
    all(
      system,
      ...["r1", "r2", known.tick, known.crowd, known.triggered, known.scheduled, known.bad[0]!].map((id) => [
        "tasks",
        "show",
        id,
      ]),
      ["tasks", "show", `${known.failed}:0`],
    ),
  "tasks retry": (system) => all(system, ["tasks", "retry", known.bad[0]!]),
  "call mail.send -a '[\"ann\"]' --wait": (system) =>
    all(system, ["call", "mail.send", "-a", '["ann"]', "--wait"]),
  result: (system) => all(system, ["result", known.bad[1]!, "--traceback"]),
  queues: async (system) => {
    await system.run("queues", "pause", "later", "--for", "2h", "--reason", "deploy");
    return all(system, ["queues"]);
  },
  "queues list": (system) => all(system, ["queues", "list"]),
  "queues browse": (system) =>
    all(
      system,
      ["queues", "browse", "later", "--state", "scheduled"],
      ["queues", "browse", "default", "--state", "leased"],
    ),
  "queues pause": (system) => all(system, ["queues", "pause", "later", "--for", "2h", "--reason", "deploy"]),
  "queues resume": (system) => all(system, ["queues", "resume", "later"]),
  "dead list": (system) => all(system, ["dead", "list", "--reason", "failed"]),
  "dead retry": (system) => all(system, ["dead", "retry", known.bad[1]!]),
  "dead delete": (system) => all(system, ["dead", "delete", known.bad[2]!]),
  "graph show": (system) => all(system, ["graph", "show", known.failed]),
  "graph revoke": (system) => all(system, ["graph", "revoke", known.running]),
  "graph resume": (system) => all(system, ["graph", "resume", known.failed]),
  "locks history": (system) => all(system, ["locks", "history"]),
  "locks break": async (system) => {
    const [lock] = (await system.values("locks", "inspect", "ledger")) as { holders: { token: string }[] }[];
    return all(system, ["locks", "break", "ledger", lock!.holders[0]!.token]);
  },
  status: async (system) => {
    await system.run("control", "autoscale", "8", "2", "-d", "default@host01");
    await system.run("queues", "pause", "later", "--for", "2h", "--reason", "deploy");
    await sent(system, "mail.send", "--queue", "unattended");
    await sent(system, "reports.build", "-a", '["done"]');
    return [
      await system.until(["status"], ([one]) => hasScaled(one as { readonly nodes: readonly NodeRow[] })),
    ];
  },
  "inspect ping": async (system) => {
    batch.signal("SIGSTOP");
    const answers = await all(system, ["inspect", "ping", "-d", "default@host01,batch@host02"]);
    batch.signal("SIGCONT");
    return answers;
  },
  "inspect scheduled": async (system) => {
    for (const time of ["1h", "2h"]) await sent(system, "mail.send", "--queue", "later", "--countdown", time);
    return all(system, ["inspect", "scheduled", "--limit", "1"]);
  },
  "inspect revoked": async (system) => {
    await system.run("control", "revoke", "x1", "x2", "x3");
    return all(system, ["inspect", "revoked", "--limit", "1"]);
  },
  "inspect activeQueues": async (system) => {
    await system.run("queues", "pause", "mail");
    const isPaused = (rows: readonly unknown[]): boolean => JSON.stringify(rows).includes('"paused":true');
    return [await system.until(["inspect", "activeQueues"], isPaused)];
  },
  "inspect queryTask": (system) => all(system, ["inspect", "queryTask", known.crowd]),
  "control pauseQueue": (system) =>
    all(system, ["control", "pauseQueue", "later", "--for", "2h", "--reason", "deploy"]),
  check: async (system) => {
    const leads = ([one]: readonly unknown[]): boolean => (one as Row)["leader"] !== null;
    return [await system.until(["check", "--workers", "5"], leads)];
  },
  alerts: async (system) => {
    await alerted(system, "5d1c2a9e", true);
    return all(system, ["alerts", "list", "--all"]);
  },
  "alerts ack": async (system) => {
    await alerted(system, "4f0c2a9e", false);
    return all(system, ["alerts", "ack", "4f0c2a9e", "--note", "on it"]);
  },
  "alerts mute": (system) => all(system, ["alerts", "mute", "queue-old", "later", "--for", "1h"]),
  "alerts test": (system) => all(system, ["alerts", "test"]),
  "health --port": (system) =>
    all(system, ["health", "--port", "1"], ["health", "--port", String(known.port)]),
  "health --node": (system) =>
    all(system, ["health", "--node", "default@host01"], ["health", "--node", "nobody@host09"]),
  dashboard: async (system) => [
    await system.watch(
      ["dashboard", "--port", "0"],
      () => Promise.resolve(),
      (rows) => rows.length > 0,
    ),
  ],
  "dashboard passwd": async (system) => {
    const { stdout } = await system.place.sunbeat(
      ["dashboard", "passwd", "ann", "--json"],
      {},
      "a long password\n",
    );
    return [valuesIn(stdout)];
  },
  doctor: (system) => all(system, ["doctor"], ["doctor", "-b", "sqlite:./nowhere/shop.db"]),
  "events --types": async (system) => [
    await system.watch(
      ["events", "--types", "task-failed"],
      () => fail(system),
      (rows) => rows.length > 0,
    ),
  ],
  "events --camera": async (system) => [
    await system.watch(
      ["events", "--camera", "-", "-F", "0.1"],
      async () => {
        await fail(system);
        await sent(system, "reports.wait");
      },
      (rows) => ["FAILURE", '"done"', '"freq"'].every((text) => JSON.stringify(rows).includes(text)),
    ),
  ],
};

async function all(system: SmallSystem, ...commands: readonly (readonly string[])[]): Answers {
  const answers: unknown[][] = [];
  for (const command of commands) answers.push(await system.values(...command));
  return answers;
}

async function sent(system: SmallSystem, ...call: readonly string[]): Promise<string> {
  return ((await system.values("call", ...call))[0] as { readonly id: string }).id;
}

function fail(system: SmallSystem): Promise<string> {
  return sent(system, "mail.send", "-a", '["nowhere"]');
}

/** A chain of two; gives the id of the graph. */
async function form(system: SmallSystem, name: string, task: string, arg: string): Promise<string> {
  const parts = [
    { task, args: [arg] },
    { task: "mail.send", args: ["ann"], immutable: true },
  ];
  writeFileSync(path.join(system.place.folder, `${name}.json`), JSON.stringify({ chain: parts }));
  return sent(system, "--form", path.join(system.place.folder, `${name}.json`));
}

interface NodeRow {
  readonly worker: { readonly autoscale: object | null } | null;
}

function hasScaled({ nodes }: { readonly nodes: readonly NodeRow[] }): boolean {
  return nodes.some(({ worker }) => worker?.autoscale != null);
}

/** As a watcher raises one, which takes it half a minute; and with mutes. */
async function alerted(system: SmallSystem, id: string, isOver: boolean): Promise<void> {
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const store = await openSqliteStore(path.join(system.place.folder, "shop.db"), context, { backups: false });
  const now = await store.now();
  const acked = { by: "ann@host01", at: now, note: "on it" };
  const alert = {
    ...{
      id,
      kind: "queue-old",
      subject: id,
      severity: "warning" as const,
      looks: 2,
      raisedAt: now,
      toldAt: now,
    },
    ...{ clearedAt: isOver ? now : null, acked: isOver ? acked : null, webhooks: [] },
    ...{ text: "the oldest waits 12m", detail: '{"ready":118}' },
  };
  await store.alerts.putAlert(alert, null);
  await store.alerts.mute({ kind: "queue-old", subject: "b", by: "ann@host01" }, null);
  await store.alerts.mute({ kind: "queue-old", subject: "c", by: "ann@host01" }, 3_600_000);
  await store.close();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The path of a file with days off. */
function calendarFile(system: SmallSystem, name: string, days: readonly unknown[], to: string): string {
  const file = path.join(system.place.folder, `${name}-days.json`);
  const covers = { from: "2026-01-01", to };
  writeFileSync(file, JSON.stringify({ name: "DE-BY", covers, source: "date-holidays", days }));
  return file;
}

/** Formats, files and loggers of their own, in workers and in their children. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground, type Program } from "../support/cli.js";

let place: Playground;
beforeAll(() => void (place = new Playground()));
afterAll(() => place.dispose());

const appOn = (name: string, file = "logs.mjs"): string[] => ["-A", file, "-b", `sqlite:./logs-${name}.db`];

async function runTasks(app: string[], worker: Program, tasks = ["tasks.log", "tasks.fail"]): Promise<void> {
  await Promise.all(
    tasks.map((task) =>
      place.sunbeat([...app, "call", task, "--task-id", task, "--wait", "--timeout", "30s"]),
    ),
  );
  worker.signal("SIGTERM");
  await worker.ended();
}

type Line = Record<string, unknown>;
const parsed = (text: string): Line[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe.each(["async", "threads", "processes"])("worker -P %s", (pool) => {
  test("--log-format json --logfile: every line is an object, those of a task with its ids, none with a secret", async () => {
    const app = appOn(`json-${pool}`);
    const file = `json-${pool}.log`;
    const worker = place.start([...app, "worker", "-P", pool, "--log-format", "json", "-f", file]);
    await worker.says(new RegExp(String.raw`logfile: +\[${file}\]@INFO`));
    await runTasks(app, worker);
    const text = readFileSync(path.join(place.folder, file), "utf8");
    const lines = parsed(text);
    expect(text).not.toMatch(/hunter2|4111/);
    const ids = { component: "task", task: "tasks.log", taskId: "tasks.log" };
    const find = (message: string): Line | undefined => lines.find((line) => line["message"] === message);
    expect(find("first forged")).toMatchObject({ ...ids, level: "info", user: { password: "**" } });
    expect(find("deep")).toMatchObject({ ...ids, level: "warn", card: "**", rows: 3 });
    if (pool !== "async") expect(find("by console")).toMatchObject({ ...ids, level: "warn" });
    expect(lines.find(({ level }) => level === "error")).toMatchObject({
      ...{ task: "tasks.fail", event: "task-failed", err: { name: "TypeError", message: "no lamp" } },
    });
    expect(worker.stderr).not.toContain("received");
  });
});

test("--log-format journal: a priority before each line, those of a stack among them", async () => {
  const app = appOn("journal");
  const worker = place.start([...app, "worker", "-q", "--log-format", "journal"]);
  await worker.says(/ready\./);
  await runTasks(app, worker);
  const lines = worker.stderr.trimEnd().split("\n");
  expect(lines.filter((line) => !/^<[3467]>/.test(line))).toEqual([]);
  expect(lines.filter((line) => /^<3> {4}TypeError: no lamp/.test(line))).toHaveLength(1);
});

test("a beat, too", async () => {
  const beat = place.start([...appOn("beat"), "beat", "--log-format", "json"]);
  await beat.says(/beat: leading/);
  beat.signal("SIGTERM");
  await beat.ended();
  expect(parsed(beat.stderr)).toContainEqual(
    expect.objectContaining({
      level: "info",
      component: "beat",
      event: "beat-leading",
      term: expect.any(String) as string,
    }),
  );
});

test("below the level no child sends a line", async () => {
  const app = appOn("level");
  const worker = place.start([...app, "worker", "-P", "processes", "-c", "1", "-l", "error"]);
  await worker.says(/\[tasks\]/);
  await runTasks(app, worker);
  expect(worker.stderr).toContain("tasks.fail[tasks.fail] raised unexpected");
  expect(worker.stderr).not.toMatch(/deep|first|by console|received/);
});

test("a logger that is brought is used instead of ours, in children, too, and another may be added", async () => {
  const app = appOn("theirs", "logs-theirs.mjs");
  const file = "not-made.log";
  const worker = place.start([
    ...[...app, "worker", "-P", "processes", "-c", "1", "--log-format", "json", "-f", file],
  ]);
  await worker.says(/logfile: +\[the app's own logger\]/);
  await runTasks(app, worker, ["tasks.log"]);
  const theirs = readFileSync(path.join(place.folder, "theirs.txt"), "utf8").split("\n");
  expect(theirs).toContainEqual(
    expect.stringContaining("worker info json Task tasks.log[tasks.log] received"),
  );
  expect(theirs).toContainEqual(
    expect.stringContaining("task info json tasks.log[tasks.log]: deep { card: '**', rows: 3 }"),
  );
  expect(theirs).toContainEqual(expect.stringContaining("added tasks.log[tasks.log]: deep"));
  expect(existsSync(path.join(place.folder, file))).toBe(false);
});

test.each([
  [["--log-format", "xml"], '--log-format: expected one of pretty, json, journal, got "xml"'],
  [["-l", "loud"], '--loglevel: expected one of debug, info, warning, error, got "loud"'],
  [["-f", "no/such/folder.log"], "--logfile: ENOENT"],
])("worker %j is wrong usage", async (flags, message) => {
  const { exitCode, stderr } = await place.sunbeat([...appOn("usage"), "worker", ...flags]);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(2);
});

test.runIf(existsSync("/dev/full"))(
  "a stderr that is full, or that nobody reads, ends no worker",
  async () => {
    const script = (to: string): string =>
      `"${process.execPath}" node_modules/sunbeat/dist/cli/main.js ${appOn("full").join(" ")} worker ${to}`;
    for (const to of ["2>/dev/full", "2>&-", "2> >(true)"]) {
      const program = `const { spawn } = require("node:child_process");
      const child = spawn("bash", ["-c", ${JSON.stringify(`exec ${script(to)}`)}], { stdio: ["ignore", "ignore", "ignore"] });
      child.on("exit", (code, signal) => { console.log("ended", code, signal); process.exit(); });
      process.on("SIGTERM", () => child.kill("SIGTERM"));
      console.log("begun");`;
      const worker = place.node(["-e", program]);
      const answer = await place.sunbeat([
        ...appOn("full"),
        "call",
        "tasks.log",
        "--wait",
        "--timeout",
        "30s",
      ]);
      expect([to, answer.exitCode]).toEqual([to, 0]);
      worker.signal("SIGTERM");
      const { stdout } = await worker.ended();
      expect([to, stdout]).toEqual([to, "begun\nended 0 null\n"]);
    }
  },
);

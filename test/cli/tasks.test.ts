/** `sunbeat tasks`, and what the store answers to `sunbeat inspect`. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, Sunbeat } from "../../src/index.js";
import { Playground } from "../support/cli.js";

let place: Playground;
let app: Sunbeat;
let isBroken = true;
const ids = { part: "", after: "", graph: "", scheduled: "" };

beforeAll(async () => {
  place = new Playground();
  const source =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("tasks", { broker: "sqlite:./tasks.db", timezone: "Europe/Paris" });\n';
  writeFileSync(path.join(place.folder, "tasks.mjs"), source);
  app = new Sunbeat("tasks", { broker: `sqlite:${path.join(place.folder, "tasks.db")}`, logger: null });
  const pay = app.task("pay", { queue: "q" }, (card: string) => {
    if (isBroken) throw new Error(`the bank refuses ${card}`);
    return "paid";
  });
  const tell = app.task("tell", { queue: "q" }, () => "told");
  await app.worker({ queues: ["q"] }).start();
  const sent = await chain(pay.s("4711"), tell.si()).delay();
  await expect(sent.get({ timeout: "30s" })).rejects.toThrow();
  const parts: string[] = [];
  for await (const { id } of sent.parts()) parts.push(id);
  [ids.part = "", ids.after = ""] = parts;
  ids.graph = sent.graphId;
  ids.scheduled = (await tell.applyAsync([], { queue: "later", countdown: 3_600 })).id;
  await app.control.revoke("unknown");
});
afterAll(async () => {
  await app.close();
  place.dispose();
});

const sunbeat = (...args: string[]) => place.sunbeat(["-A", "tasks.mjs", ...args]);

test.each([
  [["tasks", "stat:failure"], 'did you mean "state"'],
  [["tasks", "run:soon"], "run"],
  [["tasks", "retry", "--query", "state:lost"], "state"],
  [["tasks", "retry"], "expected ids of tasks, or --query"],
  [["inspect", "scheduled", "-d", "w@x"], "expected no --destination: the store answers it"],
  [["inspect", "revoked", "--queue", "q"], "expected no --queue"],
  [["inspect", "ping", "--limit", "3"], "expected no --limit: nodes answer it"],
])("%j is wrong usage, and says why", async (args, why) => {
  const { exitCode, stdout, stderr } = await sunbeat(...args);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(why);
});

test("a task is found, and shown with its attempts, graph and the parts beside it", async () => {
  const found = await sunbeat("tasks", "state:failure", "bank");
  expect(found).toMatchObject({ exitCode: 0, stderr: "" });
  expect(found.stdout).toMatch(/^ENDED \(Europe\/Paris\) +STATE +RUN +WAITED +TASK +ID +WHY\n/);
  expect(found.stdout).toContain(`pay   ${ids.part}  Error: the bank refuses 4711`);
  const { stdout, exitCode } = await sunbeat("tasks", "show", ids.part);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^task +pay\nid +\S+\nqueue +q\nstate +FAILURE\n/);
  expect(stdout).toContain(`graph       ${ids.graph}: sunbeat graph show ${ids.graph}\n`);
  expect(stdout).toContain("failure     Error: the bank refuses 4711\n");
  expect(stdout).toMatch(/\n\nENDED \(Europe\/Paris\) +STATE +RUN +WAITED +WORKER +WHY\n\S.* failure /);
  expect(stdout).toContain(`\n\nOF ITS GRAPH  STATE  ID\ntell          unrun  ${ids.after}\n`);
  const json = JSON.parse((await sunbeat("tasks", "show", ids.part, "--json")).stdout) as object;
  expect(json).toMatchObject({
    ...{ id: ids.part, task: "pay", graph: ids.graph, tick: null, lock: null, hasMoreRelated: false },
    related: [{ id: ids.after, task: "tell", state: "unrun" }],
  });
  expect(await sunbeat("tasks", "show", "nobody")).toMatchObject({ exitCode: 1, stdout: "" });
});

test("a failed part is retried through its graph: a dry run counts, and changes nothing", async () => {
  const query = ["--query", "state:failure"] as const;
  const dry = await sunbeat("tasks", "retry", ...query, "--dry-run");
  expect(dry).toMatchObject({ exitCode: 0, stdout: "would put back 1 task\n" });
  expect((await app.tasks.show(ids.part))?.result?.state).toBe("FAILURE");
  isBroken = false;
  const done = await sunbeat("tasks", "retry", ...query, "--json");
  expect(JSON.parse(done.stdout)).toEqual({ found: 1, retried: 1, skipped: 0, isAll: true, dryRun: false });
  expect(await app.graph(ids.graph).get({ timeout: "30s" })).toBe("told");
  const again = await sunbeat("tasks", "retry", ids.part);
  expect(again).toMatchObject({ exitCode: 1, stdout: "put back 0 tasks\n" });
  expect(again.stderr).toContain("1 task skipped: ");
});

test("the store tells what is scheduled and revoked: instants in local time, and raw in --json", async () => {
  const scheduled = await sunbeat("inspect", "scheduled");
  expect(scheduled).toMatchObject({ exitCode: 0, stderr: "" });
  expect(scheduled.stdout).toMatch(
    /^-> store: OK\n {4}\* id: \S+ {2}task: tell {2}queue: later {2}state: scheduled/,
  );
  expect(scheduled.stdout).toMatch(/ eta: \w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0[12]:00/);
  const page = JSON.parse((await sunbeat("inspect", "scheduled", "--json")).stdout) as object;
  expect(page).toMatchObject({
    ...{ node: "store", next: null },
    ok: [{ id: ids.scheduled, eta: expect.any(Number) as number }],
  });
  const revoked = await sunbeat("inspect", "revoked");
  expect(revoked.stdout).toMatch(/^-> store: OK\n {4}\* id: unknown {2}until: \w{3} \d{4}-\d\d-\d\d /);
});

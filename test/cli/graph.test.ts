import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openSqliteStore } from "../../src/store/sqlite/index.js";
import type { FollowerList, NewPart } from "../../src/tasks/part.js";
import { Playground } from "../support/cli.js";

let place: Playground;
let store: Store;

beforeAll(async () => {
  place = new Playground();
  const app =
    'import { Sunbeat } from "sunbeat";\nexport const app = new Sunbeat("graphs", { broker: "sqlite:./graphs.db" });\n';
  writeFileSync(path.join(place.folder, "graphs.mjs"), app);
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  store = await openSqliteStore(path.join(place.folder, "graphs.db"), context, { backups: false });
});
afterAll(async () => {
  await store.close();
  place.dispose();
});

const graph = (...args: string[]) => place.sunbeat(["-A", "graphs.mjs", "graph", ...args]);

/** Members without edges, a body that all of them lead to, and a callback for their failures. */
async function sendChord(id: string, members: number): Promise<void> {
  const body = `${id}:${members}`;
  const alarm = `${id}:${members + 1}`;
  const part = (n: number, task: string, list: string | null, pending: number): NewPart => ({
    id: `${id}:${n}`,
    ...{ list, pending, value: null, inputs: null, takers: null },
    message: {
      ...{ id: `${id}:${n}`, task, queue: "default", priority: 0, maxDeliveries: 5, resultTtlMs: 60_000 },
      body: '{"v":2,"args":[]}',
    },
  });
  const parts = Array.from({ length: members }, (_, n) => part(n, "thumbs.make", "0", 0));
  parts.push(
    part(members, "albums.publish", "1", members),
    part(members + 1, "ops.alarm", null, members + 1),
  );
  const failure = { to: alarm, kind: "failure" } as const;
  const lists: FollowerList[] = [
    { key: "0", edges: [{ to: body, kind: "success" }, failure] },
    { key: "1", edges: [failure] },
  ];
  const head = { id, name: "album", output: body, keepMs: 86_400_000 };
  for (let from = 0; from < parts.length; from += 500) {
    const seal = from + 500 >= parts.length;
    await store.graphs.open({
      ...head,
      ...{ parts: parts.slice(from, from + 500), lists: from === 0 ? lists : [], seal },
    });
  }
}

/** A worker runs so many parts; those whose number is in `failing` fail. */
async function work(max: number, failing: readonly string[] = []): Promise<void> {
  const claim = { queues: ["default"], leaseMs: 60_000, worker: "w" };
  const { deliveries } = await store.consumer.claim({ ...claim, max });
  const failure = {
    name: "TypeError",
    message: "rex.txt is no picture",
    stack: null,
    code: null,
    cause: null,
  };
  await store.consumer.settle(
    deliveries.map(({ id, token }) => ({
      ...{ id, token, kind: "done", resultTtlMs: 60_000 },
      result: failing.includes(id)
        ? { state: "FAILURE", payload: JSON.stringify(failure) }
        : { state: "SUCCESS", payload: "1" },
    })),
    null,
  );
}

/** Times and ages are the machine's. */
const still = (text: string): string =>
  text
    .replaceAll(/\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+00:00/g, "AT")
    .replaceAll(/(?<=AT, )\S+ ago/g, "AGE ago")
    .replaceAll(/(?<= )\d+(?:ms|s)$/gm, "AGE");

describe("graphs on a store", () => {
  test("where there are none", async () => {
    expect(await graph("list")).toEqual({ exitCode: 0, stdout: "there are no graphs\n", stderr: "" });
    expect(await graph("list", "--json")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("one that runs: how far it is, and what waits for what", async () => {
    await sendChord("g1", 3);
    await work(2);
    expect(still((await graph("list")).stdout)).toMatchInlineSnapshot(`
      "NAME   ID  STATE    PARTS  SUCCEEDED  FAILED  UNRUN  OPEN  AGE
      album  g1  running  5      2          0       0      3     AGE
      "
    `);
    expect(still((await graph("show", "g1")).stdout)).toMatchInlineSnapshot(`
      "album
        id         g1
        state      running
        parts      5: 2 succeeded, 3 open
        sent       AT, AGE ago
        result of  3 (albums.publish)

      TASK            PART  STATE
      group of 3
      ├─ thumbs.make  0     succeeded
      ├─ thumbs.make  1     succeeded
      └─ thumbs.make  2     waiting
      albums.publish  3     blocked
      ops.alarm       4     blocked    after 0-3
      "
    `);
  });

  test("one that failed: what failed and why, and what did not run because of it", async () => {
    await work(9, ["g1:2"]);
    await work(9);
    expect(still((await graph("show", "g1")).stdout)).toMatchInlineSnapshot(`
      "album
        id          g1
        state       failed
        parts       5: 3 succeeded, 1 failed, 1 not run
        sent        AT, AGE ago
        kept until  AT
        result of   3 (albums.publish)

      TASK            PART  STATE
      group of 3
      ├─ thumbs.make  0     succeeded
      ├─ thumbs.make  1     succeeded
      └─ thumbs.make  2     failed     TypeError: rex.txt is no picture
      albums.publish  3     unrun      because 2 failed
      ops.alarm       4     succeeded  after 0-3
      "
    `);
  });

  test("one that failed is resumed, and one that is over is not revoked", async () => {
    expect(await graph("resume", "g1")).toEqual({
      ...{ exitCode: 0, stderr: "" },
      stdout: "resumed g1: what failed runs again, and then what waited for it\n",
    });
    await work(9);
    await work(9);
    expect((await graph("show", "g1")).stdout).toMatch(/^ {2}state +succeeded$/m);
    expect(await graph("resume", "g1")).toMatchObject({
      ...{ exitCode: 1, stdout: "" },
      stderr: expect.stringMatching(
        /^sunbeat: graph "g1" has succeeded.* \[SUNBEAT_GRAPH_INVALID\]\n$/,
      ) as string,
    });
    expect(await graph("revoke", "g1")).toEqual({
      ...{ exitCode: 1, stdout: "" },
      stderr: "sunbeat: graph g1 has succeeded: there is nothing left to revoke\n",
    });
    expect((await graph("revoke", "g1", "--json")).stdout).toBe('{"id":"g1","revoked":false}\n');
  });

  test("one that is revoked begins no part any more, and cannot be resumed", async () => {
    await sendChord("g2", 2);
    expect(await graph("revoke", "g2", "--terminate")).toEqual({
      ...{ exitCode: 0, stderr: "" },
      stdout: "revoked g2: no part of it begins any more, those that run are told to stop\n",
    });
    await work(9);
    expect((await graph("show", "g2")).stdout).toMatch(/^├─ thumbs\.make +0 +revoked$/m);
    expect((await graph("resume", "g2")).stderr).toContain('graph "g2" was revoked');
  });

  test.each([
    // command, id, why
    ["show", "g1:2", "this is a part of the graph g1"],
    [
      "revoke",
      "nope",
      "it was not sent to this broker, or it is over and its record has expired or was forgotten",
    ],
    ["resume", "nope", "it was not sent to this broker"],
    ["show", "lonely", "this is a task that was sent alone: sunbeat result lonely"],
  ])("%s %s: no such graph, and what it is instead", async (command, id, why) => {
    const message = { task: "mail", queue: "slow", priority: 0, maxDeliveries: 5, resultTtlMs: 60_000 };
    await store.sender.enqueue([{ ...message, id: "lonely", body: '{"v":1,"args":[]}' }]);
    const { exitCode, stdout, stderr } = await graph(command, id);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`sunbeat: no graph ${id} is known here: ${why}`);
    expect(stderr).toMatch(/\[SUNBEAT_GRAPH_UNKNOWN\]\n$/);
  });

  test("for programs: an object a line, and one with all parts", async () => {
    const rows = (await graph("list", "--json")).stdout.trim().split("\n");
    expect(rows.map((row) => (JSON.parse(row) as { id: string }).id)).toEqual(["g2", "g1"]);
    const shown = JSON.parse((await graph("show", "g1", "--json")).stdout) as { parts: unknown[] };
    expect(shown).toMatchObject({
      id: "g1",
      name: "album",
      state: "succeeded",
      size: 5,
      output: "g1:3",
      open: 0,
    });
    expect(shown.parts[0]).toEqual({
      ...{ id: "g1:0", task: "thumbs.make", state: "succeeded", culprit: null },
      followers: ["g1:3", "g1:4"],
    });
    expect(shown.parts).toHaveLength(5);
  });

  test("a page of the list tells how to go on", async () => {
    const first = await graph("list", "--limit", "1");
    expect(first.stderr).toBe("there may be more: --after g2\n");
    expect((await graph("list", "--after", "g2")).stdout).toMatch(/^NAME .*\nalbum +g1 .*\n$/);
  });

  test("of a large one 500 parts are drawn, and of the rest how many, and the first that failed", async () => {
    await sendChord("big", 700);
    for (let left = 700; left > 0; left -= 100) await work(100, ["big:601", "big:640"]);
    await work(9);
    const lines = (await graph("show", "big")).stdout.trimEnd().split("\n");
    const [head = "", ...drawn] = lines.slice(lines.findIndex((line) => line.startsWith("TASK")));
    expect(head).toMatch(/^TASK +PART +STATE$/);
    expect(drawn.filter((line) => /^[├└]─ thumbs\.make/.test(line))).toHaveLength(500);
    expect(drawn.slice(501)).toEqual([
      "",
      "and 202 more:",
      "  thumbs.make     198  succeeded",
      "  thumbs.make     2    failed",
      "  albums.publish  1    unrun",
      "  ops.alarm       1    succeeded",
      "",
      "  thumbs.make  601  failed  TypeError: rex.txt is no picture",
      "  thumbs.make  640  failed  TypeError: rex.txt is no picture",
    ]);
  });
});

describe("a form of tasks from a file", () => {
  const app = `
import { Sunbeat } from "sunbeat";
export const app = new Sunbeat("forms", { broker: "sqlite:./forms.db", logger: null });
app.task("tasks.add", (x, y) => x + y);
app.task("tasks.fail", () => { throw new TypeError("no"); });
`;
  const chain = {
    sunbeat: 1,
    chain: [
      { task: "tasks.add", args: [1, 2] },
      { task: "tasks.add", args: [4] },
    ],
  };
  const forms: Record<string, unknown> = {
    chain,
    "open.json": {
      sunbeat: 1,
      chain: [
        { task: "tasks.add", args: [2] },
        { task: "tasks.add", args: [4] },
      ],
    },
    fails: { sunbeat: 1, chain: [{ task: "tasks.fail" }, { task: "tasks.add", args: [4] }] },
    misspelt: { sunbeat: 1, chain: [{ task: "tasks.ad", args: [4] }] },
    field: { sunbeat: 1, chain: [{ tsk: "tasks.add" }] },
    newer: { sunbeat: 2, chain: [] },
    list: [1],
  };
  const call = (...args: string[]) => place.sunbeat(["-A", "forms.mjs", "call", ...args]);

  beforeAll(() => {
    writeFileSync(path.join(place.folder, "forms.mjs"), app);
    for (const [name, form] of Object.entries(forms)) {
      writeFileSync(path.join(place.folder, name), JSON.stringify(form));
    }
  });

  test("it is sent, waited for, and found by the id that is printed", async () => {
    const worker = place.start(["-A", "forms.mjs", "worker"]);
    await worker.says(/ready/);
    expect(await call("--form", "chain", "--wait")).toMatchObject({ exitCode: 0, stdout: "7\n" });
    expect(await call("--form", "open.json", "-a", "[10]", "--wait")).toMatchObject({ stdout: "16\n" });
    const piped = await place.sunbeat(
      ["-A", "forms.mjs", "call", "--form", "-", "--wait"],
      {},
      JSON.stringify(chain),
    );
    expect(piped).toMatchObject({ exitCode: 0, stdout: "7\n" });
    const failed = await call("--form", "fails", "--wait", "--task-id", "f");
    expect(failed).toMatchObject({ exitCode: 1, stderr: "waiting for f\n" });
    expect(failed.stdout).toMatch(/^REVOKED: .*f:0 .*TypeError: no\n$/);
    expect(JSON.parse((await call("--form", "chain", "--task-id", "c", "--json")).stdout)).toEqual({
      id: "c",
    });
    worker.signal("SIGTERM");
    await worker.ended();
    expect(await place.sunbeat(["-A", "forms.mjs", "result", "f", "--json"])).toMatchObject({
      ...{ exitCode: 1, stdout: expect.stringContaining('"id":"f","state":"REVOKED"') as string },
    });
    const list = (await place.sunbeat(["-A", "forms.mjs", "graph", "list"])).stdout;
    expect(list).toMatch(/^NAME .*\nchain +c .*\nchain +f +failed +2 +0 +1 +1 +0 .*\n/);
  });

  test.each([
    // arguments, exit code, what is said
    [["--form", "misspelt"], 1, 'forms.mjs registers no task "tasks.ad" (did you mean "tasks.add"?)'],
    [["--form", "field"], 2, "chain[0]: expected one of task, chain, group"],
    [["--form", "newer"], 2, "expected version 1 of stored forms, got 2"],
    [["--form", "list"], 2, '--form: expected a JSON object such as {"chain": [...]}, got "[1]"'],
    [["--form", "forms.mjs"], 2, "is not JSON"],
    [["--form", "none"], 2, "--form: ENOENT"],
    [["--form", "chain", "tasks.add"], 2, "expected the name of a task, or --form FILE"],
    [[], 2, "expected the name of a task, or --form FILE"],
  ])("call %j ends with %i: %s", async (args, exitCode, said) => {
    const answer = await call(...args);
    expect({ exitCode: answer.exitCode, stdout: answer.stdout }).toEqual({ exitCode, stdout: "" });
    expect(answer.stderr).toContain(said);
    expect(answer.stderr).toMatch(/^sunbeat: .* \[SUNBEAT_\w+\]\n$/);
  });
});

test("an entry with a canvas shows its form", async () => {
  const app = `
import { every, Sunbeat } from "sunbeat";
const canvas = { sunbeat: 1, chord: { header: [{ task: "a" }, { task: "a" }], body: { task: "b" } } };
export const app = new Sunbeat("entries", {
  broker: "sqlite:./entries.db",
  beatSchedule: { report: { canvas, schedule: every("1h") } },
});
`;
  writeFileSync(path.join(place.folder, "entries.mjs"), app);
  const schedule = async (...args: string[]) =>
    (await place.sunbeat(["-A", "entries.mjs", "schedule", ...args])).stdout;
  expect(await schedule("list")).toMatch(/^report +chord\(2 x a; b\) +every hour/m);
  expect(await schedule("show", "report")).toMatch(/^ {2}task +chord\(2 x a; b\)$/m);
  expect(await schedule("show", "report")).not.toContain("args");
});

import { describe, expect, test } from "vitest";
import { oneLine } from "../../src/core/log-entry.js";
import { Retry } from "../../src/tasks/outcomes.js";
import { resolveTaskLock } from "../../src/tasks/task-lock.js";
import { message, retry, Rig, turns } from "./harness.js";

async function linesOf(rig: Rig, options: Parameters<Rig["started"]>[0] = {}, id = "id"): Promise<string[]> {
  await rig.send(message(id, "tasks.add", [16, 16]));
  await rig.started(options);
  return rig.lines.filter((line) => line.includes("tasks.add"));
}

test("the lines are those that Celery users know, with the value where that was asked for", async () => {
  const rig = new Rig();
  rig.task("tasks.add", (x: number, y: number) => (rig.clock.spend(1.2), x + y));
  expect(await linesOf(rig)).toEqual([
    "info Task tasks.add[id] received",
    "info Task tasks.add[id] succeeded in 0.0012s: 32",
  ]);
});

test("the value stays out of the log otherwise", async () => {
  const rig = new Rig();
  rig.task("tasks.add", () => "secret");
  const lines = await linesOf(rig, { logResults: false });
  expect(lines.at(-1)).toBe("info Task tasks.add[id] succeeded in 0.0000s");
});

function failing(): Error {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), {
    stack: "Error: connect ECONNREFUSED\n    at b",
  });
  return Object.assign(new TypeError("fetch failed", { cause }), {
    stack: "TypeError: fetch failed\n    at a",
  });
}

test("a failure is an error entry with the stack and those of its causes; a retry an info line, its stack at debug", async () => {
  const rig = new Rig();
  rig.task(
    "tasks.add",
    () => {
      throw failing();
    },
    { retry: retry({ max: 1, delayMs: 5_000 }) },
  );
  const stacks = [
    "    TypeError: fetch failed",
    "        at a",
    "    Caused by: Error: connect ECONNREFUSED",
    "        at b",
  ];
  expect((await linesOf(rig)).slice(-2)).toEqual([
    "info Task tasks.add[id] retry: Retry in 5s: TypeError('fetch failed'), caused by Error('connect ECONNREFUSED')",
    ["debug Task tasks.add[id] raised, and is tried again", ...stacks].join("\n"),
  ]);
  await rig.clock.advance(5_000);
  await turns();
  expect(rig.logged("raised unexpected")).toEqual([
    ["error Task tasks.add[id] raised unexpected: TypeError('fetch failed') (after 2 tries)", ...stacks].join(
      "\n",
    ),
  ]);
});

test("a failure that its task expects is an info line with its causes, and no stack", async () => {
  const rig = new Rig();
  const options = { isExpected: (error: unknown) => error instanceof TypeError };
  rig.task("tasks.add", () => Promise.reject(failing()), options);
  expect((await linesOf(rig)).at(-1)).toBe(
    "info Task tasks.add[id] raised expected: TypeError('fetch failed'), caused by Error('connect ECONNREFUSED')",
  );
  expect(rig.logged("at a")).toEqual([]);
  expect(await rig.failure("id")).toMatchObject({ name: "TypeError", message: "fetch failed" });
  expect(rig.events.at(-1)).toMatchObject({ type: "task-failed", id: "id" });
});

describe("whatever made a task fail, the error entry has", () => {
  test.each<[string, () => unknown, Parameters<Rig["task"]>[2], string]>([
    // made by                        because
    ["an object", () => Promise.reject({ status: 402 }), {}, "raised unexpected: object('{\"status\":402}')"], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors
    [
      "a run that happens at most once",
      () => Promise.reject(failing()),
      { acks: "early" },
      "\n    Caused by: Error: connect ECONNREFUSED\n        at b",
    ],
    [
      "a task that asked to be run again too often",
      () => Promise.reject(new Retry({ error: failing() })),
      { retry: retry({ max: 0 }) },
      "\n    Caused by: Error: connect ECONNREFUSED\n        at b",
    ],
    [
      "retry.on, which threw",
      () => Promise.reject(failing()),
      { retry: retry({ on: () => { throw new RangeError("in retry.on"); } }) }, // prettier-ignore
      "\n    Caused by: RangeError: in retry.on\n        at ",
    ],
    [
      "throws, which threw",
      () => Promise.reject(failing()),
      { isExpected: () => { throw new RangeError("in throws"); } }, // prettier-ignore
      "\n    Caused by: RangeError: in throws\n        at ",
    ],
    [
      "an input schema, which threw",
      () => 1,
      { input: { "~standard": { version: 1, vendor: "test", validate: () => Promise.reject(failing()) } } },
      "\n    TypeError: fetch failed\n        at a",
    ],
    [
      "the function that names its lock",
      () => 1,
      { lock: { ...resolveTaskLock("l"), name: () => { throw failing(); } } }, // prettier-ignore
      "\n    Caused by: TypeError: fetch failed\n        at a",
    ],
    [
      "a result that is no JSON",
      () => ({ big: 1n }),
      {},
      "raised unexpected: TaskError('result.big: a BigInt has no JSON form; send String(value)')\n    TaskError: ",
    ],
  ])("the stack of %s", async (_, fn, options, expected) => {
    const rig = new Rig();
    rig.task("tasks.add", fn, options);
    await linesOf(rig);
    const [entry = ""] = rig.logged("raised unexpected");
    expect(entry.slice(0, 6)).toBe("error ");
    expect(entry).toContain(expected);
  });
});

test("names, ids and messages cannot forge a line or fill the log", async () => {
  const rig = new Rig();
  rig.task("tasks.add", () => {
    throw new Error(`x\n[...] Task fake[1] succeeded\u001b[2J\u202e${"y".repeat(20_000)}`, {
      cause: { message: "m", stack: "z\n".repeat(5_000) },
    });
  });
  await linesOf(rig, {}, "i\r\nd");
  const [first = "", ...rest] = rig.logged("raised")[0]!.split("\n");
  expect(first.slice(0, 82)).toBe(
    "error Task tasks.add[i d] raised unexpected: Error('x [...] Task fake[1] succeeded",
  );
  expect(first.length).toBeLessThan(1_100);
  // The lines that follow are indented, and neither they nor their number is without bound.
  expect(rest.filter((line) => !line.startsWith("    ") || line.length > 1_100)).toEqual([]);
  expect(rest.length).toBe(201);
});

test.each([
  ["plain", "plain"],
  ["a\nb\r\nc", "a b c"],
  ["tab\there", "tab here"],
  ["bell\u0007 and c1 \u009b31mred\u001b[0m", "bell  and c1 red"],
  ["turned \u202etext\u2066", "turned  text "],
  ["\u2028line\u2029", " line "],
  ["no\u200bwidth and half \ud800", "no\\u200bwidth and half \\ud800"],
])("oneLine(%j) is %j", (text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

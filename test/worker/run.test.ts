/* eslint-disable @typescript-eslint/only-throw-error -- user code throws anything, and that is what is tested */
import { describe, expect, test } from "vitest";
import { TaskError } from "../../src/core/errors.js";
import { runningTask } from "../../src/tasks/context.js";
import type { StandardSchema, StandardSchemaResult } from "../../src/tasks/definition.js";
import { Ignore, Reject } from "../../src/tasks/outcomes.js";
import { entry, putAll, read } from "../conformance/suite/entry-samples.js";
import { bodyOf, type Fn, gate, message, Rig, turns } from "./harness.js";

/** Runs one task to its end. */
async function run(
  rig: Rig,
  fn: Fn,
  options: Parameters<Rig["task"]>[2] = {},
  args: unknown[] = [],
): Promise<void> {
  rig.task("t", fn, options);
  await rig.send(message("a", "t", args));
  await rig.started();
}

describe("success", () => {
  test.each<[Fn, unknown[], unknown, string]>([
    [(x: number, y: number) => x + y, [16, 16], 32, "a plain function"],
    [async (x: number) => x * 2, [4], 8, "an async function"],
    [() => undefined, [], null, "nothing is returned"],
    [
      () => ({ then: (done: (value: string) => void) => done("thenable") }),
      [],
      "thenable",
      "a promise-like value",
    ],
    [() => ({ a: [1, { b: null }] }), [], { a: [1, { b: null }] }, "data"],
  ])("%s with %j leaves %j: %s", async (fn, args, payload) => {
    const rig = new Rig();
    await run(rig, fn, {}, args);
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload });
    expect(await rig.memory.queues.counts()).toEqual([]);
  });

  test("a result that JSON would change is a failure that names the place, and the task is not run again", async () => {
    const rig = new Rig();
    let runs = 0;
    await run(rig, () => (runs++, { rows: [{ at: new Date(0) }] }), {
      retry: { max: 3, delayMs: 0, backoff: false, maxDelayMs: 0, jitter: false, on: () => true },
    });
    expect(await rig.failure("a")).toEqual({
      name: "TaskError",
      message: "result.rows[0].at: a Date would arrive as text; send date.toISOString()",
      code: "SUNBEAT_PAYLOAD_INVALID",
    });
    expect(runs).toBe(1);
  });

  test.each([
    [{ ignoreResult: true }, null, "the task says so"],
    [{ ignoreResult: false }, null, "the sender says so, and goes before the task"],
  ])("no result is kept under %j: %s", async (options, expected) => {
    const rig = new Rig();
    rig.task("t", () => 1, options);
    const body = bodyOf(options.ignoreResult ? {} : { ignoreResult: true });
    await rig.send(message("a", "t", [], { body }));
    await rig.started();
    expect(await rig.result("a")).toBe(expected);
    expect(rig.events.map((event) => event.type)).toContain("task-succeeded");
  });

  test("STARTED is stored while a task runs that tracks it, and its event comes after", async () => {
    const rig = new Rig();
    let state: string | null = null;
    let before: unknown[] = [];
    rig.task(
      "t",
      async () => {
        before = rig.events.map((event) => event.type);
        await turns(5);
        state = await rig.state("a");
      },
      { trackStarted: true },
    );
    await rig.send(message("a", "t"));
    await rig.started();
    expect([state, before.includes("task-started"), await rig.state("a")]).toEqual([
      "STARTED",
      false,
      "SUCCESS",
    ]);
    expect(rig.events.map((event) => event.type)).toEqual([
      "worker-online",
      "task-received",
      "task-started",
      "task-succeeded",
    ]);
  });
});

describe("the running task", () => {
  test("self and currentTask() give the request, with everything its message said", async () => {
    const rig = new Rig();
    const eta = rig.clock.now() - 5_000;
    let seen: unknown;
    let same = false;
    rig.bound("t", async (self) => {
      seen = { ...self.request };
      await turns(2);
      same = runningTask() === self;
    });
    await rig.send(
      message("a", "t", [], {
        priority: 3,
        eta: { at: eta },
        expires: { at: eta + 60_000 },
        entry: "nightly",
        body: bodyOf({ args: [1], headers: { k: "v" }, parentId: "p", groupId: "g", scheduledFor: eta - 1 }),
      }),
    );
    await rig.started();
    expect(same).toBe(true);
    expect(seen).toEqual({
      id: "a",
      task: "t",
      args: [1],
      retries: 0,
      deliveries: 1,
      eta: new Date(eta),
      expires: new Date(eta + 60_000),
      queue: "default",
      priority: 3,
      headers: { k: "v" },
      parentId: "p",
      rootId: "a",
      groupId: "g",
      groupIndex: null,
      graphId: null,
      entry: "nightly",
      scheduledFor: new Date(eta - 1),
      hostname: "w1",
    });
  });

  test("progress is seen while it runs, and a final state of its own making is refused", async () => {
    const rig = new Rig();
    const seen: unknown[] = [];
    rig.bound("t", async (self) => {
      await self.progress(1, 4);
      seen.push(await rig.result("a"));
      await self.updateState("SUCCESS").catch((error: unknown) => seen.push((error as TaskError).code));
    });
    await rig.send(message("a", "t"));
    await rig.started();
    expect(seen).toEqual([{ state: "PROGRESS", payload: { done: 1, total: 4 } }, "SUNBEAT_OPTION_INVALID"]);
    expect(await rig.state("a")).toBe("SUCCESS");
  });

  test("its log lines carry the task and the id", async () => {
    const rig = new Rig();
    rig.bound("t", (self) => self.log.info("building\nfor you"));
    await rig.send(message("a", "t"));
    await rig.started();
    expect(rig.logged("building")).toEqual(["info t[a]: building for you"]);
  });
});

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error("trap");
    },
    getPrototypeOf: () => {
      throw new Error("trap");
    },
  },
);

describe("whatever a task throws is a failure, and the worker goes on", () => {
  test.each<[string, Fn, string]>([
    [
      "an error",
      () => {
        throw new RangeError("too far");
      },
      "RangeError: too far",
    ],
    ["a rejection", async () => Promise.reject(new Error("later")), "Error: later"],
    [
      "null",
      () => {
        throw null;
      },
      "null: null",
    ],
    [
      "undefined",
      () => {
        throw undefined;
      },
      "undefined: undefined",
    ],
    [
      "text",
      () => {
        throw "text";
      },
      "string: text",
    ],
    [
      "a Proxy whose traps throw",
      () => {
        throw hostile;
      },
      "object: a thrown value that cannot be read",
    ],
    [
      "an error whose message throws when read",
      () => {
        throw Object.defineProperty(new Error(), "message", {
          get: () => {
            throw new Error("getter");
          },
        });
      },
      "Error: a thrown value that cannot be read",
    ],
    [
      "a thenable whose then throws",
      () => ({
        then: () => {
          throw new Error("then");
        },
      }),
      "Error: then",
    ],
    [
      "a value whose then cannot be read",
      () =>
        Object.defineProperty({}, "then", {
          get: () => {
            throw new Error("getter");
          },
        }),
      "Error: getter",
    ],
    [
      "a result with a getter that throws",
      () =>
        Object.defineProperty({}, "x", {
          enumerable: true,
          get: () => {
            throw new Error("getter");
          },
        }),
      "TaskError: result: a getter or proxy in it threw while it was read",
    ],
    [
      "an outcome of another shape under our brand",
      () => {
        throw { [Symbol.for("sunbeat.outcome")]: true, kind: "surprise" };
      },
      'object: {"kind":"surprise"}',
    ],
  ])("%s", async (_, fn, expected) => {
    const rig = new Rig();
    rig.task("fine", () => "fine");
    rig.task("t", fn);
    await rig.send(message("a", "t"), message("b", "fine"));
    const worker = await rig.started({ concurrency: 1 });
    const { name, message: text } = await rig.failure("a");
    expect(`${name}: ${text}`).toBe(expected);
    expect(await rig.state("b")).toBe("SUCCESS");
    expect(worker.stats()).toMatchObject({ state: "running", running: 0, processed: 2, unsettled: 0 });
  });
});

describe("outcomes that travel as throws", () => {
  test("Ignore ends the run without a result", async () => {
    const rig = new Rig();
    await run(rig, () => {
      throw new Ignore();
    });
    expect(await rig.result("a")).toBe(null);
    expect(await rig.memory.queues.counts()).toEqual([]);
    expect(rig.events.at(-1)).toEqual({ type: "task-ignored", id: "a", task: "t", queue: "default" });
  });

  test("Reject keeps the message among the dead letters, and whoever waits for it gets a failure", async () => {
    const rig = new Rig();
    await run(rig, () => {
      throw new Reject("not for us");
    });
    expect(
      (await rig.memory.deadLetters.list({ limit: 9 })).letters.map(({ id, reason }) => [id, reason]),
    ).toEqual([["a", "not for us"]]);
    expect(await rig.failure("a")).toEqual({ name: "Reject", message: "not for us", code: null });
    expect(rig.events.slice(-2).map((event) => event.type)).toEqual(["task-rejected", "dead-lettered"]);
  });

  test("Reject with requeue puts it back, and the delivery is not counted", async () => {
    const rig = new Rig();
    const deliveries: number[] = [];
    rig.bound("t", (self) => {
      deliveries.push(self.request.deliveries);
      if (deliveries.length < 10) throw new Reject("later", { requeue: true });
    });
    await rig.send(message("a", "t", [], { maxDeliveries: 2 }));
    await rig.started();
    await turns(100);
    expect(deliveries).toEqual(Array.from({ length: 10 }, () => 1));
    expect(await rig.state("a")).toBe("SUCCESS");
  });
});

describe("what cannot be run goes to the dead letters at once, without a grace for strangers", () => {
  test.each([
    ["no.such", bodyOf(), "Received unregistered task of type 'no.such'.", "SUNBEAT_TASK_UNKNOWN"],
    ["constructor", bodyOf(), "Received unregistered task of type 'constructor'.", "SUNBEAT_TASK_UNKNOWN"],
    ["t", "not json", "undecodable: message body: expected JSON", "SUNBEAT_MESSAGE_INVALID"],
    ["t", "", "undecodable: message body: expected JSON", "SUNBEAT_MESSAGE_INVALID"],
    [
      "t",
      '{"v":0,"args":[]}',
      "undecodable: message body: expected form 1 or 2, got 0",
      "SUNBEAT_MESSAGE_INVALID",
    ],
    ["t", '{"v":99,"args":[]}', "Received a message of a newer form for task 't'", "SUNBEAT_MESSAGE_NEWER"],
    ["t", '{"v":1}', "undecodable: message body: args", "SUNBEAT_MESSAGE_INVALID"],
    [
      "t",
      '{"v":1,"args":[],"__proto__":{"x":1}}',
      "undecodable: message body: unknown",
      "SUNBEAT_MESSAGE_INVALID",
    ],
    ["t", "[".repeat(100_000), "undecodable: message body: expected JSON", "SUNBEAT_MESSAGE_INVALID"],
    [
      "t",
      `{"v":1,"args":[{"__proto__":{"x":1}}]}`,
      "undecodable: message body: args[0]",
      "SUNBEAT_MESSAGE_INVALID",
    ],
  ])("task %s with body %.30s: %s", async (task, body, reason, code) => {
    const rig = new Rig();
    let ran = 0;
    rig.task("t", () => ran++);
    await rig.send(message("bad", task, [], { body }), message("good", "t"));
    await rig.started({ concurrency: 1 });
    const [letter] = (await rig.memory.deadLetters.list({ limit: 9 })).letters;
    expect(letter).toMatchObject({ id: "bad", task, body });
    expect(letter!.reason.slice(0, reason.length)).toBe(reason);
    expect((await rig.failure("bad")).code).toBe(code);
    expect([await rig.state("good"), ran, ({} as { x?: unknown }).x]).toEqual(["SUCCESS", 1, undefined]);
  });
});

describe("time limits", () => {
  test("the soft limit aborts the signal, and the task may still end well", async () => {
    const rig = new Rig();
    let reason: unknown;
    rig.bound(
      "t",
      (self) =>
        new Promise((resolve) =>
          self.signal.addEventListener("abort", () => {
            reason = (self.signal.reason as TaskError).code;
            resolve("saved");
          }),
        ),
      { softTimeLimitMs: 10_000 },
    );
    await rig.send(message("a", "t"));
    await rig.started();
    await rig.clock.advance(9_999);
    expect(reason).toBe(undefined);
    await rig.clock.advance(1);
    await turns();
    expect([reason, await rig.result("a")]).toEqual([
      "SUNBEAT_SOFT_TIME_LIMIT",
      { state: "SUCCESS", payload: "saved" },
    ]);
  });

  test("the hard limit fails the task and frees the slot, even if the function never ends", async () => {
    const rig = new Rig();
    rig.task("t", () => new Promise(() => undefined), { timeLimitMs: 30_000 });
    rig.task("fine", () => "fine");
    await rig.send(message("a", "t"), message("b", "fine"));
    const worker = await rig.started({ concurrency: 1 });
    await rig.clock.advance(29_999);
    expect([await rig.state("a"), await rig.state("b")]).toEqual(["RECEIVED", "PENDING"]);
    await rig.clock.advance(1);
    await turns();
    expect(await rig.failure("a")).toEqual({
      name: "TaskError",
      message: "t[a] ran longer than its time limit of 30s",
      code: "SUNBEAT_TIME_LIMIT",
    });
    expect([await rig.state("b"), worker.stats().overran]).toEqual(["SUCCESS", 1]);
    expect(rig.logged("Hard time limit (30s) exceeded for t[a]")).toHaveLength(1);
  });

  test("what the function gives after its hard limit changes nothing", async () => {
    const rig = new Rig();
    const own = gate<string>();
    rig.task("t", () => own.opened, { timeLimitMs: 1_000 });
    await rig.send(message("a", "t"));
    const worker = await rig.started();
    await rig.clock.advance(1_000);
    own.open("late");
    await turns();
    expect((await rig.failure("a")).code).toBe("SUNBEAT_TIME_LIMIT");
    expect(worker.stats()).toMatchObject({ running: 0, processed: 1, unsettled: 0 });
  });

  test("a thenable that never settles is ended by the hard limit too", async () => {
    const rig = new Rig();
    await run(rig, () => ({ then: () => undefined }), { timeLimitMs: 1_000 });
    await rig.clock.advance(1_000);
    await turns();
    expect((await rig.failure("a")).code).toBe("SUNBEAT_TIME_LIMIT");
  });

  test("a task that ends in time leaves no timer", async () => {
    const rig = new Rig();
    rig.task("t", () => 1);
    await rig.started();
    await rig.send(message("warm", "t"));
    await turns();
    const before = rig.clock.timers;
    rig.task("limited", () => 1, { timeLimitMs: 60_000, softTimeLimitMs: 50_000 });
    await rig.send(message("a", "limited"));
    await turns();
    expect([await rig.state("a"), rig.clock.timers]).toEqual(["SUCCESS", before]);
  });
});

describe("input schema", () => {
  const schema = (
    answer: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>,
  ): StandardSchema => ({
    "~standard": { version: 1, vendor: "test", validate: answer },
  });

  test.each([
    ["at once", (value: unknown) => ({ value: Number(value) + 1 })],
    ["later", async (value: unknown) => ({ value: Number(value) + 1 })],
  ])("the first argument arrives as the schema gives it back, %s", async (_, answer) => {
    const rig = new Rig();
    await run(rig, (...args: unknown[]) => args, { input: schema(answer) }, ["41", "rest"]);
    expect(await rig.result("a")).toEqual({ state: "SUCCESS", payload: [42, "rest"] });
  });

  test("what does not fit fails with the places, without a run and without a retry", async () => {
    const rig = new Rig();
    let runs = 0;
    const issues = [
      { message: "expected text", path: ["user", { key: "name" }, 0] },
      { message: "too many" },
    ];
    await run(rig, () => runs++, {
      input: schema(() => ({ issues })),
      retry: { max: 3, delayMs: 0, backoff: false, maxDelayMs: 0, jitter: false, on: () => true },
    });
    expect(await rig.failure("a")).toEqual({
      name: "TaskError",
      message:
        "the first argument does not fit the task's input: args[0].user.name[0]: expected text; args[0]: too many",
      code: "SUNBEAT_PAYLOAD_INVALID",
    });
    expect(runs).toBe(0);
  });
});

describe("a run of an entry", () => {
  const fails: Fn = () => {
    throw new Error("no");
  };
  const ignores: Fn = () => {
    throw new Ignore();
  };
  test.each<[string, Fn, boolean, boolean]>([
    ["succeeds", () => 1, true, true],
    ["succeeds, and leaves no result", () => 1, false, true],
    ["fails", fails, true, false],
    ["fails, and leaves no result", fails, false, false],
    ["is ignored: nobody says that it went well", ignores, true, false],
  ])("that %s", async (_, fn, leavesResult, isSuccess) => {
    const rig = new Rig();
    rig.task("t", fn, { ignoreResult: !leavesResult });
    await putAll(rig.memory, entry("e", null));
    await rig.memory.entries.trigger("e", message("a", "t"), null);
    await rig.clock.advance(1_000);
    await rig.started();
    const { unfinished, lastSuccessAt } = await read(rig.memory, "e");
    expect([unfinished, lastSuccessAt]).toEqual([0, isSuccess ? rig.clock.now() : null]);
  });
});

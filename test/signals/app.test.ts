/** What fires which signal, in a worker's own loop, and what stands around runs and sends. Children: pools.test.ts. */
import { afterEach, describe, expect, test } from "vitest";
import {
  chain,
  currentTask,
  every,
  Ignore,
  locked,
  LockedTask,
  Reject,
  Retry,
  type SignalMap,
  type SignalName,
  Sunbeat,
  type SunbeatOptions,
  type TaskOptions,
} from "../../src/index.js";
import { SIGNAL_NAMES } from "../../src/signals/index.js";
import { virtualTime, type VirtualTime } from "../../src/testing/index.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

type Told = readonly [SignalName, Record<string, unknown>];

interface World {
  readonly app: Sunbeat;
  /** What was told, in order, by the signals that tell it. */
  readonly told: Told[];
  readonly errors: string[];
  readonly start: () => Promise<VirtualTime>;
}

function setUp(options: SunbeatOptions = {}, names: readonly SignalName[] = SIGNAL_NAMES): World {
  const errors: string[] = [];
  const quiet = (): void => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (line: string) => void errors.push(line) };
  const app = new Sunbeat("shop", { broker: "memory:", logger, ...options });
  open.push(app);
  const told: Told[] = [];
  for (const name of names) {
    app.signals[name].connect((payload) => {
      // Without what is large, or differs from run to run.
      const {
        context: _,
        runtimeMs: __,
        failure: ___,
        ...rest
      } = payload as unknown as Record<string, unknown>;
      told.push([name, rest]);
    });
  }
  return {
    ...{ app, told, errors },
    async start() {
      const time = await virtualTime(app);
      open.unshift(time);
      return time;
    },
  };
}

const namesOf = (told: readonly Told[]): SignalName[] => told.map(([name]) => name);
const PUBLISHED: readonly SignalName[] = ["beforeTaskPublish", "afterTaskPublish", "taskReceived"];

class Boom extends Error {}

interface Case {
  readonly fn: (...args: never[]) => unknown;
  readonly options?: TaskOptions;
  /** After those of publishing. */
  readonly wanted: readonly SignalName[];
  readonly last?: Record<string, unknown>;
  readonly because: string;
}

const RUNS: readonly Case[] = [
  {
    fn: () => 5,
    wanted: ["taskPrerun", "taskSuccess", "taskPostrun"],
    last: { state: "SUCCESS", result: 5 },
    because: "it succeeds",
  },
  {
    fn: () => {
      throw new Boom("no");
    },
    wanted: ["taskPrerun", "taskFailure", "taskPostrun"],
    last: { state: "FAILURE" },
    because: "it fails",
  },
  {
    fn: () => 5n,
    wanted: ["taskPrerun", "taskFailure", "taskPostrun"],
    last: { state: "FAILURE" },
    because: "its result cannot be stored",
  },
  {
    fn: () => {
      throw new Retry({ countdown: 1 });
    },
    options: { retry: { max: 1 } },
    wanted: [
      "taskPrerun",
      "taskRetry",
      "taskPostrun",
      "taskReceived",
      "taskPrerun",
      "taskFailure",
      "taskPostrun",
    ],
    last: { state: "FAILURE", retries: 1 },
    because: "it asks to be run again, and has one try more",
  },
  {
    fn: () => {
      throw new Reject("bad");
    },
    wanted: ["taskPrerun", "taskPostrun", "taskRejected"],
    last: { reason: "bad", requeued: false, hostname: expect.any(String) },
    because: "it refuses itself: told where the worker is",
  },
  {
    fn: () => {
      throw new Ignore();
    },
    wanted: ["taskPrerun", "taskPostrun"],
    last: { state: "IGNORED" },
    because: "it is ignored",
  },
  {
    fn: () => new Promise(() => undefined),
    options: { timeLimit: "2s" },
    wanted: ["taskPrerun", "taskFailure", "taskPostrun"],
    last: { state: "FAILURE" },
    because: "its hard limit ends it, and it never does",
  },
  {
    fn: () =>
      new Promise((resolve) => {
        currentTask().signal.addEventListener("abort", resolve);
      }),
    options: { timeLimit: "2s" },
    wanted: ["taskPrerun", "taskFailure", "taskPostrun"],
    last: { state: "FAILURE" },
    because: "what its function comes to after its limit is told to nobody",
  },
];

describe("a task", () => {
  test.each(RUNS)("$because: $wanted", async ({ fn, options = {}, wanted, last }) => {
    const { app, told, start } = setUp(
      {},
      SIGNAL_NAMES.filter((name) => /^(task|before|after)/.test(name)),
    );
    (app.task as (name: string, options: TaskOptions, fn: Case["fn"]) => unknown)("t", options, fn);
    const time = await start();
    const { id } = await app.sendTask("t");
    await time.advance("10s");
    expect(namesOf(told)).toEqual([...PUBLISHED, ...wanted]);
    for (const [, payload] of told) expect(payload).toMatchObject({ task: "t", id });
    if (last !== undefined) expect(told.at(-1)![1]).toMatchObject(last);
  });

  test("that is revoked while it runs is told where the worker is", async () => {
    const { app, told, start } = setUp({}, ["taskPrerun", "taskPostrun", "taskRevoked", "taskFailure"]);
    app.task("t", { bind: true }, (self) => {
      return new Promise((_, reject) => {
        self.signal.addEventListener("abort", () => reject(new Boom("stopped")));
      });
    });
    const time = await start();
    const result = await app.sendTask("t");
    await time.advance("1s");
    await result.revoke({ terminate: true });
    await time.advance("5s");
    expect(namesOf(told)).toEqual(["taskPrerun", "taskPostrun", "taskRevoked"]);
    expect(told[1]![1]).toMatchObject({ state: "REVOKED" });
    expect(told[2]![1]).toMatchObject({ task: "t", id: result.id, expired: false });
  });

  test("that is unknown is told of each time a worker meets it, and at last refused", async () => {
    const { app, told, start } = setUp({ unknownTaskGrace: "1s" }, ["taskUnknown", "taskRejected"]);
    const time = await start();
    await app.sendTask("nowhere");
    await time.advance("20s");
    expect(new Set(namesOf(told))).toEqual(new Set(["taskUnknown", "taskRejected"]));
    expect(told[0]![1]).toMatchObject({
      task: "nowhere",
      queue: "default",
      reason: expect.stringContaining("unregistered") as unknown,
    });
    expect(namesOf(told).filter((name) => name === "taskRejected")).toEqual(["taskRejected"]);
  });

  test("that replaces itself by what cannot be made is an error around its function", async () => {
    const { app, told, start } = setUp({ graphLimit: 2 }, ["taskInternalError", "taskFailure"]);
    const leaf = app.task("leaf", () => 1);
    app.task("plan", { bind: true }, (self) => self.replace(chain(leaf.si(), leaf.si(), leaf.si())));
    const time = await start();
    await app.sendTask("plan");
    await time.advance("2s");
    expect(namesOf(told)).toEqual(["taskInternalError", "taskFailure"]);
    expect(told[0]![1]).toMatchObject({ task: "plan", error: { code: "SUNBEAT_GRAPH_TOO_LARGE" } });
  });

  test("handlers have what was thrown itself, and run in the task", async () => {
    const { app, start } = setUp({}, []);
    const seen: unknown[] = [];
    const thrown = new Boom("no");
    app.signals.taskFailure.connect(({ error, failure, context }) => {
      seen.push(error === thrown, failure.name, currentTask() === context);
    });
    app.task("t", () => {
      throw thrown;
    });
    const time = await start();
    await app.sendTask("t");
    await time.advance("1s");
    expect(seen).toEqual([true, "Error", true]);
  });

  test("runs while a handler of taskPrerun fails, and after one that never ends", async () => {
    const { app, errors, start } = setUp({}, []);
    app.signals.taskPrerun.connect(() => {
      throw new Error("broken");
    });
    app.signals.taskPrerun.connect(() => new Promise(() => undefined));
    const task = app.task("t", () => 1);
    const time = await start();
    const result = await task.delay();
    await time.advance("4s");
    expect(await result.ready()).toBe(false);
    await time.advance("2s");
    expect([await result.get(), errors.length]).toEqual([1, 2]);
  });
});

describe("a worker and a beat", () => {
  test("tell of their lives, in order", async () => {
    const { app, told, start } = setUp(
      { beatSchedule: { tick: { task: "t", schedule: every("1h") } } },
      SIGNAL_NAMES.filter((name) => /^(worker|beat)/.test(name)),
    );
    app.task("t", () => 1);
    const time = await start();
    await time.advance("1s");
    await time.close();
    const worker = told.filter(([name]) => name.startsWith("worker"));
    expect(namesOf(worker)).toEqual(["workerInit", "workerReady", "workerShuttingDown", "workerShutdown"]);
    for (const [, payload] of worker)
      expect(payload).toMatchObject({ hostname: expect.stringMatching(/^default@/) as unknown });
    expect(worker[2]![1]).toMatchObject({ cold: false });
    const beat = told.filter(([name]) => name.startsWith("beat"));
    expect(namesOf(beat)).toEqual(["beatInit", "beatEmbeddedInit", "beatLeading", "beatStepDown"]);
    expect(beat[2]![1]["term"]).toBe(beat[3]![1]["term"]);
    expect(beat[3]![1]).toMatchObject({ reason: "stopped" });
  });

  test("a beat that is alone is not embedded, and a worker tells each heartbeat", async () => {
    const names = ["beatInit", "beatEmbeddedInit"] as const;
    const alone = setUp({}, names);
    const beat = alone.app.beat();
    beat.start();
    await beat.stop();
    expect(namesOf(alone.told)).toEqual(["beatInit"]);
    const { app, told, start } = setUp({ lease: "3s" }, ["heartbeatSent"]);
    app.task("slow", () => new Promise((resolve) => setTimeout(resolve, 50)));
    const time = await start();
    await app.sendTask("slow");
    await time.advance("2500ms");
    expect(told).toEqual(
      Array(2).fill(["heartbeatSent", { hostname: expect.any(String) as unknown, leases: 1 }]),
    );
  });
});

describe("sends", () => {
  test("a handler, then a function of usePublish, change headers and options of each message", async () => {
    const { app, start } = setUp({ beatSchedule: { tick: { task: "t", schedule: every("2s") } } }, []);
    const seen: unknown[] = [];
    app.task("t", { bind: true }, (self) => {
      seen.push([self.request.headers, self.request.priority, self.request.entry]);
    });
    app.signals.beforeTaskPublish.connect(
      ({ headers, options }) => {
        headers["tenant"] = "a";
        options.priority = 3;
      },
      { sender: "t" },
    );
    app.usePublish(async (message, next) => {
      message.headers["tenant"] += "b";
      message.options.priority = message.options.priority! + 1;
      await next();
    });
    const t = app.signature("t");
    const time = await start();
    await app.sendTask("t", [], { headers: { own: "1" } });
    await time.advance("1s");
    await chain(t, t).delay();
    await time.advance("900ms");
    await time.advance("1s");
    const headers = { tenant: "ab" };
    expect(seen).toEqual([
      [{ own: "1", ...headers }, 4, null],
      [headers, 4, null],
      [headers, 4, null],
      [headers, 4, "tick"],
    ]);
  });

  test.each([
    [
      "an option that is none",
      (m: SignalMap["beforeTaskPublish"]) => {
        Object.assign(m.options, { priorty: 1 });
      },
      /unknown option/,
    ],
    [
      "a header that is no text",
      (m: SignalMap["beforeTaskPublish"]) => {
        Object.assign(m.headers, { n: 1 });
      },
      /headers: expected/,
    ],
    [
      "the id",
      (m: SignalMap["beforeTaskPublish"]) => {
        m.options.taskId = "other";
      },
      /taskId: expected to stay/,
    ],
  ])("a handler that sets %s is logged, and the message sent without", async (_, change, message) => {
    const { app, errors, start } = setUp({}, []);
    app.signals.beforeTaskPublish.connect(change);
    const task = app.task("t", () => 1);
    const time = await start();
    const result = await task.delay();
    await time.advance("1s");
    expect([await result.get(), errors]).toEqual([1, [expect.stringMatching(message)]]);
  });

  test("one that a function of usePublish refuses, or keeps, rejects and is not sent", async () => {
    const { app, told, start } = setUp({}, ["afterTaskPublish"]);
    app.usePublish((message, next) => {
      if (message.task === "refused") throw new Boom("refused");
      return message.task === "kept" ? undefined : next();
    });
    await start();
    await expect(app.sendTask("refused")).rejects.toThrow("refused");
    await expect(app.sendTask("kept")).rejects.toMatchObject({ code: "SUNBEAT_USAGE" });
    await expect(app.sendTask("fine", [], { priority: 99 })).rejects.toMatchObject({
      code: "SUNBEAT_OPTION_INVALID",
    });
    await app.sendTask("fine");
    expect(namesOf(told)).toEqual(["afterTaskPublish"]);
  });

  test.each([
    ["one", async (app: Sunbeat) => void (await app.sendTask("t")), 1],
    ["many", async (app: Sunbeat) => void (await app.task("u", () => 1).delayMany([[], []] as never)), 2],
    [
      "a chain",
      async (app: Sunbeat) => void (await chain(app.signature("t"), app.signature("t")).delay()),
      2,
    ],
    ["a triggered entry", async (app: Sunbeat) => void (await app.schedules.trigger("tick")), 1],
  ])("%s fires both signals once for each message", async (_, send, count) => {
    const { app, told, start } = setUp({ beatSchedule: { tick: { task: "t", schedule: every("1h") } } }, [
      "beforeTaskPublish",
      "afterTaskPublish",
    ]);
    app.task("t", () => 1);
    const time = await start();
    await time.advance("1s");
    await send(app);
    const ids = (wanted: SignalName): unknown[] =>
      told.filter(([name]) => name === wanted).map(([, { id }]) => id);
    expect(ids("beforeTaskPublish")).toHaveLength(count);
    expect(ids("afterTaskPublish")).toEqual(ids("beforeTaskPublish"));
  });
});

describe.each([
  ["a worker", false],
  ["task.apply", true],
])("around the function, in %s:", (_, isEager) => {
  async function run(
    app: Sunbeat,
    start: World["start"],
    name: string,
    args: unknown[] = [],
  ): Promise<unknown> {
    if (isEager) {
      const handle = await app.signature(name, args).delay();
      return handle.get();
    }
    const time = await start();
    const result = await app.sendTask(name, args);
    await time.advance("30s");
    return result.get();
  }
  const world = (names: readonly SignalName[] = []): World => setUp({ taskAlwaysEager: isEager }, names);

  test("prerun, beforeStart, middleware in order, function, hooks, signals; inside the lock", async () => {
    const { app, start } = world();
    const log: string[] = [];
    const held = (what: string) => (): void =>
      void log.push(`${what}${currentTask().lock === null ? "" : " (held)"}`);
    app.signals.taskPrerun.connect(held("prerun"));
    app.signals.taskPostrun.connect(held("postrun"));
    app.signals.taskSuccess.connect(held("success"));
    for (const name of ["a", "b"]) {
      app.use(async (run, next) => {
        log.push(`${name} ${run.task} ${run.args.join()}`);
        return `${name}${String(await next())}`;
      });
    }
    app.task(
      "t",
      {
        lock: "l",
        beforeStart: held("beforeStart"),
        onSuccess: (result: string) => void log.push(`onSuccess ${result}`),
        afterReturn: ({ state, result }) => void log.push(`afterReturn ${state} ${String(result)}`),
      },
      (x: number) => {
        held("function")();
        return x;
      },
    );
    expect(await run(app, start, "t", [1])).toBe("ab1");
    expect(log).toEqual([
      "prerun (held)",
      "beforeStart (held)",
      "a t 1",
      "b t 1",
      "function (held)",
      "onSuccess ab1",
      "afterReturn SUCCESS ab1",
      "success (held)",
      "postrun (held)",
    ]);
  });

  test("middleware may swallow, throw and catch; the outcome is judged outside of it", async () => {
    const { app, start } = world();
    app.use((mw, next) => {
      if (mw.task === "swallowed") return "instead";
      if (mw.task === "caught") return next().catch(() => "caught");
      return mw.task === "broken" ? Promise.reject(new Boom("middleware")) : next();
    });
    let ran = 0;
    app.task("swallowed", () => ++ran);
    app.task("caught", () => {
      throw new Boom("no");
    });
    expect([await run(app, start, "swallowed"), ran]).toEqual(["instead", 0]);
    if (!isEager) return;
    app.task("broken", () => ++ran);
    expect(await run(app, start, "caught")).toBe("caught");
    await expect(run(app, start, "broken")).rejects.toThrow("middleware");
    expect(ran).toBe(0);
  });

  test("next() twice fails the run, which is done once", async () => {
    const { app, start } = world();
    app.use(async (_run, next) => {
      await next();
      return next();
    });
    let ran = 0;
    app.task("t", () => ++ran);
    await expect(run(app, start, "t")).rejects.toThrow("called next() twice");
    expect(ran).toBe(1);
  });

  test("beforeStart decides the outcome; a hook that throws, or never ends, changes nothing", async () => {
    const { app, errors, start } = world();
    const log: unknown[] = [];
    app.task(
      "t",
      {
        retry: { max: 1, on: () => true, delay: 1 },
        beforeStart: () => {
          throw new Boom("not yet");
        },
        onRetry: (error) => {
          log.push(["onRetry", (error as Error).message]);
          throw new Error("hook");
        },
        onFailure: (error) => {
          log.push(["onFailure", (error as Error).message]);
          return isEager ? undefined : new Promise(() => undefined);
        },
        afterReturn: ({ state, error }) => void log.push([state, (error as Error).message]),
      },
      () => 1,
    );
    await expect(run(app, start, "t")).rejects.toThrow("not yet");
    expect(log).toEqual([
      ["onRetry", "not yet"],
      ["RETRY", "not yet"],
      ["onFailure", "not yet"],
      ["FAILURE", "not yet"],
    ]);
    expect(errors.join("\n")).toContain("onRetry of task t failed");
  });

  test("of a class its methods are the hooks", async () => {
    const { app, start } = world();
    const log: unknown[] = [];
    class Import extends LockedTask {
      override lockName = "import";
      #name = "instance";
      lockedRun(x: number): number {
        return x + 1;
      }
      override beforeStart(): void {
        log.push(`before ${this.#name}`);
      }
      override onSuccess(result: number): void {
        log.push(["success", result]);
      }
    }
    app.register(Import, "import");
    expect(await run(app, start, "import", [1])).toBe(2);
    expect(log).toEqual(["before instance", ["success", 2]]);
  });
});

test("a lock that a run takes in its slot, beside that of its entry, is around all of it", async () => {
  const { app, told, start } = setUp(
    { beatSchedule: { tick: { task: "t", schedule: every("2s"), lock: "entry" } } },
    ["taskPrerun", "taskPostrun"],
  );
  app.task(
    "t",
    locked("own", { onBusy: "skip" })(() => 1),
  );
  const time = await start();
  await app.locks.mutex("own").using(async () => {
    await time.advance("3s");
    expect(told).toEqual([]);
  });
  await time.advance("2s");
  expect(namesOf(told)).toEqual(["taskPrerun", "taskPostrun"]);
});

test.each([
  ["app.use", (app: Sunbeat) => app.use("x" as never), /app\.use: expected a function \(run, next\)/],
  [
    "app.usePublish",
    (app: Sunbeat) => app.usePublish(null as never),
    /app\.usePublish: expected a function \(message, next\)/,
  ],
  [
    "a hook",
    (app: Sunbeat) => app.task("t", { onFailure: "log" as never }, () => 1),
    /task t: onFailure: expected a function/,
  ],
  [
    "a hook that is none",
    (app: Sunbeat) => app.task("t", { onFailur: () => 1 } as never, () => 1),
    /did you mean "onFailure"/,
  ],
])("%s of another kind is refused", (_, use, message) => {
  expect(() => use(new Sunbeat("shop", { broker: "memory:" }))).toThrow(message);
});

test("a class and its registration do not both have a hook", () => {
  class Import extends LockedTask {
    override lockName = "import";
    lockedRun(): void {}
    override onFailure(): void {}
  }
  const app = new Sunbeat("shop", { broker: "memory:" });
  expect(() => app.register(Import, "import", { onFailure: () => undefined })).toThrow(
    /Import has a method of that name/,
  );
});

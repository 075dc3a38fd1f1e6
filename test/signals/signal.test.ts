import { describe, expect, test } from "vitest";
import { Sunbeat } from "../../src/index.js";
import { Extensions, HANDLER_LIMIT_MS, SIGNAL_NAMES, type Signals } from "../../src/signals/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

interface World {
  readonly signals: Signals;
  readonly extensions: Extensions;
  readonly clock: ManualClock;
  readonly errors: string[];
  readonly told: string[];
}

function setUp(): World {
  const clock = new ManualClock("2027-01-01T00:00:00Z");
  const errors: string[] = [];
  const quiet = (): void => undefined;
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (line: string) => void errors.push(line) };
  const extensions = new Extensions({ clock, logger });
  return { signals: extensions.signals, extensions, clock, errors, told: [] };
}

const sent = (task: string): { task: string; id: string; queue: string } => ({ task, id: "1", queue: "q" });
const draft = (
  headers: Record<string, string> = {},
): Parameters<Signals["beforeTaskPublish"]["tell"]>[0] => ({
  ...{ task: "t", id: "1", args: [], entry: null, options: {} },
  headers: { ...headers },
});
const never = new Promise(() => undefined);

describe("handlers", () => {
  test("are called in the order of connection, one that is connected twice twice", () => {
    const { signals, told } = setUp();
    const say = (what: string) => (): void => void told.push(what);
    const twice = say("twice");
    signals.afterTaskPublish.connect(say("first"));
    signals.afterTaskPublish.connect(twice);
    signals.afterTaskPublish.connect(twice);
    signals.afterTaskPublish.tell(sent("a"));
    expect(told).toEqual(["first", "twice", "twice"]);
  });

  test("end when they are disconnected, which may be done again, also while they are told", () => {
    const { signals, told } = setUp();
    const off = signals.afterTaskPublish.connect(() => {
      told.push("once");
      off();
      off();
    });
    signals.afterTaskPublish.connect(() => told.push("stays"));
    signals.afterTaskPublish.tell(sent("a"));
    signals.afterTaskPublish.tell(sent("a"));
    off();
    expect([told, signals.afterTaskPublish.connected]).toEqual([["once", "stays", "stays"], true]);
  });

  test.each<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    [
      "throws nothing",
      () => {
        throw undefined; // eslint-disable-line @typescript-eslint/only-throw-error -- what programs throw may be anything
      },
    ],
    [
      "gives a promise-like that throws",
      () => ({
        then: () => {
          throw new Error("no");
        },
      }),
    ],
  ])("one that %s is logged, and those behind it are called", async (_, handler) => {
    const { signals, told, errors } = setUp();
    signals.taskPrerun.connect(handler);
    signals.taskPrerun.connect(() => told.push("behind"));
    const payload = { ...sent("a"), args: [], retries: 0, context: {} as never };
    signals.taskPrerun.tell(payload);
    await signals.taskPrerun.ask(payload);
    expect([told, errors.length]).toEqual([["behind", "behind"], 2]);
    expect(errors[0]).toMatch(/^signals: a handler of taskPrerun failed/);
  });

  test("one that never ends is passed over after 5 s, where it is waited for", async () => {
    const { signals, told, errors, clock } = setUp();
    signals.setupLogging.connect(() => never);
    signals.setupLogging.connect(() => "logger");
    const setup = { app: "shop", component: "worker", level: "info", format: "pretty", file: null };
    const given = signals.setupLogging.ask(setup).then((values) => told.push(...(values as string[])));
    await clock.advance(HANDLER_LIMIT_MS - 1);
    expect(told).toEqual([]);
    await clock.advance(1);
    await given;
    expect(told).toEqual(["logger"]);
    expect(errors.join()).toContain("it has not ended within 5s and is passed over");
  });

  test("a logger that throws stops nobody", async () => {
    const clock = new ManualClock();
    const fail = (): never => {
      throw new Error("disk full");
    };
    const { signals } = new Extensions({
      clock,
      logger: { debug: fail, info: fail, warn: fail, error: fail },
    });
    signals.workerReady.connect(fail);
    signals.workerReady.tell({ hostname: "w" });
    expect(await signals.workerReady.ask({ hostname: "w" })).toEqual([]);
  });
});

describe("handlers that change what they get", () => {
  test("build on those before them; what one that failed, or ended too late, has changed is dropped", async () => {
    const { signals, clock, errors } = setUp();
    let headers: Record<string, string> = {};
    signals.beforeTaskPublish.connect((message) => {
      message.headers["a"] = "1";
    });
    signals.beforeTaskPublish.connect((message) => {
      message.headers["thrown"] = "1";
      throw new Error("no");
    });
    signals.beforeTaskPublish.connect((message) => {
      message.headers["late"] = "1";
      return never;
    });
    signals.beforeTaskPublish.connect((message) => {
      message.headers["refused"] = "1";
    });
    signals.beforeTaskPublish.connect((message) => {
      message.headers["b"] = `${message.headers["a"]}2`;
    });
    const asked = signals.beforeTaskPublish.askInTurn(
      () => draft(headers),
      (changed) => {
        if ("refused" in changed.headers) throw new Error("refused");
        headers = changed.headers;
      },
    );
    await clock.advance(HANDLER_LIMIT_MS);
    await asked;
    expect([headers, errors.length]).toEqual([{ a: "1", b: "12" }, 3]);
  });
});

describe("sender", () => {
  const task = Object.assign(() => Promise.resolve(), { delay: () => undefined });
  Object.defineProperty(task, "name", { value: "billing.charge" });
  test.each([
    ["a name", "billing.charge", ["billing.charge"], "the whole name"],
    ["a task", task, ["billing.charge"], "by its name"],
    ["a RegExp", /^billing\./, ["billing.charge", "billing.refund"], "any part of the name"],
    [
      "a global RegExp",
      /billing/g,
      ["billing.charge", "billing.refund"],
      "it keeps no place from one test to the next",
    ],
    ["none", undefined, ["billing.charge", "mail.send", "billing.refund"], "any sender"],
  ] as const)("as %s hears of its own", (_, sender, wanted, __) => {
    const { signals, told } = setUp();
    signals.afterTaskPublish.connect((payload) => told.push(payload.task), { sender });
    for (const name of ["billing.charge", "mail.send", "billing.refund"])
      signals.afterTaskPublish.tell(sent(name));
    expect(told).toEqual(wanted);
  });

  test("of signals of workers and apps is their name", () => {
    const { signals, told } = setUp();
    signals.workerReady.connect(({ hostname }) => told.push(hostname), { sender: /^fast@/ });
    signals.importModules.connect(({ app }) => told.push(app), { sender: "shop" });
    for (const hostname of ["fast@a", "slow@a"]) signals.workerReady.tell({ hostname });
    for (const app of ["shop", "other"]) signals.importModules.tell({ app, files: [] });
    expect(told).toEqual(["fast@a", "shop"]);
  });

  test.each([
    [7, /sender: expected a name, a RegExp over names, or a task, got 7/],
    ["", /sender: expected a name/],
    [null, /sender: expected a name/],
    [() => undefined, /sender: expected a name/],
    [{ name: "a" }, /sender: expected a name/],
  ])("%j is refused", (sender, message) => {
    expect(() => setUp().signals.taskPrerun.connect(() => undefined, { sender: sender as never })).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_OPTION_INVALID",
        message: expect.stringMatching(message) as unknown,
      }),
    );
  });
});

describe("wrong use", () => {
  const { signals } = new Sunbeat("shop", { broker: "memory:" });
  const loose = signals as unknown as Record<string, { connect: (...args: unknown[]) => unknown }>;
  test.each([
    ["taskPreRun", 'unknown signal "taskPreRun" (did you mean "taskPrerun"?)', "a slip"],
    ["task_prerun", '(did you mean "taskPrerun"?)', "Celery's spelling"],
    ["toString2", "known are afterSetupLogger, ", "nothing is near"],
  ])("signal %s: %s", (name, message) => {
    expect(() => loose[name]!.connect(() => undefined)).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_OPTION_UNKNOWN",
        message: expect.stringContaining(message) as unknown,
      }),
    );
  });

  test.each([
    [[undefined], "SUNBEAT_OPTION_INVALID", "handler: expected a function"],
    [["x"], "SUNBEAT_OPTION_INVALID", "handler: expected a function"],
    [[() => undefined, { sendr: "x" }], "SUNBEAT_OPTION_UNKNOWN", 'did you mean "sender"'],
    [[() => undefined, null], "SUNBEAT_OPTION_INVALID", "expected an object"],
  ])("connect(%j) is %s", (args, code, message) => {
    expect(() => loose["taskPrerun"]!.connect(...args)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as unknown }),
    );
  });

  test("awaiting, printing and comparing them is none", async () => {
    expect(await (signals as unknown as Promise<unknown>)).toBe(signals);
    expect(Object.keys(signals)).toEqual(SIGNAL_NAMES);
    expect(JSON.stringify(signals)).toContain("taskPrerun");
    expect(String(Object.prototype.toString.call(signals))).toBe("[object Object]");
  });
});

test("an app knows whether runs and sends have anything around them", () => {
  const { extensions, signals } = setUp();
  const off = [
    signals.taskSuccess.connect(() => undefined),
    signals.beforeTaskPublish.connect(() => undefined),
  ];
  expect([extensions.touchesRuns, extensions.touchesSends]).toEqual([true, true]);
  for (const end of off) end();
  signals.taskReceived.connect(() => undefined);
  signals.afterTaskPublish.connect(() => undefined);
  expect([extensions.touchesRuns, extensions.touchesSends]).toEqual([false, false]);
  extensions.use((_, next) => next());
  extensions.usePublish((_, next) => next());
  expect([extensions.touchesRuns, extensions.touchesSends]).toEqual([true, true]);
});

/** `defineTask`: tasks that packages write and apps register. */
import { afterEach, describe, expect, test } from "vitest";
import {
  chain,
  currentTask,
  defineTask,
  locked,
  Sunbeat,
  workflow,
  type SunbeatOptions,
} from "../../src/index.js";

const apps: Sunbeat[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function appOf(name: string, options: SunbeatOptions = {}): Sunbeat {
  const app = new Sunbeat(name, { broker: "memory:", logger: null, ...options });
  apps.push(app);
  return app;
}

const code = (wanted: string, message = ""): Error =>
  expect.objectContaining({ code: wanted, message: expect.stringContaining(message) as string }) as Error;

describe("without an app", () => {
  const add = defineTask("lib.add", (x: number, y: number) => x + y);

  test("it has a name and runs as a function", async () => {
    expect([add.name, await add(1, 2)]).toEqual(["lib.add", 3]);
  });

  test("a bound one has a context, and retry gives the reason to the caller", async () => {
    const who = defineTask("lib.who", { bind: true }, (self) => [self.request.task, currentTask() === self]);
    const fails = defineTask("lib.fails", { bind: true }, (self) => self.retry({ error: new Error("away") }));
    expect(await who()).toEqual(["lib.who", true]);
    await expect(fails()).rejects.toThrow("away");
  });

  test.each<[string, () => Promise<unknown>]>([
    ["delay", () => add.delay(1, 2)],
    ["applyAsync", () => add.applyAsync([1, 2])],
    ["apply", () => add.apply([1, 2])],
    ["delayMany", () => add.delayMany([[1, 2]])],
    ["delay of a signature", () => add.s(1, 2).delay()],
    ["delay of a chain", () => chain(add.s(1, 2), add.s(1)).delay()],
    ["delay of a workflow", () => workflow("w", (flow) => flow.call(add, [1, 2])).delay()],
    [
      "what needs a lock",
      () =>
        defineTask(
          "lib.locked",
          locked("l")(() => 1),
        )(),
    ],
    [
      "what replaces itself",
      () => defineTask("lib.replaced", { bind: true }, (self): number => self.replace(add.s(1, 2)))(),
    ],
  ])("%s is SUNBEAT_TASK_UNBOUND", async (_, send) => {
    await expect(send()).rejects.toThrow(
      code("SUNBEAT_TASK_UNBOUND", "no open app has registered it: call app.register(...) with it"),
    );
  });

  test.each<[() => unknown, string, string]>([
    [() => defineTask("", () => 1), "SUNBEAT_OPTION_INVALID", "task name: expected text"],
    [
      () => defineTask("t", { retyr: {} } as never, () => 1),
      "SUNBEAT_OPTION_UNKNOWN",
      '(did you mean "retry"?)',
    ],
    [() => defineTask("t", {}, 7 as never), "SUNBEAT_OPTION_INVALID", "expected a function"],
    [() => defineTask("t", { timeLimit: "soon" }, () => 1), "SUNBEAT_DURATION_INVALID", "timeLimit"],
  ])("%s is checked where it is written", (define, wanted, message) => {
    expect(define).toThrow(code(wanted, message));
  });
});

describe("registered", () => {
  test("it goes to the app that has it, with that app's defaults", async () => {
    const add = defineTask("lib.add", (x: number, y: number) => x + y);
    const app = appOf("one", { resultExpires: "1h", taskDefaultQueue: "math" });
    const own = app.register(add);
    expect([own.definition.resultTtlMs, own.name, app.taskOf(add) === own]).toEqual([
      3_600_000,
      "lib.add",
      true,
    ]);
    await app.worker().start();
    expect(await (await add.delay(1, 2)).get({ timeout: 10 })).toBe(3);
    expect(await (await chain(add.s(1, 2), add.s(3)).delay()).get({ timeout: 10 })).toBe(6);
    expect(await (await own.delay(2, 2)).get({ timeout: 10 })).toBe(4);
    const [first] = await add.delayMany([[5, 5]]);
    expect(await first!.get({ timeout: 10 })).toBe(10);
    expect(await (await add.apply([1, 1])).get()).toBe(2);
  });

  test("several at once give the list of the app's tasks, and once more is the same", () => {
    const one = defineTask("lib.one", () => 1);
    const two = defineTask("lib.two", () => 2);
    const app = appOf("several");
    const both = app.register(one, two);
    expect(both.map(({ name }) => name)).toEqual(["lib.one", "lib.two"]);
    expect(app.register(one)).toBe(both[0]);
  });

  test("in two apps each has its own, and the shared one says that somebody must choose", async () => {
    const where = defineTask("lib.where", { bind: true }, (self) => self.request.queue);
    const a = appOf("a", { taskDefaultQueue: "qa" });
    const b = appOf("b", { taskDefaultQueue: "qb" });
    for (const app of [a, b]) {
      app.register(where);
      await app.worker().start();
    }
    expect(await (await a.taskOf(where).delay()).get({ timeout: 10 })).toBe("qa");
    expect(await (await b.taskOf(where).delay()).get({ timeout: 10 })).toBe("qb");
    await expect(where.delay()).rejects.toThrow(
      code("SUNBEAT_TASK_UNBOUND", 'apps "a" and "b" have registered it: say which, with app.taskOf(...)'),
    );
    expect(await where()).toBe("");
    await a.close();
    expect(await (await where.delay()).get({ timeout: 10 }), "a closed app does not count").toBe("qb");
  });

  test("in a form the app of the other tasks sends it, wherever it stands", async () => {
    const add = defineTask("lib.add", (x: number, y: number) => x + y);
    const [a, b] = [appOf("a"), appOf("b")];
    a.register(add);
    b.register(add);
    const text = b.task("b.text", (n: number) => `${n}`);
    await b.worker().start();
    expect(await (await chain(add.s(1, 2), text.s()).delay()).get({ timeout: 10 })).toBe("3");
    expect(await (await add.s(1, 2).pipe(text.s()).delay()).get({ timeout: 10 })).toBe("3");
  });

  test("a limit of the app is compared with that of the task when it is registered", () => {
    const slow = defineTask("lib.slow", { softTimeLimit: "2m" }, () => 1);
    expect(() => appOf("strict", { taskTimeLimit: "1m" }).register(slow)).toThrow(
      code("SUNBEAT_OPTION_INVALID", "task lib.slow: softTimeLimit"),
    );
  });

  test.each<[string, (app: Sunbeat) => unknown, string, string]>([
    [
      "one whose name is taken",
      (app) => {
        app.task("lib.x", () => 1);
        return app.register(defineTask("lib.x", () => 2));
      },
      "SUNBEAT_TASK_DUPLICATE",
      'task "lib.x" is registered already, at ',
    ],
    [
      "a task of an app",
      (app) => app.register(app.task("own", () => 1) as never),
      "SUNBEAT_OPTION_INVALID",
      "register: expected a task that defineTask made, or a class that extends LockedTask",
    ],
    [
      "a shared one and something else",
      (app) =>
        app.register(
          defineTask("lib.y", () => 1),
          "name" as never,
        ),
      "SUNBEAT_OPTION_INVALID",
      'register: expected a task that defineTask made, got "name"',
    ],
    [
      "taskOf one that another app has",
      (app) => app.taskOf(defineTask("lib.z", () => 1)),
      "SUNBEAT_TASK_UNBOUND",
      'shared task "lib.z": app "wrong" has not registered it',
    ],
    [
      "taskOf a task of an app",
      (app) => app.taskOf(app.task("own", () => 1) as never),
      "SUNBEAT_OPTION_INVALID",
      "taskOf: expected a task that defineTask made",
    ],
  ])("%s is refused", (_, act, wanted, message) => {
    expect(() => act(appOf("wrong"))).toThrow(code(wanted, message));
  });
});

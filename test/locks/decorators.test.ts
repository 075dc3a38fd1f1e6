/** Decorators as the compilers make them: each fixture is compiled, run as a program, and prints what happened. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { describe, expect, onTestFinished, test } from "vitest";
import { locked, LockedTask, Sunbeat, task, tasks } from "../../src/index.js";

const FIXTURES = path.resolve(import.meta.dirname, "../fixtures/decorators");
const SOURCE = pathToFileURL(path.resolve(import.meta.dirname, "../../src/index.ts")).href;
const execute = promisify(execFile);

/** tsx runs the library; the fixture itself was compiled before, unless it is TypeScript. */
async function run(file: string): Promise<unknown> {
  const { stdout } = await execute(process.execPath, ["--import", "tsx", file]);
  return JSON.parse(stdout);
}

function compiledByTsc(name: string, options: ts.CompilerOptions): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-decorators-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { outputText } = ts.transpileModule(readFileSync(path.join(FIXTURES, name), "utf8"), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, ...options },
  });
  const file = path.join(folder, "compiled.mjs");
  writeFileSync(file, outputText.replace("../../../src/index.js", SOURCE));
  return file;
}

const EXPECTED = {
  close: ["instance", "ledger", "may"],
  otherOrder: ["instance", "ledger"],
  importData: ["instance", "import:u", "u", true],
  plain: ["instance", null],
  static: ["class", "static"],
  private: "instance private",
  inherited: ["instance", "inherited"],
  overridden: "the derived one's, and the base's lock was taken",
  LockedTask: ["u", "import-data"],
  result: "u",
  left: [],
  direct: "SUNBEAT_OUTSIDE_TASK",
};

describe("methods, static, private, bound, inherited, and decorators in either order", () => {
  test("compiled by tsx", async () => {
    expect(await run(path.join(FIXTURES, "classes.ts"))).toEqual(EXPECTED);
  });

  test("compiled by tsc", async () => {
    expect(await run(compiledByTsc("classes.ts", {}))).toEqual(EXPECTED);
  });
});

test("legacy decorators, as experimentalDecorators compiles them, are refused and never silently unlocked", async () => {
  const refused = "SUNBEAT_DECORATOR_UNSUPPORTED";
  expect(await run(compiledByTsc("legacy.ts", { experimentalDecorators: true }))).toEqual([
    refused,
    refused,
    refused,
    refused,
  ]);
});

const code = (code: string) => expect.objectContaining({ code }) as Error;
const app = () => new Sunbeat("a", { broker: "memory:" });
const invalid = "SUNBEAT_OPTION_INVALID";
const unsupported = "SUNBEAT_DECORATOR_UNSUPPORTED";

test.each([["2"], [null], [[2]], [true]])("%j is no capacity, and the error says what is", (capacity) => {
  expect(() => locked("x", capacity as never)).toThrow(
    `lock "x": expected a capacity (a whole number from 1 to 10000) or an object of options, got ${JSON.stringify(capacity)}`,
  );
});

describe("what is refused", () => {
  test.each<[string, () => unknown, string]>([
    ["a lock of capacity 0", () => locked("l", 0), invalid],
    ["a lock of capacity 1.5", () => locked("l", { capacity: 1.5 }), invalid],
    ["a lock without a name", () => locked(""), invalid],
    ["a lock with a name of blanks", () => locked("  "), invalid],
    ["an unknown option", () => locked("l", { onbusy: "skip" } as object), "SUNBEAT_OPTION_UNKNOWN"],
    ["an unknown policy", () => locked("l", { onBusy: "never" as "skip" }), invalid],
    ["retryIn without retry", () => locked("l", { retryIn: 5 }), invalid],
    ["waitTimeout without wait", () => locked("l", { onBusy: "skip", waitTimeout: 5 }), invalid],
    ["nothing to wrap", () => locked("l")(undefined as never), invalid],
    ["a class to wrap", () => locked("l")(class {} as never), invalid],
    ["two locks on one function", () => locked("a")(locked("b")(async () => 1)), invalid],
    ["a lock on a field", () => locked("l")(undefined as never, { kind: "field" } as never), unsupported],
    [
      "a lock by function and by option",
      () =>
        app().task(
          "t",
          { lock: "a" },
          locked("b")(async () => 1),
        ),
      invalid,
    ],
    [
      "a private task",
      () => {
        class A {
          @task() async #run(): Promise<void> {}
          call(): unknown {
            return this.#run();
          }
        }
        return A;
      },
      unsupported,
    ],
    [
      "a class without tasks",
      () => {
        @tasks(app(), "a")
        class A {}
        return A;
      },
      unsupported,
    ],
    [
      "a class whose constructor fails",
      () => {
        @tasks(app(), "a")
        class A {
          constructor() {
            throw new Error("no");
          }
          @task() async run(): Promise<void> {}
        }
        return A;
      },
      invalid,
    ],
    ["what is no LockedTask", () => app().register(class {} as never, "t"), invalid],
    [
      "a LockedTask with two policies",
      () => {
        class T extends LockedTask {
          lockName = "l";
          override retryOnLock = true;
          override onBusy = "fail" as const;
          lockedRun(): void {}
        }
        return app().register(T, "t");
      },
      invalid,
    ],
  ])("%s", (_, make, expected) => {
    expect(make).toThrow(code(expected));
  });

  test.each([
    [
      "lock_name",
      { lock_name: "l", lockedRun: () => 1 },
      /^register: T\.lockName: expected text.*got undefined$/,
    ],
    ["run", { lockName: "l", run: () => 1 }, /^register: T\.lockedRun: expected the method.*got undefined$/],
  ])("a LockedTask that has %s, as Celery's, is told what is missing", (_, fields, message) => {
    class T extends LockedTask {
      lockName!: string;
      declare lockedRun: () => void;
      constructor() {
        super();
        Object.assign(this, { lockName: undefined, ...fields });
      }
    }
    expect(() => app().register(T, "t")).toThrow(message);
  });

  test("two tasks that name one lock with different capacities", () => {
    const shop = app();
    shop.task(
      "a",
      locked("l", 2)(async () => 1),
    );
    shop.task(
      "b",
      locked("l", 2)(async () => 1),
    );
    expect(() =>
      shop.task(
        "c",
        locked("l", 3)(async () => 1),
      ),
    ).toThrow(code("SUNBEAT_LOCK_CONFLICT"));
    expect(() => shop.task("c", { lock: "l" }, () => 1)).toThrow(code("SUNBEAT_LOCK_CONFLICT"));
  });

  test("a task and an entry that name one lock with different capacities", () => {
    const shop = new Sunbeat("a", {
      broker: "memory:",
      beatSchedule: { nightly: { task: "t", schedule: 60, lock: { name: "l", capacity: 2 } } },
    });
    expect(() => shop.task("t", { lock: "l" }, () => 1)).toThrow(code("SUNBEAT_LOCK_CONFLICT"));
  });
});

/** `include`, `autodiscover` and `importTasks` in a program of its own; the command line and children: test/cli/include.test.ts. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { Sunbeat, type SunbeatOptions } from "../../src/index.js";

let folder: string;
let app: Sunbeat;
beforeEach(() => void (folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sunbeat-include-")))));
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
});

function appWith(options: SunbeatOptions): Sunbeat {
  app = new Sunbeat("include", { broker: "memory:", logger: null, ...options });
  (globalThis as Record<string, unknown>)["includeTestApp"] = app;
  return app;
}

/** A file of tasks: in a real one the app is imported. */
function put(file: string, code: string): void {
  mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
  writeFileSync(path.join(folder, file), `const app = globalThis.includeTestApp;\n${code}\n`);
}

const file = (): string => path.join(folder, "app.mjs");
const tasks = (): string[] => coreOf(app).registry.names();
const code = (wanted: string, message: string | RegExp): Error =>
  expect.objectContaining({
    code: wanted,
    message: (typeof message === "string"
      ? expect.stringContaining(message)
      : expect.stringMatching(message)) as string,
  }) as Error;

test("importTasks imports what include names, relative to the app's file, and gives the paths", async () => {
  put("tasks/b.mjs", 'app.task("b", () => 1)');
  put("tasks/a.mjs", 'app.task("a", () => 1)');
  appWith({ include: ["./tasks/*.mjs"] });
  const paths = await app.importTasks(pathToFileURL(file()));
  expect(paths).toEqual(["tasks/a.mjs", "tasks/b.mjs"].map((name) => path.join(folder, name)));
  expect(tasks()).toEqual(["a", "b"]);
  expect(await app.importTasks(file()), "once more there is nothing to do").toEqual([]);
});

test("importModules tells of the files before the first of them is imported", async () => {
  put("tasks/a.mjs", 'app.task("a", () => 1)');
  appWith({ include: ["./tasks/*.mjs"] });
  const told: unknown[] = [];
  app.signals.importModules.connect((payload) => told.push(payload, tasks()));
  await app.importTasks(file());
  expect(told).toEqual([{ app: "include", files: [path.join(folder, "tasks/a.mjs")] }, []]);
});

test.each([
  ["a worker", (one: Sunbeat) => one.worker(), "worker: the files of include: "],
  ["a beat", (one: Sunbeat) => one.beat(), "beat: the files of include: "],
])("%s before that is refused: it would lack tasks", async (_, make, message) => {
  put("tasks/a.mjs", 'app.task("a", { queue: "slow" }, () => 1)');
  appWith({ include: ["./tasks/*.mjs"] });
  expect(() => make(app)).toThrow(code("SUNBEAT_INCLUDE_PENDING", message));
  const importing = app.importTasks(file());
  expect(() => make(app), "while it is under way").toThrow(code("SUNBEAT_INCLUDE_PENDING", message));
  await importing;
  make(app);
});

test("one that failed stays pending, and a call after it tries again", async () => {
  appWith({ include: ["./late.mjs"] });
  await expect(app.importTasks(file())).rejects.toThrow(code("SUNBEAT_INCLUDE_EMPTY", "./late.mjs"));
  expect(() => app.worker()).toThrow(code("SUNBEAT_INCLUDE_PENDING", "./late.mjs"));
  put("late.mjs", 'app.task("late", () => 1)');
  await app.importTasks(file());
  expect(tasks()).toEqual(["late"]);
});

test("autodiscover names more, also from a file that is imported by that, relative to its own", async () => {
  put("shop/index.mjs", 'app.autodiscover("./tasks/*.mjs", { from: import.meta.url })');
  put("shop/tasks/a.mjs", 'app.task("shop.a", () => 1)');
  put("mail/a.mjs", 'app.task("mail.a", () => 1)');
  appWith({});
  app.autodiscover(["./shop/index.mjs", "./mail/*.mjs"]);
  expect(await app.importTasks(file())).toHaveLength(3);
  expect(tasks()).toEqual(["mail.a", "shop.a"]);
});

test("two files that declare one task are both named", async () => {
  put("tasks/a.mjs", 'app.task("pay", () => 1)');
  put("tasks/b.mjs", 'app.task("pay", () => 2)');
  appWith({ include: ["./tasks/*.mjs"] });
  await expect(app.importTasks(file())).rejects.toThrow(
    code(
      "SUNBEAT_TASK_DUPLICATE",
      /tasks\/b\.mjs:2:5: task "pay" is registered already, at \S+\/tasks\/a\.mjs:2:5: /,
    ),
  );
});

test("a file that fails is told with its place", async () => {
  put("tasks/a.mjs", 'throw new RangeError("no config")');
  appWith({ include: ["./tasks/*.mjs"] });
  await expect(app.importTasks(file())).rejects.toThrow(
    code("SUNBEAT_APP_LOAD_FAILED", /tasks\/a\.mjs:2:7: RangeError: no config/),
  );
});

test.each<[string, () => unknown, string]>([
  [
    "a file that is relative",
    () => app.importTasks("./app.ts"),
    "importTasks: expected the URL or the absolute path",
  ],
  [
    "no file",
    () => (app.importTasks as () => unknown)(),
    "importTasks: expected the URL or the absolute path",
  ],
  ["no pattern", () => app.autodiscover([""]), "autodiscover: expected a list of texts"],
  [
    "a pattern that is none",
    () => app.autodiscover(7 as never),
    "autodiscover: expected a list of texts, got 7",
  ],
  [
    "a base that is relative",
    () => app.autodiscover("a", { from: "b" }),
    "autodiscover: from: expected the URL",
  ],
  [
    "include that is no list",
    () => appWith({ include: "./tasks/*.ts" as never }),
    "include: expected a list of texts",
  ],
])("%s is SUNBEAT_OPTION_INVALID", (_, act, message) => {
  appWith({});
  expect(act).toThrow(code("SUNBEAT_OPTION_INVALID", message));
});

import { expect, test } from "vitest";
import { LOG_FIELDS, runInTask } from "../../../src/tasks/context.js";
import type { LogFields } from "../../../src/core/logger.js";
import type { TaskContext } from "../../../src/tasks/definition.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { takeConsole } from "../../../src/worker/pools/console.js";

test("of running tasks console is told as log lines, all else goes where it went", () => {
  const seen: string[] = [];
  const kept =
    (method: string) =>
    (...values: unknown[]): void =>
      void seen.push(`${method} ${values.join(" ")}`);
  const target = {
    ...{
      debug: kept("debug"),
      info: kept("info"),
      log: kept("log"),
      warn: kept("warn"),
      error: kept("error"),
    },
  };
  const original = { ...target };
  const lines: string[] = [];
  const write = (line: string, fields?: LogFields): void => {
    lines.push(`${fields?.taskId}: ${line}`);
    target.error("the log writes by console, too");
  };
  const end = takeConsole({ clock: new ManualClock(), write }, target);
  const context = { [LOG_FIELDS]: { task: "t", taskId: "1" } } as unknown as TaskContext;
  target.log("outside");
  runInTask(context, () => {
    target.log("a %s", "b", { c: 1 });
    target.error("two\nlines");
  });
  end();
  runInTask(context, () => target.log("after the end"));
  expect(lines).toEqual(["1: a b { c: 1 }", "1: two", "1: lines"]);
  expect(seen).toEqual([
    "log outside",
    ...Array.from({ length: 3 }, () => "error the log writes by console, too"),
    "log after the end",
  ]);
  expect(target).toEqual(original);
});

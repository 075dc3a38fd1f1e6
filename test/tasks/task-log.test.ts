import { expect, test } from "vitest";
import { taskLog } from "../../src/tasks/task-log.js";

const unreadable = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error("no");
    },
    getPrototypeOf() {
      throw new Error("no");
    },
  },
);

test.each<[unknown[], string, string]>([
  [["plain"], "plain", "a text alone is the line"],
  [["50% done"], "50% done", "a text alone is no format"],
  [
    ["for", new Date("2027-03-28T01:00:00Z")],
    "for 2027-03-28T01:00:00.000Z",
    "values follow as console.log shows them",
  ],
  [["%d of %s", 3, "ten"], "3 of ten", "with values it is a format, as console.log's"],
  [["odd", { a: 1 }, null], "odd { a: 1 } null", "objects are shown"],
])("logs %j as %j: %s", (args, expected) => {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const log = taskLog({ debug: note, info: note, warn: note, error: note }, "Task t[1]");
  for (const level of ["debug", "info", "warn", "error"] as const)
    log[level](...(args as [string, ...unknown[]]));
  expect(lines).toEqual(Array.from({ length: 4 }, () => `Task t[1]: ${expected}`));
});

test("a value that cannot be shown does not fail the task that logs it", () => {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  taskLog({ debug: note, info: note, warn: note, error: note }).info("value", {
    get [Symbol.toStringTag](): string {
      throw new Error("no");
    },
    unreadable,
  });
  expect(lines).toHaveLength(1);
});

import { expect, test } from "vitest";
import { EntryLogger, type LogEntry } from "../../src/core/entry-logger.js";
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

const IDS = { component: "task", task: "t", taskId: "1" } as const;

test.each<[unknown[], string, object, string]>([
  [["plain"], "plain", {}, "a text alone is the line"],
  [["50% done"], "50% done", {}, "a text alone is no format"],
  [
    ["for", new Date("2027-03-28T01:00:00Z")],
    "for 2027-03-28T01:00:00.000Z",
    {},
    "values follow as console.log shows them",
  ],
  [["%d of %s", 3, "ten"], "3 of ten", {}, "with values it is a format, as console.log's"],
  [["odd", { a: 1 }, null], "odd { a: 1 } null", {}, "objects among others are shown"],
  [["imported", { rows: 3 }], "imported", { rows: 3 }, "one plain object is fields"],
  [["forged", { taskId: "2" }], "forged", {}, "the ids of the task are not the code's to change"],
  [["odd", { password: "p", a: 1 }, 1], "odd { password: '**', a: 1 } 1", {}, "what is secret by its name"],
])("logs %j as %j with %j: %s", (args, message, fields) => {
  const entries: LogEntry[] = [];
  const logger = new EntryLogger({ now: () => 0, lowest: () => 0, take: (entry) => entries.push(entry) });
  const log = taskLog(logger, IDS);
  for (const level of ["debug", "info", "warn", "error"] as const)
    log[level](...(args as [string, ...unknown[]]));
  expect(entries).toEqual(
    (["debug", "info", "warn", "error"] as const).map((level) => ({
      ...{ at: 0, level, message, more: [] },
      fields: { ...fields, ...IDS },
    })),
  );
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

test("below the level nothing is made of the values", () => {
  const read: string[] = [];
  const value = {
    get secret() {
      return read.push("secret");
    },
  };
  taskLog(new EntryLogger({ now: () => 0, lowest: () => 2, take: () => undefined })).info("value", value, 1);
  expect(read).toEqual([]);
});

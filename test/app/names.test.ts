/** Each door through which a name enters: one that cannot be seen where it is printed is refused there. */
import { describe, expect, test } from "vitest";
import { every, locked, Sunbeat, tasks } from "../../src/index.js";
import { isSunbeatError } from "../../src/core/errors.js";

const app = new Sunbeat("names", { broker: "memory:" });
const add = app.task("add", (x: number, y: number) => x + y);
const schedule = every("1h");
let queued = 0;

const DOORS: Record<string, (name: string) => unknown> = {
  "app name": (name) => new Sunbeat(name, { broker: "memory:" }),
  "default queue": (name) => new Sunbeat("a", { broker: "memory:", taskDefaultQueue: name }),
  "name of a task": (name) => app.task(name, () => 1),
  "queue of a task": (name) => app.task(`queued-${++queued}`, { queue: name }, () => 1),
  "prefix of a class": (name) => tasks(app, name),
  "task that is sent": (name) => app.sendTask(name, []),
  "id of a task": (name) => add.applyAsync([1, 2], { taskId: name }),
  "queue of a message": (name) => add.applyAsync([1, 2], { queue: name }),
  "id of a result": (name) => app.result(name),
  "entry in code": (name) =>
    new Sunbeat("a", { broker: "memory:", beatSchedule: { [name]: { task: "add", schedule } } }),
  "entry at run time": (name) => app.schedules.set(name, { task: "add", schedule }),
  "task of an entry": (name) => app.schedules.set("e", { task: name, schedule }),
  "queue of an entry": (name) => app.schedules.set("e", { task: "add", schedule, options: { queue: name } }),
  "lock of an entry": (name) => app.schedules.set("e", { task: "add", schedule, lock: { name } }),
  "lock of a task": (name) => locked(name)(() => 1),
  mutex: (name) => app.locks.mutex(name),
  semaphore: (name) => app.locks.semaphore(name, 2),
  "queue of a worker": (name) => app.worker({ queues: [name] }),
  "name of a worker": (name) => app.worker({ hostname: name }),
  "name of a beat": (name) => app.beat({ hostname: name }),
};

const NAMES = [
  { name: "a\u001b[2Jb", because: "an escape sequence" },
  { name: "a\u009b2Jb", because: "one of C1" },
  { name: "a\nb", because: "two lines" },
  { name: "a\u202eb", because: "an override of direction" },
  { name: "a\u2067b", because: "an isolate" },
  { name: "a\u2028b", because: "a line separator" },
  { name: "a\u2029b", because: "a paragraph separator" },
  { name: "a\u200bb", because: "a blank of no width" },
  { name: "\ufeffa", because: "a byte order mark" },
  { name: "a\udc00", because: "half of a character" },
];

describe.each(Object.entries(DOORS))("%s", (_, enter) => {
  test.each(NAMES)("$because is refused", async ({ name }) => {
    const refusal: unknown = await Promise.resolve()
      .then(() => enter(name))
      .then(
        () => "taken",
        (error: unknown) => error,
      );
    expect(isSunbeatError(refusal) && refusal.message).toContain("text of 1 to 255 characters");
  });

  test.each([
    ["reports.täglich", "letters of any language"],
    ["שלום:\u{1f4c8}", "and pictures"],
    ["\u{1f468}\u200d\u{1f373}", "the joiner of an emoji makes it what it is"],
  ])("%s is taken: %s", async (name) => {
    await enter(name);
  });
});

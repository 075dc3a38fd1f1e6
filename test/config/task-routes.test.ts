import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { taskRoutes } from "../../src/config/task-routes.js";
import type { TaskRoutes } from "../../src/tasks/route.js";

const to = (routes: TaskRoutes, task: string): unknown => {
  const found = taskRoutes(routes).route(task, [], {});
  return found?.priority === undefined ? (found?.queue ?? null) : [found.queue, found.priority];
};

describe("a route", () => {
  test.each<[TaskRoutes, string, unknown, string]>([
    [{}, "a", null, "none"],
    [{ "tasks.add": "math" }, "tasks.add", "math", "a name"],
    [{ "tasks.add": { queue: "math", priority: 7 } }, "tasks.add", ["math", 7], "with a priority"],
    [{ "tasks.*": "math" }, "tasks.add", "math", "a pattern"],
    [{ "tasks.*": "math" }, "task.add", null, "that does not match"],
    [{ "*": "rest", "tasks.add": "math" }, "tasks.add", "math", "a name goes before patterns of its map"],
    [{ "t*": "first", "*": "second" }, "tasks.add", "first", "the first of two patterns"],
    [[{ "t*": "first" }, { "tasks.add": "second" }], "tasks.add", "first", "the first of two maps"],
    [[["tasks.*", "math"]], "tasks.add", "math", "a pair"],
    [[[/^(video|image)\.tasks\./, { queue: "media" }]], "image.tasks.crop", "media", "a regular expression"],
    [[[/x/g, "q"]], "x", "q", "a global one, which must not remember"],
    [(task) => (task === "a" ? "q" : null), "a", "q", "a function"],
    [() => ({ queue: "q", priority: 0 }), "a", ["q", 0], "a function with a priority"],
    [[() => undefined, { a: "q" }], "a", "q", "a function without an answer: the next is asked"],
    [[() => null, () => "q"], "a", "q", "the same for null"],
    [{ constructor: "q" }, "constructor", "q", "a name as any other"],
    [{}, "constructor", null, "and nothing that objects have by nature"],
  ])("%j: %s goes to %j: %s", (routes, task, wanted) => {
    expect(to(routes, task)).toEqual(wanted);
    expect(to(routes, task)).toEqual(wanted); // again
  });

  test("of a function is asked with what was sent", () => {
    const route = vi.fn(() => "q");
    taskRoutes(route).route("a", [1, "x"], { countdown: 5 });
    expect(route.mock.calls).toEqual([["a", [1, "x"], { countdown: 5 }]]);
  });

  test("by name alone asks no function", () => {
    const { named, queues } = taskRoutes([() => "never", { "a.*": "q", b: "r" }]);
    expect([named("a.b"), named("c"), queues]).toEqual([{ queue: "q" }, null, ["r", "q"]]);
  });

  test("throws what its function throws", () => {
    const broken = (): never => {
      throw new Error("no such tenant");
    };
    expect(() => to(broken, "a")).toThrow("no such tenant");
  });
});

describe("a wrong route", () => {
  test.each<[unknown, string, string]>([
    [
      "q",
      "SUNBEAT_OPTION_INVALID",
      'taskRoutes: expected a map of names to queues, a pair [pattern, queue], or a function, got "q"',
    ],
    [null, "SUNBEAT_OPTION_INVALID", "taskRoutes: expected a map of names to queues"],
    [["a", "q"], "SUNBEAT_OPTION_INVALID", "taskRoutes[0]: expected a map of names to queues"],
    [[["a"]], "SUNBEAT_OPTION_INVALID", 'taskRoutes[0]: expected a pair [pattern, queue], got ["a"]'],
    [[[7, "q"]], "SUNBEAT_OPTION_INVALID", "taskRoutes[0]: pattern: expected text of 1 to 255 characters"],
    [
      { a: 7 },
      "SUNBEAT_OPTION_INVALID",
      "taskRoutes: a: expected the name of a queue, or { queue, priority }, got 7",
    ],
    [{ a: "" }, "SUNBEAT_OPTION_INVALID", "taskRoutes: a: queue: expected text of 1 to 255 characters"],
    [{ " ": "q" }, "SUNBEAT_OPTION_INVALID", "taskRoutes: name: expected text of 1 to 255 characters"],
    [{ a: { priority: 1 } }, "SUNBEAT_OPTION_INVALID", "taskRoutes: a: queue: expected text"],
    [
      { a: { queue: "q", priority: 10 } },
      "SUNBEAT_OPTION_INVALID",
      "taskRoutes: a: priority: expected a whole number from 0 to 9",
    ],
    [
      { a: { queue: "q", priorty: 1 } },
      "SUNBEAT_OPTION_UNKNOWN",
      'taskRoutes: a: unknown option "priorty" (did you mean "priority"?)',
    ],
    [
      { a: { exchange: "video", routing_key: "x" } },
      "SUNBEAT_OPTION_UNKNOWN",
      'taskRoutes: a: unknown option "exchange"; known are priority, queue',
    ],
  ])("%j is %s: %s", (routes, code, message) => {
    expect(() => taskRoutes(routes as TaskRoutes)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
    );
  });

  test("of a function is told with the task", () => {
    const message =
      'taskRoutes[1]: route of "a": expected the name of a queue, or { queue, priority }, got 7';
    expect(() => to([{}, () => 7 as never], "a")).toThrow(expect.objectContaining({ message }) as Error);
  });
});

test("each queue that a route gives is one of those that workers take from", () => {
  const name = fc.stringMatching(/^[a-c.*?{},]{1,6}$/).filter((text) => text.trim() !== "");
  fc.assert(
    fc.property(fc.array(fc.dictionary(name, fc.constantFrom("q", "r", "s"))), name, (maps, task) => {
      const router = taskRoutes(maps);
      const found = router.route(task, [], {});
      expect(found).toEqual(router.named(task));
      if (found !== null) expect(router.queues).toContain(found.queue);
      const exact = maps.find((map) => Object.hasOwn(map, task) && !/[*?{]/.test(task));
      if (exact !== undefined) expect(found).not.toBeNull();
    }),
  );
});

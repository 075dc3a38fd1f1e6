/** The lane of a message: which option says it, and what is refused. */
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/core/random.js";
import { laneOption } from "../../src/tasks/lane.js";
import { messageFactory } from "../../src/tasks/message-factory.js";
import type { SendOptions } from "../../src/tasks/message.js";
import { TaskRegistry } from "../../src/tasks/registry.js";
import { resolveTask, type TaskOptions } from "../../src/tasks/task-options.js";

const defaults = {
  ...{ ignoreResult: false, resultTtlMs: 1_000, maxDeliveries: 5, trackStarted: false },
  ...{ timeLimitMs: null, softTimeLimitMs: null },
};

function laneOf(lane: TaskOptions["lane"], args: unknown[], options?: SendOptions, part = false) {
  const registry = new TaskRegistry();
  registry.add(resolveTask("t", { queue: "fair", lane }, () => undefined, defaults));
  const create = messageFactory({
    registry,
    random: systemRandom,
    defaults: {
      ...{ queue: "default", priority: 0, payloadLimit: 1_000, ignoreResult: false, resultTtlMs: 1_000 },
      ...{ maxDeliveries: 5, isFair: (queue) => queue === "fair" },
    },
  });
  const place = {
    graph: "g",
    take: [[0, "o", 0] as const],
    parentId: null,
    group: null,
    stamps: [],
  };
  return create({
    task: "t",
    args,
    options,
    ...(part && { id: "g:1", part: place as never }),
  }).lane;
}

test.each<[TaskOptions["lane"], unknown[], SendOptions | undefined, object | undefined, string]>([
  // of the task          args     of the send                                        lane                          because
  [undefined, [], undefined, { name: "", weight: 1 }, "in a fair queue each message has one"],
  ["a", [], undefined, { name: "a", weight: 1 }, "a text"],
  [{ name: "a", weight: 2.5 }, [], undefined, { name: "a", weight: 2.5 }, "with its weight"],
  [(to: string) => to, ["x"], undefined, { name: "x", weight: 1 }, "of the arguments"],
  [(to: string) => ({ name: to, weight: 3 }), ["x"], undefined, { name: "x", weight: 3 }, "with its weight"],
  ["a", [], { lane: "b" }, { name: "b", weight: 1 }, "that of the send goes before it"],
  ["a", [], { lane: { name: "b", weight: 0.01 } }, { name: "b", weight: 0.01 }, "with its weight"],
  ["a", [], { queue: "other" }, undefined, "another queue is not fair"],
  [() => "x".repeat(10_000), [], { queue: "other" }, undefined, "nobody is asked there"],
  ["", [], undefined, { name: "", weight: 1 }, "that of all without one"],
  ["x".repeat(255), [], undefined, { name: "x".repeat(255), weight: 1 }, "the longest"],
])("lane %o of a task called with %o and %o gives %o: %s", (lane, args, options, wanted) => {
  expect(laneOf(lane, args, options)).toEqual(wanted);
});

test("a part whose arguments are not there yet is not asked", () => {
  const asked: unknown[] = [];
  const lane = (...args: unknown[]): string => {
    asked.push(args);
    return "x";
  };
  expect(laneOf(lane, [], undefined, true)).toEqual({ name: "", weight: 1 });
  expect(laneOf(lane, [], { lane: "b" }, true)).toEqual({ name: "b", weight: 1 });
  expect(asked).toEqual([]);
});

describe("a wrong lane is refused", () => {
  test.each<[unknown, string]>([
    [10_000, "lane: expected text of at most 255 characters, or { name, weight }, got 10000"],
    ["x".repeat(10_240), "lane: expected text of at most 255 characters, or { name, weight }, got"],
    [null, "lane: expected text of at most 255 characters, or { name, weight }, got null"],
    [{ weight: 1 }, "lane: name: expected text of at most 255 characters"],
    [{ name: 5 }, "lane: name: expected text"],
    [{ name: "a", weight: 0 }, "lane: weight: expected a number from 0.01 to 100, got 0"],
    [{ name: "a", weight: 101 }, "lane: weight: expected a number from 0.01 to 100, got 101"],
    [{ name: "a", weight: NaN }, "lane: weight: expected a number from 0.01 to 100, got NaN"],
    [{ name: "a", weight: "2" }, 'lane: weight: expected a number from 0.01 to 100, got "2"'],
    [{ name: "a", wait: 1 }, 'lane: unknown option "wait"'],
  ])("%o", (lane, message) => {
    expect(() => laneOption(lane, "lane")).toThrow(message);
  });

  test("when the task is declared, when it is sent, and when its function gave it", () => {
    const long = "x".repeat(10_240);
    const refused = expect.objectContaining({ code: "SUNBEAT_OPTION_INVALID" }) as Error;
    expect(() => laneOf(long, [])).toThrow(refused);
    expect(() => laneOf(undefined, [], { lane: long })).toThrow(refused);
    expect(() => laneOf(() => long, [])).toThrow('lane of "t": expected text of at most 255 characters');
    expect(() => laneOf((() => undefined) as never, [])).toThrow(refused);
  });
});
